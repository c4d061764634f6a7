using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>Tells whether the live heap comes and goes with the work, as one sees it within minutes.</summary>
/// <remarks>
/// The work in progress is counted (clients, tasks, threads), or the requests are. Each request holds memory for some time: then
/// memory follows the requests of late, and by no larger a share than they rise. What leaks with each request follows all
/// requests so far, what fills up does so until it is full. The two are held against each other.
/// </remarks>
internal static class WorkInProgress
{
    /// <summary>The work explains at least this share of the variance of the live heap.</summary>
    private const double Explained = 0.7;

    /// <summary>And moves it by this share of its highest value.</summary>
    private const double Moved = 0.25;

    /// <summary>The same of requests, which only rise in step with it.</summary>
    private const double ExplainedByRequests = 0.6;
    private const double ClearlyExplained = 0.9;
    private const double MovedByRequests = 0.08;

    /// <summary>Requests must have risen by this share, and memory by no larger a share than this many times theirs.</summary>
    private const double RequestsRose = 0.15;
    private const double Proportion = 1.1;

    /// <summary>How long the memory of a request may be held, as shares of the watch.</summary>
    private static readonly double[] Held = [0.05, 0.1, 0.15, 0.2, 0.3];

    /// <summary>What fills up with the work has a bound that is reached after these shares of it.</summary>
    private static readonly double[] Fillings = [0.1, 0.2, 0.35];

    /// <summary>Growth for its own sake leaves this many times less of the memory than the requests do.</summary>
    private const double MuchBetter = 5;

    /// <summary>
    /// The same of fewer points than this, which a line and a time of holding fit too easily; but not where the requests rose
    /// many times, by this share of their highest rate: then memory has every reason to rise.
    /// </summary>
    private const double BetterForFew = 2;
    private const int Few = 8;
    private const double RoseManyTimes = 0.6;

    /// <summary>No signal follows anything closer than to this share of its variance.</summary>
    private const double Unexplainable = 0.004;

    public static bool Explains(Bins bins)
    {
        if (bins[Signal.LiveHeap] is not { } live)
        {
            return false;
        }

        foreach (var work in Explanations.OfWorkInProgress(bins))
        {
            if (Line.Of(work, live.Mean) is { } line && line.Share > Explained && line.Moved > Moved)
            {
                return true;
            }
        }

        return RequestsExplain(bins, ProcessTrends.AfterCollections(live.Mean));
    }

    private static bool RequestsExplain(Bins bins, double[] live)
    {
        if (Measure(bins, live) is not { Work: var work } both || work.Moved >= Proportion * work.WorkMoved)
        {
            return false;
        }

        var needed = work.Moved > Moved ? ExplainedByRequests : ClearlyExplained;
        var isEnough = work.Points >= Few || work.WorkMoved > RoseManyTimes;
        var (left, leftByGrowth) = (1 - work.Share, Math.Max(1 - both.Growth, Unexplainable));
        return work.Share > needed
            && work.Moved > MovedByRequests
            && work.WorkMoved > RequestsRose
            && (
                left < (isEnough ? MuchBetter : BetterForFew) * leftByGrowth
                || (work.Share > ClearlyExplained && work.Share > both.LeakByRequest && isEnough)
            );
    }

    /// <summary>Memory over the requests of late, and the shares of it that growth explains.</summary>
    internal static (Line Work, double LeakByRequest, double Growth)? Measure(Bins bins, double[] live)
    {
        if (bins.Counted(Signal.Requests) is not { } counted || !Array.Exists(counted, c => c > 0))
        {
            return null;
        }

        Line? best = null;
        foreach (var share in Held)
        {
            var line = Line.Of(Recent(bins, counted, share * bins.SpanHours), live);
            best = line is { } fit && !(fit.Share <= best?.Share) ? fit : best;
        }

        return best is { } work ? (work, Line.Of(counted, live)?.Share ?? 0, Growth(bins, counted, live)) : null;
    }

