using System.Buffers;

namespace Tidemark.Core.Growth;

/// <summary>
/// What moves a signal without any growth: the level of each life, the season, the weekend, and what explains it from outside.
/// </summary>
internal sealed class Background
{
    /// <summary>A day must be seen one and a half times before a daily season can be told from a trend.</summary>
    private const double SeasonDays = 1.6;

    /// <summary>The same of a week.</summary>
    private const double WeekSeasonDays = 10;

    /// <summary>From here on a history may hold a weekend and the days around it.</summary>
    private const double WeekendDays = 4;

    /// <summary>A sine and its first overtone follow the two humps of a working day.</summary>
    private const int Harmonics = 2;

    /// <summary>Lives before these share one level.</summary>
    private const int MaximumLives = 8;

    /// <summary>More explanations than this would explain anything.</summary>
    private const int MaximumExplanations = 2;

    /// <summary>
    /// An explanation must be this many standard errors by its ups and downs alone, beside a trend that may bend anywhere.
    /// </summary>
    private const double ExplanationErrors = 3;

    /// <summary>Bends of the trend that noise and explanations are measured beside.</summary>
    private const int Bends = 6;

    private readonly Bins bins;
    private readonly List<double[]> columns = [];
    private readonly int levels;

    public Background(Bins bins, bool withSeason)
    {
        this.bins = bins;
        AddLevels();
        levels = columns.Count;
        if (withSeason)
        {
            AddSeason();
        }
    }

    /// <summary>The columns, the levels first.</summary>
    public IReadOnlyList<double[]> Columns => columns;

    /// <summary>How many explanations were taken in.</summary>
    public int Explanations { get; private set; }

    /// <summary>What is left of a signal by this and a trend that may bend anywhere.</summary>
    public double[] RestBesideAnyTrend(NoiseModel noise, double[] target)
    {
        var rest = noise.Weighted(target);
        using var basis = BesideAnyTrend(noise);
        basis.Remove(rest);
        return noise.Unweighted(rest);
    }

    /// <summary>Takes in the explanations that leave the least of the signal, one after the other; memory falls with none of them.</summary>
    /// <returns>Those that were not taken in.</returns>
    public IReadOnlyList<double[]> Explain(NoiseModel noise, double[] target, IReadOnlyList<double[]> explanations)
    {
        if (explanations.Count == 0)
        {
            return [];
        }

        var open = new List<double[]>(explanations);
        using var basis = BesideAnyTrend(noise);
        var rest = noise.Weighted(target);
        basis.Remove(rest);
        while (Explanations < MaximumExplanations && open.Count > 0)
        {
            var needed = ExplanationErrors * ExplanationErrors * OrthogonalBasis.Dot(rest, rest) / bins.Count;
            var best = Best(noise, basis, rest, open, needed);
            if (best < 0 && Explanations == 0)
            {
                // Its ups and downs say nothing. The whole movement may: work that grows evenly, memory that lags behind it.
                var whole = noise.Weighted(target);
                using var known = Known(noise, 0);
                known.Remove(whole);
                best = Best(noise, known, whole, open, needed: 0);
            }

            if (best < 0)
            {
                return open;
            }

            var taken = open[best];
            open.RemoveAt(best);
            columns.Add(taken);
            Explanations++;
            noise.Weigh(taken, basis.Next);
            basis.Take();
            basis.Remove(rest);
        }

        return open;
    }

    private static int Best(NoiseModel noise, OrthogonalBasis basis, double[] rest, List<double[]> open, double needed)
    {
        var rows = rest.Length;
        var weighted = ArrayPool<double>.Shared.Rent(open.Count * rows);
        var all = weighted.AsSpan(0, open.Count * rows);
        Span<double> wholes = stackalloc double[open.Count];
        for (var k = 0; k < open.Count; k++)
        {
            var column = all.Slice(k * rows, rows);
            noise.Weigh(open[k], column);
            wholes[k] = OrthogonalBasis.Dot(column, column);
        }

        basis.Remove(all);
        var (best, most) = (-1, needed);
        for (var k = 0; k < open.Count; k++)
        {
            var column = all.Slice(k * rows, rows);
            var own = OrthogonalBasis.Dot(column, column);
            var along = OrthogonalBasis.Dot(column, rest);
            if (own > OrthogonalBasis.Collinear * wholes[k] && along > 0 && along * along / own > most)
            {
                (best, most) = (k, along * along / own);
            }
        }

        ArrayPool<double>.Shared.Return(weighted);
        return best;
    }

    private OrthogonalBasis BesideAnyTrend(NoiseModel noise)
    {
        var basis = Known(noise, Bends + MaximumExplanations);
        var bend = new double[bins.Count];
        for (var k = 0; k < Bends; k++)
        {
            var from = bins.SpanHours * k / Bends;
            for (var i = 0; i < bend.Length; i++)
            {
                bend[i] = Math.Max(0, bins.Hours[i] - from);
            }

            noise.Weigh(bend, basis.Next);
            basis.Take();
        }

        return basis;
    }

    private OrthogonalBasis Known(NoiseModel noise, int more)
    {
        var basis = new OrthogonalBasis(bins.Count, columns.Count + more);
        foreach (var column in columns)
        {
            noise.Weigh(column, basis.Next);
            basis.Take();
        }

        return basis;
    }

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

            columns.Add(level);
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
        else if (days >= WeekendDays)
        {
            AddWeekend();
        }
    }

    private void AddHarmonics(double periodHours)
    {
        for (var k = 1; k <= Harmonics; k++)
        {
            var sine = new double[bins.Count];
            var cosine = new double[bins.Count];
            for (var i = 0; i < sine.Length; i++)
            {
                (sine[i], cosine[i]) = Math.SinCos(2 * Math.PI * k * bins.Hours[i] / periodHours);
            }

            columns.Add(sine);
            columns.Add(cosine);
        }
    }

    private void AddWeekend()
    {
        var weekend = new double[bins.Count];
        for (var i = 0; i < weekend.Length; i++)
        {
            // The first of January 1970 was a Thursday.
            var day = (((bins.StartSeconds / 3600) + bins.Hours[i]) / 24) + 3;
            weekend[i] = (int)Math.Floor(day % 7) >= 5 ? 1 : 0;
        }

        columns.Add(weekend);
    }
}
