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
