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
        using var candidates = new Candidates(noise, explanations, basis);
        var rest = noise.Weighted(target);
        basis.Remove(rest);
        while (Explanations < MaximumExplanations && open.Count > 0)
        {
            var needed = ExplanationErrors * ExplanationErrors * OrthogonalBasis.Dot(rest, rest) / bins.Count;
            var best = candidates.Best(rest, needed);
            if (best < 0 && Explanations == 0)
            {
                // Its ups and downs say nothing. The whole movement may: work that grows evenly, memory that lags behind it.
                var whole = noise.Weighted(target);
                using var known = Known(noise, 0);
                known.Remove(whole);
                using var beside = new Candidates(noise, explanations, known);
                best = beside.Best(whole, needed: 0);
            }

            if (best < 0)
            {
                return open;
            }

            var taken = explanations[best];
            open.Remove(taken);
            candidates.Take(best);
            columns.Add(taken);
            Explanations++;
            noise.Weigh(taken, basis.Next);
            basis.Add();
            var from = basis.Count;
            basis.Take();
            basis.Remove(rest);
            candidates.Remove(basis, from);
        }

        return open;
    }

    /// <summary>What a basis leaves of several explanations.</summary>
    private sealed class Candidates : IDisposable
    {
        private readonly double[] left;
        private readonly double[] wholes;
        private readonly int rows;
        private readonly int count;

        public Candidates(NoiseModel noise, IReadOnlyList<double[]> explanations, OrthogonalBasis basis)
        {
            (rows, count) = (explanations[0].Length, explanations.Count);
            left = ArrayPool<double>.Shared.Rent(count * rows);
            wholes = ArrayPool<double>.Shared.Rent(count);
            for (var k = 0; k < count; k++)
            {
                noise.Weigh(explanations[k], Column(k));
                wholes[k] = OrthogonalBasis.Dot(Column(k), Column(k));
            }

            Remove(basis, 0);
        }

        public void Dispose()
        {
            ArrayPool<double>.Shared.Return(left);
            ArrayPool<double>.Shared.Return(wholes);
        }

        /// <summary>Takes out what the columns of the basis from this one on explain.</summary>
        public void Remove(OrthogonalBasis basis, int from) => basis.Remove(left.AsSpan(0, count * rows), from);

        /// <summary>This one is not asked again.</summary>
        public void Take(int candidate) => wholes[candidate] = double.PositiveInfinity;

        /// <summary>The one that explains most of a signal, and more than needed; -1 for none.</summary>
        public int Best(double[] rest, double needed)
        {
            var (best, most) = (-1, needed);
            for (var k = 0; k < count; k++)
            {
                var (own, along) = OrthogonalBasis.Dots(Column(k), rest);
                if (own > OrthogonalBasis.Collinear * wholes[k] && along > 0 && along * along / own > most)
                {
                    (best, most) = (k, along * along / own);
                }
            }

            return best;
        }

        private Span<double> Column(int k) => left.AsSpan(k * rows, rows);
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
