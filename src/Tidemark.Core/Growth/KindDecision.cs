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
    private const double WarmUpErrors = 5;

    /// <summary>Growth of the footprint is that of the live heap where that grew by this share of it.</summary>
    private const double MostlyLive = 0.5;

    /// <summary>The same of what the heap has taken from the system.</summary>
    private const double MostlyCommitted = 0.5;

    /// <summary>The same of what lies outside of the heap.</summary>
    private const double MostlyOutside = 0.3;

    /// <summary>And within minutes it must be so many standard errors: compilers and arenas take their own for as long, in steps.</summary>
    private const double ClearOutsideErrors = 6;

    /// <summary>And likelier than an end by this much, as a logarithm, where it did not grow by much after the start-up.</summary>
    private const double ClearOutsideOdds = 30;
    private const double LateOutsideRise = 0.075;

    /// <summary>What grows outside of the heap must be this share of the whole footprint.</summary>
    private const double OutsideRise = 0.05;

    /// <summary>Growth that is likelier than its end by this much, as a logarithm, beside the requests is none of theirs.</summary>
    private const double BesideLoadOdds = 20;

    /// <summary>The requests explain it where less than this share is left of how much likelier it was without them.</summary>
    private const double TakenOdds = 0.5;

    /// <summary>A pool that takes one or two threads more is no leak of threads, though a number that hardly ever moves has no noise.</summary>
    private const double FewestMore = 4;

    public double Confidence { get; private init; } = 0.5;

    /// <summary>What grows without an end where it leaks, to be looked at in other histories of the process too; null where nothing has to.</summary>
    public Func<ProcessTrends, Trend?>? Witness { get; private init; }

    /// <summary>That it leaks, as was found and then not confirmed; null elsewhere.</summary>
    public KindDecision? Doubted { get; private init; }

    /// <summary>That it leaks, as was found and then explained by the requests; null elsewhere.</summary>
    public KindDecision? Followed { get; private init; }

    public bool IsLeaking => Kind.IsLeaking();

    /// <summary>The kind, unless the requests explain it after all.</summary>
    public static KindDecision Of(ProcessTrends trends)
    {
        var found = Find(trends);
        return found.IsLeaking && IsOfTheLoad(found, trends) ? Healthy(trends) with { Followed = found } : found;
    }

    /// <summary>
    /// Whether the footprint goes on by itself and not beside requests that have risen, and they take away most of what speaks for growth of the
    /// signal that decided: what moves the whole moves its parts, though a part may scatter less and show what is left by a lag that is not met.
    /// </summary>
    private static bool IsOfTheLoad(KindDecision found, ProcessTrends trends)
    {
        if (
            trends.Bins.IsLiveWatch
            || !trends.HasLoad
            || found.Trend.Comparison.Odds > BesideLoadOdds
            || LoadLevel.Risen(trends.Bins) < RisenLoad
            || trends.Held is { Grows: true, Best.IsUnbounded: true }
            || !trends.HeldAsSeen.GrowsForEver
        )
        {
            return false;
        }

        var (seen, beside) =
            found.Signal == Signal.LiveHeap && trends.Live is { } live
                ? (trends.LiveAsSeen!, live)
                : (trends.HeldAsSeen, trends.Held);
        return beside.Comparison.Odds < TakenOdds * seen.Comparison.Odds;
    }

    /// <summary>From the heap outwards: what is alive, what is held without being alive, what lies outside of the heap.</summary>
    private static KindDecision Find(ProcessTrends trends)
    {
        if (trends.TooFewCollections is not null)
        {
            return BeforeCollections(trends);
        }

        if (trends.Bins.IsLiveWatch && trends.Live is not null && WorkInProgress.Explains(trends.Bins))
        {
            return Well(GrowthKind.Load, Signal.LiveHeap, trends.LiveAsSeen!);
        }

        if (
            trends.GrowsMostlyBesideLive
            && trends.Committed is { GrowsForEver: true } beside
            && beside.Best.Rise > MostlyCommitted * trends.FootprintBeyondHeap.Best.Rise
        )
        {
            return Leaking(GrowthKind.Fragmentation, Signal.CommittedHeap, beside, t => t.Committed);
        }

        if (trends.Live is { GrowsForEver: true } live && !HasLevelledOff(trends))
        {
            var intoCache = trends.Count(Signal.CacheEntries) is { GrowsForEver: true };
            var kind = intoCache ? GrowthKind.UnboundedCache : GrowthKind.Leak;
            return Leaking(kind, Signal.LiveHeap, live, t => t.Live);
        }

        var beyond = trends.FootprintBeyondHeap;
        if (GrowingOutside(trends) is { } outside)
        {
            return trends.Live is { } inHeap && IsMostly(inHeap, outside)
                ? Leaking(GrowthKind.Leak, Signal.LiveHeap, inHeap, t => t.OutsideHeap)
                : Leaking(GrowthKind.NativeLeak, Signal.Footprint, outside, t => t.OutsideHeap);
        }

        if (trends.GrowsBeyondHeap)
        {
            if (trends.Live is not { } held || IsMostly(held, beyond))
            {
                return Leaking(GrowthKind.Leak, Signal.Footprint, beyond, t => t.FootprintBeyondHeap);
            }

            if (
                !trends.HeapIsCollectorsChoice
                && trends.Committed is { GrowsForEver: true } committed
                && (!trends.Bins.IsLiveWatch || committed.Best.Rise > MostlyCommitted * beyond.Best.Rise)
            )
            {
                return Leaking(GrowthKind.Fragmentation, Signal.CommittedHeap, committed, t => t.Committed);
            }

            if (
                trends.HeldAsSeen.GrowsForEver
                && (!trends.Bins.IsLiveWatch || IsClear(trends.HeldAsSeen, trends.FootprintAsSeen))
                && (
                    trends.HeapIsCollectorsChoice
                        ? trends.Committed is null
                        : IsOutside(trends.OutsideHeap, beyond) || trends.IsAllOutside
                )
            )
            {
                return Leaking(GrowthKind.NativeLeak, Signal.Footprint, beyond, t => t.FootprintBeyondHeap);
            }
        }

        if (
            trends.Bins.IsLiveWatch
            && trends.FootprintAsSeen is { GrowsForEver: true } whole
            && trends.OutsideHeap is { Grows: true }
            && IsClear(whole, whole)
            && OutsideBounds.Of(trends.Bins) is { } bounds
            && bounds.Least > Math.Max(OutsideRise * whole.Level, MostlyOutside * bounds.Footprint)
        )
        {
            // What is committed and not touched yet hides it from the lower bound, what is touched and free from the upper.
            return Leaking(GrowthKind.NativeLeak, Signal.Footprint, whole, t => t.FootprintAsSeen);
        }

        if (
            trends.Live is not null
            && trends.HeldAsSeen.Grows
            && trends.Footprint.GrowsForEver
            && GrowingCount(trends) is { } count
        )
        {
            return Leaking(GrowthKind.NativeLeak, count, trends.Footprint, t => t.Footprint);
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

    /// <summary>What it is as long as nothing confirms that it leaks.</summary>
    public KindDecision Unconfirmed(ProcessTrends trends) => Healthy(trends) with { Doubted = this };

    /// <summary>Garbage may be all that grows in a heap that is hardly ever collected; what lies outside of it is told nevertheless.</summary>
    private static KindDecision BeforeCollections(ProcessTrends trends) =>
        GrowingOutside(trends) is { } outside
            ? Leaking(GrowthKind.NativeLeak, Signal.Footprint, outside, t => t.OutsideHeap)
        : trends.Live is { GrowsForEver: true } || trends.GrowsBeyondHeap
            ? new KindDecision(GrowthKind.Inconclusive, GrowthShape.Flat, Signal.GcCount, trends.FootprintAsSeen)
        : Healthy(trends);

    /// <summary>What grows outside of the heap that was taken from the system; null where nothing does, or where that is not known.</summary>
    private static Trend? GrowingOutside(ProcessTrends trends) =>
        (trends.HeldAsSeen.Grows || (trends.Bins.IsLiveWatch && trends.FootprintAsSeen.Grows))
        && trends.OutsideHeap is { GrowsForEver: true } outside
        && outside.Best.Rise > OutsideRise * trends.FootprintAsSeen.Level
        && (trends.FootprintBeyondHeap is { GrowsForEver: false } || IsOutside(outside, trends.FootprintBeyondHeap))
        && (!trends.Bins.IsLiveWatch || IsClear(outside, trends.FootprintAsSeen))
        // What holds it rose and has levelled off: so has this.
        && !HasLevelledOff(trends)
            ? outside
            : null;

    /// <summary>
    /// Whether the footprint, which holds the heap, rose and levelled off: then the heap has levelled off as well. Within
    /// minutes it is no witness: it follows the collector, and whoever looks.
    /// </summary>
    private static bool HasLevelledOff(ProcessTrends trends) =>
        !trends.Bins.IsLiveWatch
        && trends.Footprint is { Grows: true, Best.IsUnbounded: false }
        && trends.FootprintAsSeen is { Grows: true, Best.IsUnbounded: false };

    /// <summary>
    /// Whether it goes on beyond doubt, or grew by an amount that matters after the start-up as well, in which runtimes compile and
    /// fill their arenas.
    /// </summary>
    private static bool IsClear(Trend outside, Trend footprint) =>
        outside.Best.Errors > ClearOutsideErrors
        && (outside.Comparison.Odds > ClearOutsideOdds || Tail.RiseOfLate(outside) > LateOutsideRise * footprint.Level);

    /// <summary>Whether a good part of the growth lies outside of the heap that was taken from the system, as far as that is known.</summary>
    private static bool IsOutside(Trend? outside, Trend footprint) =>
        outside is null
        || (
            outside.Grows
            && Math.Max(outside.Best.Rise, outside.Best.RiseAfterStart) > MostlyOutside * footprint.Best.Rise
        );

    /// <summary>Threads or tasks that are never done: each holds memory of its own.</summary>
    private static Signal? GrowingCount(ProcessTrends trends) =>
        IsGrowingCount(trends, Signal.Threads) ? Signal.Threads
        : IsGrowingCount(trends, Signal.Tasks) ? Signal.Tasks
        : null;

    private static bool IsGrowingCount(ProcessTrends trends, Signal signal) =>
        trends.Count(signal) is { GrowsForEver: true, Best.Rise: >= FewestMore };

    /// <summary>Whether the growth is mostly of the live heap, which may yet go on.</summary>
    private static bool IsMostly(Trend live, Trend footprint) =>
        live.Grows
        && live.Best.Rise > MostlyLive * footprint.Best.Rise
        && live.Comparison.Odds > -CourseSearch.CostOfParameter;

    private static KindDecision Healthy(ProcessTrends trends)
    {
        var seen = trends.HeldAsSeen;
        if (trends.Bins.IsLiveWatch && trends.LiveAsSeen is { } held)
        {
            // Seconds after seconds, the footprint follows the collector and whoever looks; what is held is told by the live heap.
            return trends.HasLoad && LoadLevel.Risen(trends.Bins) >= RisenLoad && IsExplained(held, trends.Live!)
                    ? Well(GrowthKind.Load, Signal.LiveHeap, held)
                : held.Grows && Tail.GoesOn(held) ? Leaking(GrowthKind.Leak, Signal.LiveHeap, held, t => t.LiveAsSeen)
                : held.Best.Errors > WarmUpErrors && held.Best.RiseAfterFirstMoments > WarmUpRise * held.Level
                    ? Well(GrowthKind.WarmUp, Signal.LiveHeap, held)
                : Well(GrowthKind.Steady, Signal.LiveHeap, held);
        }

        if (trends.CacheIsFull && seen.Grows && seen.Best.Rise > WarmUpRise * seen.Level)
        {
            // It has filled, whatever the requests did meanwhile.
            return Well(GrowthKind.WarmUp, Signal.Footprint, seen);
        }

        if (trends.HasLoad && LoadLevel.Risen(trends.Bins) >= RisenLoad)
        {
            // What did not grow has nothing to be explained, and the other trend is not asked for.
            if (seen.Grows && IsExplained(seen, trends.Held))
            {
                return Well(GrowthKind.Load, Signal.Footprint, seen);
            }

            if (trends.LiveAsSeen is { Grows: true } live && IsExplained(live, trends.Live!))
            {
                return Well(GrowthKind.Load, Signal.LiveHeap, live);
            }
        }

        if (trends.HasLoad && seen.GrowsForEver && !trends.Held.GrowsForEver)
        {
            // By itself it goes on, and beside the work it does not: whatever else it is, it has not levelled off.
            return Well(GrowthKind.Load, Signal.Footprint, seen);
        }

        return seen.Grows && seen.Best.RiseAfterStart > WarmUpRise * seen.Level
            ? Well(GrowthKind.WarmUp, Signal.Footprint, seen)
            : Well(GrowthKind.Steady, Signal.Footprint, seen);
    }

    private static bool IsExplained(Trend seen, Trend withLoad) =>
        seen.Grows
        && seen.Best.Rise > WarmUpRise * seen.Level
        && (!withLoad.Grows || withLoad.Best.Rise < Unexplained * seen.Best.Rise);

    private static KindDecision Leaking(
        GrowthKind kind,
        Signal signal,
        Trend trend,
        Func<ProcessTrends, Trend?> witness
    ) =>
        new(kind, trend.Shape, signal, trend)
        {
            Confidence = Odds(trend.Comparison.Odds, trend.Best.Errors),
            Witness = witness,
        };

    private static KindDecision Well(GrowthKind kind, Signal signal, Trend trend) =>
        new(kind, kind == GrowthKind.Steady ? GrowthShape.Flat : trend.Shape, signal, trend)
        {
            Confidence = Math.Clamp(1 - (0.3 * Math.Exp(Math.Min(0, trend.Comparison.Odds) / 3)), 0.5, 0.99),
        };

    private static double Odds(double odds, double errors) =>
        Math.Clamp(1 - (0.25 * Math.Exp(-Math.Max(0, Math.Max((odds - 1) / 5, (errors - 5) / 5)))), 0.5, 0.99);
}
