using System.Runtime.Intrinsics;

namespace Tidemark.Core.Growth;

/// <summary>One hypothesis fitted to a signal.</summary>
/// <param name="Course">The hypothesis.</param>
/// <param name="Sizes">The size of each of its parts, bytes.</param>
/// <param name="Score">Log likelihood, less what its parameters cost.</param>
/// <param name="Rise">How much it rose over the last life, bytes.</param>
/// <param name="RiseError">Standard error of the rise.</param>
/// <param name="Slope">Growth at the end, bytes per hour.</param>
/// <param name="SlopeError">Standard error of the slope.</param>
/// <param name="Future">What it will rise in as long again as the history lasted, bytes.</param>
/// <param name="FutureError">Standard error of that.</param>
/// <param name="Noise">Standard deviation of what is new in an interval, bytes.</param>
/// <param name="Freedom">Samples beyond the parameters.</param>
internal sealed record FittedCourse(
    GrowthCourse Course,
    double[] Sizes,
    double Score,
    double Rise,
    double RiseError,
    double Slope,
    double SlopeError,
    double Future,
    double FutureError,
    double Noise,
    int Freedom
)
{
    /// <summary>A course goes on for ever where it will rise by this share of its rise in as long again.</summary>
    private const double GoesOn = 0.18;

    /// <summary>Will rise by a good part of what it rose in as long again.</summary>
    public bool IsUnbounded => GoesOnForEver(Rise, Future);

    public static bool GoesOnForEver(double rise, double future) => rise > 0 && future > GoesOn * rise;

    /// <summary>The same of several; all bits are set where it is so.</summary>
    public static Vector256<long> GoesOnForEver(Vector256<double> rise, Vector256<double> future) =>
        (
            Vector256.GreaterThan(rise, Vector256<double>.Zero)
            & Vector256.GreaterThan(future, Vector256.Create(GoesOn) * rise)
        ).AsInt64();

    public double Errors => RiseError > 0 ? Rise / RiseError : 0;

    /// <summary>What is to come, in standard errors.</summary>
    public double FutureErrors => FutureError > 0 ? Future / FutureError : 0;

    /// <summary>The part of the rise that came after the start-up, level changes not counted; bytes.</summary>
    public double RiseAfterStart
    {
        get
        {
            var rise = 0.0;
            for (var k = 0; k < Sizes.Length; k++)
            {
                rise += Sizes[k] * Course.Parts[k].RiseAfterStart;
            }

            return rise;
        }
    }

    /// <summary>The part of the rise that came after the first moments, in bytes: a process that has just begun gets its first work in them.</summary>
    public double RiseAfterFirstMoments
    {
        get
        {
            var rise = 0.0;
            for (var k = 0; k < Sizes.Length; k++)
            {
                rise += Sizes[k] * Course.Parts[k].RiseAfterFirstMoments;
            }

            return rise;
        }
    }

    /// <summary>How much it rises in so many hours after the end, bytes.</summary>
    public double Ahead(double hours)
    {
        var rise = 0.0;
        for (var k = 0; k < Sizes.Length; k++)
        {
            rise += Sizes[k] * Course.Parts[k].Ahead(hours);
        }

        return rise;
    }

    /// <summary>How much it rose from one interval to a later one, bytes.</summary>
    public double Between(int from, int to)
    {
        var rise = 0.0;
        for (var k = 0; k < Sizes.Length; k++)
        {
            rise += Sizes[k] * (Course.Parts[k].Column[to] - Course.Parts[k].Column[from]);
        }

        return rise;
    }
}

/// <summary>A hypothesis that is not far behind the best of its side.</summary>
/// <param name="Course">The hypothesis.</param>
/// <param name="Score">Log likelihood, less what its parameters cost.</param>
/// <param name="IsUnbounded">Whether it goes on for ever.</param>
internal readonly record struct Contender(GrowthCourse Course, double Score, bool IsUnbounded)
{
    /// <summary>Two that say the same differ by less than this, as a logarithm, and by rounding alone: the one that was asked first stands.</summary>
    private const double Same = 1e-6;

    public bool IsAheadOf(in Contender other) => Score > other.Score + Same;
}

/// <summary>The likeliest hypothesis that levels off against the likeliest that goes on.</summary>
/// <param name="Bounded">The likeliest that levels off, or is flat.</param>
/// <param name="Unbounded">The likeliest that goes on; null where none does.</param>
/// <param name="Beside">Columns that stood beside the courses.</param>
internal readonly record struct Contest(Contender Bounded, Contender? Unbounded, IReadOnlyList<double[]> Beside)
{
    /// <summary>The unbounded side must be likelier by this much, as a logarithm: a false alarm costs more than a late one.</summary>
    public const double Margin = 1;

    /// <param name="contenders">All of them, the flat hypothesis first.</param>
    /// <param name="beside">Columns that stood beside the courses.</param>
    public static Contest Of(List<Contender> contenders, IReadOnlyList<double[]> beside)
    {
        var bounded = contenders[0];
        Contender? unbounded = null;
        foreach (var contender in contenders)
        {
            if (!contender.IsUnbounded)
            {
                bounded = contender.IsAheadOf(bounded) ? contender : bounded;
            }
            else if (unbounded is not { } best || contender.IsAheadOf(best))
            {
                unbounded = contender;
            }
        }

        return new Contest(bounded, unbounded, beside);
    }

    /// <summary>Who is less likely than the best by more than this, as a logarithm, is asked by nobody.</summary>
    public const double Hopeless = 10;

    public bool GoesOn => Unbounded is { } unbounded && unbounded.Score - Bounded.Score > Margin;

    public Contender Best => GoesOn ? Unbounded!.Value : Bounded;
}

/// <summary>The best of each side, with their errors.</summary>
/// <param name="GoingOn">Where the likeliest goes on, all hypotheses that do and are not far behind; the likeliest is one of them.</param>
/// <param name="Flat">No growth at all.</param>
/// <param name="Bounded">The likeliest that levels off.</param>
/// <param name="Unbounded">The likeliest that goes on.</param>
internal sealed record Comparison(
    List<FittedCourse> GoingOn,
    FittedCourse Flat,
    FittedCourse Bounded,
    FittedCourse? Unbounded
)
{
    public double Odds => (Unbounded?.Score ?? double.NegativeInfinity) - Bounded.Score;

    public FittedCourse Best => Odds > Contest.Margin ? Unbounded! : Bounded;
}
