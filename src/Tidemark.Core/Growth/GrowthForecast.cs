using System.Runtime.InteropServices;
using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>How fast the growth is, and when the limit will be met.</summary>
/// <remarks>
/// No single course is believed: all that go on for ever and fit nearly as well as the best are averaged by their
/// likelihood, and where they disagree the interval is wide.
/// </remarks>
internal static class GrowthForecast
{
    /// <summary>Standard errors to either side of a course that was not seen to go on.</summary>
    private const double Width = 2;

    /// <summary>Courses that are less likely than the best by more than this, as a logarithm, are left out.</summary>
    private const double Unlikely = 6;

    /// <summary>The same where two signals bear witness to a form together, which counts against one by this much at most.</summary>
    private const double UnlikelyTogether = 9;
    private const double MostAgainst = Contest.Hopeless;

    /// <summary>
    /// Neighbouring intervals tell less news than the likelihood takes them for, so it is believed by this share: forms that it calls
    /// unlikely come true more often than it says.
    /// </summary>
    private const double Believable = 0.5;

    /// <summary>
    /// Even growth is the commonest, and to be preferred by this much, as a logarithm, where others fit about as well; all the more
    /// the further one looks ahead, where bends that were hardly seen decide.
    /// </summary>
    private const double EvenRate = 3;
    private const double EvenFuture = 6;

    /// <summary>
    /// A step beside it may have taken away a part of the rise, and what seems to begin late may have been there all the time and accelerate:
    /// such courses are preferred by so much less.
    /// </summary>
    private const double LessCertain = 3;

    /// <summary>Courses with a smaller share than this decide nothing.</summary>
    private const double SmallestShare = 0.002;

    /// <summary>A footprint that follows its live heap by less than the one, or by more than the other, does not follow it.</summary>
    private const double LeastFactor = 0.5;
    private const double MostFactor = 5;

    /// <summary>A limit further off than this many times the length of the history cannot be foreseen.</summary>
    private const double Horizon = 30;

    /// <summary>A crossing is known well enough where growth comes to this share of the room, and is found in far fewer chords than so many.</summary>
    private const double CloseEnough = 1e-6;
    private const int MostChords = 60;

    /// <summary>Growth of the footprint at the end, bytes per hour.</summary>
    public static Estimate? Rate(KindDecision decision, ProcessTrends trends)
    {
        var footprint = FootprintTrend(decision, trends);
        if (footprint is null)
        {
            return decision.Trend.GrowsForEver ? Average(decision.Trend) : OfCourse(decision.Trend.Best);
        }

        return Average(footprint);
    }

    /// <summary>When the footprint meets its limit or the live heap the runtime's own, whichever comes first.</summary>
    public static OutOfMemoryForecast? OutOfMemory(
        KindDecision decision,
        ProcessTrends trends,
        ProcessHistory history,
        GrowthOptions options
    )
    {
        OutOfMemoryForecast? first = null;
        if (
            FootprintTrend(decision, trends) is { } footprint
            && LimitOf(trends.Bins, Signal.Limit, options.LimitBytes) is { } limit
        )
        {
            first = Meet(
                footprint,
                trends.FootprintAsSeen is { GrowsForEver: true } asSeen && !ReferenceEquals(asSeen, footprint)
                    ? asSeen
                    : null,
                decision is { Signal: Signal.LiveHeap, Trend.GrowsForEver: true } ? decision.Trend : null,
                Signal.Footprint,
                limit,
                history
            );
        }

        if (trends.Live is { GrowsForEver: true } live && LimitOf(trends.Bins, Signal.HeapLimit, null) is { } cap)
        {
            var atCap = Meet(live, null, null, Signal.LiveHeap, cap, history);
            first = atCap is not null && (first is null || atCap.At < first.At) ? atCap : first;
        }

        return first;
    }

    /// <summary>The trend that tells the footprint's growth; null where the footprint does not grow by itself.</summary>
    internal static Trend? FootprintTrend(KindDecision decision, ProcessTrends trends) =>
        decision.Signal == Signal.Footprint && decision.Trend.GrowsForEver ? decision.Trend
        : trends.Footprint.GrowsForEver ? trends.Footprint
        : trends.FootprintAsSeen.GrowsForEver ? trends.FootprintAsSeen
        : null;

