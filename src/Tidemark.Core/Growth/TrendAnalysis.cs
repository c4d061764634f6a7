namespace Tidemark.Core.Growth;

/// <summary>Finds the long-run course of one signal by comparing hypotheses on equal terms.</summary>
/// <remarks>
/// Every hypothesis is a linear model: a level for each life, a daily and weekly season where the history is long enough,
/// the load where it is known, and one course of growth. Residuals are correlated from interval to interval, so that
/// n intervals count as n(1-r)/(1+r), r being the correlation of neighbours.
/// </remarks>
internal sealed class TrendAnalysis
{
    /// <summary>A day must be seen one and a half times before a daily season can be told from a trend.</summary>
    private const double SeasonDays = 1.6;

    private const double WeekSeasonDays = 10;

    /// <summary>A new parameter must raise the log likelihood by this much (the Bayesian criterion for some 100 effective samples).</summary>
    private const double CostOfParameter = 2.3;

    /// <summary>A rise must be this many standard errors.</summary>
    private const double SignificantErrors = 4;

    /// <summary>Lives before these are forgotten: a level each is all that they add.</summary>
    private const int MaximumLives = 8;

    private readonly Bins bins;
    private readonly double[] target;
    private readonly List<double[]> columns = [];
    private readonly List<int> nuisance = [];

    private TrendAnalysis(Bins bins, double[] target, IReadOnlyList<double[]> explanations)
    {
        this.bins = bins;
        this.target = [.. target];
        AddLevels();
        AddSeason();
        foreach (var explanation in explanations)
        {
            Explain(explanation);
        }
    }

    /// <summary>The trend of a signal, given others that may explain it.</summary>
    /// <param name="bins">The clock.</param>
    /// <param name="target">The signal in each interval; NaN where it is missing.</param>
    /// <param name="explanations">Columns without missing values, such as the load.</param>
    public static Trend Of(Bins bins, double[] target, IReadOnlyList<double[]> explanations) =>
        new TrendAnalysis(bins, target, explanations).Run(explanations.Count);

    private void Explain(double[] column)
    {
        nuisance.Add(columns.Count);
        columns.Add(column);
    }

    private void AddLevels()
    {
        var lives = bins.Lives[^1] + 1;
        for (var life = Math.Max(0, lives - MaximumLives); life < lives; life++)
        {
            var level = new double[bins.Count];
            for (var i = 0; i < level.Length; i++)
            {
                level[i] = bins.Lives[i] == life || (life == lives - MaximumLives && bins.Lives[i] < life) ? 1 : 0;
            }

            Explain(level);
        }
    }

    private void AddSeason()
    {
        var days = (bins.Hours[^1] - bins.Hours[0]) / 24;
        if (days >= SeasonDays)
        {
            AddHarmonics(24, 2);
        }

        if (days >= WeekSeasonDays)
        {
            AddHarmonics(168, 2);
        }
    }

    private void AddHarmonics(double period, int count)
    {
        for (var k = 1; k <= count; k++)
        {
            var sine = new double[bins.Count];
            var cosine = new double[bins.Count];
            for (var i = 0; i < sine.Length; i++)
            {
                (sine[i], cosine[i]) = Math.SinCos(2 * Math.PI * k * bins.Hours[i] / period);
            }

            Explain(sine);
            Explain(cosine);
        }
    }

    private Trend Run(int explanations)
    {
        var weights = new double[target.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = double.IsNaN(target[i]) ? 0 : 1;
            target[i] = double.IsNaN(target[i]) ? 0 : target[i];
        }

        var courses = GrowthCourse.All(bins);
        var subsets = Subsets(courses);
        var flexible = Flexible();
        var equations = new NormalEquations(columns, target, weights);
        for (var round = 0; round < 2; round++)
        {
            Reweigh(equations.Solve(flexible), flexible, weights);
            equations = new NormalEquations(columns, target, weights);
        }

        var residuals = Residuals(equations.Solve(flexible), flexible);
        var correlation = NeighbourCorrelation(residuals, weights);
        var samples = weights.Count(w => w > 0);
        var effective = Math.Max(3, samples * (1 - correlation) / (1 + correlation));
        return Choose(courses, subsets, equations, samples, effective, explanations);
    }

    private List<int[]> Subsets(List<GrowthCourse> courses)
    {
        var index = new Dictionary<GrowthBasis, int>(ReferenceEqualityComparer.Instance);
        var subsets = new List<int[]>();
        foreach (var course in courses)
        {
            var subset = new List<int>(nuisance);
            foreach (var part in course.Parts)
            {
                if (!index.TryGetValue(part, out var column))
                {
                    index[part] = column = columns.Count;
                    columns.Add(part.Column);
                }

                subset.Add(column);
            }

            subsets.Add([.. subset]);
        }

        return subsets;
    }

    /// <summary>A trend that may bend anywhere, against which noise is measured.</summary>
    private int[] Flexible()
    {
        var first = columns.Count;
        var span = bins.Hours[^1] - bins.Hours[0];
        const int Knots = 6;
        for (var k = 0; k < Knots; k++)
        {
            var from = span * k / Knots;
            var column = new double[bins.Count];
            for (var i = 0; i < column.Length; i++)
            {
                column[i] = Math.Max(0, bins.Hours[i] - from) / span;
            }

            columns.Add(column);
        }

        return [.. nuisance, .. Enumerable.Range(first, Knots)];
    }

    private double[] Residuals(LinearFit fit, int[] subset)
    {
        var residuals = (double[])target.Clone();
        for (var k = 0; k < subset.Length; k++)
        {
            var column = columns[subset[k]];
            for (var i = 0; i < residuals.Length; i++)
            {
                residuals[i] -= fit.Coefficients[k] * column[i];
            }
        }

        return residuals;
    }

