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

    /// <summary>Of what is known nearly all may be a trend: its ups and downs are this share of what must be new elsewhere.</summary>
    private const double UpsAndDowns = 1e-5;

    private readonly Bins bins;
    private readonly List<double[]> columns;

    /// <param name="bins">The clock.</param>
    /// <param name="withSeason">Whether a day and a week move it.</param>
    /// <param name="holds">What it is known to hold; null for nothing.</param>
    public Background(Bins bins, bool withSeason, double[]? holds = null)
    {
        this.bins = bins;
        columns = withSeason ? [.. bins.Movements.Levels, .. bins.Movements.Season] : [.. bins.Movements.Levels];
        if (holds is not null)
        {
            columns.Add(holds);
        }
    }

    /// <summary>The columns, the levels first.</summary>
    public IReadOnlyList<double[]> Columns => columns;

    /// <summary>How many explanations were taken in.</summary>
    public int Explanations { get; private set; }

    /// <summary>What is left of a signal by this and a trend that may bend anywhere.</summary>
    public void RestBesideAnyTrend(NoiseModel noise, double[] target, double[] rest)
    {
        using var basis = BesideAnyTrend(noise);
        noise.Weigh(target, rest);
        RemoveWithAnyTrend(basis, rest);
        noise.Unweigh(rest);
    }

    /// <summary>Takes in the explanations that leave the least of the signal, one after the other; memory falls with none of them.</summary>
    /// <param name="noise">How the signal scatters.</param>
    /// <param name="target">The signal.</param>
    /// <param name="explanations">Those that are asked.</param>
    /// <param name="rest">What is left of the signal by all of this and a trend that may bend anywhere.</param>
    /// <returns>Those that were not taken in.</returns>
    public IReadOnlyList<double[]> Explain(
        NoiseModel noise,
        double[] target,
        IReadOnlyList<double[]> explanations,
        double[] rest
    )
    {
        if (explanations.Count == 0)
        {
            RestBesideAnyTrend(noise, target, rest);
            return [];
        }

        var open = new List<double[]>(explanations);
        using var basis = BesideAnyTrend(noise);
        using var candidates = new Candidates(noise, explanations);
        candidates.Remove(bins.Movements.AnyTrend);
        candidates.Remove(basis, 0);
        noise.Weigh(target, rest);
        RemoveWithAnyTrend(basis, rest);
        var isMoved = true;
        while (Explanations < MaximumExplanations && open.Count > 0)
        {
            var needed = ExplanationErrors * ExplanationErrors * OrthogonalBasis.Dot(rest, rest) / bins.Count;
            var best = candidates.Best(rest, needed);
            if (best < 0 && Explanations == 0)
            {
                best = BestOfWholes(noise, target, explanations);
            }

            if (best < 0)
            {
                break;
            }

            var taken = explanations[best];
            open.Remove(taken);
            candidates.Take(best);
            columns.Add(taken);
            Explanations++;
            var from = basis.Count;
            AddBesideAnyTrend(basis, noise, taken, share: 1);
            isMoved &= basis.Count > from;
            basis.Remove(rest, from);
            candidates.Remove(basis, from);
        }

        if (isMoved)
        {
            noise.Unweigh(rest);
        }
        else
        {
            // What was taken in is nearly a trend: its ups and downs choose nothing, but count.
            RestBesideAnyTrend(noise, target, rest);
        }

        return open;
    }

    /// <summary>
    /// Where the ups and downs of a signal say nothing, its whole movement may: work that grows evenly, memory that lags behind it.
    /// </summary>
    private int BestOfWholes(NoiseModel noise, double[] target, IReadOnlyList<double[]> explanations)
    {
        using var known = Known(noise);
        using var candidates = new Candidates(noise, explanations);
        candidates.Remove(known, 0);
        var whole = noise.Weighted(target);
        known.Remove(whole);
        return candidates.Best(whole, needed: 0);
    }

    /// <summary>Explanations, and how much of each is left by what is known.</summary>
    private sealed class Candidates : IDisposable
    {
        /// <summary>Two that say the same differ by rounding, which chooses none of them.</summary>
        private const double More = 1 + 1e-9;

        private readonly double[] weighted;
        private readonly double[] wholes;
        private readonly double[] left;
        private readonly int rows;
        private readonly int count;

        public Candidates(NoiseModel noise, IReadOnlyList<double[]> explanations)
        {
            (rows, count) = (explanations[0].Length, explanations.Count);
            weighted = ArrayPool<double>.Shared.Rent(count * rows);
            wholes = ArrayPool<double>.Shared.Rent(count);
            left = ArrayPool<double>.Shared.Rent(count);
            for (var k = 0; k < count; k++)
            {
                noise.Weigh(explanations[k], Column(k));
                wholes[k] = left[k] = OrthogonalBasis.Dot(Column(k), Column(k));
            }
        }

        public void Dispose()
        {
            ArrayPool<double>.Shared.Return(weighted);
            ArrayPool<double>.Shared.Return(wholes);
            ArrayPool<double>.Shared.Return(left);
        }

        /// <summary>Takes out what a trend that may bend anywhere explains.</summary>
        public void Remove(BentLine line)
        {
            for (var k = 0; k < count; k++)
            {
                left[k] -= line.Explains(Column(k));
            }
        }

        /// <summary>Takes out what the columns of the basis from this one on explain.</summary>
        public void Remove(OrthogonalBasis basis, int from)
        {
            for (var (k, end) = (0, from < basis.Count ? count : 0); k < end; k++)
            {
                left[k] -= basis.Explains(Column(k), from);
            }
        }

        /// <summary>This one is not asked again.</summary>
        public void Take(int candidate) => wholes[candidate] = double.PositiveInfinity;

        /// <summary>The one that explains most of what is left of a signal, and more than needed; -1 for none.</summary>
        public int Best(double[] rest, double needed)
        {
            var (best, most) = (-1, needed);
            for (var k = 0; k < count; k++)
            {
                var along = OrthogonalBasis.Dot(Column(k), rest);
                var explained = along * along / left[k];
                if (left[k] > OrthogonalBasis.Collinear * wholes[k] && along > 0 && explained > More * most)
                {
                    (best, most) = (k, explained);
                }
            }

            return best;
        }

        private Span<double> Column(int k) => weighted.AsSpan(k * rows, rows);
    }

    /// <summary>What is known beside a trend that may bend anywhere, and what that trend explains taken out of it.</summary>
    private OrthogonalBasis BesideAnyTrend(NoiseModel noise)
    {
        bins.Movements.AnyTrend.Assume(noise);
        var basis = new OrthogonalBasis(bins.Count, columns.Count + MaximumExplanations);
        for (var k = 1; k < columns.Count; k++)
        {
            // The levels come to 1 together, which is a trend too: without the first they say as much.
            AddBesideAnyTrend(basis, noise, columns[k], UpsAndDowns);
        }

        return basis;
    }

    private void AddBesideAnyTrend(OrthogonalBasis basis, NoiseModel noise, double[] column, double share)
    {
        noise.Weigh(column, basis.Next);
        var whole = OrthogonalBasis.Dot(basis.Next, basis.Next);
        bins.Movements.AnyTrend.Remove(basis.Next);
        basis.Add(share * whole);
    }

    private void RemoveWithAnyTrend(OrthogonalBasis basis, double[] column)
    {
        bins.Movements.AnyTrend.Remove(column);
        basis.Remove(column);
    }

    private OrthogonalBasis Known(NoiseModel noise)
    {
        var basis = new OrthogonalBasis(bins.Count, columns.Count);
        foreach (var column in columns)
        {
            noise.Weigh(column, basis.Next);
            basis.Add();
        }

        return basis;
    }
}