    /// <summary>The courses that go on, with their weights.</summary>
    /// <param name="trend">The trend that they are fitted to.</param>
    /// <param name="even">How much even growth is preferred by.</param>
    /// <param name="witness">Another signal that grows for the same reason, and tells more of the form; null for none.</param>
    private static List<(FittedCourse Course, double Weight)> Believed(Trend trend, double even, Trend? witness = null)
    {
        var believed = new List<(FittedCourse Course, double Weight)>();
        foreach (var course in trend.Comparison.GoingOn)
        {
            if (
                course.IsUnbounded
                && course.Slope > 0
                && course.Score > trend.Best.Score - (witness is null ? Unlikely : UnlikelyTogether)
            )
            {
                believed.Add(
                    (
                        course,
                        (Believable * course.Score)
                            + Preference(course.Course, even)
                            - (witness is null ? 0 : Against(course.Course, witness))
                    )
                );
            }
        }

        var best = double.NegativeInfinity;
        foreach (var (_, score) in believed)
        {
            best = Math.Max(best, score);
        }

        var sum = 0.0;
        foreach (ref var own in CollectionsMarshal.AsSpan(believed))
        {
            own.Weight = Math.Exp(own.Weight - best);
            sum += own.Weight;
        }

        // Few are left, each of which costs a search for its crossing.
        var least = SmallestShare * sum;
        sum = 0;
        for (var i = believed.Count - 1; i >= 0; i--)
        {
            if (believed[i].Weight < least)
            {
                believed.RemoveAt(i);
            }
            else
            {
                sum += believed[i].Weight;
            }
        }

        foreach (ref var own in CollectionsMarshal.AsSpan(believed))
        {
            own.Weight /= sum;
        }

        return believed;
    }

    private static double Preference(GrowthCourse course, double even) =>
        course.Shape switch
        {
            GrowthShape.Linear when course.Parts is [{ IsLate: true }] => Math.Max(0, even - LessCertain),
            GrowthShape.Linear => even,
            GrowthShape.Step => Math.Max(0, even - LessCertain),
            _ => 0,
        };

    /// <summary>How much less likely the form of a course is than the best by another signal, as a logarithm.</summary>
    private static double Against(GrowthCourse course, Trend witness)
    {
        var least = MostAgainst;
        foreach (var other in witness.Comparison.GoingOn)
        {
            var against = witness.Best.Score - other.Score;
            if (against < least && other.IsUnbounded && other.Slope > 0 && HasFormOf(other.Course, course))
            {
                least = against;
            }
        }

        return least;
    }

    /// <summary>Whether the parts are of the same forms, in whatever order.</summary>
    private static bool HasFormOf(GrowthCourse one, GrowthCourse other)
    {
        if (one.Parts.Length != other.Parts.Length)
        {
            return false;
        }

        foreach (var part in one.Parts)
        {
            if (Count(one.Parts, part.Form) != Count(other.Parts, part.Form))
            {
                return false;
            }
        }

        return true;

        static int Count(ElementaryCourse[] parts, (CourseKind, bool) form)
        {
            var count = 0;
            foreach (var part in parts)
            {
                count += part.Form == form ? 1 : 0;
            }

            return count;
        }
    }

    private static Estimate Average(Trend trend)
    {
        var believed = Believed(trend, EvenRate);
        var mean = believed.Sum(b => b.Weight * b.Course.Slope);
        var variance = believed.Sum(b =>
            b.Weight * ((b.Course.SlopeError * b.Course.SlopeError) + Math.Pow(b.Course.Slope - mean, 2))
        );
        var margin = mean * ForecastError.OfRate(Math.Sqrt(variance) / mean, trend.Best.Errors);
        return new Estimate(mean, Math.Max(0, mean - margin), mean + margin);
    }

    /// <summary>The pace at the end of a course that was not seen to go on; 0 where it has ended.</summary>
    private static Estimate OfCourse(FittedCourse course)
    {
        var margin = Width * course.SlopeError;
        return new Estimate(
            Math.Max(0, course.Slope),
            Math.Max(0, course.Slope - margin),
            Math.Max(0, course.Slope + margin)
        );
    }

    internal static double? LimitOf(Bins bins, Signal signal, long? otherwise)
    {
        if (bins[signal] is { } limit)
        {
            for (var i = bins.Count - 1; i >= 0; i--)
            {
                if (limit.Mean[i] > 0)
                {
                    return limit.Mean[i];
                }
            }
        }

        return otherwise;
    }

    /// <summary>When the trend, and all else that tells of it, meets a limit; null where that is out of sight.</summary>
    private static OutOfMemoryForecast? Meet(
        Trend trend,
        Trend? asSeen,
        Trend? witness,
        Signal signal,
        double limit,
        ProcessHistory history
    )
    {
        var believed = Believed(trend, EvenFuture, witness);
        var pace = 0.0;
        foreach (var (course, weight) in believed)
        {
            pace += weight * course.Slope;
        }

        var bins = trend.Bins;
        var peaks = new PeaksToCome(history, bins, signal, pace);
        if (Foresee(trend, believed, 1, peaks, limit, history) is not { } outlook)
        {
            return null;
        }

        // What the load explains may be a part of the growth.
        if (asSeen is not null)
        {
            outlook = outlook.With(Foresee(asSeen, Believed(asSeen, EvenFuture), 1, peaks, limit, history));
        }

        if (signal == Signal.Footprint && LivesBefore.Foresee(history, bins, signal, limit, pace) is { } before)
        {
            outlook = outlook.With(before);
        }
        else if (witness is not null)
        {
            outlook = outlook.With(ByWitness(witness, bins[signal]!, peaks, limit, history));
        }

        var spread = ForecastError.OfTime(
            Math.Sqrt(outlook.Variance),
            Math.Exp(outlook.MeanLog) / bins.SpanHours,
            trend.Best.Errors
        );
        DateTimeOffset After(double log) => history.To.AddHours(Math.Min(Math.Exp(log), 1e6));
        return new OutOfMemoryForecast(
            (long)limit,
            After(outlook.MeanLog),
            After(outlook.MeanLog - spread),
            outlook.Odds > 0.95 ? After(outlook.MeanLog + spread) : null
        );
    }

