using System.Buffers;

namespace Tidemark.Core.Growth;

/// <summary>Fits every hypothesis to a signal and holds the likeliest bounded one against the likeliest unbounded one.</summary>
/// <remarks>
/// The first look tries all of them on their grid of parameters. Later looks, with more known of the noise, try only those that
/// were not far behind, and the best are tuned between the points of the grid: a start-up that is off by a tenth leaves
/// over what looks like a leak.
/// </remarks>
internal sealed class CourseSearch
{
    /// <summary>A new parameter must raise the log likelihood by this much (the Bayesian criterion for some 100 samples).</summary>
    public const double CostOfParameter = 2.3;

    /// <summary>A hypothesis that is less likely than the best of its side by more than this, as a logarithm, is not looked at again.</summary>
    private const double FarBehind = 15;

    /// <summary>So many of each side are looked at again.</summary>
    private const int ShortList = 16;

    /// <summary>So many of each side are tuned, and so often.</summary>
    private const int Tuned = 2;

    private static readonly double[] Steps = [0.5, 0.25];

    /// <summary>Start-ups beside which an explanation is tried.</summary>
    private const int StartUps = 2;

    /// <summary>A course that rises by more than this many times the range that was seen is made of parts that cancel each other.</summary>
    private const double MostRise = 1.3;

    /// <summary>A single part may rise by more, where the ends were not seen.</summary>
    private const double MostRiseOfOne = 2;

    private readonly CourseCatalog catalog;
    private readonly double[] target;
    private readonly IReadOnlyList<double[]> known;
    private readonly IReadOnlyList<double[]> beside;
    private readonly double range;
    private readonly double leastNoise;
    private List<GrowthCourse> courses;
    private bool isShort;
    private bool isFlat;

    /// <param name="catalog">Where the hypotheses come from.</param>
    /// <param name="lives">Where they run.</param>
    /// <param name="jumps">Ages at which the level of this signal changed at once.</param>
    /// <param name="target">The signal in each interval.</param>
    /// <param name="background">Columns that every hypothesis has.</param>
    /// <param name="beside">More of them, which are a trend of their own.</param>
    /// <param name="explanations">Columns that may explain the signal in place of a growth.</param>
    /// <param name="range">From the lowest to the highest value of the signal.</param>
    /// <param name="leastNoise">No signal is known better than to this, in its unit.</param>
    public CourseSearch(
        CourseCatalog catalog,
        CourseLives lives,
        double[] jumps,
        double[] target,
        IReadOnlyList<double[]> background,
        IReadOnlyList<double[]> beside,
        IReadOnlyList<double[]> explanations,
        double range,
        double leastNoise
    )
    {
        this.catalog = catalog;
        this.target = target;
        this.beside = beside;
        this.range = range;
        this.leastNoise = leastNoise;
        known = [.. background, .. beside];
        courses = [.. catalog.Courses(lives, jumps)];
        foreach (var explanation in explanations)
        {
            var part = catalog.Explained(explanation);
            courses.Add(new(GrowthShape.Flat, 1, part));
            foreach (var startUp in catalog.StartUps(lives).Take(StartUps))
            {
                courses.Add(new(GrowthShape.Logarithmic, 2, startUp, part));
            }
        }
    }

    /// <summary>The comparison under this noise; the first asks all hypotheses, later ones the likeliest of them.</summary>
    public Comparison Compare(NoiseModel noise)
    {
        using var fitter = Fitter(noise);
        if (!isShort)
        {
            // Where no single part says anything, several say nothing either.
            var single = Fit(fitter, courses.FindAll(c => c.Parts.Length <= 1));
            isFlat = single.TrueForAll(c => c.Score <= single[0].Score);
            courses = isFlat ? [.. single.Select(c => c.Course)] : courses;
        }

        var all = Fit(fitter, courses);
        if (!isShort)
        {
            courses = [courses[0], .. Likeliest(all, c => c.IsUnbounded), .. Likeliest(all, c => !c.IsUnbounded)];
            isShort = true;
        }

        return Of(all);
    }