    /// <summary>The share of the memory that growth with all requests so far, or with the time, explains.</summary>
    private static double Growth(Bins bins, double[] counted, double[] live)
    {
        var most = Math.Max(Line.Of(counted, live)?.Share ?? 0, Line.Of(bins.Hours, live)?.Share ?? 0);
        var all = counted.Max();
        foreach (var filling in Fillings)
        {
            double[] filled = [.. counted.Select(c => 1 - Math.Exp(-c / (filling * all)))];
            most = Math.Max(most, Line.Of(filled, live)?.Share ?? 0);
        }

        return most;
    }

    /// <summary>The requests of the last so many hours before each interval; before the watch they came as at its beginning.</summary>
    private static double[] Recent(Bins bins, double[] counted, double hours)
    {
        var clock = bins.HoursWithoutPauses() ?? bins.Hours;
        var recent = new double[counted.Length];
        Array.Fill(recent, double.NaN);
        var first = Array.FindIndex(counted, c => !double.IsNaN(c));
        first = Math.Max(first, bins.FirstOfLastLife);
        var pace = Pace(clock, counted, first, hours);
        for (var (i, j) = (first, first); i < recent.Length && !double.IsNaN(counted[i]); i++)
        {
            var from = clock[i] - hours;
            while (j < i && clock[j + 1] <= from)
            {
                j++;
            }

            var before =
                from <= clock[first] ? counted[first] - (pace * (clock[first] - from))
                : j == i ? counted[i]
                : double.Lerp(counted[j], counted[j + 1], (from - clock[j]) / (clock[j + 1] - clock[j]));
            recent[i] = counted[i] - before;
        }

        return recent;
    }

    private static double Pace(double[] clock, double[] counted, int first, double hours)
    {
        var end = first;
        while (end + 1 < counted.Length && clock[end] - clock[first] < hours && !double.IsNaN(counted[end + 1]))
        {
            end++;
        }

        return clock[end] > clock[first] ? (counted[end] - counted[first]) / (clock[end] - clock[first]) : 0;
    }

    /// <summary>A straight line of memory over work.</summary>
    /// <param name="Share">
    /// The share of the variance of the memory that it explains, less what chance explains; negative where memory falls as work rises.
    /// </param>
    /// <param name="Moved">By how much of its highest value the work moved the memory.</param>
    /// <param name="WorkMoved">By how much of its highest value the work moved.</param>
    /// <param name="Points">How many points it was drawn through.</param>
    internal readonly record struct Line(double Share, double Moved, double WorkMoved, int Points)
    {
        private const int FewestPoints = 4;

        public static Line? Of(double[] work, double[] memory)
        {
            var (n, sx, sy, sxx, sxy, syy, most) = (0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            var (least, highest) = (double.MaxValue, double.MinValue);
            for (var i = 0; i < work.Length; i++)
            {
                var (x, y) = (work[i], memory[i]);
                if (!double.IsNaN(y) && !double.IsNaN(x))
                {
                    (n, sx, sy) = (n + 1, sx + x, sy + y);
                    (sxx, sxy, syy) = (sxx + (x * x), sxy + (x * y), syy + (y * y));
                    (least, highest, most) = (Math.Min(least, x), Math.Max(highest, x), Math.Max(most, y));
                }
            }

            var (varianceX, covariance, varianceY) = (sxx - (sx * sx / n), sxy - (sx * sy / n), syy - (sy * sy / n));
            if (n < FewestPoints || !(varianceX > 0) || !(varianceY > 0))
            {
                return null;
            }

            var share = covariance * covariance / (varianceX * varianceY);
            return new Line(
                Math.Sign(covariance) * (1 - ((1 - share) * (n - 1) / (n - 2))),
                covariance / varianceX * (highest - least) / most,
                (highest - least) / highest,
                n
            );
        }
    }
}
