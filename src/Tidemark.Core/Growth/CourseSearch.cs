namespace Tidemark.Core.Growth;

/// <summary>Fits every hypothesis to a signal and holds the likeliest bounded one against the likeliest unbounded one.</summary>
/// <remarks>
/// The first look tries all of them on their grid of parameters. Later looks, with more known of the noise, try only those that
/// were not far behind, and the best are tuned between the points of the grid: a start-up that is off by a tenth leaves
/// over what looks like a leak.
/// </remarks>
internal sealed class CourseSearch : IDisposable
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
    private readonly CourseFitter fitter;
    private readonly IReadOnlyList<double[]> beside;
    private readonly double range;
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
        this.beside = beside;
        this.range = range;
        courses = catalog.Courses(lives, jumps);
        ElementaryCourse[] startUps = [.. catalog.StartUps(lives).Take(StartUps)];
        foreach (var explanation in explanations)
        {
            var part = catalog.Explained(explanation);
            courses.Add(new(GrowthShape.Flat, 1, part));
            foreach (var startUp in startUps)
            {
                courses.Add(new(GrowthShape.Logarithmic, 2, startUp, part));
            }
        }

        fitter = new CourseFitter(catalog, [.. background, .. beside], target, leastNoise);
    }

    public void Dispose() => fitter.Dispose();

    /// <summary>The comparison under this noise; the first asks all hypotheses, later ones the likeliest of them.</summary>
    public Comparison Compare(NoiseModel noise)
    {
        fitter.Assume(noise);
        if (isShort)
        {
            return Of(Fit(courses));
        }

        var all = Fit(Contenders());
        courses = [courses[0], .. Likeliest(all, c => c.IsUnbounded), .. Likeliest(all, c => !c.IsUnbounded)];
        isShort = true;
        return Of(all);
    }

    /// <summary>The same comparison, after the best of either side have been tuned.</summary>
    public Comparison Tune(Comparison comparison)
    {
        if (isFlat)
        {
            return comparison;
        }

        var all = new List<FittedCourse>(comparison.All);
        foreach (var unbounded in (ReadOnlySpan<bool>)[false, true])
        {
            var best = all.Where(c => c.IsUnbounded == unbounded).OrderByDescending(c => c.Score).Take(Tuned).ToList();
            foreach (var course in best)
            {
                Tune(course, unbounded, all);
            }
        }

        return Of(all);
    }

    private void Tune(FittedCourse best, bool unbounded, List<FittedCourse> all)
    {
        foreach (var step in Steps)
        {
            foreach (var fit in Fit([.. catalog.Variants(best.Course, step)]))
            {
                if (fit.IsUnbounded == unbounded)
                {
                    all.Add(fit);
                    best = fit.Score > best.Score ? fit : best;
                }
            }
        }
    }

    /// <summary>The flat hypothesis, and of either side those that are not far behind its best.</summary>
    private List<GrowthCourse> Contenders()
    {
        var screenings = new Screening?[courses.Count];
        Screen(c => c.Parts.Length <= 1);
        // Where no single part says anything, several say nothing either.
        isFlat = Array.TrueForAll(screenings, s => !(s?.Score > screenings[0]!.Value.Score));
        if (!isFlat)
        {
            Screen(c => c.Parts.Length > 1);
        }

        var (bounded, unbounded) = (LeastScore(false), LeastScore(true));
        return [.. courses.Where((_, i) => i == 0 || screenings[i] is { } s && s.Score >= (s.IsUnbounded ? unbounded : bounded))];

        void Screen(Predicate<GrowthCourse> which)
        {
            fitter.Prepare(courses.Where(c => which(c)));
            for (var i = 0; i < screenings.Length; i++)
            {
                screenings[i] = which(courses[i]) && fitter.Screen(courses[i]) is { } s && IsPossible(courses[i], s.Rise) ? s : screenings[i];
            }
        }

        // Those that will be tuned are kept however far they are behind.
        double LeastScore(bool unbounded)
        {
            var (first, second) = (double.NegativeInfinity, double.NegativeInfinity);
            for (var i = 1; i < screenings.Length; i++)
            {
                if (screenings[i] is { } s && s.IsUnbounded == unbounded && s.Score > second)
                {
                    (first, second) = s.Score > first ? (s.Score, first) : (first, s.Score);
                }
            }

            return Math.Min(first - FarBehind, second);
        }
    }

    private List<FittedCourse> Fit(List<GrowthCourse> hypotheses)
    {
        fitter.Prepare(hypotheses);
        var all = new List<FittedCourse>(hypotheses.Count);
        foreach (var course in hypotheses)
        {
            if (fitter.Fit(course) is { } fit && IsPossible(course, fit.Rise))
            {
                all.Add(fit);
            }
        }

        return all;
    }

    private bool IsPossible(GrowthCourse course, double rise) =>
        Math.Abs(rise) <= (course.Parts.Length == 1 ? MostRiseOfOne : MostRise) * range;

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
