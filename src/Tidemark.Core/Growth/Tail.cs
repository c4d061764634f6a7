namespace Tidemark.Core.Growth;

/// <summary>Asks the end of a history alone whether growth goes on, whatever the course before it was.</summary>
/// <remarks>
/// While one watches live, what grows may slow down because the machine does, or because of the watching. What is filling up
/// has all but stopped in the last third of the watch; what leaks has not.
/// </remarks>
internal static class Tail
{
    private const double Share = 1.0 / 3;

    /// <summary>Of the whole rise this much came in the tail: of what levels off with a time constant of a third, 9 % do.</summary>
    private const double ShareOfRise = 0.12;

    private const double ClearErrors = 6;
    private const int FewPoints = 8;

    /// <summary>Where the start-up is over and where the end begins, as shares of the watch, and how long either is looked at.</summary>
    private const double Started = 0.3;
    private const double End = 0.8;
    private const double Look = 0.2;

    /// <summary>How much it rose from the end of the start-up to the end of the watch, by medians, which neither steps nor excursions move.</summary>
    public static double RiseOfLate(Trend trend) => Median(trend, End) - Median(trend, Started);

    private static double Median(Trend trend, double share)
    {
        var from = trend.Bins.Hours[0] + (share * trend.Bins.SpanHours);
        var to = from + (Look * trend.Bins.SpanHours);
        var seen = new List<double>();
        for (var i = 0; i < trend.Bins.Count; i++)
        {
            if (trend.Bins.Hours[i] >= from && trend.Bins.Hours[i] <= to && trend.Noise.Counts(i))
            {
                seen.Add(trend.Values[i]);
            }
        }

        seen.Sort();
        return seen.Count > 0 ? seen[seen.Count / 2] : double.NaN;
    }

    public static bool GoesOn(Trend trend)
    {
        var (bins, values) = (trend.Bins, trend.Values);
        var from = bins.Hours[^1] - (Share * bins.SpanHours);
        var (n, sx, sy, sxx, sxy, syy) = (0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < bins.Count; i++)
        {
            var (x, y) = (bins.Hours[i] - from, values[i] / trend.Level);
            if (x >= 0 && trend.Noise.Counts(i))
            {
                (n, sx, sy) = (n + 1, sx + x, sy + y);
                (sxx, sxy, syy) = (sxx + (x * x), sxy + (x * y), syy + (y * y));
            }
        }

        var (varianceX, covariance, varianceY) = (sxx - (sx * sx / n), sxy - (sx * sy / n), syy - (sy * sy / n));
        if (n < FewPoints || !(varianceX > 0) || !(covariance > 0))
        {
            return false;
        }

        var slope = covariance / varianceX;
        var error = Math.Sqrt(Math.Max(varianceY - (slope * covariance), 0) / (n - 2) / varianceX);
        return slope > ClearErrors * error
            && slope * Share * bins.SpanHours > ShareOfRise * trend.Best.Rise / trend.Level;
    }
}
