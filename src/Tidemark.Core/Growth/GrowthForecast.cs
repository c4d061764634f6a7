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
    /// <summary>Courses that are less likely than the best by more than this, as a logarithm, are left out.</summary>
    private const double Unlikely = 6;

    /// <summary>The same where two signals bear witness to a form together, which counts against one by this much at most.</summary>
    private const double UnlikelyTogether = 9;
    private const double MostAgainst = Contest.Hopeless;

    /// <summary>Standard deviations to either side that hold the truth nine times in ten; measured (docs/growth.md).</summary>
    private const double RateWidth = 2;
    private const double RateModelError = 0.2;

    private const double TimeWidth = 2;
    private const double TimeModelError = 0.3;

    /// <summary>
    /// Even growth is the commonest, and to be preferred by this much, as a logarithm, where others fit about as well; all the more
    /// the further one looks ahead, where bends that were hardly seen decide.
    /// </summary>
    private const double EvenRate = 1.5;
    private const double EvenFuture = 6;

    /// <summary>A limit further off than this many times the length of the history cannot be foreseen.</summary>
    private const double Horizon = 30;

    /// <summary>What meets the limit is the peaks: this share of the recent intervals lies below.</summary>
    private const double PeakQuantile = 0.95;

    /// <summary>So many of the last intervals tell where the signal stands now.</summary>
    private const int Now = 3;

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
                decision is { Signal: Signal.LiveHeap, Trend.GrowsForEver: true } ? decision.Trend : null,
                trends.Bins[Signal.Footprint]!,
                limit,
                history
            );
        }

        if (trends.Live is { GrowsForEver: true } live && LimitOf(trends.Bins, Signal.HeapLimit, null) is { } cap)
        {
            var atCap = Meet(live, null, trends.Bins[Signal.LiveHeap]!, cap, history);
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
                        course.Score
                            + (course.Course.Shape is GrowthShape.Linear or GrowthShape.Step ? even : 0)
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

        foreach (ref var own in CollectionsMarshal.AsSpan(believed))
        {
            own.Weight /= sum;
        }

        return believed;
    }

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
        var margin = Math.Sqrt((RateWidth * RateWidth * variance) + Math.Pow(RateModelError * mean, 2));
        return new Estimate(mean, Math.Max(0, mean - margin), mean + margin);
    }

    /// <summary>The pace at the end of a course that was not seen to go on; 0 where it has ended.</summary>
    private static Estimate OfCourse(FittedCourse course)
    {
        var margin = RateWidth * course.SlopeError;
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

    private static OutOfMemoryForecast? Meet(
        Trend trend,
        Trend? witness,
        BinnedSignal signal,
        double limit,
        ProcessHistory history
    )
    {
        var bins = trend.Bins;
        var horizon = Horizon * bins.SpanHours;
        var (meanLog, variance, sum) = (0.0, 0.0, 0.0);
        foreach (var (course, weight) in Believed(trend, EvenFuture, witness))
        {
            var peak = Peak(i => course.Between(i, bins.Count - 1), bins, signal);
            if (HoursUntil(course.Ahead, limit - peak, horizon) is not { } hours)
            {
                continue;
            }

            var log = Math.Log(Math.Max(hours, 1e-3 * bins.SpanHours));
            var relative = (course.SlopeError / course.Slope);
            var blur = trend.Best.Noise / (course.Slope * Math.Max(hours, 1e-3 * bins.SpanHours));
            sum += weight;
            meanLog += weight * log;
            variance += weight * ((log * log) + (relative * relative) + (blur * blur));
        }

        if (sum < 0.5)
        {
            return null;
        }

        meanLog /= sum;
        var spread = Math.Sqrt(
            (TimeWidth * TimeWidth * Math.Max(0, (variance / sum) - (meanLog * meanLog)))
                + (TimeModelError * TimeModelError)
        );
        DateTimeOffset After(double log) => history.To.AddHours(Math.Min(Math.Exp(log), 1e6));
        return new OutOfMemoryForecast(
            (long)limit,
            After(meanLog),
            After(meanLog - (spread)),
            sum > 0.95 ? After(meanLog + (spread)) : null
        );
    }

    /// <summary>
    /// What the peaks of the recent past would be now: seasons and sawteeth included, growth since then added, but no higher than what has
    /// been seen or what the last intervals come to. A course that misses a step would lift the peaks before it far above any value that
    /// there ever was.
    /// </summary>
    /// <param name="grownSince">Growth from an interval to the end, bytes.</param>
    /// <param name="bins">The intervals.</param>
    /// <param name="signal">What meets the limit.</param>
    internal static double Peak(Func<int, double> grownSince, Bins bins, BinnedSignal signal)
    {
        var window = bins.SpanHours >= 48 ? 30 : 0.25 * bins.SpanHours;
        var peaks = new List<double>();
        var highest = double.NegativeInfinity;
        for (var i = bins.Count - 1; i >= 0 && bins.Lives[i] == bins.Lives[^1]; i--)
        {
            if (bins.Hours[^1] - bins.Hours[i] > window && peaks.Count >= 8)
            {
                break;
            }

            if (!double.IsNaN(signal.High[i]))
            {
                peaks.Add(signal.High[i] + grownSince(i));
                highest = Math.Max(highest, signal.High[i]);
            }
        }

        var last = peaks.GetRange(0, Math.Min(Now, peaks.Count));
        last.Sort();
        var most = Order.Nth(CollectionsMarshal.AsSpan(peaks), (int)(PeakQuantile * (peaks.Count - 1)));
        return Math.Min(most, Math.Max(highest, last[last.Count / 2]));
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

        // Where growth ahead is even or nearly so, a few chords come close, and say on which side most of the middles lie.
        var (before, after) = Chords(ahead, room, horizon, most);
        var (low, high) = (0.0, horizon);
        for (var step = 0; step < 40; step++)
        {
            var middle = 0.5 * (low + high);
            var isBefore = middle <= before || (middle < after && ahead(middle) < room);
            (low, high) = isBefore ? (middle, high) : (low, middle);
        }

        return high;
    }

    /// <summary>Two times close to each other between which growth ahead comes to so much, by chords that are kept from sticking (Illinois).</summary>
    private static (double Before, double After) Chords(
        Func<double, double> ahead,
        double room,
        double horizon,
        double most
    )
    {
        var (before, after) = (0.0, horizon);
        var (under, over) = (-room, most - room);
        for (var (step, side) = (0, 0); step < 12 && after - before > 1e-9 * after; step++)
        {
            var at = after - (over * (after - before) / (over - under));
            // A little to the side that has not moved, so that both do.
            at = Math.Clamp(at - (side * 1e-10 * at), before, after);
            var left = ahead(at) - room;
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

        return (before, after);
    }
}