    /// <summary>Values above the fit count less than those below (a floor is wanted), outliers less than their size (Huber).</summary>
    private void Reweigh(LinearFit fit, int[] subset, double[] weights)
    {
        var residuals = Residuals(fit, subset);
        var sizes = new List<double>(residuals.Length);
        for (var i = 0; i < residuals.Length; i++)
        {
            if (weights[i] > 0)
            {
                sizes.Add(Math.Abs(residuals[i]));
            }
        }

        sizes.Sort();
        var spread = Math.Max(1.4826 * sizes[sizes.Count / 2], 1e-9);
        for (var i = 0; i < residuals.Length; i++)
        {
            if (weights[i] > 0)
            {
                var size = Math.Abs(residuals[i]) / spread;
                weights[i] = (residuals[i] > 0 ? 0.6 : 1.0) * (size > 1.5 ? 1.5 / size : 1);
            }
        }
    }

    private double NeighbourCorrelation(double[] residuals, double[] weights)
    {
        var (product, square, pairs, count) = (0.0, 0.0, 0, 0);
        for (var i = 0; i < residuals.Length; i++)
        {
            if (weights[i] <= 0)
            {
                continue;
            }

            var own = Math.Sqrt(weights[i]) * residuals[i];
            square += own * own;
            count++;
            if (i > 0 && weights[i - 1] > 0 && bins.Lives[i] == bins.Lives[i - 1])
            {
                product += own * Math.Sqrt(weights[i - 1]) * residuals[i - 1];
                pairs++;
            }
        }

        if (pairs < 4 || square <= 0)
        {
            return 0;
        }

        var r = product / pairs / (square / count);
        // Small samples underestimate it (Kendall, 1954).
        return Math.Clamp(r + ((1 + (3 * r)) / count), 0, 0.97);
    }

    private Trend Choose(
        List<GrowthCourse> courses,
        List<int[]> subsets,
        NormalEquations equations,
        int samples,
        double effective,
        int explanations
    )
    {
        var fits = new Candidate[courses.Count];
        Candidate? bounded = null;
        Candidate? unbounded = null;
        for (var c = 0; c < fits.Length; c++)
        {
            var candidate = fits[c] = Weigh(courses[c], equations.Solve(subsets[c]), samples, effective);
            if (candidate.IsUnbounded)
            {
                unbounded = unbounded is null || candidate.Score > unbounded.Score ? candidate : unbounded;
            }
            else
            {
                bounded = bounded is null || candidate.Score > bounded.Score ? candidate : bounded;
            }
        }

        var flat = fits[0];
        var best = unbounded is not null && unbounded.Score > bounded!.Score ? unbounded : bounded!;
        var grows = best.Rise > 0 && best.Score > flat.Score && best.Errors >= SignificantErrors;
        return new Trend
        {
            Shape = best.Course.Shape,
            Grows = grows,
            Unbounded = grows && best.IsUnbounded,
            PerHour = best.PerHour,
            Rise = best.Rise,
            Noise = best.Noise,
            Level = target[^1],
            Significance = best.Errors,
            FutureShare = best.FutureShare,
            UnboundedOdds = (unbounded?.Score ?? double.NegativeInfinity) - bounded!.Score,
            LoadRise = explanations > 0 ? LoadRise(best.Fit, subsets[Array.IndexOf(fits, best)], explanations) : 0,
        };
    }

    private double LoadRise(LinearFit fit, int[] subset, int explanations)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var i = 0; i < target.Length; i++)
        {
            var sum = 0.0;
            for (var k = nuisance.Count - explanations; k < nuisance.Count; k++)
            {
                sum += fit.Coefficients[k] * columns[subset[k]][i];
            }

            low = Math.Min(low, sum);
            high = Math.Max(high, sum);
        }

        return high - low;
    }

    private Candidate Weigh(GrowthCourse course, LinearFit fit, int samples, double effective)
    {
        var freedom = Math.Max(1, samples - fit.Rank);
        var variance = Math.Max(fit.Squares / freedom, 1e-6);
        var inflation = samples / effective;
        var first = fit.Coefficients.Length - course.Parts.Length;
        var (rise, slope, future, slopeVariance, riseVariance) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var k = 0; k < course.Parts.Length; k++)
        {
            var part = course.Parts[k];
            var coefficient = fit.Coefficients[first + k];
            var uncertainty = fit.Variances[first + k] * variance * inflation;
            rise += coefficient * part.Rise;
            slope += coefficient * part.Slope;
            future += coefficient * part.Future;
            slopeVariance += uncertainty * part.Slope * part.Slope;
            riseVariance += uncertainty * part.Rise * part.Rise;
        }

        var margin = 1.7 * Math.Sqrt(slopeVariance);
        return new Candidate(
            course,
            fit,
            Score: (-0.5 * effective * Math.Log(variance)) - (CostOfParameter * fit.Rank),
            Rise: rise,
            Errors: riseVariance > 0 ? rise / Math.Sqrt(riseVariance) : 0,
            PerHour: new Estimate(slope, slope - margin, slope + margin),
            Noise: Math.Sqrt(variance),
            FutureShare: rise > 0 ? future / rise : 0
        );
    }

    private sealed record Candidate(
        GrowthCourse Course,
        LinearFit Fit,
        double Score,
        double Rise,
        double Errors,
        Estimate PerHour,
        double Noise,
        double FutureShare
    )
    {
        /// <summary>Will rise by a good part of what it rose in as long again.</summary>
        public bool IsUnbounded => Rise > 0 && FutureShare > 0.2;
    }
}
