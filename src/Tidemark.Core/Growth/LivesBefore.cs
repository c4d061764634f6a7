using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>A process that was killed at its limit before tells by itself how long it takes to get there, whatever the form of its growth.</summary>
internal static class LivesBefore
{
    /// <summary>Who stood at this share of the limit and was gone was killed there.</summary>
    private const double AtTheLimit = 0.9;

    /// <summary>How far one life may differ from the next, as a variance of the logarithm, where there is but one.</summary>
    private const double OfOne = 0.04;

    /// <summary>How long earlier lives took from where this one stands to the limit; null where none met it.</summary>
    /// <param name="history">Where the samples are.</param>
    /// <param name="bins">The intervals, with the lives that were found.</param>
    /// <param name="signal">What meets the limit.</param>
    /// <param name="limit">The limit, bytes.</param>
    /// <param name="pace">About how fast it grows, per hour.</param>
    public static Outlook? Foresee(ProcessHistory history, Bins bins, Signal signal, double limit, double pace)
    {
        if (bins.Lives[^1] == 0)
        {
            return null;
        }

        var values = history.Values(signal);
        var times = history.Times;
        var starts = Starts(values, times, bins);
        var (level, reached) = Top(values, starts[^1], values.Length);
        var (seen, sum, squares) = (0, 0.0, 0.0);
        for (var life = 0; life + 1 < starts.Count && reached >= 0; life++)
        {
            var (top, end) = Top(values, starts[life], starts[life + 1]);
            if (!(top >= AtTheLimit * limit) || top <= level)
            {
                continue;
            }

            var passed = starts[life];
            while (!(values[passed] >= level))
            {
                passed++;
            }

            // It was there already when it was first seen: nothing is known of how long it took from there.
            if (passed == starts[life])
            {
                continue;
            }

            var left =
                ((times[end] - times[passed] - (times[^1] - times[reached])) / 3600)
                + (Math.Max(0, limit - top) / pace);
            var log = Math.Log(Math.Max(left, Outlook.Soonest * bins.SpanHours));
            (seen, sum, squares) = (seen + 1, sum + log, squares + (log * log));
        }

        if (seen == 0)
        {
            return null;
        }

        var mean = sum / seen;
        var variance = seen == 1 ? OfOne : Math.Max(0, (squares / seen) - (mean * mean)) * seen / (seen - 1);
        return new Outlook(mean, variance / seen, 1);
    }

    /// <summary>The first sample of each life. A restart that nobody told of lies somewhere in two intervals: where most is gone at once.</summary>
    private static List<int> Starts(ReadOnlySpan<double> values, ReadOnlySpan<double> times, Bins bins)
    {
        var starts = new List<int> { 0 };
        var width = bins.SpanHours / bins.Count;
        for (var b = 1; b < bins.Count; b++)
        {
            if (bins.Lives[b] == bins.Lives[b - 1])
            {
                continue;
            }

            var (from, until) = (bins.Hours[b - 1] - width, bins.Hours[b] + width);
            var (most, at, before) = (0.0, -1, double.NaN);
            for (var i = starts[^1]; i < times.Length; i++)
            {
                var hour = (times[i] - times[0]) / 3600;
                if (hour > until)
                {
                    break;
                }

                if (hour >= from && before - values[i] > most)
                {
                    (most, at) = (before - values[i], i);
                }

                before = double.IsNaN(values[i]) ? before : values[i];
            }

            if (at > 0)
            {
                starts.Add(at);
            }
        }

        return starts;
    }

    private static (double Top, int At) Top(ReadOnlySpan<double> values, int from, int until)
    {
        var (top, at) = (double.NegativeInfinity, -1);
        for (var i = from; i < until; i++)
        {
            if (values[i] > top)
            {
                (top, at) = (values[i], i);
            }
        }

        return (top, at);
    }
}
