using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>The peaks of the recent past, seasons and sawteeth included: what stands on top of the growth when the limit is met.</summary>
/// <remarks>
/// The highest sample of each interval counts from when it was taken: where little time is left, or lives are short, the growth within
/// an interval is no small part of the way.
/// </remarks>
internal sealed class PeaksToCome
{
    /// <summary>This share of the recent intervals lies below what meets the limit.</summary>
    private const double Quantile = 0.95;

    /// <summary>So many of the last intervals tell where the signal stands now.</summary>
    private const int Now = 3;

    private const int Fewest = 8;

    /// <summary>Of several days a whole one is looked at, and a little more; else the last quarter.</summary>
    private const double Days = 48;
    private const double WholeDay = 30;
    private const double LastShare = 0.25;

    private readonly Bins bins;

    /// <summary>The latest first.</summary>
    private readonly List<(int Interval, double Hour, double Value)> tops = [];
    private readonly double[] peaks;
    private readonly double highest = double.NegativeInfinity;

    /// <param name="history">Where the samples are.</param>
    /// <param name="bins">The intervals.</param>
    /// <param name="signal">What meets the limit.</param>
    /// <param name="pace">About how fast it grows, per hour: of two samples of an interval the earlier is to be judged with what it grew since.</param>
    public PeaksToCome(ProcessHistory history, Bins bins, Signal signal, double pace)
    {
        this.bins = bins;
        var values = history.Values(signal);
        var times = history.Times;
        var window = bins.SpanHours >= Days ? WholeDay : LastShare * bins.SpanHours;
        var i = times.Length - 1;
        for (var b = bins.Count - 1; b >= 0 && bins.Lives[b] == bins.Lives[^1]; b--)
        {
            if (bins.Hours[^1] - bins.Hours[b] > window && tops.Count >= Fewest)
            {
                break;
            }

            // The samples that are nearer to this interval than to the one before; the first of a life is as wide before its middle as after.
            var from =
                b > 0 && bins.Lives[b - 1] == bins.Lives[b] ? 0.5 * (bins.Hours[b] + bins.Hours[b - 1])
                : b + 1 < bins.Count ? bins.Hours[b] - (0.5 * (bins.Hours[b + 1] - bins.Hours[b]))
                : double.NegativeInfinity;
            var (most, top) = (double.NegativeInfinity, (Interval: b, Hour: double.NaN, Value: double.NaN));
            for (; i >= 0; i--)
            {
                var hour = (times[i] - times[0]) / 3600;
                if (hour < from)
                {
                    break;
                }

                var level = values[i] - (pace * hour);
                if (level > most)
                {
                    (most, top) = (level, (b, hour, values[i]));
                }
            }

            if (!double.IsNaN(top.Value))
            {
                tops.Add(top);
                highest = Math.Max(highest, top.Value);
            }
        }

        peaks = new double[tops.Count];
    }

    /// <summary>
    /// What the peaks would be in the middle of the last interval: growth since then added, but no higher than what has been seen or what the last
    /// intervals come to. A course that misses a step would lift the peaks before it far above any value that there ever was.
    /// </summary>
    /// <param name="grownSince">Growth from the middle of an interval to that of the last one, bytes.</param>
    /// <param name="pace">Growth within an interval, bytes per hour.</param>
    public double Standing(Func<int, double> grownSince, double pace)
    {
        if (tops.Count == 0)
        {
            return double.NaN;
        }

        for (var k = 0; k < peaks.Length; k++)
        {
            var (interval, hour, value) = tops[k];
            peaks[k] = value + grownSince(interval) + (pace * (bins.Hours[interval] - hour));
        }

        Span<double> last = stackalloc double[Now];
        last = last[..Math.Min(Now, peaks.Length)];
        peaks.AsSpan(0, last.Length).CopyTo(last);
        last.Sort();
        var most = Order.Nth(peaks, (int)(Quantile * (peaks.Length - 1)));
        return Math.Min(most, Math.Max(highest, last[last.Length / 2]));
    }
}
