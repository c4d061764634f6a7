using System.Runtime.InteropServices;

namespace Tidemark.Core.Growth;

/// <summary>Finds the long-run course of one signal by comparing hypotheses on equal terms.</summary>
/// <remarks>
/// Every hypothesis is a linear model: a level for each life, a daily and weekly season where the history is long enough,
/// the load where it is known, and one course of growth. Residuals are correlated from interval to interval; the model is
/// fitted to what is new in each interval (Prais and Winsten), so that a slow wander does not pass for a trend.
/// </remarks>
internal sealed class TrendAnalysis
{
    /// <summary>A day must be seen one and a half times before a daily season can be told from a trend.</summary>
    private const double SeasonDays = 1.6;

    private const double WeekSeasonDays = 10;

    /// <summary>A new parameter must raise the log likelihood by this much (the Bayesian criterion for some 100 samples).</summary>
    private const double CostOfParameter = 2.3;

    /// <summary>A rise must be this many standard errors.</summary>
    private const double SignificantErrors = 4;

    /// <summary>Lives before these share one level.</summary>
    private const int MaximumLives = 8;

    /// <summary>A last life of fewer intervals cannot be judged apart from those before it.</summary>
    private const int MinimumLife = 10;

    /// <summary>Bends that noise is measured against.</summary>
    private const int Knots = 6;

    private readonly Bins bins;
    private readonly double[] target;
    private readonly double[] weights;
    private readonly List<double[]> nuisance = [];
    private double[] previous = [];

    private TrendAnalysis(Bins bins, double[] target, IReadOnlyList<double[]> explanations)
    {
        this.bins = bins;
        this.target = [.. target];
        weights = new double[target.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = double.IsNaN(target[i]) ? 0 : 1;
            this.target[i] = double.IsNaN(target[i]) ? 0 : target[i];
        }

        AddLevels();
        AddSeason();
        nuisance.AddRange(explanations);
    }

    /// <summary>The trend of a signal, given others that may explain it.</summary>
    /// <param name="bins">The clock.</param>
    /// <param name="target">The signal in each interval; NaN where it is missing.</param>
    /// <param name="explanations">Columns without missing values, such as the load.</param>
    public static Trend Of(Bins bins, double[] target, IReadOnlyList<double[]> explanations) =>
        new TrendAnalysis(bins, target, explanations).Run();

    private void AddLevels()
    {
        var lives = bins.Lives[^1] + 1;
        var first = Math.Max(0, lives - MaximumLives);
        for (var life = first; life < lives; life++)
        {
            var level = new double[bins.Count];
            for (var i = 0; i < level.Length; i++)
            {
                level[i] = Math.Max(bins.Lives[i], first) == life ? 1 : 0;
            }

            nuisance.Add(level);
        }
    }

    private void AddSeason()
    {
        var days = bins.SpanHours / 24;
        if (days >= SeasonDays)
        {
            AddHarmonics(24);
        }

        if (days >= WeekSeasonDays)
        {
            AddHarmonics(168);
        }
    }

    private void AddHarmonics(double periodHours)
    {
        for (var k = 1; k <= 2; k++)
        {
            var sine = new double[bins.Count];
            var cosine = new double[bins.Count];
            for (var i = 0; i < sine.Length; i++)
            {
                (sine[i], cosine[i]) = Math.SinCos(2 * Math.PI * k * bins.Hours[i] / periodHours);
            }

            nuisance.Add(sine);
            nuisance.Add(cosine);
        }
    }

    private Trend Run()
    {
        var residuals = MeasureNoise();
        previous = Memory(residuals);
        var best = Choose(GrowthCourse.All(bins, CourseLives.All), []);
        var last = bins.Lives[^1];
        if (last > 0 && bins.Lives.Count(l => l == last) >= MinimumLife)
        {
            var apart = Choose(
                GrowthCourse.All(bins, CourseLives.Last),
                [new ElementaryCourse(bins, CourseKind.Linear, 0, CourseLives.Earlier).Column]
            );
            best = apart.Best.Score > best.Best.Score ? apart : best;
        }

        var chosen = best.Best;
        var grows = chosen.Rise > 0 && chosen.Score > best.Flat.Score && chosen.Errors >= SignificantErrors;
        return new Trend
        {
            Shape = chosen.Course.Shape,
            Grows = grows,
            Unbounded = grows && chosen.IsUnbounded,
            PerHour = chosen.PerHour,
            Rise = chosen.Rise,
            Noise = chosen.Noise,
            Level = target[^1],
            Significance = chosen.Errors,
            FutureShare = chosen.FutureShare,
            UnboundedOdds = best.Odds,
        };
    }

