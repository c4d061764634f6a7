using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidemark.Core.Growth;

/// <summary>
/// Columns made orthonormal one after the other (modified Gram-Schmidt). Once what is known is in the basis, asking what a
/// further column would add to the fit costs one pass over it (Frisch, Waugh and Lovell).
/// </summary>
internal sealed class OrthogonalBasis(int rows, int capacity) : IDisposable
{
    /// <summary>A column of which less than this share remains after those before it says nothing new.</summary>
    public const double Collinear = 1e-6;

    /// <summary>Columns that are worked on side by side: a sum waits for its last addition, four sums do not wait for each other.</summary>
    public const int Abreast = 4;

    private readonly double[] columns = ArrayPool<double>.Shared.Rent(rows * capacity);

    /// <summary>How many columns said something new.</summary>
    public int Count { get; private set; }

    /// <summary>Where the next column is written, before it is added.</summary>
    public Span<double> Next => Own(Count);

    public void Dispose() => ArrayPool<double>.Shared.Return(columns);

    /// <summary>Forgets all columns.</summary>
    public void Clear() => Count = 0;

    /// <summary>Takes in the column that was written to <see cref="Next"/>, as far as it says something new.</summary>
    public void Add() => Add(Dot(Next, Next));

    /// <summary>The same of a column out of which something was taken already.</summary>
    /// <param name="whole">Its sum of squares before that.</param>
    public void Add(double whole)
    {
        var column = Next;
        Remove(column);
        var left = Dot(column, column);
        if (left > Collinear * whole)
        {
            Scale(column, 1 / Math.Sqrt(left));
            Count++;
        }
    }

    /// <summary>Takes out of a column everything that the basis explains: what is left are the residuals.</summary>
    /// <param name="column">The column.</param>
    /// <param name="from">Those before this one of the basis were taken out already.</param>
    public void Remove(Span<double> column, int from = 0)
    {
        if (from < Count)
        {
            var times = Dot(column, Own(from));
            for (var k = from; k < Count; k++)
            {
                times = Subtract(column, Own(k), times, Own(Math.Min(k + 1, Count - 1)));
            }
        }
    }

