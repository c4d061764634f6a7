namespace Tidemark.Core.Growth;

/// <summary>Finds the long-run course of one signal by comparing hypotheses on equal terms.</summary>
/// <remarks>
/// Every hypothesis is a linear model: the <see cref="Background"/> (levels, season, load) and one course of growth. Residuals
/// are correlated from interval to interval, so the models are fitted to what is new in each interval, and the correlation is
/// learnt again from what the chosen course leaves over, so that a slow wander does not pass for a trend.
/// </remarks>
internal sealed class TrendAnalysis
{
    /// <summary>A last life of fewer intervals cannot be judged apart from those before it.</summary>
    private const int MinimumLife = 10;

    /// <summary>Times that the correlation is learnt again.</summary>
    private const int Rounds = 4;

    /// <summary>No signal is known better than to this share of itself; where it was seen a few times only, to that one.</summary>
    private const double LeastNoise = 0.001;
    private const double LeastNoiseOfFew = 0.01;

    /// <summary>With fewer samples than this each counts for itself: they lie far apart and know nothing of each other.</summary>
    private const int Few = 10;

    private readonly Bins bins;
    private readonly double[] values;
    private readonly double[] target;
    private readonly double[] rest;
    private readonly double range;
    private readonly CourseCatalog catalog;
    private readonly NoiseModel asSeen;
    private readonly List<int> floors;
    private readonly double[] jumps = [];

    /// <summary>Looks at a signal by itself.</summary>
    /// <param name="bins">The clock.</param>
    /// <param name="values">The signal in each interval; NaN where it is missing.</param>
    public TrendAnalysis(Bins bins, double[] values)
    {
        this.bins = bins;
        this.values = values;
        catalog = bins.Catalog;
        rest = bins.Columns.Next();
        target = bins.Columns.CopyOf(values);
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var i = 0; i < target.Length; i++)
        {
            if (double.IsNaN(target[i]))
            {
                target[i] = 0;
                continue;
            }

            low = Math.Min(low, target[i]);
            high = Math.Max(high, target[i]);
        }

        range = high - low;
        asSeen = new NoiseModel(bins, values);
        floors = asSeen.Samples < Few ? asSeen.Seen() : Sawtooth.Floors(bins, values);
        if (floors.Count == 0)
        {
            new Background(bins, withSeason: true).RestBesideAnyTrend(asSeen, target, rest);
            asSeen.Reweigh(rest);
            jumps = Jumps.Find(bins, values);
        }
    }

    /// <summary>The trend of a signal that is asked for once.</summary>
    public static Trend Of(Bins bins, double[] values, IReadOnlyList<double[]> explanations) =>
        new TrendAnalysis(bins, values).Beside(explanations);

    /// <summary>The trend of the signal, given others that may explain it.</summary>
    /// <param name="explanations">Columns without missing values, such as the load.</param>
    /// <param name="holds">What it is known to hold, such as the entries of a cache; null for nothing.</param>
    public Trend Beside(IReadOnlyList<double[]> explanations, double[]? holds = null)
    {
        var asKnown = Run(explanations, holds);
        var collapses = bins.TellsRestarts ? [] : Jumps.Collapses(bins, values);
        if (asKnown.IsSawtooth || collapses.Count == 0)
        {
            return asKnown;
        }

        // Nobody told of these restarts: each costs its place.
        var cut = new TrendAnalysis(bins.CutAt(collapses), values).Run(explanations, holds);
        return cut.Best.Score - (CourseSearch.CostOfParameter * collapses.Count) > asKnown.Best.Score ? cut : asKnown;
    }

    private Trend Run(IReadOnlyList<double[]> explanations, double[]? holds)
    {
        var noise = new NoiseModel(asSeen);
        if (floors.Count > 0)
        {
            noise.KeepOnly(floors);
            return Finish(noise, new Background(bins, withSeason: false, holds), []);
        }

        var background = new Background(bins, withSeason: true, holds);
        var open = background.Explain(noise, target, explanations, rest);
        noise.Reweigh(rest);
        background.RestBesideAnyTrend(noise, target, rest);
        noise.LearnMemory(rest);
        noise.LearnJumps(rest);
        return Finish(noise, background, open);
    }

    private Trend Finish(NoiseModel noise, Background background, IReadOnlyList<double[]> open)
    {
        var isSawtooth = floors.Count > 0;
        using var together = Search(CourseLives.All, []);
        var last = bins.Lives[^1];
        using var apart =
            last == 0 || bins.Lives.Count(l => l == last) < MinimumLife
                ? null
                : Search(CourseLives.Last, [catalog.LinearInEarlierLives.Column]);
        var (best, contest) = Compare();
        for (
            var round = 0;
            round < Rounds && !isSawtooth && noise.LearnMemory(Rest(noise, background, contest));
            round++
        )
        {
            (best, contest) = Compare();
        }

        return new Trend(best.Tune(), noise, bins, Level(noise), target, isSawtooth);

        CourseSearch Search(CourseLives lives, IReadOnlyList<double[]> beside) =>
            new(
                catalog,
                lives,
                jumps,
                target,
                background.Columns,
                beside,
                open,
                range,
                Level(noise) * (noise.Samples < Few ? LeastNoiseOfFew : LeastNoise)
            );

        (CourseSearch, Contest) Compare()
        {
            var all = together.Compare(noise);
            return apart?.Compare(noise) is { } own && own.Best.Score > all.Best.Score ? (apart, own) : (together, all);
        }
    }

    /// <summary>What background and chosen course leave of the signal.</summary>
    private double[] Rest(NoiseModel noise, Background background, Contest contest)
    {
        var parts = contest.Best.Course.Parts;
        using var basis = new OrthogonalBasis(
            bins.Count,
            background.Columns.Count + contest.Beside.Count + parts.Length
        );
        foreach (var column in background.Columns)
        {
            Add(column);
        }

        foreach (var column in contest.Beside)
        {
            Add(column);
        }

        foreach (var part in parts)
        {
            Add(part.Column);
        }

        noise.Weigh(target, rest);
        basis.Remove(rest);
        noise.Unweigh(rest);
        return rest;

        void Add(double[] column)
        {
            noise.Weigh(column, basis.Next);
            basis.Add();
        }
    }

    private double Level(NoiseModel noise)
    {
        for (var i = target.Length - 1; i >= 0; i--)
        {
            if (noise.Counts(i))
            {
                return Math.Max(target[i], 1);
            }
        }

        return 1;
    }
}
