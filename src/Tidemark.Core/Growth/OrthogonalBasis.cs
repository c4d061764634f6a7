using System.Numerics;
using System.Runtime.InteropServices;

namespace Tidemark.Core.Growth;

/// <summary>
/// Columns made orthonormal one after the other (modified Gram-Schmidt). Once what is known is in the basis, asking what a
/// further column would add to the fit costs one pass over it (Frisch, Waugh and Lovell).
/// </summary>
internal sealed class OrthogonalBasis(int rows, int capacity)
{
    /// <summary>A column of which less than this share remains after those before it says nothing new.</summary>
    public const double Collinear = 1e-6;

    private readonly double[] columns = new double[rows * capacity];

    /// <summary>How many columns said something new.</summary>
    public int Count { get; private set; }

    /// <summary>Takes a column in; it is destroyed. False where it says nothing new.</summary>
    public bool Add(Span<double> column)
    {
        var before = Dot(column, column);
        Remove(column);
        var after = Dot(column, column);
        if (!(after > Collinear * before))
        {
            return false;
        }

        var own = Own(Count++);
        var scale = 1 / Math.Sqrt(after);
        for (var i = 0; i < own.Length; i++)
        {
            own[i] = column[i] * scale;
        }

        return true;
    }

    /// <summary>Takes out of a column everything that the basis explains: what is left are the residuals.</summary>
    public void Remove(Span<double> column)
    {
        for (var k = 0; k < Count; k++)
        {
            var own = Own(k);
            Subtract(column, own, Dot(column, own));
        }
    }

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

    private static void Subtract(Span<double> from, ReadOnlySpan<double> column, double times)
    {
        var a = MemoryMarshal.Cast<double, Vector<double>>(from);
        var b = MemoryMarshal.Cast<double, Vector<double>>(column);
        var factor = new Vector<double>(times);
        for (var i = 0; i < a.Length; i++)
        {
            a[i] -= factor * b[i];
        }

        for (var i = a.Length * Vector<double>.Count; i < from.Length; i++)
        {
            from[i] -= times * column[i];
        }
    }

    private Span<double> Own(int k) => columns.AsSpan(k * rows, rows);
}
