using System.Globalization;
using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>The evidence for a verdict, in words that an engineer accepts: the deciding signal first.</summary>
internal static class Findings
{
    public static List<Evidence> Of(KindDecision decision, ProcessTrends trends)
    {
        var findings = new List<Evidence>();
        if (decision.Doubted is { } doubted)
        {
            findings.Add(TellDoubt(doubted));
        }

        if (decision.Followed is not null)
        {
            findings.Add(TellFollowed(trends));
        }

        findings.Add(
            decision.Signal == Signal.GcCount && trends.TooFewCollections is { } collections
                ? TellUncollected(collections)
            : decision.Signal is Signal.Threads or Signal.Tasks && trends.Count(decision.Signal) is { } count
                ? TellCount(decision.Signal, count)
            : Tell(decision.Signal, decision.Trend)
        );
        if (decision.Signal != Signal.Footprint)
        {
            findings.Add(Tell(Signal.Footprint, trends.Footprint));
        }

        if (trends.Live is { } live && decision.Signal != Signal.LiveHeap)
        {
            findings.Add(Tell(Signal.LiveHeap, live));
        }

        if (trends.CacheIsFull)
        {
            findings.Add(TellFull(trends));
        }

        if (CollectorPressure.Of(trends.Bins) is { IsRising: true } pressure)
        {
            findings.Add(pressure.Tell());
        }

        return findings;
    }

    private static Evidence TellUncollected(int collections) =>
        new(
            Signal.GcCount.Describe().Name,
            $"the collector ran {collections} times: until it does, garbage fills the heap, and nobody can tell it from what is held",
            collections,
            "count"
        );

    private static Evidence TellDoubt(KindDecision doubted) =>
        new(
            doubted.Signal.Describe().Name,
            "it has begun to look like growth that goes on, but does not without the last sixteenth or eighth of the history: it is told when it lasts",
            Math.Round(doubted.Trend.Best.Slope),
            "bytes/hour"
        );

    private static Evidence TellFollowed(ProcessTrends trends) =>
        new(
            Signal.Requests.Describe().Name,
            "they have risen, and the footprint goes on growing by itself, but not beside them",
            Math.Round(LoadLevel.Risen(trends.Bins), 2),
            "times"
        );

    private static Evidence TellFull(ProcessTrends trends) =>
        new(
            Signal.CacheEntries.Describe().Name,
            "the cache is full: the number of its entries stands still while the work goes on",
            Math.Round(trends.Bins[Signal.CacheEntries]!.High.Max()),
            "count"
        );

    private static Evidence TellCount(Signal signal, Trend trend) =>
        new(
            signal.Describe().Name,
            "their number grows without a bound, and the footprint with it",
            Math.Round(trend.Best.Slope, 2),
            "count/hour"
        );

    private static Evidence Tell(Signal signal, Trend trend)
    {
        var name = signal.Describe().Name;
        var subject = trend.IsSawtooth ? "its floor after each collapse" : "it";
        if (!trend.Grows)
        {
            return new Evidence(name, $"{subject} does not grow beyond its noise and season", 0, "bytes/hour");
        }

        var errors = trend.Best.Errors.ToString("0", CultureInfo.InvariantCulture);
        return trend.GrowsForEver
            ? new Evidence(
                name,
                $"{subject} grows by {errors} times its uncertainty, and a course that goes on fits better than any that levels off",
                Math.Round(trend.Best.Slope),
                "bytes/hour"
            )
            : new Evidence(name, $"{subject} rose and has levelled off", Math.Round(trend.Best.Rise), "bytes");
    }
}
