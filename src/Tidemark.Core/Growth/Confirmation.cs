using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>Whether growth that was found is to be seen without the last part of the history too.</summary>
/// <remarks>
/// What leaks does so for a while: cut off a sixteenth, and 98 of 100 leaks are still told. What merely wanders looked otherwise before: half of
/// the false alarms are gone. Growth that is beyond doubt by itself is not asked again, so that a fast leak is told at once.
/// Within minutes there is nothing to cut off.
/// </remarks>
internal static class Confirmation
{
    /// <summary>Growth that goes on is likelier than its end by this much, as a logarithm, ...</summary>
    private const double BeyondDoubtOdds = 8;

    /// <summary>... and its rise is so many standard errors.</summary>
    private const double BeyondDoubtErrors = 12;

    /// <summary>It must be seen in one of these looks, which leave out such a share of the history at its end.</summary>
    private static readonly double[] LeftOut = [1.0 / 16, 1.0 / 8];

    /// <summary>With fewer intervals nothing can be told, neither for nor against.</summary>
    private const int FewestIntervals = 16;

    /// <summary>Asks earlier histories whether they say so too.</summary>
    /// <param name="decision">The kind that was found, one that leaks.</param>
    /// <param name="history">The whole history.</param>
    public static bool Of(KindDecision decision, ProcessHistory history)
    {
        var growth = decision.Trend;
        if (
            growth.Bins.IsLiveWatch
            || decision.Witness is not { } witness
            || (growth.Comparison.Odds > BeyondDoubtOdds && growth.Best.Errors > BeyondDoubtErrors)
        )
        {
            return true;
        }

        foreach (var share in LeftOut)
        {
            if (GrewBefore(double.Lerp(history.Times[^1], history.Times[0], share), history, witness))
            {
                return true;
            }
        }

        return false;
    }

    private static bool GrewBefore(double seconds, ProcessHistory history, Func<ProcessTrends, Trend?> witness)
    {
        var samples = history.Times.BinarySearch(seconds);
        var bins = Bins.Of(history, samples < 0 ? ~samples : samples + 1);
        var grew =
            bins.Count < FewestIntervals
            || witness(new ProcessTrends(OutOfMemoryKills.Cut(bins))) is { GrowsForEver: true };
        bins.Columns.GiveBack();
        return grew;
    }
}
