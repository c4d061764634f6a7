using System.Numerics;
using System.Runtime.InteropServices;

namespace Tidemark.Core.Growth;

/// <summary>
/// How a signal scatters: which intervals count how much, how much of a deviation lasts into the next interval, and which
/// changes were so far out of the usual that they are jumps and not noise.
/// </summary>
internal sealed class NoiseModel
{
    /// <summary>Deviations up to this many standard deviations count in full (Huber).</summary>
    private const double Usual = 1.5;

    /// <summary>A value above the fit counts less than one below: the floor is what is held, peaks are what passes.</summary>
    private const double WeightAbove = 0.6;

    /// <summary>Degrees of freedom of the Student distribution of the changes: heavy tails, as batches and deploys make them.</summary>
    private const double TailFreedom = 4;

    private const double MostMemory = 0.97;

    private readonly Bins bins;
    private readonly double[] weights;
    private readonly double[] roots;
    private readonly double[] calm;
    private readonly double[] own;
    private readonly double[] handed;
    private readonly double[] sizes;

    /// <summary>1 where an interval and the one before count and are of one life, else 0.</summary>
    private readonly double[] follows;
    private bool isPrepared;

    public NoiseModel(Bins bins, double[] values)
    {
        this.bins = bins;
        var columns = bins.Columns;
        (weights, roots, calm) = (columns.Next(), columns.Next(), columns.Next());
        (own, handed, sizes) = (columns.Next(), columns.Next(), columns.Next());
        Array.Fill(calm, 1);
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = roots[i] = double.IsNaN(values[i]) ? 0 : 1;
            Samples += double.IsNaN(values[i]) ? 0 : 1;
        }

