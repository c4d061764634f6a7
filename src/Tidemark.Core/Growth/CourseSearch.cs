using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
        var startUps = catalog.StartUps(lives).Take(StartUps).ToArray();
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
        courses = [courses[0], .. Likeliest(all, unbounded: true), .. Likeliest(all, unbounded: false)];
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
            foreach (var course in Best(CollectionsMarshal.AsSpan(all), unbounded, Tuned))
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
    [SkipLocalsInit]
    private List<GrowthCourse> Contenders()
    {
        Span<Screening> screenings = stackalloc Screening[courses.Count];
        screenings.Fill(Screening.Impossible);
        Screen(screenings, several: false);
        // Where no single part says anything, several say nothing either.
        isFlat = true;
        foreach (var screening in screenings)
        {
            isFlat &= !(screening.Score > screenings[0].Score);
        }

        if (!isFlat)
        {
            Screen(screenings, several: true);
        }

        var (bounded, unbounded) = (LeastScore(screenings, false), LeastScore(screenings, true));
        var contenders = new List<GrowthCourse>();
        for (var i = 0; i < screenings.Length; i++)
        {
            if (i == 0 || screenings[i].Score >= (screenings[i].IsUnbounded ? unbounded : bounded))
            {
                contenders.Add(courses[i]);
            }
        }

        return contenders;
    }

    /// <summary>Screens the hypotheses of several parts, or the others.</summary>
    private void Screen(Span<Screening> screenings, bool several)
    {
        foreach (var course in courses)
        {
            if (course.Parts.Length > 1 == several)
            {
                fitter.Add(course);
            }
        }

        fitter.Prepare();
        for (var i = 0; i < screenings.Length; i++)
        {
            if (courses[i].Parts.Length > 1 == several)
            {
                var screening = fitter.Screen(courses[i]);
                screenings[i] = IsPossible(courses[i], screening.Rise) ? screening : Screening.Impossible;
            }
        }
    }

    /// <summary>What a hypothesis of one side must reach: those that will be tuned are kept however far they are behind.</summary>
    private static double LeastScore(ReadOnlySpan<Screening> screenings, bool unbounded)
    {
        var (first, second) = (double.NegativeInfinity, double.NegativeInfinity);
        foreach (var screening in screenings[1..])
        {
            if (screening.IsUnbounded == unbounded && screening.Score > second)
            {
                (first, second) = screening.Score > first ? (screening.Score, first) : (first, screening.Score);
            }
        }

        return Math.Min(first - FarBehind, second);
    }

    private List<FittedCourse> Fit(List<GrowthCourse> hypotheses)
    {
        hypotheses.ForEach(fitter.Add);
        fitter.Prepare();
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

    /// <summary>Those of one side that are looked at again.</summary>
    private static IEnumerable<GrowthCourse> Likeliest(List<FittedCourse> all, bool unbounded)
    {
        var best = Best(CollectionsMarshal.AsSpan(all)[1..], unbounded, ShortList);
        return best.TakeWhile(c => c.Score > best[0].Score - FarBehind).Select(c => c.Course);
    }

    /// <summary>So many of one side, the best first.</summary>
    private static List<FittedCourse> Best(ReadOnlySpan<FittedCourse> all, bool unbounded, int count)
    {
        var best = new List<FittedCourse>(count);
        foreach (var fit in all)
        {
            if (fit.IsUnbounded != unbounded || (best.Count == count && !(fit.Score > best[^1].Score)))
            {
                continue;
            }

            if (best.Count == count)
            {
                best.RemoveAt(count - 1);
            }

            var place = best.Count;
            while (place > 0 && fit.Score > best[place - 1].Score)
            {
                place--;
            }

            best.Insert(place, fit);
        }

        return best;
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
