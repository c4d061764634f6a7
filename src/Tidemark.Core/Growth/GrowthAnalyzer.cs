using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>A history in, a verdict with its evidence out: pure and deterministic, some 0.2 ms a history.</summary>
public static class GrowthAnalyzer
{
    /// <summary>Growth below this share of the footprint over the whole history is nobody's leak.</summary>
    private const double MinimumRise = 0.02;

    public static GrowthVerdict Analyze(ProcessHistory history, GrowthOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        options ??= GrowthOptions.Default;
        var bins = Bins.Of(history);
        if (bins.Count < options.MinimumSamples)
        {
            return TooShort(history, bins, options);
        }

        var footprint = bins[Signal.Footprint]!;
        var load = Load(bins);
        var trend = TrendAnalysis.Of(bins, footprint.Low, load);
        var live = bins[Signal.LiveHeap] is { } heap ? TrendAnalysis.Of(bins, heap.Low, load) : null;
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

    private static bool IsLeak(Trend trend) => trend.Unbounded && trend.Rise > MinimumRise * trend.Level;

    private static List<double[]> Load(Bins bins)
    {
        if (bins.Rate(Signal.Requests) is not { } rate)
        {
            return [];
        }

        var known = double.NaN;
        for (var i = 0; i < rate.Length; i++)
        {
            known = rate[i] = double.IsNaN(rate[i]) ? known : rate[i];
        }

        for (var i = rate.Length - 1; i >= 0; i--)
        {
            known = rate[i] = double.IsNaN(rate[i]) ? known : rate[i];
        }

        if (double.IsNaN(known))
        {
            return [];
        }

        var smooth = new double[rate.Length];
        var highest = new double[rate.Length];
        for (var i = 0; i < rate.Length; i++)
        {
            smooth[i] = i == 0 ? rate[0] : smooth[i - 1] + (0.2 * (rate[i] - smooth[i - 1]));
            highest[i] = i == 0 || bins.Lives[i] != bins.Lives[i - 1] ? smooth[i] : Math.Max(highest[i - 1], smooth[i]);
        }

        return [rate, smooth, highest];
    }

    private static Evidence Tell(Signal signal, Trend trend) =>
        new(
            signal.Describe().Name,
            !trend.Grows ? "does not grow beyond its noise and season"
                : trend.Unbounded ? "grows, and the growth goes on"
                : "grew and has levelled off",
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
