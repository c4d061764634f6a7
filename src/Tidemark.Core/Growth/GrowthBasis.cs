namespace Tidemark.Core.Growth;

/// <summary>How one elementary course of growth runs over the history: a column of a linear model, and where it leads.</summary>
/// <param name="Column">Its value in each interval; 0 where growth has not begun.</param>
/// <param name="Slope">Its derivative at the end, per hour.</param>
/// <param name="Rise">How much it rose over the last life.</param>
/// <param name="Future">How much it will rise in as long again as the history lasted.</param>
internal sealed record GrowthBasis(double[] Column, double Slope, double Rise, double Future)
{
    /// <summary>Tabulates a course that is a function of the age of the process in hours.</summary>
    public static GrowthBasis OfAge(
        Bins bins,
        double spanHours,
        Func<double, double> course,
        Func<double, double> slope
    )
    {
        var column = new double[bins.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = course(bins.Ages[i]);
        }

        var end = bins.Ages[^1];
        return new GrowthBasis(column, slope(end), course(end) - course(0), course(end + spanHours) - course(end));
    }
}