    /// <summary>The same comparison, after the best of either side have been tuned.</summary>
    public Comparison Tune(NoiseModel noise, Comparison comparison)
    {
        if (isFlat)
        {
            return comparison;
        }

        using var fitter = Fitter(noise);
        var all = new List<FittedCourse>(comparison.All);
        foreach (var unbounded in (ReadOnlySpan<bool>)[false, true])
        {
            var best = all.Where(c => c.IsUnbounded == unbounded).OrderByDescending(c => c.Score).Take(Tuned).ToList();
            foreach (var course in best)
            {
                Tune(fitter, course, unbounded, all);
            }
        }

        return Of(all);
    }

    private void Tune(CourseFitter fitter, FittedCourse best, bool unbounded, List<FittedCourse> all)
    {
        foreach (var step in Steps)
        {
            foreach (var variant in catalog.Variants(best.Course, step))
            {
                if (Try(fitter, variant) is { } fit && fit.IsUnbounded == unbounded)
                {
                    all.Add(fit);
                    best = fit.Score > best.Score ? fit : best;
                }
            }
        }
    }

    private CourseFitter Fitter(NoiseModel noise) => new(catalog, noise, known, target, leastNoise);

    private List<FittedCourse> Fit(CourseFitter fitter, List<GrowthCourse> hypotheses)
    {
        var all = new List<FittedCourse>(hypotheses.Count);
        foreach (var course in hypotheses)
        {
            if (Try(fitter, course) is { } fit)
            {
                all.Add(fit);
            }
        }

        return all;
    }

    private FittedCourse? Try(CourseFitter fitter, GrowthCourse course) =>
        fitter.Fit(course) is { } fit
        && Math.Abs(fit.Rise) <= (course.Parts.Length == 1 ? MostRiseOfOne : MostRise) * range
            ? fit
            : null;

    private static IEnumerable<GrowthCourse> Likeliest(List<FittedCourse> all, Func<FittedCourse, bool> side)
    {
        var own = all.Where(c => side(c) && c.Course.Parts.Length > 0).OrderByDescending(c => c.Score).ToList();
        return own.Count == 0
            ? []
            : own.TakeWhile(c => c.Score > own[0].Score - FarBehind).Take(ShortList).Select(c => c.Course);
    }

    private Comparison Of(List<FittedCourse> all)
    {
        FittedCourse? bounded = null;
        FittedCourse? unbounded = null;
        foreach (var fit in all)
        {
            if (fit.IsUnbounded)
            {
                unbounded = unbounded is null || fit.Score > unbounded.Score ? fit : unbounded;
            }
            else
            {
                bounded = bounded is null || fit.Score > bounded.Score ? fit : bounded;
            }
        }

        // The flat hypothesis always fits, and comes first.
        return new Comparison(all, all[0], bounded!, unbounded) { Beside = beside };
    }
}

/// <summary>Fits courses to what the background leaves of a signal; each elementary course is prepared once.</summary>
internal sealed class CourseFitter : IDisposable
{
    /// <summary>With fewer samples beyond its parameters a course fits anything.</summary>
    private const int MinimumFreedom = 2;

    /// <summary>Only of a straight line one is enough.</summary>
    private const int MinimumFreedomOfLine = 1;

    private readonly NoiseModel noise;
    private readonly OrthogonalBasis basis;
    private readonly double[] rest;
    private readonly double restSquare;
    private readonly double leastSquare;
    private readonly int length;
    private int[] places;
    private double[] prepared;
    private double[] alongRest;
    private double[] squares;
    private int count;

    public CourseFitter(
        CourseCatalog catalog,
        NoiseModel noise,
        IReadOnlyList<double[]> known,
        double[] target,
        double leastNoise
    )
    {
        this.noise = noise;
        length = target.Length;
        basis = new OrthogonalBasis(length, known.Count);
        rest = new double[length];
        foreach (var column in known)
        {
            noise.News(column, rest);
            basis.Add(rest);
        }

        noise.News(target, rest);
        basis.Remove(rest);
        restSquare = OrthogonalBasis.Dot(rest, rest);
        leastSquare = noise.Samples * leastNoise * leastNoise;
        places = new int[catalog.Count + 64];
        prepared = ArrayPool<double>.Shared.Rent((catalog.Count + 64) * length);
        alongRest = new double[catalog.Count + 64];
        squares = new double[catalog.Count + 64];
    }

