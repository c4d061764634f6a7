namespace Tidemark.Core.Growth;

/// <summary>When something is to happen, by one way to foresee it.</summary>
/// <param name="MeanLog">The mean of the logarithm of the hours until then.</param>
/// <param name="Variance">Its variance.</param>
/// <param name="Odds">How likely it is to happen within sight.</param>
internal readonly record struct Outlook(double MeanLog, double Variance, double Odds)
{
    /// <summary>What is nearer than this share of the history is now.</summary>
    public const double Soonest = 1e-3;

    /// <summary>No way to foresee is surer than this, as a variance of the logarithm.</summary>
    private const double Least = 0.01;

    /// <summary>Two ways, weighed by how sure each is of itself; where they disagree less is known than either says.</summary>
    public Outlook With(Outlook? more)
    {
        if (more is not { } other)
        {
            return this;
        }

        var (own, others) = (1 / (Variance + Least), 1 / (other.Variance + Least));
        var share = own / (own + others);
        var mean = double.Lerp(other.MeanLog, MeanLog, share);
        var variance =
            (share * (Variance + Square(MeanLog - mean)))
            + ((1 - share) * (other.Variance + Square(other.MeanLog - mean)));
        return new Outlook(mean, variance, double.Lerp(other.Odds, Odds, share));
    }

    private static double Square(double value) => value * value;
}
