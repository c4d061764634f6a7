using Tidemark.Core.Growth;

namespace Tidemark.Reports.Check;

/// <summary>What a check found: the worst in full, the rest as numbers.</summary>
/// <param name="Series">Worst first.</param>
/// <param name="Counts">How many there are of each kind, those that are not shown among them.</param>
/// <param name="Warnings">What could not be read, each a sentence.</param>
/// <param name="IsPartial">True where processes are missing.</param>
public sealed record CheckAnswer(
    IReadOnlyList<CheckedSeries> Series,
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
    public DateTimeOffset Now => Series.Count == 0 ? DateTimeOffset.UnixEpoch : Series.Max(s => s.To);

    private int Of(GrowthKind kind) => Counts.GetValueOrDefault(kind);
}

/// <summary>Keeps the worst of a fleet, and counts the rest.</summary>
/// <param name="most">How many are kept; 0 for all.</param>
public sealed class WorstSeries(int most)
{
    private readonly Dictionary<GrowthKind, int> counts = [];
    private List<CheckedSeries> kept = [];

    public void Add(CheckedSeries series)
    {
        ArgumentNullException.ThrowIfNull(series);
        counts[series.Verdict.Kind] = counts.GetValueOrDefault(series.Verdict.Kind) + 1;
        kept.Add(series);
        if (most > 0 && kept.Count >= most * 4)
        {
            Cut();
        }
    }

    public CheckAnswer ToAnswer(IReadOnlyList<string> warnings, bool isPartial)
    {
        Cut();
        return new CheckAnswer(kept, counts, warnings, isPartial);
    }

    private void Cut()
    {
        var sorted = CheckedSeries.WorstFirst(kept);
        kept = [.. most > 0 ? sorted.Take(most) : sorted];
    }
}
