using System.Buffers;
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

    /// <summary>Most searches keep fewer than so many after the first look.</summary>
    private const int Usual = 64;

    private static readonly double[] Steps = [0.5, 0.25];

    private readonly CourseCatalog catalog;
    private readonly CourseFitter fitter;
    private readonly CourseLives lives;
    private readonly IReadOnlyList<double[]> beside;
    private readonly Lists lists;
    private readonly List<GrowthCourse> courses;
    private readonly List<Contender> contenders;
    private readonly List<GrowthCourse> variants;
    private bool isLookedAt;
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
        this.lives = lives;
        lists = Lists.Take();
        (courses, contenders, variants) = (lists.Courses, lists.Contenders, lists.Variants);
        catalog.AddCourses(lives, jumps, courses);
        foreach (var explanation in explanations)
        {
            catalog.AddExplained(lives, explanation, courses);
        }

        var parts = new PreparedParts(catalog, [.. background, .. beside], target);
        fitter = new CourseFitter(parts, range, leastNoise);
    }

    public void Dispose()
    {
        fitter.Dispose();
        lists.GiveBack();
    }

    /// <summary>The likeliest of each side under this noise; the first look asks all hypotheses, later ones the likeliest of them.</summary>
    public Contest Compare(NoiseModel noise)
    {
        fitter.Assume(noise);
        if (isLookedAt)
        {
            ScreenLikely();
        }
        else
        {
            ScreenAll();
            isLookedAt = true;
        }

        return Contest.Of(contenders, beside);
    }

    /// <summary>The likeliest courses with their errors, after the best of either side have been tuned.</summary>
    public Comparison Tune()
    {
        if (!isFlat)
        {
            Tune(unbounded: false);
            Tune(unbounded: true);
        }

        var contest = Contest.Of(contenders, beside);
        var all = new List<FittedCourse>();
        if (contest.GoesOn)
        {
            var least = contest.Best.Score - Contest.Hopeless;
            foreach (var contender in contenders)
            {
                if (contender.IsUnbounded && contender.Score > least)
                {
                    all.Add(fitter.Fit(contender.Course));
                }
            }

            AddFaster(least, all);
        }

        // The flat hypothesis always fits, and comes first.
        var flat = fitter.Fit(contenders[0].Course);
        return new Comparison(
            all,
            flat,
            ReferenceEquals(contest.Bounded.Course, flat.Course) ? flat : fitter.Fit(contest.Bounded.Course),
            contest.Unbounded is not { } unbounded
                ? null
                : all.Find(c => ReferenceEquals(c.Course, unbounded.Course)) ?? fitter.Fit(unbounded.Course)
        );
    }

    /// <summary>Adds the courses that accelerate otherwise than the hypotheses do: they decide nothing but how it goes on.</summary>
    private void AddFaster(double least, List<FittedCourse> all)
    {
        var faster = catalog.Faster(lives);
        Span<Screening> screenings = stackalloc Screening[faster.Length];
        fitter.Screen(faster, screenings);
        for (var i = 0; i < faster.Length; i++)
        {
            if (screenings[i] is { IsPossible: true, IsUnbounded: true } screening && screening.Score > least)
            {
                all.Add(fitter.Fit(faster[i]));
            }
        }
    }

    /// <summary>Tries the likeliest of one side between the points of the grid.</summary>
    private void Tune(bool unbounded)
    {
        Span<Screening> screenings = stackalloc Screening[CourseCatalog.MostVariants];
        foreach (var place in Likeliest(CollectionsMarshal.AsSpan(contenders), unbounded, stackalloc int[Tuned]))
        {
            var best = contenders[place];
            foreach (var step in Steps)
            {
                variants.Clear();
                catalog.AddVariants(best.Course, step, variants);
                var own = screenings[..variants.Count];
                fitter.Screen(CollectionsMarshal.AsSpan(variants), own);
                for (var i = 0; i < own.Length; i++)
                {
                    if (own[i].IsPossible && own[i].IsUnbounded == unbounded)
                    {
                        contenders.Add(new Contender(variants[i], own[i].Score, unbounded));
                        best = contenders[^1].IsAheadOf(best) ? contenders[^1] : best;
                    }
                }
            }
        }
    }

    /// <summary>Keeps the flat hypothesis, and of either side those that are not far behind its best.</summary>
    private void ScreenAll()
    {
        var rented = ArrayPool<Screening>.Shared.Rent(courses.Count);
        var screenings = rented.AsSpan(0, courses.Count);
        screenings.Fill(Screening.Impossible);
        var hypotheses = CollectionsMarshal.AsSpan(courses);
        fitter.ScreenSingle(hypotheses, screenings);
        // Where no single part says anything, several say nothing either.
        isFlat = true;
        foreach (var screening in screenings)
        {
            isFlat &= !(screening.Score > screenings[0].Score);
        }

        if (!isFlat)
        {
            fitter.ScreenSeveral(hypotheses, screenings);
        }

        var (bounded, unbounded) = LeastScores(screenings);
        for (var i = 0; i < screenings.Length; i++)
        {
            var screening = screenings[i];
            if (i == 0 || screening.Score >= (screening.IsUnbounded ? unbounded : bounded))
            {
                contenders.Add(new Contender(courses[i], screening.Score, screening.IsUnbounded));
            }
        }

        ArrayPool<Screening>.Shared.Return(rented);
    }

    /// <summary>What a hypothesis of either side must reach: those that will be tuned are kept however far they are behind.</summary>
    private static (double Bounded, double Unbounded) LeastScores(ReadOnlySpan<Screening> screenings)
    {
        const double None = double.NegativeInfinity;
        var (first, second, firstOn, secondOn) = (None, None, None, None);
        foreach (var screening in screenings[1..])
        {
            var score = screening.Score;
            if (screening.IsUnbounded && score > secondOn)
            {
                (firstOn, secondOn) = score > firstOn ? (score, firstOn) : (firstOn, score);
            }
            else if (!screening.IsUnbounded && score > second)
            {
                (first, second) = score > first ? (score, first) : (first, score);
            }
        }

        return (Math.Min(first - FarBehind, second), Math.Min(firstOn - FarBehind, secondOn));
    }

    /// <summary>Screens those again that were likely at the first look.</summary>
    private void ScreenLikely()
    {
        if (!isShort)
        {
            isShort = true;
            courses.Clear();
            courses.Add(contenders[0].Course);
            KeepLikely(unbounded: true);
            KeepLikely(unbounded: false);
        }

        contenders.Clear();
        var hypotheses = CollectionsMarshal.AsSpan(courses);
        Span<Screening> screenings = stackalloc Screening[hypotheses.Length];
        fitter.Screen(hypotheses, screenings);
        for (var i = 0; i < screenings.Length; i++)
        {
            if (screenings[i].IsPossible)
            {
                contenders.Add(new Contender(hypotheses[i], screenings[i].Score, screenings[i].IsUnbounded));
            }
        }
    }

    private void KeepLikely(bool unbounded)
    {
        var all = CollectionsMarshal.AsSpan(contenders)[1..];
        var best = Likeliest(all, unbounded, stackalloc int[ShortList]);
        foreach (var place in best)
        {
            if (all[place].Score > all[best[0]].Score - FarBehind)
            {
                courses.Add(all[place].Course);
            }
        }
    }

    /// <summary>The places of the likeliest of one side, the best first.</summary>
    private static ReadOnlySpan<int> Likeliest(ReadOnlySpan<Contender> all, bool unbounded, Span<int> best)
    {
        var count = 0;
        for (var i = 0; i < all.Length; i++)
        {
            if (all[i].IsUnbounded != unbounded || (count == best.Length && !all[i].IsAheadOf(all[best[^1]])))
            {
                continue;
            }

            var place = count < best.Length ? count++ : count - 1;
            for (; place > 0 && all[i].IsAheadOf(all[best[place - 1]]); place--)
            {
                best[place] = best[place - 1];
            }

            best[place] = i;
        }

        return best[..count];
    }

    /// <summary>What a search writes to, lent again to the next of the thread.</summary>
    private sealed class Lists
    {
        /// <summary>One search of all lives and one of the last may be going on.</summary>
        private const int Kept = 2;

        [ThreadStatic]
        private static Stack<Lists>? idle;

        public List<GrowthCourse> Courses { get; } = new(2 * Usual);

        public List<Contender> Contenders { get; } = new(2 * Usual);

        public List<GrowthCourse> Variants { get; } = new(Usual);

        public static Lists Take() => idle is { Count: > 0 } ? idle.Pop() : new Lists();

        public void GiveBack()
        {
            Courses.Clear();
            Contenders.Clear();
            Variants.Clear();
            idle ??= new Stack<Lists>();
            if (idle.Count < Kept)
            {
                idle.Push(this);
            }
        }
    }
}
