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

    private readonly Bins bins;
    private readonly double[] target;
    private readonly IReadOnlyList<double[]> explanations;
    private readonly double range;
    private readonly CourseCatalog catalog;

    private TrendAnalysis(Bins bins, double[] values, IReadOnlyList<double[]> explanations)
    {
        this.bins = bins;
        this.explanations = explanations;
        catalog = bins.Catalog;
        target = [.. values];
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
    }

    /// <summary>The trend of a signal, given others that may explain it.</summary>
    /// <param name="bins">The clock.</param>
    /// <param name="values">The signal in each interval; NaN where it is missing.</param>
    /// <param name="explanations">Columns without missing values, such as the load.</param>
    public static Trend Of(Bins bins, double[] values, IReadOnlyList<double[]> explanations)
    {
        var asKnown = new TrendAnalysis(bins, values, explanations).Run(values);
        var collapses = Jumps.Collapses(bins, values);
        if (asKnown.IsSawtooth || collapses.Count == 0)
        {
            return asKnown;
        }

        // Nobody told of these restarts: each costs its place.
        var cut = new TrendAnalysis(bins.CutAt(collapses), values, explanations).Run(values);
        return cut.Best.Score - (CourseComparison.CostOfParameter * collapses.Count) > asKnown.Best.Score
            ? cut
            : asKnown;
    }

    private Trend Run(double[] values)
    {
        var noise = new NoiseModel(bins, values);
        var floors = Sawtooth.Floors(bins, values);
        if (floors.Count > 0)
        {
            noise.KeepOnly(floors);
            var floor = new Background(bins, withSeason: false);
            return new Trend(Compare(noise, floor, []), noise, bins, Level(noise), IsSawtooth: true);
        }

        var jumps = Jumps.Find(bins, values);
        var background = new Background(bins, withSeason: true);
        noise.Reweigh(background.RestBesideAnyTrend(noise, target));
        background.Explain(noise, target, explanations);
        noise.Reweigh(background.RestBesideAnyTrend(noise, target));
        var rest = background.RestBesideAnyTrend(noise, target);
        noise.LearnMemory(rest);
        noise.LearnJumps(rest);
        var comparison = Compare(noise, background, jumps);
        for (var round = 0; round < Rounds && noise.LearnMemory(Rest(noise, background, comparison)); round++)
        {
            comparison = Compare(noise, background, jumps);
        }

        return new Trend(comparison, noise, bins, Level(noise), IsSawtooth: false);
    }

    private Comparison Compare(NoiseModel noise, Background background, double[] jumps)
    {
        var together = CourseComparison.Of(
            catalog.Courses(CourseLives.All, jumps),
            catalog,
            noise,
            target,
            background.Columns,
            [],
            range
        );
        var last = bins.Lives[^1];
        if (last == 0 || bins.Lives.Count(l => l == last) < MinimumLife)
        {
            return together;
        }

        var apart = CourseComparison.Of(
            catalog.Courses(CourseLives.Last, jumps),
            catalog,
            noise,
            target,
            background.Columns,
            [catalog.LinearInEarlierLives.Column],
            range
        );
        return apart.Best.Score > together.Best.Score ? apart : together;
    }

    /// <summary>What background and chosen course leave of the signal.</summary>
    private double[] Rest(NoiseModel noise, Background background, Comparison comparison)
    {
        var basis = new OrthogonalBasis(
            bins.Count,
            background.Columns.Count + comparison.Beside.Count + comparison.Best.Course.Parts.Length
        );
        foreach (var column in background.Columns.Concat(comparison.Beside))
        {
            basis.Add(noise.Weighted(column));
        }

        foreach (var part in comparison.Best.Course.Parts)
        {
            basis.Add(noise.Weighted(part.Column));
        }

        var rest = noise.Weighted(target);
        basis.Remove(rest);
        return noise.Unweighted(rest);
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