    /// <summary>Fits season, load and a trend that may bend anywhere, sets the weights, and returns what is left.</summary>
    private double[] MeasureNoise()
    {
        var columns = new List<double[]>(nuisance);
        for (var k = 0; k < Knots; k++)
        {
            var from = bins.SpanHours * k / Knots;
            var column = new double[bins.Count];
            for (var i = 0; i < column.Length; i++)
            {
                column[i] = Math.Max(0, bins.Hours[i] - from);
            }

            columns.Add(column);
        }

        double[] residuals = [];
        for (var round = 0; round < 3; round++)
        {
            var basis = new OrthogonalBasis(bins.Count, columns.Count);
            var scaled = new double[bins.Count];
            foreach (var column in columns)
            {
                Scale(column, scaled);
                basis.Add(scaled);
            }

            residuals = new double[bins.Count];
            Scale(target, residuals);
            basis.Remove(residuals);
            for (var i = 0; i < residuals.Length; i++)
            {
                residuals[i] = weights[i] > 0 ? residuals[i] / Math.Sqrt(weights[i]) : 0;
            }

            if (round < 2)
            {
                Reweigh(residuals);
            }
        }

        return residuals;
    }

    private void Scale(double[] column, double[] scaled)
    {
        for (var i = 0; i < scaled.Length; i++)
        {
            scaled[i] = column[i] * Math.Sqrt(weights[i]);
        }
    }

