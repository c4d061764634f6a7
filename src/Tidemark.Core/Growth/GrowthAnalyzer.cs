using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>A history in, a verdict with its evidence out: pure and deterministic, some 0.2 ms a history.</summary>
public static class GrowthAnalyzer
{
    /// <summary>Growth below this share of the footprint over the whole history is nobody's leak.</summary>
    private const double MinimumRise = 0.045;
    private const double MinimumFuture = 0.04;
    private const int MinimumCollections = 8;
    private const double AtLimit = 0.88;
    private const double Gone = 0.75;

    public static GrowthVerdict Analyze(ProcessHistory history, GrowthOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        options ??= GrowthOptions.Default;
        var bins = Bins.Of(history);
        if (bins.Count < options.MinimumSamples)
        {
            return TooShort(history, bins, options);
        }

        bins = CutAtKills(bins);
        var footprint = bins[Signal.Footprint]!;
        var load = Explanations.OfLoad(bins);
        var live = bins[Signal.LiveHeap] is { } heap ? TrendAnalysis.Of(bins, AfterCollections(heap.Low), load) : null;
        var trend = TrendAnalysis.Of(
            bins,
            footprint.Low,
            live is null || IsLeak(live) ? load : [.. load, .. Explanations.OfLiveHeap(bins)]
        );
        var kind = Decide(bins, trend, live);
        var evidence = new List<Evidence> { Tell(Signal.Footprint, trend) };
        if (live is not null)
        {
            evidence.Insert(kind is GrowthKind.Leak or GrowthKind.UnboundedCache ? 0 : 1, Tell(Signal.LiveHeap, live));
        }

        var leaking =
            kind is GrowthKind.Leak or GrowthKind.UnboundedCache or GrowthKind.Fragmentation or GrowthKind.NativeLeak;
        var rate = leaking && !trend.Grows && live is not null ? live.PerHour : trend.PerHour;
        return new GrowthVerdict(
            kind,
            trend.Grows ? trend.Shape : GrowthShape.Flat,
            Math.Clamp(1 / (1 + Math.Exp(-Math.Abs(trend.UnboundedOdds))), 0.5, 0.99),
            rate,
            null,
            evidence
        );
    }

    private static GrowthKind Decide(Bins bins, Trend footprint, Trend? live)
    {
        if (live is not null && IsLeak(live))
        {
            return bins[Signal.CacheEntries] is { } entries && IsLeak(TrendAnalysis.Of(bins, entries.Mean, []))
                ? GrowthKind.UnboundedCache
                : GrowthKind.Leak;
        }

        if (IsLeak(footprint))
        {
            return live is null ? GrowthKind.Leak
                : bins[Signal.CommittedHeap] is { } committed && IsLeak(TrendAnalysis.Of(bins, committed.Low, []))
                    ? GrowthKind.Fragmentation
                : GrowthKind.NativeLeak;
        }

        return footprint.Grows && footprint.Rise > MinimumRise * footprint.Level ? GrowthKind.WarmUp
            : IsLeak(TrendAnalysis.Of(bins, bins[Signal.Footprint]!.Low, [])) ? GrowthKind.Load
            : GrowthKind.Steady;
    }

    private static bool IsLeak(Trend trend) => trend.Unbounded && trend.Rise > MinimumRise * trend.Level && trend.Future > MinimumFuture * trend.Level;

    /// <summary>Begins a new life where the footprint stood at its limit and then was gone: nothing else looks like an out-of-memory kill.</summary>
    private static Bins CutAtKills(Bins bins)
    {
        if (bins[Signal.Limit] is not { } limit)
        {
            return bins;
        }

        var footprint = bins[Signal.Footprint]!;
        var kills = new List<int>();
        for (var i = 1; i < bins.Count; i++)
        {
            var before = Math.Max(footprint.High[i - 1], footprint.High[i]);
            var after = i + 1 < bins.Count ? Math.Min(footprint.Low[i], footprint.Low[i + 1]) : footprint.Low[i];
            if (before >= AtLimit * limit.High[i] && after <= Gone * before && (kills.Count == 0 || i - kills[^1] > 2))
            {
                kills.Add(footprint.Low[i] <= Gone * before && footprint.High[i] < AtLimit * limit.High[i] ? i : Math.Min(i + 1, bins.Count - 1));
            }
        }

        return kills.Count > 0 ? bins.CutAt(kills) : bins;
    }

    /// <summary>
    /// What the live heap was after each collection: a value that merely stands there until the next collection is no sample.
    /// </summary>
    private static double[] AfterCollections(double[] live)
    {
        var fresh = (double[])live.Clone();
        var kept = 0;
        for (var i = 1; i < live.Length; i++)
        {
            fresh[i] = live[i] == live[i - 1] ? double.NaN : live[i];
            kept += double.IsNaN(fresh[i]) ? 0 : 1;
        }

        return kept >= MinimumCollections ? fresh : live;
    }

    private static string Debug(Trend t) => $" [{t.Shape} odds={t.UnboundedOdds:0.0} z={t.Significance:0.0} rise={t.Rise / t.Level:0.000} noise={t.Noise / t.Level:0.0000} fut={t.Future / t.Level:0.000} {t.Note}]";

    private static Evidence Tell(Signal signal, Trend trend) =>
        new(
            signal.Describe().Name,
            !trend.Grows ? "does not grow beyond its noise and season" + Debug(trend)
                : trend.Unbounded ? "grows, and the growth goes on" + Debug(trend)
                : "grew and has levelled off" + Debug(trend),
            trend.PerHour.Value,
            "bytes/hour"
        );

    private static GrowthVerdict TooShort(ProcessHistory history, Bins bins, GrowthOptions options)
    {
        var seen = bins.Count > 1 ? (bins.Hours[^1] - bins.Hours[0]) / (bins.Count - 1) : 1.0 / 60;
        return new GrowthVerdict(
            GrowthKind.Inconclusive,
            GrowthShape.Flat,
            0.5,
            null,
            null,
            [
                new Evidence(
                    Signal.Footprint.Describe().Name,
                    $"{bins.Count} samples over {(history.To - history.From).TotalMinutes:0.#} minutes are too few to say anything",
                    bins.Count,
                    "count"
                ),
            ]
        )
        {
            NeedsMore = TimeSpan.FromHours(seen * (options.MinimumSamples - bins.Count + 1)),
        };
    }
}
