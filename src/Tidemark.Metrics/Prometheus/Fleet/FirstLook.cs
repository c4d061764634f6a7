using Tidemark.Core.Growth;
using Tidemark.Core.Series;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>Whether the floors of a process, one in half an hour, say enough: what they clear is not fetched in detail.</summary>
internal static class FirstLook
{
    /// <summary>A healthy verdict stands if it is this sure.</summary>
    private const double SureEnough = 0.6;

    /// <summary>A process that was killed keeps less than this share of what it had.</summary>
    private const double KeptByRestart = 0.75;

    /// <summary>What leaks until it is killed gains in the second half of its life at least this share of what is lost then ...</summary>
    private const double LateGain = 0.2;

    /// <summary>
    /// ... and no more than this share of it from one floor to the next, or this many times an even step where there are few of them: what
    /// comes at once and goes at once is a batch.
    /// </summary>
    private const double AtOnce = 0.5;
    private const double EvenSteps = 1.5;

    /// <summary>Since then it must have grown at this share of the pace before: a leak that a deploy has ended is over.</summary>
    private const double SamePace = 0.25;

    /// <summary>Fewer floors than this say nothing of the pace.</summary>
    private const int FewestFloors = 6;

    /// <summary>A verdict that no closer look would change. Lives between restarts are too short for a coarse one.</summary>
    public static bool Clears(ProcessHistory history, GrowthVerdict verdict) =>
        history.LifeCount == 1
        && verdict.Kind is GrowthKind.Steady or GrowthKind.WarmUp or GrowthKind.Load
        && verdict.Confidence >= SureEnough
        && !GrowsUntilKilled(history.Values(Signal.Footprint));

    /// <summary>
    /// Whether the floors rose bit by bit until they fell far at once, and do so again. Nobody may have told of a restart, and the
    /// floors of a leak that is killed at its limit again and again look like a sawtooth that ends where it began.
    /// </summary>
    /// <param name="floors">The lowest value of each interval; NaN where there is none.</param>
    public static bool GrowsUntilKilled(ReadOnlySpan<double> floors)
    {
        var life = new List<double>(floors.Length);
        var pace = double.NaN;
        foreach (var floor in floors)
        {
            if (double.IsNaN(floor))
            {
                continue;
            }

            if (life.Count > 0 && floor < KeptByRestart * life[^1])
            {
                pace = RoseUntil(life, fall: life[^1] - floor) ? PaceOf(life) : pace;
                life.Clear();
            }

            life.Add(floor);
        }

        return !double.IsNaN(pace) && (life.Count < FewestFloors || PaceOf(life) > SamePace * pace);
    }

    private static bool RoseUntil(List<double> life, double fall)
    {
        var half = Half(life);
        var mostAtOnce = 0.0;
        for (var i = half + 1; i < life.Count; i++)
        {
            mostAtOnce = Math.Max(mostAtOnce, life[i] - life[i - 1]);
        }

        return life[^1] - life[half] > LateGain * fall
            && mostAtOnce < Math.Max(AtOnce, EvenSteps / Math.Max(life.Count - 1, 1)) * fall;
    }

    /// <summary>What the second half of a life gains from one floor to the next.</summary>
    private static double PaceOf(List<double> life)
    {
        var half = Half(life);
        return (life[^1] - life[half]) / Math.Max(life.Count - 1 - half, 1);
    }

    private static int Half(List<double> life) => (life.Count - 1) / 2;
}