    /// <summary>What is new in a column, and on the way its products with itself, with another and with each column of the basis.</summary>
    /// <param name="noise">What tells what is new.</param>
    /// <param name="column">The column.</param>
    /// <param name="news">Where what is new goes.</param>
    /// <param name="rest">The other column, out of which the basis was taken.</param>
    /// <param name="shares">Where the products with the columns of the basis go.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (double Square, double Along) News(
        NoiseModel noise,
        ReadOnlySpan<double> column,
        Span<double> news,
        ReadOnlySpan<double> rest,
        Span<double> shares
    )
    {
        var (owns, hands) = noise.OwnAndHanded();
        ref var own = ref owns[0];
        ref var handed = ref hands[0];
        ref var values = ref MemoryMarshal.GetReference(column[..rows]);
        ref var fresh = ref MemoryMarshal.GetReference(news[..rows]);
        ref var other = ref MemoryMarshal.GetReference(rest[..rows]);
        ref var a = ref MemoryMarshal.GetReference(Own(0));
        ref var b = ref MemoryMarshal.GetReference(Own(Math.Clamp(Count - 1, 0, 1)));
        var zero = Vector<double>.Zero;
        var (squares, alongs, byA, byB) = (zero, zero, zero, zero);
        fresh = own * values;
        nuint i = 1;
        for (; i + (nuint)Vector<double>.Count <= (nuint)rows; i += (nuint)Vector<double>.Count)
        {
            var now = Vector.LoadUnsafe(ref own, i) * Vector.LoadUnsafe(ref values, i);
            var value = now - (Vector.LoadUnsafe(ref handed, i) * Vector.LoadUnsafe(ref values, i - 1));
            value.StoreUnsafe(ref fresh, i);
            squares += value * value;
            alongs += value * Vector.LoadUnsafe(ref other, i);
            byA += value * Vector.LoadUnsafe(ref a, i);
            byB += value * Vector.LoadUnsafe(ref b, i);
        }

        var (square, along) = (Vector.Sum(squares) + (fresh * fresh), Vector.Sum(alongs) + (fresh * other));
        var (shareA, shareB) = (Vector.Sum(byA) + (fresh * a), Vector.Sum(byB) + (fresh * b));
        for (; i < (nuint)rows; i++)
        {
            var value =
                (Unsafe.Add(ref own, i) * Unsafe.Add(ref values, i))
                - (Unsafe.Add(ref handed, i) * Unsafe.Add(ref values, i - 1));
            Unsafe.Add(ref fresh, i) = value;
            square += value * value;
            along += value * Unsafe.Add(ref other, i);
            shareA += value * Unsafe.Add(ref a, i);
            shareB += value * Unsafe.Add(ref b, i);
        }

        for (var k = 0; k < Count; k++)
        {
            shares[k] =
                k == 0 ? shareA
                : k == 1 ? shareB
                : Dot(news, Own(k));
        }

        return (square, along);
    }

    /// <summary>The sum of squares that the columns from this one on explain of another.</summary>
    public double Explains(ReadOnlySpan<double> column, int from)
    {
        var sum = 0.0;
        for (var k = from; k < Count; k++)
        {
            var along = Dot(column, Own(k));
            sum += along * along;
        }

        return sum;
    }

    private static void Scale(Span<double> column, double scale)
    {
        var row = 0;
        for (; row <= column.Length - Vector<double>.Count; row += Vector<double>.Count)
        {
            (new Vector<double>(column[row..]) * scale).CopyTo(column[row..]);
        }

        for (; row < column.Length; row++)
        {
            column[row] *= scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var a = MemoryMarshal.Cast<double, Vector<double>>(left);
        var b = MemoryMarshal.Cast<double, Vector<double>>(right[..left.Length]);
        // A sum waits for its last addition, two sums do not wait for each other.
        var (sums, others) = (Vector<double>.Zero, Vector<double>.Zero);
        for (var i = 1; i < a.Length; i += 2)
        {
            sums += a[i - 1] * b[i - 1];
            others += a[i] * b[i];
        }

        sums += a.Length % 2 > 0 ? a[^1] * b[^1] : Vector<double>.Zero;
        var sum = Vector.Sum(sums + others);
        for (var i = a.Length * Vector<double>.Count; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }

    /// <summary>The dot product of a column with itself, and with another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (double Square, double Along) Dots(ReadOnlySpan<double> column, ReadOnlySpan<double> other)
    {
        var a = MemoryMarshal.Cast<double, Vector<double>>(column);
        var b = MemoryMarshal.Cast<double, Vector<double>>(other[..column.Length]);
        var (squares, products) = (Vector<double>.Zero, Vector<double>.Zero);
        for (var i = 0; i < a.Length; i++)
        {
            squares += a[i] * a[i];
            products += a[i] * b[i];
        }

        var (square, along) = (Vector.Sum(squares), Vector.Sum(products));
        for (var i = a.Length * Vector<double>.Count; i < column.Length; i++)
        {
            square += column[i] * column[i];
            along += column[i] * other[i];
        }

        return (square, along);
    }

    /// <summary>The dot products of four pairs of columns, each as <see cref="Dot"/> to the last bit.</summary>
    /// <param name="columns">All columns, one behind the other.</param>
    /// <param name="rows">The length of each.</param>
    /// <param name="ones">Where the first column of each pair is.</param>
    /// <param name="others">Where the second one is.</param>
    /// <param name="products">The four products.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DotsOfPairs(
        ReadOnlySpan<double> columns,
        int rows,
        ReadOnlySpan<int> ones,
        ReadOnlySpan<int> others,
        Span<double> products
    )
    {
        var whole = rows - (rows % Vector<double>.Count);
        ref readonly var a = ref columns.Slice(ones[0] * rows, rows)[0];
        ref readonly var b = ref columns.Slice(others[0] * rows, rows)[0];
        ref readonly var c = ref columns.Slice(ones[1] * rows, rows)[0];
        ref readonly var d = ref columns.Slice(others[1] * rows, rows)[0];
        ref readonly var e = ref columns.Slice(ones[2] * rows, rows)[0];
        ref readonly var f = ref columns.Slice(others[2] * rows, rows)[0];
        ref readonly var g = ref columns.Slice(ones[3] * rows, rows)[0];
        ref readonly var h = ref columns.Slice(others[3] * rows, rows)[0];
        var zero = Vector<double>.Zero;
        var (ab, cd, ef, gh) = (zero, zero, zero, zero);
        for (nuint i = 0; i < (nuint)whole; i += (nuint)Vector<double>.Count)
        {
            ab += Vector.LoadUnsafe(in a, i) * Vector.LoadUnsafe(in b, i);
            cd += Vector.LoadUnsafe(in c, i) * Vector.LoadUnsafe(in d, i);
            ef += Vector.LoadUnsafe(in e, i) * Vector.LoadUnsafe(in f, i);
            gh += Vector.LoadUnsafe(in g, i) * Vector.LoadUnsafe(in h, i);
        }

        (products[0], products[1]) = (Vector.Sum(ab), Vector.Sum(cd));
        (products[2], products[3]) = (Vector.Sum(ef), Vector.Sum(gh));
        for (var i = whole; i < rows; i++)
        {
            for (var k = 0; k < Abreast; k++)
            {
                products[k] += columns[(ones[k] * rows) + i] * columns[(others[k] * rows) + i];
            }
        }
    }

    /// <summary>Subtracts a column of the basis so many times, and multiplies what is left with the next one on the way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Subtract(
        Span<double> from,
        ReadOnlySpan<double> column,
        double times,
        ReadOnlySpan<double> next
    )
    {
        var a = MemoryMarshal.Cast<double, Vector<double>>(from);
        var b = MemoryMarshal.Cast<double, Vector<double>>(column[..from.Length]);
        var c = MemoryMarshal.Cast<double, Vector<double>>(next[..from.Length]);
        var factor = new Vector<double>(times);
        var sums = Vector<double>.Zero;
        for (var i = 0; i < a.Length; i++)
        {
            var left = a[i] - (factor * b[i]);
            a[i] = left;
            sums += left * c[i];
        }

        var sum = Vector.Sum(sums);
        for (var i = a.Length * Vector<double>.Count; i < from.Length; i++)
        {
            from[i] -= times * column[i];
            sum += from[i] * next[i];
        }

        return sum;
    }

    private Span<double> Own(int k) => columns.AsSpan(k * rows, rows);
}
