using System.Buffers;

namespace Tidemark.Core.Growth;

/// <summary>
/// What moves a signal without any growth: the level of each life, the season, the weekend, and what explains it from outside.
/// </summary>
internal sealed class Background
{
    /// <summary>More explanations than this would explain anything.</summary>
    private const int MaximumExplanations = 2;

    /// <summary>
    /// An explanation must be this many standard errors by its ups and downs alone, beside a trend that may bend anywhere.
    /// </summary>
    private const double ExplanationErrors = 3;

    private readonly Bins bins;
    private readonly List<double[]> columns;

    public Background(Bins bins, bool withSeason)
    {
        this.bins = bins;
        columns = withSeason ? [.. bins.Movements.Levels, .. bins.Movements.Season] : [.. bins.Movements.Levels];
    }

    /// <summary>The columns, the levels first.</summary>
    public IReadOnlyList<double[]> Columns => columns;

    /// <summary>How many explanations were taken in.</summary>
    public int Explanations { get; private set; }

    /// <summary>What is left of a signal by this and a trend that may bend anywhere.</summary>
    public void RestBesideAnyTrend(NoiseModel noise, double[] target, double[] rest)
    {
        noise.Weigh(target, rest);
        using var basis = BesideAnyTrend(noise);
        basis.Remove(rest);
        noise.Unweigh(rest);
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
            basis.Add();
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
            var (own, along) = OrthogonalBasis.Dots(all.Slice(k * rows, rows), rest);
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
        var bends = bins.Movements.Bends;
        var basis = Known(noise, bends.Count + MaximumExplanations);
        foreach (var bend in bends)
        {
            noise.Weigh(bend, basis.Next);
            basis.Add();
        }

        basis.Take();
        return basis;
    }

    private OrthogonalBasis Known(NoiseModel noise, int more)
    {
        var basis = new OrthogonalBasis(bins.Count, columns.Count + more);
        foreach (var column in columns)
        {
            noise.Weigh(column, basis.Next);
            basis.Add();
        }

        basis.Take();

        return basis;
    }
}
