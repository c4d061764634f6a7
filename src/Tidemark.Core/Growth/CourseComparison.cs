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
    double Noise,
    int Freedom
)
{
    /// <summary>A course goes on for ever where it will rise by this share of its rise in as long again.</summary>
    private const double GoesOn = 0.2;

    /// <summary>Will rise by a good part of what it rose in as long again.</summary>
    public bool IsUnbounded => Rise > 0 && Future > GoesOn * Rise;

    public double Errors => RiseError > 0 ? Rise / RiseError : 0;

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

    /// <summary>How much it rises in so many hours after the end, bytes.</summary>
    public double Ahead(double hours)
    {
        var rise = 0.0;
        for (var k = 0; k < Sizes.Length; k++)
        {
            rise += Sizes[k] * (Course.Parts[k].After(hours) - Course.Parts[k].After(0));
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

/// <summary>The best of each side.</summary>
/// <param name="All">Every hypothesis that could be fitted.</param>
/// <param name="Flat">No growth at all.</param>
/// <param name="Bounded">The likeliest that levels off.</param>
/// <param name="Unbounded">The likeliest that goes on.</param>
internal sealed record Comparison(
    List<FittedCourse> All,
    FittedCourse Flat,
    FittedCourse Bounded,
    FittedCourse? Unbounded
)
{
    /// <summary>The unbounded side must be likelier by this much, as a logarithm: a false alarm costs more than a late one.</summary>
    private const double Margin = 1;

    /// <summary>Columns that stood beside the courses.</summary>
    public IReadOnlyList<double[]> Beside { get; init; } = [];

    public double Odds => (Unbounded?.Score ?? double.NegativeInfinity) - Bounded.Score;

    public FittedCourse Best => Odds > Margin ? Unbounded! : Bounded;
}

/// <summary>Fits every hypothesis to a signal and holds the best bounded one against the best unbounded one.</summary>
internal static class CourseComparison
{
    /// <summary>A new parameter must raise the log likelihood by this much (the Bayesian criterion for some 100 samples).</summary>
    public const double CostOfParameter = 2.3;

    /// <summary>With fewer samples beyond its parameters a course fits anything.</summary>
    private const int MinimumFreedom = 1;

    /// <summary>What is left cannot be less than this, in squared bytes and as a share: histories are written in whole pages.</summary>
    private const double LeastSquare = 1e-6;

    private const double LeastShare = 1e-12;

    /// <summary>A course that rises by more than this many times the range that was seen is made of parts that cancel each other.</summary>
    private const double MostRise = 1.3;

    /// <param name="courses">The hypotheses, the flat one first.</param>
    /// <param name="catalog">Where they come from.</param>
    /// <param name="noise">How the signal scatters.</param>
    /// <param name="target">The signal in each interval.</param>
    /// <param name="background">Columns that every hypothesis has.</param>
    /// <param name="beside">More of them.</param>
    /// <param name="range">From the lowest to the highest value of the signal.</param>
    public static Comparison Of(
        List<GrowthCourse> courses,
        CourseCatalog catalog,
        NoiseModel noise,
        double[] target,
        IReadOnlyList<double[]> background,
        IReadOnlyList<double[]> beside,
        double range
    )
    {
        var basis = new OrthogonalBasis(target.Length, background.Count + beside.Count);
        var column = new double[target.Length];
        foreach (var known in (IEnumerable<double[]>)[.. background, .. beside])
        {
            noise.News(known, column);
            basis.Add(column);
        }

        noise.News(target, column);
        basis.Remove(column);
        var fitter = new Fitter(catalog, noise, basis, column);
        var all = new List<FittedCourse>(courses.Count);
        FittedCourse? flat = null;
        FittedCourse? bounded = null;
        FittedCourse? unbounded = null;
        foreach (var course in courses)
        {
            if (fitter.Fit(course) is not { } fit || Math.Abs(fit.Rise) > MostRise * range)
            {
                continue;
            }

            flat ??= fit;
            all.Add(fit);
            if (fit.IsUnbounded)
            {
                unbounded = unbounded is null || fit.Score > unbounded.Score ? fit : unbounded;
            }
            else
            {
                bounded = bounded is null || fit.Score > bounded.Score ? fit : bounded;
            }
        }

        return new Comparison(all, flat!, bounded!, unbounded) { Beside = beside };
    }

    /// <summary>Fits courses to what the background leaves of a signal; each elementary course is prepared once.</summary>
    private sealed class Fitter(CourseCatalog catalog, NoiseModel noise, OrthogonalBasis basis, double[] rest)
    {
        private readonly double[] prepared = new double[catalog.Count * rest.Length];
        private readonly double[] alongRest = new double[catalog.Count];
        private readonly bool[] isPrepared = new bool[catalog.Count];
        private readonly double restSquare = OrthogonalBasis.Dot(rest, rest);

        public FittedCourse? Fit(GrowthCourse course)
        {
            var count = course.Parts.Length;
            var samples = noise.Samples;
            var parameters = basis.Count + count + course.Positions;
            if (count > 0 && samples - parameters < MinimumFreedom)
            {
                return null;
            }

            Span<double> normal = stackalloc double[count * count];
            Span<double> products = stackalloc double[count];
            for (var i = 0; i < count; i++)
            {
                var own = Prepared(course.Parts[i]);
                products[i] = alongRest[course.Parts[i].Index];
                for (var j = 0; j <= i; j++)
                {
                    normal[(i * count) + j] = normal[(j * count) + i] = OrthogonalBasis.Dot(
                        own,
                        Prepared(course.Parts[j])
                    );
                }
            }

            if (!SmallMatrix.Invert(normal, count))
            {
                return null;
            }

            var sizes = new double[count];
            SmallMatrix.Multiply(normal, products, sizes, count);
            if (course.Shape == GrowthShape.Accelerating && Array.Exists(sizes, s => s < 0))
            {
                return null;
            }

            var squares = Math.Max(
                restSquare - OrthogonalBasis.Dot(sizes, products),
                Math.Max(LeastSquare, LeastShare * restSquare)
            );
            var freedom = Math.Max(1, samples - parameters);
            var variance = squares / freedom;
            var (rise, slope, future) = (0.0, 0.0, 0.0);
            Span<double> rises = stackalloc double[count];
            Span<double> slopes = stackalloc double[count];
            for (var i = 0; i < count; i++)
            {
                var part = course.Parts[i];
                rise += sizes[i] * (rises[i] = part.Rise);
                slope += sizes[i] * (slopes[i] = part.Slope);
                future += sizes[i] * part.Future;
            }

            return new FittedCourse(
                course,
                sizes,
                (-0.5 * samples * Math.Log(squares / samples)) - (CostOfParameter * parameters),
                rise,
                Math.Sqrt(variance * SmallMatrix.Square(normal, rises, count)),
                slope,
                Math.Sqrt(variance * SmallMatrix.Square(normal, slopes, count)),
                future,
                Math.Sqrt(variance),
                freedom
            );
        }

        private Span<double> Prepared(ElementaryCourse part)
        {
            var own = prepared.AsSpan(part.Index * rest.Length, rest.Length);
            if (!isPrepared[part.Index])
            {
                noise.News(part.Column, own);
                basis.Remove(own);
                alongRest[part.Index] = OrthogonalBasis.Dot(own, rest);
                isPrepared[part.Index] = true;
            }

            return own;
        }
    }
}