    /// <summary>Values above the fit count less than those below (a floor is wanted), outliers less than their size (Huber).</summary>
    private void Reweigh(double[] residuals)
    {
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

    /// <summary>How much of its residual each interval hands on to the next one.</summary>
    private double[] Memory(double[] residuals)
    {
        var (product, square, pairs, count) = (0.0, 0.0, 0, 0);
        for (var i = 0; i < residuals.Length; i++)
        {
            square += weights[i] * residuals[i] * residuals[i];
            count += weights[i] > 0 ? 1 : 0;
            if (i > 0 && weights[i] > 0 && weights[i - 1] > 0 && bins.Lives[i] == bins.Lives[i - 1])
            {
                product += Math.Sqrt(weights[i] * weights[i - 1]) * residuals[i] * residuals[i - 1];
                pairs++;
            }
        }

        var correlation = pairs < 4 || square <= 0 ? 0 : product / pairs / (square / count);
        // Small samples, and a trend that may bend, underestimate it (Kendall, 1954).
        correlation = Math.Clamp(correlation + ((1 + (3 * correlation)) / count), 0, 0.97);
        var memory = new double[residuals.Length];
        for (var i = 1; i < memory.Length; i++)
        {
            memory[i] = bins.Lives[i] == bins.Lives[i - 1] && weights[i - 1] > 0 ? correlation : 0;
        }

        return memory;
    }

    /// <summary>What is new in each interval: the column less what the one before it leads to expect.</summary>
    private double[] Innovations(double[] column)
    {
        var news = new double[column.Length];
        for (var i = 0; i < news.Length; i++)
        {
            var keeps = i > 0 ? previous[i] : 0;
            var next = i + 1 < news.Length ? previous[i + 1] : 0;
            // The first of a run is all news, but of the larger variance that a correlated series has.
            var scale = keeps > 0 ? 1 : Math.Sqrt(1 - (next * next));
            var weight = keeps > 0 ? Math.Min(weights[i], weights[i - 1]) : weights[i];
            news[i] = Math.Sqrt(weight) * scale * (column[i] - (keeps > 0 ? keeps * column[i - 1] : 0));
        }

        return news;
    }

    private Choice Choose(List<GrowthCourse> courses, List<double[]> more)
    {
        var basis = new OrthogonalBasis(bins.Count, nuisance.Count + more.Count);
        foreach (var column in (List<double[]>)[.. nuisance, .. more])
        {
            basis.Add(Innovations(column));
        }

        var rest = Innovations(target);
        basis.Remove(rest);
        var rests = new Dictionary<ElementaryCourse, double[]>(ReferenceEqualityComparer.Instance);
        var samples = weights.Count(w => w > 0);
        Candidate? flat = null;
        Candidate? bounded = null;
        Candidate? unbounded = null;
        foreach (var course in courses)
        {
            foreach (var part in course.Parts)
            {
                ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(rests, part, out var isKnown);
                if (!isKnown)
                {
                    known = Innovations(part.Column);
                    basis.Remove(known);
                }
            }

            var candidate = Weigh(course, rest, rests, samples, basis.Count);
            flat ??= candidate;
            if (candidate.IsUnbounded)
            {
                unbounded = unbounded is null || candidate.Score > unbounded.Score ? candidate : unbounded;
            }
            else
            {
                bounded = bounded is null || candidate.Score > bounded.Score ? candidate : bounded;
            }
        }

        return new Choice(flat!, bounded!, unbounded);
    }

    private static Candidate Weigh(
        GrowthCourse course,
        double[] rest,
        Dictionary<ElementaryCourse, double[]> rests,
        int samples,
        int known
    )
    {
        var squares = OrthogonalBasis.Dot(rest, rest);
        var (first, second) = (0.0, 0.0);
        var (firstVariance, secondVariance, covariance) = (0.0, 0.0, 0.0);
        if (course.Parts.Length > 0)
        {
            var a = rests[course.Parts[0]];
            var b = course.Parts.Length > 1 ? rests[course.Parts[1]] : [];
            var (aa, bb, ab) = (OrthogonalBasis.Dot(a, a), OrthogonalBasis.Dot(b, b), b.Length > 0 ? OrthogonalBasis.Dot(a, b) : 0);
            var (ay, by) = (OrthogonalBasis.Dot(a, rest), b.Length > 0 ? OrthogonalBasis.Dot(b, rest) : 0);
            if (b.Length == 0)
            {
                bb = 1;
            }

            var determinant = (aa * bb) - (ab * ab);
            if (determinant > 1e-9 * aa * bb && aa > 1e-12)
            {
                first = ((bb * ay) - (ab * by)) / determinant;
                second = ((aa * by) - (ab * ay)) / determinant;
                squares -= (first * ay) + (second * by);
                (firstVariance, secondVariance, covariance) = (bb / determinant, aa / determinant, -ab / determinant);
            }
        }

        var parameters = known + course.Parts.Length + course.Positions;
        var variance = Math.Max(squares, 1e-6) / Math.Max(1, samples - parameters);
        double Sum(Func<ElementaryCourse, double> of) =>
            (course.Parts.Length > 0 ? first * of(course.Parts[0]) : 0) + (course.Parts.Length > 1 ? second * of(course.Parts[1]) : 0);
        double Error(Func<ElementaryCourse, double> of)
        {
            var u = course.Parts.Length > 0 ? of(course.Parts[0]) : 0;
            var v = course.Parts.Length > 1 ? of(course.Parts[1]) : 0;
            return Math.Sqrt(Math.Max(0, variance * ((u * u * firstVariance) + (v * v * secondVariance) + (2 * u * v * covariance))));
        }

        var rise = Sum(p => p.Rise);
        var riseError = Error(p => p.Rise);
        var slope = Sum(p => p.Slope);
        var margin = 1.7 * Error(p => p.Slope);
        return new Candidate(
            course,
            Score: (-0.5 * samples * Math.Log(Math.Max(squares, 1e-6) / samples)) - (CostOfParameter * parameters),
            Rise: rise,
            Errors: riseError > 0 ? rise / riseError : 0,
            PerHour: new Estimate(slope, slope - margin, slope + margin),
            Noise: Math.Sqrt(variance),
            FutureShare: rise > 0 ? Sum(p => p.Future) / rise : 0
        );
    }

    private sealed record Choice(Candidate Flat, Candidate Bounded, Candidate? Unbounded)
    {
        public double Odds => (Unbounded?.Score ?? double.NegativeInfinity) - Bounded.Score;

        public Candidate Best => Odds > 0 ? Unbounded! : Bounded;
    }

    private sealed record Candidate(
        GrowthCourse Course,
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