        follows = columns.Next();
        FindFollowers();
    }

    /// <summary>The same as another, to be taught on its own.</summary>
    public NoiseModel(NoiseModel other)
    {
        bins = other.bins;
        var columns = bins.Columns;
        weights = columns.CopyOf(other.weights);
        roots = columns.CopyOf(other.roots);
        calm = columns.CopyOf(other.calm);
        (own, handed) = (columns.Next(), columns.Next());
        (sizes, follows) = (other.sizes, columns.CopyOf(other.follows));
        (Samples, Memory) = (other.Samples, other.Memory);
    }

    /// <summary>Intervals that count at all.</summary>
    public int Samples { get; private set; }

    /// <summary>The share of a deviation that lasts into the next interval.</summary>
    public double Memory { get; private set; }

    /// <summary>The intervals that count.</summary>
    public List<int> Seen() => [.. Enumerable.Range(0, weights.Length).Where(Counts)];

    public bool Counts(int interval) => weights[interval] > 0;

    /// <summary>Counts these intervals only, each in full.</summary>
    public void KeepOnly(IReadOnlyCollection<int> intervals)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = roots[i] = intervals.Contains(i) ? 1 : 0;
        }

        Samples = intervals.Count;
        FindFollowers();
        isPrepared = false;
    }

    public double[] Weighted(double[] column)
    {
        var weighted = bins.Columns.Next();
        Weigh(column, weighted);
        return weighted;
    }

    public void Weigh(ReadOnlySpan<double> column, Span<double> weighted)
    {
        var a = MemoryMarshal.Cast<double, Vector<double>>(column);
        var b = MemoryMarshal.Cast<double, Vector<double>>(roots.AsSpan(0, column.Length));
        var c = MemoryMarshal.Cast<double, Vector<double>>(weighted[..column.Length]);
        for (var i = 0; i < a.Length; i++)
        {
            c[i] = b[i] * a[i];
        }

        for (var i = a.Length * Vector<double>.Count; i < column.Length; i++)
        {
            weighted[i] = roots[i] * column[i];
        }
    }

    public void Unweigh(double[] column)
    {
        var i = 0;
        for (; i <= column.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var root = Vector.LoadUnsafe(ref roots[i]);
            var value = Vector.LoadUnsafe(ref column[i]) / root;
            Vector
                .ConditionalSelect(Vector.GreaterThan(root, Vector<double>.Zero), value, Vector<double>.Zero)
                .StoreUnsafe(ref column[i]);
        }

        for (; i < column.Length; i++)
        {
            column[i] = roots[i] > 0 ? column[i] / roots[i] : 0;
        }
    }

    /// <summary>Sets the weights by what a fit leaves over.</summary>
    public void Reweigh(double[] rest)
    {
        var spread = Spread(rest);
        var (zero, one, scale, usual) = (
            Vector<double>.Zero,
            Vector<double>.One,
            new Vector<double>(spread),
            new Vector<double>(Usual)
        );
        var i = 0;
        for (; i <= rest.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var left = Vector.LoadUnsafe(ref rest[i]);
            var size = Vector.Abs(left) / scale;
            var side = Vector.ConditionalSelect(Vector.GreaterThan(left, zero), new Vector<double>(WeightAbove), one);
            var weight = side * Vector.ConditionalSelect(Vector.GreaterThan(size, usual), usual / size, one);
            var counts = Vector.GreaterThan(Vector.LoadUnsafe(ref weights[i]), zero);
            weight = Vector.ConditionalSelect(counts, weight, zero);
            weight.StoreUnsafe(ref weights[i]);
            Vector.SquareRoot(weight).StoreUnsafe(ref roots[i]);
        }

        for (; i < rest.Length; i++)
        {
            if (weights[i] > 0)
            {
                var size = Math.Abs(rest[i]) / spread;
                weights[i] = (rest[i] > 0 ? WeightAbove : 1) * (size > Usual ? Usual / size : 1);
                roots[i] = Math.Sqrt(weights[i]);
            }
        }

        isPrepared = false;
    }

    /// <summary>Learns the memory from what a fit leaves over; true where there is clearly more than was known.</summary>
    public bool LearnMemory(double[] rest)
    {
        var (squares, products, followers) = (Vector<double>.Zero, Vector<double>.Zero, Vector<double>.Zero);
        var i = 1;
        for (; i <= rest.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var follow = Vector.LoadUnsafe(ref follows[i]);
            var now = Vector.LoadUnsafe(ref roots[i]) * Vector.LoadUnsafe(ref rest[i]);
            var before = Vector.LoadUnsafe(ref roots[i - 1]) * Vector.LoadUnsafe(ref rest[i - 1]);
            squares += now * now;
            products += follow * (now * before);
            followers += follow;
        }

        var square = Vector.Sum(squares) + (weights[0] * rest[0] * rest[0]);
        var (product, pairs) = (Vector.Sum(products), Vector.Sum(followers));
        for (; i < rest.Length; i++)
        {
            square += weights[i] * rest[i] * rest[i];
            product += follows[i] * roots[i] * roots[i - 1] * rest[i] * rest[i - 1];
            pairs += follows[i];
        }

        var count = Samples;
        var correlation = pairs < 4 || square <= 0 ? 0 : product / pairs / (square / count);
        // Small samples, and a trend that may bend, underestimate it (Kendall, 1954).
        correlation = Math.Clamp(correlation + ((1 + (3 * correlation)) / count), 0, MostMemory);
        if (correlation <= Memory + 0.03)
        {
            return false;
        }

        Memory = correlation;
        isPrepared = false;
        return true;
    }

    /// <summary>Learns from what a fit leaves over which changes are jumps; they count less from here on.</summary>
    public void LearnJumps(double[] rest)
    {
        var news = bins.Columns.Next();
        News(rest, news);
        var spread = Spread(news);
        var (scale, freedom, more) = (
            new Vector<double>(spread),
            new Vector<double>(TailFreedom),
            new Vector<double>(TailFreedom + 1)
        );
        var i = 0;
        for (; i <= news.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var size = Vector.LoadUnsafe(ref news[i]) / scale;
            Vector.SquareRoot(more / (freedom + (size * size))).StoreUnsafe(ref calm[i]);
        }

        for (; i < news.Length; i++)
        {
            var size = news[i] / spread;
            calm[i] = Math.Sqrt((TailFreedom + 1) / (TailFreedom + (size * size)));
        }

        isPrepared = false;
    }

    /// <summary>What is new in each interval: the column less what the interval before leads to expect (Prais and Winsten, 1954).</summary>
    public void News(ReadOnlySpan<double> column, Span<double> news)
    {
        OwnAndHanded();
        news[0] = own[0] * column[0];
        var i = 1;
        ref var owns = ref MemoryMarshal.GetReference(own.AsSpan(0, news.Length));
        ref var hands = ref MemoryMarshal.GetReference(handed.AsSpan(0, news.Length));
        ref var values = ref MemoryMarshal.GetReference(column[..news.Length]);
        for (; i <= news.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var now = Vector.LoadUnsafe(ref owns, (nuint)i) * Vector.LoadUnsafe(ref values, (nuint)i);
            var before = Vector.LoadUnsafe(ref hands, (nuint)i) * Vector.LoadUnsafe(ref values, (nuint)i - 1);
            (now - before).StoreUnsafe(ref news[0], (nuint)i);
        }

        for (; i < news.Length; i++)
        {
            news[i] = (own[i] * column[i]) - (handed[i] * column[i - 1]);
        }
    }

    /// <summary>How often each value is in what is new there, and how often the value before is taken off.</summary>
    public (double[] Own, double[] Handed) OwnAndHanded()
    {
        if (!isPrepared)
        {
            Prepare();
        }

        return (own, handed);
    }

    /// <summary>Puts weights, memory and jumps together: what is new is own times the value less handed times the one before.</summary>
    private void Prepare()
    {
        // The first of a run is all news, but of the larger variance that a correlated series has.
        var alone = Math.Sqrt(1 - (Memory * Memory));
        (own[0], handed[0]) = (calm[0] * (roots[0] * alone), 0);
        var (zero, lone, memory) = (Vector<double>.Zero, new Vector<double>(alone), new Vector<double>(Memory));
        var i = 1;
        for (; i <= own.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var root = Vector.LoadUnsafe(ref roots[i]);
            var isNext = Vector.GreaterThan(Vector.LoadUnsafe(ref follows[i]), zero);
            var share = Vector.ConditionalSelect(
                isNext,
                Vector.Min(root, Vector.LoadUnsafe(ref roots[i - 1])),
                root * lone
            );
            var mine = Vector.LoadUnsafe(ref calm[i]) * share;
            mine.StoreUnsafe(ref own[i]);
            Vector.ConditionalSelect(isNext, mine * memory, zero).StoreUnsafe(ref handed[i]);
        }

        for (; i < own.Length; i++)
        {
            own[i] = calm[i] * (follows[i] > 0 ? Math.Min(roots[i], roots[i - 1]) : roots[i] * alone);
            handed[i] = follows[i] > 0 ? own[i] * Memory : 0;
        }

        isPrepared = true;
    }

    private void FindFollowers()
    {
        follows[0] = 0;
        for (var i = 1; i < follows.Length; i++)
        {
            follows[i] = weights[i] > 0 && weights[i - 1] > 0 && bins.Lives[i] == bins.Lives[i - 1] ? 1 : 0;
        }
    }

    /// <summary>The standard deviation by the median deviation, which outliers do not move.</summary>
    private double Spread(double[] rest)
    {
        var n = 0;
        for (var i = 0; i < rest.Length; i++)
        {
            if (weights[i] > 0)
            {
                sizes[n++] = Math.Abs(rest[i]);
            }
        }

        return Math.Max(1.4826 * (n > 0 ? Order.Nth(sizes.AsSpan(0, n), n / 2) : 0), 1e-9);
    }
}
