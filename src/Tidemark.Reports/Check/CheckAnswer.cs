using Tidemark.Core.Growth;

namespace Tidemark.Reports.Check;

/// <summary>What a check found: the worst in full, the rest as numbers.</summary>
/// <param name="Series">Worst first.</param>
/// <param name="Counts">How many there are of each kind, those that are not shown among them.</param>
/// <param name="Warnings">What could not be read, each a sentence.</param>
/// <param name="IsPartial">True where processes are missing.</param>
public sealed record CheckAnswer(
    IReadOnlyCollection<CheckedSeries> Series,
    IReadOnlyDictionary<GrowthKind, int> Counts,
    IReadOnlyList<string> Warnings,
    bool IsPartial
)
{
    public int Total => Counts.Values.Sum();

    public int Hidden => Total - Series.Count;

    public int Leaking =>
        Of(GrowthKind.Leak) + Of(GrowthKind.UnboundedCache) + Of(GrowthKind.Fragmentation) + Of(GrowthKind.NativeLeak);

    public int Inconclusive => Of(GrowthKind.Inconclusive);

    /// <summary>The last sample of all: the moment from which times are told.</summary>
    public DateTimeOffset Now => now ??= Series.Count == 0 ? DateTimeOffset.UnixEpoch : Series.Max(s => s.To);

    private DateTimeOffset? now;

    private int Of(GrowthKind kind) => Counts.GetValueOrDefault(kind);
}

/// <summary>Keeps the worst of a fleet, and counts the rest.</summary>
/// <param name="most">How many are kept; 0 for all.</param>
public sealed class WorstSeries(int most)
{
    /// <summary>Where all are kept, so many are put away together.</summary>
    private const int RunLength = 1024;

    private readonly Dictionary<GrowthKind, int> counts = [];
    private readonly List<SeriesRun> runs = [];
    private List<CheckedSeries> kept = [];

    public void Add(CheckedSeries series)
    {
        ArgumentNullException.ThrowIfNull(series);
        counts[series.Verdict.Kind] = counts.GetValueOrDefault(series.Verdict.Kind) + 1;
        kept.Add(series);
        if (most > 0 && kept.Count >= most * 4)
        {
            kept = [.. CheckedSeries.WorstFirst(kept).Take(most)];
        }
        else if (most == 0 && kept.Count == RunLength)
        {
            runs.Add(SeriesRun.Of(CheckedSeries.WorstFirst(kept)));
            kept = [];
        }
    }

    public CheckAnswer ToAnswer(IReadOnlyList<string> warnings, bool isPartial)
    {
        var sorted = CheckedSeries.WorstFirst(kept);
        IReadOnlyCollection<CheckedSeries> series =
            runs.Count > 0 ? new MergedSeries(runs, sorted, counts.Values.Sum())
            : most > 0 ? [.. sorted.Take(most)]
            : sorted;
        return new CheckAnswer(series, counts, warnings, isPartial);
    }
}
