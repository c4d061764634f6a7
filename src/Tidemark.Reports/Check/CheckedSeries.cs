using Tidemark.Core.Growth;
using Tidemark.Core.Series;

namespace Tidemark.Reports.Check;

/// <summary>The verdict on one process and the little of its history that an answer shows, so that a fleet fits into memory.</summary>
/// <param name="Target">What people call the process.</param>
/// <param name="Labels">How the source tells it from others; empty for a file.</param>
/// <param name="From">The first sample.</param>
/// <param name="To">The last sample.</param>
/// <param name="Samples">How many there are.</param>
/// <param name="Sketch">The footprint in a few steps, in bytes, for a sparkline; NaN where there was no sample.</param>
/// <param name="Verdict">What the graphs say.</param>
public sealed record CheckedSeries(
    string Target,
    IReadOnlyDictionary<string, string> Labels,
    DateTimeOffset From,
    DateTimeOffset To,
    int Samples,
    IReadOnlyList<double> Sketch,
    GrowthVerdict Verdict
)
{
    /// <summary>Steps in a sketch: what fits into a column of a terminal.</summary>
    private const int SketchSteps = 24;

    /// <summary>Analyses one history.</summary>
    public static CheckedSeries Of(
        ProcessHistory history,
        IReadOnlyDictionary<string, string> labels,
        GrowthOptions options
    )
    {
        ArgumentNullException.ThrowIfNull(history);
        return Of(history, labels, GrowthAnalyzer.Analyze(history, options));
    }

    /// <summary>The same for a history that was judged already.</summary>
    public static CheckedSeries Of(
        ProcessHistory history,
        IReadOnlyDictionary<string, string> labels,
        GrowthVerdict verdict
    )
    {
        ArgumentNullException.ThrowIfNull(history);
        return new CheckedSeries(
            history.Name,
            labels,
            history.From,
            history.To,
            history.Count,
            SketchOf(history),
            verdict
        );
    }

    /// <summary>Worst first: what leaks, by how soon it runs out of memory and then by how fast it grows; then what is open; then the healthy.</summary>
    public static IComparer<CheckedSeries> WorstFirstOrder { get; } = Comparer<CheckedSeries>.Create(Compare);

    /// <summary>In that order.</summary>
    public static IReadOnlyList<CheckedSeries> WorstFirst(IEnumerable<CheckedSeries> series) =>
        [.. series.Order(WorstFirstOrder)];

    private static int Compare(CheckedSeries one, CheckedSeries other)
    {
        var order = Group(one).CompareTo(Group(other));
        order = order != 0 ? order : End(one).CompareTo(End(other));
        order = order != 0 ? order : Rate(other).CompareTo(Rate(one));
        return order != 0 ? order : string.CompareOrdinal(one.Target, other.Target);

        static int Group(CheckedSeries s) =>
            s.Verdict.IsLeaking ? 0
            : s.Verdict.Kind == GrowthKind.Inconclusive ? 1
            : 2;
        static DateTimeOffset End(CheckedSeries s) => s.Verdict.OutOfMemory?.At ?? DateTimeOffset.MaxValue;
        static double Rate(CheckedSeries s) => s.Verdict.BytesPerHour?.Value ?? double.MinValue;
    }

    private static double[] SketchOf(ProcessHistory history)
    {
        var sketch = new double[SketchSteps];
        Array.Fill(sketch, double.NaN);
        var footprint = history.Values(Signal.Footprint);
        var span = (history.To - history.From).TotalSeconds;
        for (var i = 0; i < footprint.Length; i++)
        {
            if (!double.IsNaN(footprint[i]))
            {
                var at = span > 0 ? (history.Times[i] - history.Times[0]) / span * SketchSteps : 0;
                sketch[Math.Min(SketchSteps - 1, (int)at)] = footprint[i];
            }
        }

        return sketch;
    }
}