    /// <summary>When courses meet the limit, averaged in logarithms; null where most of them do not within sight.</summary>
    /// <param name="trend">The trend of the courses.</param>
    /// <param name="believed">The courses, with their weights.</param>
    /// <param name="factor">How much of what meets the limit stands for one byte of the trend.</param>
    /// <param name="peaks">What stands on top of the growth.</param>
    /// <param name="limit">The limit, bytes.</param>
    /// <param name="history">Where it ends.</param>
    private static Outlook? Foresee(
        Trend trend,
        List<(FittedCourse Course, double Weight)> believed,
        double factor,
        PeaksToCome peaks,
        double limit,
        ProcessHistory history
    )
    {
        var bins = trend.Bins;
        var soonest = Outlook.Soonest * bins.SpanHours;
        // Courses run from the middle of the last interval, forecasts from the last sample.
        var passed = (history.To - history.From).TotalHours - bins.Hours[^1];
        var (meanLog, square, sum) = (0.0, 0.0, 0.0);
        foreach (var (course, weight) in believed)
        {
            var standing = peaks.Standing(i => factor * course.Between(i, bins.Count - 1), factor * course.Slope);
            var room = (limit - standing) / factor;
            // Nothing was seen of it in this life.
            if (double.IsNaN(room))
            {
                return null;
            }

            if (HoursUntil(course.Ahead, room, Horizon * bins.SpanHours) is not { } crossing)
            {
                continue;
            }

            var hours = Math.Max(crossing - passed, soonest);
            var log = Math.Log(hours);
            var relative = course.SlopeError / course.Slope;
            var blur = trend.Best.Noise / (course.Slope * hours);
            sum += weight;
            meanLog += weight * log;
            square +=
                weight
                * (
                    (log * log)
                    + (relative * relative)
                    + (blur * blur)
                    + course.Course.Parts[^1].UncertaintyOfWork(hours)
                );
        }

        return sum < 0.5
            ? null
            : new Outlook(meanLog / sum, Math.Max(0, (square / sum) - Math.Pow(meanLog / sum, 2)), sum);
    }

    /// <summary>The same by another signal that grows for the same reason: the live heap scatters less than the footprint, and knows no load.</summary>
    private static Outlook? ByWitness(
        Trend witness,
        BinnedSignal signal,
        PeaksToCome peaks,
        double limit,
        ProcessHistory history
    ) =>
        Factor(witness, signal) is var factor and > LeastFactor and < MostFactor
            ? Foresee(witness, Believed(witness, EvenFuture), factor, peaks, limit, history)
            : null;

    /// <summary>How much the signal rose for each byte of the witness's course in this life, by least squares.</summary>
    private static double Factor(Trend witness, BinnedSignal signal)
    {
        var (bins, course) = (witness.Bins, witness.Best);
        var (n, sx, sy, sxx, sxy) = (0, 0.0, 0.0, 0.0, 0.0);
        for (var i = bins.Count - 1; i >= 0 && bins.Lives[i] == bins.Lives[^1]; i--)
        {
            if (!double.IsNaN(signal.Low[i]))
            {
                var (x, y) = (-course.Between(i, bins.Count - 1), signal.Low[i]);
                (n, sx, sy, sxx, sxy) = (n + 1, sx + x, sy + y, sxx + (x * x), sxy + (x * y));
            }
        }

        return ((n * sxy) - (sx * sy)) / ((n * sxx) - (sx * sx));
    }

    /// <summary>When growth ahead comes to so much; null where that is beyond the horizon.</summary>
    internal static double? HoursUntil(Func<double, double> ahead, double room, double horizon)
    {
        if (room <= 0)
        {
            return 0;
        }

        var most = ahead(horizon);
        if (most < room)
        {
            return null;
        }

        // Chords that are kept from sticking (Illinois); where growth ahead is even, the first one meets it.
        var (before, after) = (0.0, horizon);
        var (under, over) = (-room, most - room);
        var at = horizon;
        for (var (step, side) = (0, 0); step < MostChords; step++)
        {
            at = after - (over * (after - before) / (over - under));
            var left = ahead(at) - room;
            if (Math.Abs(left) <= CloseEnough * room)
            {
                break;
            }

            if (left < 0)
            {
                (before, under) = (at, left);
                over = side < 0 ? over / 2 : over;
                side = -1;
            }
            else
            {
                (after, over) = (at, left);
                under = side > 0 ? under / 2 : under;
                side = 1;
            }
        }

        return at;
    }
}
