using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>Which kind of growth the trends add up to, and which of them decided it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Shape">The shape of the deciding signal.</param>
/// <param name="Signal">The signal that decided.</param>
/// <param name="Trend">Its trend.</param>
internal sealed record KindDecision(GrowthKind Kind, GrowthShape Shape, Signal Signal, Trend Trend)
{
    /// <summary>The work must have risen by this share before memory may have risen with it.</summary>
    private const double RisenLoad = 1.2;

    /// <summary>The load explains a rise where less than this share of it is left without the load.</summary>
    private const double Unexplained = 0.5;

    /// <summary>Growth after the start-up by this share of the level is a warm-up worth naming.</summary>
    private const double WarmUpRise = 0.1;

    public double Confidence { get; private init; } = 0.5;

    /// <summary>From the heap outwards: what is alive, what is held without being alive, what lies outside of the heap.</summary>
    public static KindDecision Of(ProcessTrends trends)
    {
        if (trends.Live is { GrowsForEver: true } live)
        {
            var intoCache = trends.Count(Signal.CacheEntries) is { GrowsForEver: true };
            return Leaking(intoCache ? GrowthKind.UnboundedCache : GrowthKind.Leak, Signal.LiveHeap, live);
        }

        var beyond = trends.FootprintBeyondHeap;
        if (beyond.GrowsForEver)
        {
            return trends.Live is null ? Leaking(GrowthKind.Leak, Signal.Footprint, beyond)
                : trends.Committed is { GrowsForEver: true } committed
                    ? Leaking(GrowthKind.Fragmentation, Signal.CommittedHeap, committed)
                : Leaking(GrowthKind.NativeLeak, Signal.Footprint, beyond);
        }

        if (HeldAfterPeak.Find(trends.Bins))
        {
            return new KindDecision(GrowthKind.Fragmentation, GrowthShape.Step, Signal.Footprint, beyond)
            {
                Confidence = 0.9,
            };
        }

        return Healthy(trends);
    }

    private static KindDecision Healthy(ProcessTrends trends)
    {
        var seen = trends.HeldAsSeen;
        if (trends.HasLoad && LoadLevel.Risen(trends.Bins) >= RisenLoad)
        {
            if (IsExplained(seen, trends.Held))
            {
                return Well(GrowthKind.Load, Signal.Footprint, seen);
            }

            if (trends.LiveAsSeen is { } live && IsExplained(live, trends.Live!))
            {
                return Well(GrowthKind.Load, Signal.LiveHeap, live);
            }
        }

        return seen.Grows && seen.Best.RiseAfterStart > WarmUpRise * seen.Level
            ? Well(GrowthKind.WarmUp, Signal.Footprint, seen)
            : Well(GrowthKind.Steady, Signal.Footprint, seen);
    }

    private static bool IsExplained(Trend seen, Trend withLoad) =>
        seen.Grows
        && seen.Best.Rise > WarmUpRise * seen.Level
        && (!withLoad.Grows || withLoad.Best.Rise < Unexplained * seen.Best.Rise);

    private static KindDecision Leaking(GrowthKind kind, Signal signal, Trend trend) =>
        new(kind, trend.Shape, signal, trend) { Confidence = Odds(trend.Comparison.Odds, trend.Best.Errors) };

    private static KindDecision Well(GrowthKind kind, Signal signal, Trend trend) =>
        new(kind, kind == GrowthKind.Steady ? GrowthShape.Flat : trend.Shape, signal, trend)
        {
            Confidence = Math.Clamp(1 - (0.3 * Math.Exp(Math.Min(0, trend.Comparison.Odds) / 3)), 0.5, 0.99),
        };

    private static double Odds(double odds, double errors) =>
        Math.Clamp(1 - (0.25 * Math.Exp(-Math.Max(0, Math.Max((odds - 1) / 5, (errors - 5) / 5)))), 0.5, 0.99);
}
