using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>How much the work of a process rose, seasons averaged out.</summary>
internal static class LoadLevel
{
    /// <summary>Of a history without seasons, the level is averaged over this share.</summary>
    private const double Share = 0.12;

    /// <summary>With fewer intervals there are no quarters to be compared.</summary>
    private const int FewestIntervals = 8;

    /// <summary>The highest level of the work over that at the beginning; 1 where it is not known.</summary>
    public static double Risen(Bins bins)
    {
        if (bins.Rate(Signal.Requests) is not { } rate)
        {
            return 1;
        }

        var window = bins.SpanHours >= 48 ? 24 : Math.Min(Share * bins.SpanHours, 24);
        var (start, sum, hours, highest, first) = (0, 0.0, 0, 0.0, double.NaN);
        for (var i = 0; i < rate.Length; i++)
        {
            sum += double.IsNaN(rate[i]) ? 0 : rate[i];
            hours += double.IsNaN(rate[i]) ? 0 : 1;
            while (bins.Hours[i] - bins.Hours[start] > window)
            {
                sum -= double.IsNaN(rate[start]) ? 0 : rate[start];
                hours -= double.IsNaN(rate[start]) ? 0 : 1;
                start++;
            }

            if (hours > 0 && bins.Hours[i] - bins.Hours[0] >= window * 0.9)
            {
                first = double.IsNaN(first) ? sum / hours : first;
                highest = Math.Max(highest, sum / hours);
            }
        }

        return first > 0 ? highest / first : 1;
    }

    /// <summary>The work in the last quarter of the history over that in the first, seasons and all; 1 where it is not known.</summary>
    public static double LateOverEarly(Bins bins)
    {
        if (bins.Rate(Signal.Requests) is not { } rate)
        {
            return 1;
        }

        var known = rate.Where(r => !double.IsNaN(r)).ToArray();
        var quarter = known.Length / 4;
        return known.Length >= FewestIntervals && known.Take(quarter).Sum() is > 0 and var early
            ? known.TakeLast(quarter).Sum() / early
            : 1;
    }
}
