namespace Tidemark.Core.Growth;

/// <summary>How far forecasts are off nine times in ten, by what is known when they are made; measured (docs/growth.md).</summary>
/// <remarks>
/// Courses that disagree tell a part of it. The rest, that none of them is the true one, is the larger the further one looks ahead of what
/// was seen, and the less the rise stands out from its noise.
/// </remarks>
internal static class ForecastError
{
    /// <summary>Times that the courses and their errors scatter.</summary>
    private const double Scatter = 2.1;
    private const double ScatterOfRate = 3.5;

    /// <summary>What none of the courses knows, for a rise of <see cref="Usual"/> standard errors, and as a logarithm.</summary>
    private const double Model = 0.195;
    private const double ModelOfRate = 0.16;
    private const double Usual = 30;

    private const double ByDistance = 0.45;
    private const double ByErrors = -0.2;
    private const double ByErrorsOfRate = -0.13;

    /// <summary>As a share of the rate.</summary>
    /// <param name="scatter">Standard deviation of the courses, as a share of the rate.</param>
    /// <param name="errors">Standard errors of the rise.</param>
    public static double OfRate(double scatter, double errors) =>
        double.Hypot(ScatterOfRate * scatter, ModelOfRate * Math.Pow(Clear(errors), ByErrorsOfRate));

    /// <summary>As a logarithm of the time left.</summary>
    /// <param name="scatter">Standard deviation of the courses' logarithms.</param>
    /// <param name="distance">The time left, as a share of the time seen.</param>
    /// <param name="errors">Standard errors of the rise.</param>
    public static double OfTime(double scatter, double distance, double errors) =>
        double.Hypot(Scatter * scatter, Model * Math.Pow(1 + distance, ByDistance) * Math.Pow(Clear(errors), ByErrors));

    private static double Clear(double errors) => Math.Clamp(errors / Usual, 0.1, 10);
}
