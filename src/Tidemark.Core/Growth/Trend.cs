namespace Tidemark.Core.Growth;

/// <summary>What one signal does in the long run, once season, load and sawtooth are taken away.</summary>
/// <param name="Comparison">All hypotheses that were held against each other.</param>
/// <param name="Noise">How the signal scatters around them.</param>
/// <param name="Bins">The intervals, with the restarts that were found.</param>
/// <param name="Level">The signal at the end, bytes.</param>
/// <param name="Values">The signal in each interval.</param>
/// <param name="IsSawtooth">Whether only the floors of a sawtooth were looked at.</param>
internal sealed record Trend(
    Comparison Comparison,
    NoiseModel Noise,
    Bins Bins,
    double Level,
    double[] Values,
    bool IsSawtooth
)
{
    /// <summary>
    /// A rise must be this many standard errors to be one. Plain statistics would ask for 3; seasons and wanders that the
    /// model does not know make the errors too small.
    /// </summary>
    private const double SignificantErrors = 5;

    /// <summary>The floors of a sawtooth lie far apart and know nothing of each other: plain statistics hold.</summary>
    private const double SignificantFloorErrors = 4;

    /// <summary>What is to come must be so many standard errors: of growth that slows down, the rise says little of the end.</summary>
    private const double ClearFutureErrors = 6;
    private const double ClearFloorFutureErrors = 4;

    /// <summary>
    /// What is to come so many standard errors of itself is growth, even where a start-up that nobody saw the whole of makes
    /// the rise uncertain.
    /// </summary>
    private const double PlainFutureErrors = 12;

    /// <summary>Growth without an end must be this many standard errors ...</summary>
    private const double ClearErrors = 7;

    /// <summary>... or likelier than its end by this much, as a logarithm.</summary>
    private const double ClearOdds = 5;

    /// <summary>Growth below this share of the level is nobody's leak: stable processes wander as far.</summary>
    public const double SmallestRise = 0.045;

    /// <summary>The same of what is to come in as long again.</summary>
    private const double SmallestFuture = 0.04;

    public FittedCourse Best => Comparison.Best;

    /// <summary>Whether it rose by more than chance makes of its noise.</summary>
    public bool Grows =>
        Math.Max(Best.Rise, Best.RiseAfterStart) > 0
        && Best.Score > Comparison.Flat.Score
        && (
            Best.Errors >= (IsSawtooth ? SignificantFloorErrors : SignificantErrors) * FewSamples
            || (!IsSawtooth && Best.IsUnbounded && Best.RiseAfterStart > 0 && Best.FutureErrors >= PlainFutureErrors)
        );

    /// <summary>Few samples beyond the parameters make the standard error itself uncertain (Student).</summary>
    private double FewSamples => 1 + (3.0 / Best.Freedom);

    /// <summary>Whether it grows by an amount that matters, and will go on.</summary>
    public bool GrowsForEver =>
        Grows
        && Best is { IsUnbounded: true, Slope: > 0 }
        && (IsSawtooth || Best.Errors >= ClearErrors || Comparison.Odds >= ClearOdds)
        && (
            // Of lives of a day nobody has seen what comes in a week: it must be clear by itself.
            (Best.Future > Best.Rise && !Bins.Movements.IsRestartedDaily)
            || Best.FutureErrors >= (IsSawtooth ? ClearFloorFutureErrors * FewSamples : ClearFutureErrors)
        )
        && Grown > SmallestRise * Level
        && Best.Future > SmallestFuture * Level;

    /// <summary>What it grew by: of a course of more parts, what a start-up and changes of level did is no part of it.</summary>
    private double Grown =>
        Best.Course.Parts.Length == 1 ? Math.Max(Best.Rise, Best.RiseAfterStart) : Best.RiseAfterStart;

    public GrowthShape Shape => Grows ? Best.Course.Shape : GrowthShape.Flat;
}
