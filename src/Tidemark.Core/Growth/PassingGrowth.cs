namespace Tidemark.Core.Growth;

/// <summary>Whether growth that goes on so far may be over by itself within half a day.</summary>
/// <remarks>
/// It is told as it is seen, but nobody has to be woken for it yet. Half of the alarms about healthy processes are of these three kinds, and
/// one in twenty of those about leaks that fill a tenth of their limit a day.
/// </remarks>
internal static class PassingGrowth
{
    /// <summary>Growth whose end is less steep than this share of the whole slows down, as a start-up does.</summary>
    private const double Slower = 0.6;

    /// <summary>Work that rises by this from the first quarter of a history to the last, as in a morning, may raise memory later or more than in step.</summary>
    private const double RisingWork = 1.3;

    public static bool Of(KindDecision decision, Bins bins) =>
        decision.Shape == GrowthShape.Step || SlowsDown(decision.Trend) || LoadLevel.LateOverEarly(bins) > RisingWork;

    private static bool SlowsDown(Trend trend)
    {
        var bins = trend.Bins;
        return trend.Best.Slope * (bins.Hours[^1] - bins.Hours[bins.FirstOfLastLife]) < Slower * trend.Best.Rise;
    }
}
