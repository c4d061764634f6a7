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

    private int added;

    /// <summary>How many columns said something new.</summary>
    public int Count { get; private set; }

    /// <summary>Where the next column is written, before it is added.</summary>
    public Span<double> Next => Own(Count + added);

    public void Dispose() => ArrayPool<double>.Shared.Return(columns);

    /// <summary>Forgets all columns.</summary>
    public void Clear() => Count = added = 0;

    /// <summary>Adds the column that was written to <see cref="Next"/>.</summary>
    public void Add() => added++;

    /// <summary>Takes in the columns that were added, as far as they say something new.</summary>
    public void Take()
    {
        var fresh = columns.AsSpan(Count * rows, added * rows);
        Span<double> before = stackalloc double[added];
        for (var i = 0; i < before.Length; i++)
        {
            before[i] = Dot(fresh.Slice(i * rows, rows), fresh.Slice(i * rows, rows));
        }

        added = 0;
        Remove(fresh);
        for (var i = 0; i < before.Length; i++)
        {
            var column = fresh[..rows];
            fresh = fresh[rows..];
            var after = Dot(column, column);
            if (after > Collinear * before[i])
            {
                var own = Own(Count++);
                var scale = 1 / Math.Sqrt(after);
                Scale(column, scale, own);

                Remove(fresh, Count - 1);
            }
        }
    }

    /// <summary>Takes out of columns, one behind the other, everything that the basis explains: what is left are the residuals.</summary>
    /// <param name="several">The columns.</param>
    /// <param name="from">Those before this one of the basis were taken out already.</param>
    public void Remove(Span<double> several, int from = 0)
    {
        if (from >= Count)
        {
            return;
        }

        for (; several.Length >= Abreast * rows; several = several[(Abreast * rows)..])
        {
            var four = several[..(Abreast * rows)];
            DotsAbreast(four, Own(from), out var times);
            for (var k = from; k < Count - 1; k++)
            {
                SubtractAbreast(four, Own(k), ref times, Own(k + 1));
            }

            SubtractAbreast(four, Own(Count - 1), times);
        }

        for (; several.Length >= 2 * rows; several = several[(2 * rows)..])
        {
            var first = several[..rows];
            var second = several.Slice(rows, rows);
            var (times, timesSecond) = (Dot(first, Own(from)), Dot(second, Own(from)));
            for (var k = from; k < Count; k++)
            {
                SubtractTwo(first, second, Own(k), ref times, ref timesSecond, Own(Math.Min(k + 1, Count - 1)));
            }
        }

        if (!several.IsEmpty)
        {
            var times = Dot(several, Own(from));
            for (var k = from; k < Count; k++)
            {
                times = Subtract(several, Own(k), times, Own(Math.Min(k + 1, Count - 1)));
            }
        }
    }

    private static void Scale(ReadOnlySpan<double> column, double scale, Span<double> scaled)
    {
        var row = 0;
        for (; row <= column.Length - Vector<double>.Count; row += Vector<double>.Count)
        {
            (new Vector<double>(column[row..]) * scale).CopyTo(scaled[row..]);
        }

        for (; row < column.Length; row++)
        {
            scaled[row] = column[row] * scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var a = MemoryMarshal.Cast<double, Vector<double>>(left);
        var b = MemoryMarshal.Cast<double, Vector<double>>(right[..left.Length]);
        var sums = Vector<double>.Zero;
        for (var i = 0; i < a.Length; i++)
        {
            sums += a[i] * b[i];
        }

        var sum = Vector.Sum(sums);
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

    /// <summary>The same as <see cref="Dots(ReadOnlySpan{double}, ReadOnlySpan{double})"/> of columns one behind the other, to the last bit.</summary>
    public static void Dots(
        ReadOnlySpan<double> several,
        ReadOnlySpan<double> other,
        Span<double> squares,
        Span<double> alongs
    )
    {
        var rows = other.Length;
        var k = 0;
        for (; k + Abreast <= squares.Length; k += Abreast)
        {
            DotsAbreast(several.Slice(k * rows, Abreast * rows), other, squares[k..], alongs[k..]);
        }

        for (; k < squares.Length; k++)
        {
            (squares[k], alongs[k]) = Dots(several.Slice(k * rows, rows), other);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotsAbreast(
        ReadOnlySpan<double> four,
        ReadOnlySpan<double> other,
        Span<double> squares,
        Span<double> alongs
    )
    {
        var rows = other.Length;
        var whole = rows - (rows % Vector<double>.Count);
        ref var a = ref MemoryMarshal.GetReference(four);
        ref var b = ref Unsafe.Add(ref a, rows);
        ref var c = ref Unsafe.Add(ref b, rows);
        ref var d = ref Unsafe.Add(ref c, rows);
        ref var o = ref MemoryMarshal.GetReference(other);
        var zero = Vector<double>.Zero;
        var (squareA, squareB, squareC, squareD) = (zero, zero, zero, zero);
        var (alongA, alongB, alongC, alongD) = (zero, zero, zero, zero);
        for (nuint i = 0; i < (nuint)whole; i += (nuint)Vector<double>.Count)
        {
            var with = Vector.LoadUnsafe(ref o, i);
            var value = Vector.LoadUnsafe(ref a, i);
            squareA += value * value;
            alongA += value * with;
            value = Vector.LoadUnsafe(ref b, i);
            squareB += value * value;
            alongB += value * with;
            value = Vector.LoadUnsafe(ref c, i);
            squareC += value * value;
            alongC += value * with;
            value = Vector.LoadUnsafe(ref d, i);
            squareD += value * value;
            alongD += value * with;
        }

        (squares[0], alongs[0]) = (Vector.Sum(squareA), Vector.Sum(alongA));
        (squares[1], alongs[1]) = (Vector.Sum(squareB), Vector.Sum(alongB));
        (squares[2], alongs[2]) = (Vector.Sum(squareC), Vector.Sum(alongC));
        (squares[3], alongs[3]) = (Vector.Sum(squareD), Vector.Sum(alongD));
        for (var i = whole; i < rows; i++)
        {
            for (var k = 0; k < Abreast; k++)
            {
                var value = four[(k * rows) + i];
                squares[k] += value * value;
                alongs[k] += value * other[i];
            }
        }
    }

    /// <summary>The dot products of four pairs of columns, each as <see cref="Dot"/> to the last bit.</summary>
    /// <param name="columns">All columns, one behind the other.</param>
    /// <param name="rows">The length of each.</param>
    /// <param name="pairs">Where the columns of each pair are.</param>
    /// <param name="products">The four products.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DotsOfPairs(
        ReadOnlySpan<double> columns,
        int rows,
        ReadOnlySpan<(int First, int Second)> pairs,
        Span<double> products
    )
    {
        var whole = rows - (rows % Vector<double>.Count);
        ref readonly var a = ref columns.Slice(pairs[0].First * rows, rows)[0];
        ref readonly var b = ref columns.Slice(pairs[0].Second * rows, rows)[0];
        ref readonly var c = ref columns.Slice(pairs[1].First * rows, rows)[0];
        ref readonly var d = ref columns.Slice(pairs[1].Second * rows, rows)[0];
        ref readonly var e = ref columns.Slice(pairs[2].First * rows, rows)[0];
        ref readonly var f = ref columns.Slice(pairs[2].Second * rows, rows)[0];
        ref readonly var g = ref columns.Slice(pairs[3].First * rows, rows)[0];
        ref readonly var h = ref columns.Slice(pairs[3].Second * rows, rows)[0];
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
                products[k] += columns[(pairs[k].First * rows) + i] * columns[(pairs[k].Second * rows) + i];
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

    /// <summary>The same as <see cref="Subtract"/> of either column, to the last bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractTwo(
        Span<double> first,
        Span<double> second,
        ReadOnlySpan<double> column,
        ref double times,
        ref double timesSecond,
        ReadOnlySpan<double> next
    )
    {
        var rows = column.Length;
        var whole = rows - (rows % Vector<double>.Count);
        ref var own = ref MemoryMarshal.GetReference(column);
        ref var other = ref MemoryMarshal.GetReference(next[..rows]);
        ref var a = ref MemoryMarshal.GetReference(first[..rows]);
        ref var b = ref MemoryMarshal.GetReference(second[..rows]);
        var (byA, byB) = (new Vector<double>(times), new Vector<double>(timesSecond));
        var (sumA, sumB) = (Vector<double>.Zero, Vector<double>.Zero);
        for (nuint i = 0; i < (nuint)whole; i += (nuint)Vector<double>.Count)
        {
            var o = Vector.LoadUnsafe(ref own, i);
            var with = Vector.LoadUnsafe(ref other, i);
            var left = Vector.LoadUnsafe(ref a, i) - (byA * o);
            left.StoreUnsafe(ref a, i);
            sumA += left * with;
            left = Vector.LoadUnsafe(ref b, i) - (byB * o);
            left.StoreUnsafe(ref b, i);
            sumB += left * with;
        }

        var (alongA, alongB) = (Vector.Sum(sumA), Vector.Sum(sumB));
        for (var i = whole; i < rows; i++)
        {
            first[i] -= times * column[i];
            second[i] -= timesSecond * column[i];
            alongA += first[i] * next[i];
            alongB += second[i] * next[i];
        }

        (times, timesSecond) = (alongA, alongB);
    }

    /// <summary>The dot products of four columns with another, each as <see cref="Dot"/> to the last bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotsAbreast(ReadOnlySpan<double> four, ReadOnlySpan<double> column, out Times times)
    {
        var rows = column.Length;
        var whole = rows - (rows % Vector<double>.Count);
        ref var own = ref MemoryMarshal.GetReference(column);
        ref var a = ref MemoryMarshal.GetReference(four);
        ref var b = ref Unsafe.Add(ref a, rows);
        ref var c = ref Unsafe.Add(ref b, rows);
        ref var d = ref Unsafe.Add(ref c, rows);
        var zero = Vector<double>.Zero;
        var (sumA, sumB, sumC, sumD) = (zero, zero, zero, zero);
        for (nuint i = 0; i < (nuint)whole; i += (nuint)Vector<double>.Count)
        {
            var o = Vector.LoadUnsafe(ref own, i);
            sumA += Vector.LoadUnsafe(ref a, i) * o;
            sumB += Vector.LoadUnsafe(ref b, i) * o;
            sumC += Vector.LoadUnsafe(ref c, i) * o;
            sumD += Vector.LoadUnsafe(ref d, i) * o;
        }

        times = new Times(Vector.Sum(sumA), Vector.Sum(sumB), Vector.Sum(sumC), Vector.Sum(sumD));
        for (var i = whole; i < rows; i++)
        {
            var o = column[i];
            times = new Times(
                times.A + (four[i] * o),
                times.B + (four[rows + i] * o),
                times.C + (four[(2 * rows) + i] * o),
                times.D + (four[(3 * rows) + i] * o)
            );
        }
    }

    /// <summary>The same as <see cref="Subtract"/> of each of four columns, to the last bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractAbreast(
        Span<double> four,
        ReadOnlySpan<double> column,
        ref Times times,
        ReadOnlySpan<double> next
    )
    {
        var rows = column.Length;
        var whole = rows - (rows % Vector<double>.Count);
        ref var own = ref MemoryMarshal.GetReference(column);
        ref var other = ref MemoryMarshal.GetReference(next[..rows]);
        ref var a = ref MemoryMarshal.GetReference(four);
        ref var b = ref Unsafe.Add(ref a, rows);
        ref var c = ref Unsafe.Add(ref b, rows);
        ref var d = ref Unsafe.Add(ref c, rows);
        var (byA, byB) = (new Vector<double>(times.A), new Vector<double>(times.B));
        var (byC, byD) = (new Vector<double>(times.C), new Vector<double>(times.D));
        var zero = Vector<double>.Zero;
        var (sumA, sumB, sumC, sumD) = (zero, zero, zero, zero);
        for (nuint i = 0; i < (nuint)whole; i += (nuint)Vector<double>.Count)
        {
            var o = Vector.LoadUnsafe(ref own, i);
            var with = Vector.LoadUnsafe(ref other, i);
            var left = Vector.LoadUnsafe(ref a, i) - (byA * o);
            left.StoreUnsafe(ref a, i);
            sumA += left * with;
            left = Vector.LoadUnsafe(ref b, i) - (byB * o);
            left.StoreUnsafe(ref b, i);
            sumB += left * with;
            left = Vector.LoadUnsafe(ref c, i) - (byC * o);
            left.StoreUnsafe(ref c, i);
            sumC += left * with;
            left = Vector.LoadUnsafe(ref d, i) - (byD * o);
            left.StoreUnsafe(ref d, i);
            sumD += left * with;
        }

        var along = new Times(Vector.Sum(sumA), Vector.Sum(sumB), Vector.Sum(sumC), Vector.Sum(sumD));
        SubtractRest(four, column, times, whole);
        for (var i = whole; i < rows; i++)
        {
            var with = next[i];
            along = new Times(
                along.A + (four[i] * with),
                along.B + (four[rows + i] * with),
                along.C + (four[(2 * rows) + i] * with),
                along.D + (four[(3 * rows) + i] * with)
            );
        }

        times = along;
    }

    /// <summary>The same where no product is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractAbreast(Span<double> four, ReadOnlySpan<double> column, in Times times)
    {
        var rows = column.Length;
        var whole = rows - (rows % Vector<double>.Count);
        ref var own = ref MemoryMarshal.GetReference(column);
        ref var a = ref MemoryMarshal.GetReference(four);
        ref var b = ref Unsafe.Add(ref a, rows);
        ref var c = ref Unsafe.Add(ref b, rows);
        ref var d = ref Unsafe.Add(ref c, rows);
        var (byA, byB) = (new Vector<double>(times.A), new Vector<double>(times.B));
        var (byC, byD) = (new Vector<double>(times.C), new Vector<double>(times.D));
        for (nuint i = 0; i < (nuint)whole; i += (nuint)Vector<double>.Count)
        {
            var o = Vector.LoadUnsafe(ref own, i);
            (Vector.LoadUnsafe(ref a, i) - (byA * o)).StoreUnsafe(ref a, i);
            (Vector.LoadUnsafe(ref b, i) - (byB * o)).StoreUnsafe(ref b, i);
            (Vector.LoadUnsafe(ref c, i) - (byC * o)).StoreUnsafe(ref c, i);
            (Vector.LoadUnsafe(ref d, i) - (byD * o)).StoreUnsafe(ref d, i);
        }

        SubtractRest(four, column, times, whole);
    }

    private static void SubtractRest(Span<double> four, ReadOnlySpan<double> column, in Times times, int from)
    {
        var rows = column.Length;
        for (var i = from; i < rows; i++)
        {
            four[i] -= times.A * column[i];
            four[rows + i] -= times.B * column[i];
            four[(2 * rows) + i] -= times.C * column[i];
            four[(3 * rows) + i] -= times.D * column[i];
        }
    }

    private Span<double> Own(int k) => columns.AsSpan(k * rows, rows);

    /// <summary>How many times a column is in each of four.</summary>
    private readonly record struct Times(double A, double B, double C, double D);
}