    public void Dispose() => ArrayPool<double>.Shared.Return(prepared);

    public FittedCourse? Fit(GrowthCourse course)
    {
        var size = course.Parts.Length;
        var samples = noise.Samples;
        var parameters = basis.Count + size + course.Positions;
        if (
            size > 0
            && samples - parameters < (size == 1 && course.Positions == 0 ? MinimumFreedomOfLine : MinimumFreedom)
        )
        {
            return null;
        }

        Span<double> normal = stackalloc double[size * size];
        Span<double> products = stackalloc double[size];
        for (var i = 0; i < size; i++)
        {
            var own = Prepare(course.Parts[i]);
            products[i] = alongRest[own];
            normal[(i * size) + i] = squares[own];
            for (var j = 0; j < i; j++)
            {
                normal[(i * size) + j] = normal[(j * size) + i] = OrthogonalBasis.Dot(
                    Column(own),
                    Column(Prepare(course.Parts[j]))
                );
            }
        }

        if (!SmallMatrix.Invert(normal, size))
        {
            return null;
        }

        var sizes = new double[size];
        SmallMatrix.Multiply(normal, products, sizes, size);
        for (var i = 0; i < size; i++)
        {
            if (sizes[i] < 0 && (course.Shape == GrowthShape.Accelerating || course.Parts[i].OnlyRises))
            {
                return null;
            }
        }

        var left = Math.Max(restSquare - OrthogonalBasis.Dot(sizes, products), leastSquare);
        var freedom = Math.Max(1, samples - parameters);
        var variance = left / freedom;
        var (rise, slope, future) = (0.0, 0.0, 0.0);
        Span<double> rises = stackalloc double[size];
        Span<double> slopes = stackalloc double[size];
        Span<double> futures = stackalloc double[size];
        for (var i = 0; i < size; i++)
        {
            var part = course.Parts[i];
            rise += sizes[i] * (rises[i] = part.Rise);
            slope += sizes[i] * (slopes[i] = part.Slope);
            future += sizes[i] * (futures[i] = part.Future);
        }

        return new FittedCourse(
            course,
            sizes,
            (-0.5 * samples * Math.Log(left / samples)) - (CourseSearch.CostOfParameter * parameters),
            rise,
            Math.Sqrt(variance * SmallMatrix.Square(normal, rises, size)),
            slope,
            Math.Sqrt(variance * SmallMatrix.Square(normal, slopes, size)),
            future,
            Math.Sqrt(variance * SmallMatrix.Square(normal, futures, size)),
            Math.Sqrt(variance),
            freedom
        );
    }

    private Span<double> Column(int place) => prepared.AsSpan(place * length, length);

    private int Prepare(ElementaryCourse part)
    {
        if (part.Index >= places.Length)
        {
            Array.Resize(ref places, part.Index + 64);
        }

        if (places[part.Index] > 0)
        {
            return places[part.Index] - 1;
        }

        if ((count + 1) * length > prepared.Length || count == alongRest.Length)
        {
            var more = ArrayPool<double>.Shared.Rent(2 * (count + 1) * length);
            prepared.AsSpan(0, count * length).CopyTo(more);
            ArrayPool<double>.Shared.Return(prepared);
            prepared = more;
            Array.Resize(ref alongRest, 2 * (count + 1));
            Array.Resize(ref squares, 2 * (count + 1));
        }

        var place = count++;
        places[part.Index] = count;
        var own = Column(place);
        noise.News(part.Column, own);
        basis.Remove(own);
        alongRest[place] = OrthogonalBasis.Dot(own, rest);
        squares[place] = OrthogonalBasis.Dot(own, own);
        return place;
    }
}
