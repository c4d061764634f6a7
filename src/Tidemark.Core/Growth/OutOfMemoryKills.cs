using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>Finds where a process was killed at its limit: nothing else stands at the limit and then is gone.</summary>
internal static class OutOfMemoryKills
{
    /// <summary>The last sample before a kill lies at least at this share of the limit; sampling misses the rest.</summary>
    private const double AtLimit = 0.88;

    /// <summary>Afterwards less than this share of it is there.</summary>
    private const double Gone = 0.75;

    /// <summary>The same intervals, with a new life after each kill.</summary>
    public static Bins Cut(Bins bins)
    {
        if (bins[Signal.Limit] is not { } limit || bins[Signal.Footprint] is not { } footprint)
        {
            return bins;
        }

        var kills = new List<int>();
        for (var i = 1; i < bins.Count; i++)
        {
            var next = Math.Min(i + 1, bins.Count - 1);
            var before = Math.Max(footprint.High[i - 1], footprint.High[i]);
            var after = Math.Min(footprint.Low[i], footprint.Low[next]);
            if (
                before >= AtLimit * limit.High[i]
                && after <= Gone * before
                && (kills.Count == 0 || i - kills[^1] > 2)
                && !GoesOnCounting(bins, i - 1, next)
            )
            {
                // An interval that holds the kill itself belongs to the old life.
                kills.Add(footprint.High[i] <= Gone * before ? i : next);
            }
        }

        return kills.Count > 0 ? bins.CutAt(kills) : bins;
    }

    /// <summary>Whether a counter goes on from one interval to a later one: then no process was killed, and a collector ran with the limit near.</summary>
    private static bool GoesOnCounting(Bins bins, int from, int to)
    {
        foreach (var signal in Signals.All)
        {
            if (
                signal.IsCounter
                && bins[signal.Signal] is { } counter
                && counter.High[from] > 0
                && counter.Low[to] > counter.High[from]
            )
            {
                return true;
            }
        }

        return false;
    }
}
