using System.Numerics;
using System.Runtime.InteropServices;

namespace Tidemark.Core.Growth;

/// <summary>
/// Weighted least squares of one target on any subset of a set of columns: the products of all columns are taken once,
/// after which a model costs no more than the elimination of a small matrix.
/// </summary>
internal sealed class NormalEquations
{
    /// <summary>A column whose remaining square, after those before it, is below this share of itself adds nothing new.</summary>
    private const double Collinear = 1e-7;

    private readonly int size;
    private readonly double[] gram;
    private readonly double[] toTarget;
    private readonly double targetSquare;

    public NormalEquations(IReadOnlyList<double[]> columns, double[] target, double[] weights)
    {
        size = columns.Count;
        gram = new double[size * size];
        toTarget = new double[size];
        var weighted = new double[target.Length];
        for (var i = 0; i < size; i++)
        {
            Multiply(columns[i], weights, weighted);
            for (var j = i; j < size; j++)
            {
                gram[(i * size) + j] = gram[(j * size) + i] = Dot(weighted, columns[j]);
            }

            toTarget[i] = Dot(weighted, target);
        }

        Multiply(target, weights, weighted);
        targetSquare = Dot(weighted, target);
    }

    /// <summary>Fits the target on these columns, in this order: of two that say the same, the first is taken.</summary>
    public LinearFit Solve(ReadOnlySpan<int> subset)
    {
        var p = subset.Length;
        // Gauss-Jordan by symmetric sweeps: leaves the inverse and the coefficients at once (Goodnight, 1979).
        var stride = p + 1;
        var a = new double[stride * stride];
        for (var i = 0; i < p; i++)
        {
            for (var j = 0; j < p; j++)
            {
                a[(i * stride) + j] = gram[(subset[i] * size) + subset[j]];
            }

            a[(i * stride) + p] = a[(p * stride) + i] = toTarget[subset[i]];
        }

        a[(p * stride) + p] = targetSquare;
        var rank = 0;
        for (var k = 0; k < p; k++)
        {
            rank += Sweep(a, stride, k, gram[(subset[k] * size) + subset[k]]) ? 1 : 0;
        }

        var coefficients = new double[p];
        var variances = new double[p];
        for (var k = 0; k < p; k++)
        {
            coefficients[k] = a[(k * stride) + p];
            variances[k] = -a[(k * stride) + k];
        }

        return new LinearFit(coefficients, variances, Math.Max(0, a[(p * stride) + p]), rank);
    }

    private static bool Sweep(double[] a, int stride, int k, double own)
    {
        var pivot = a[(k * stride) + k];
        if (pivot <= Collinear * own || own <= 0)
        {
            for (var i = 0; i < stride; i++)
            {
                a[(k * stride) + i] = a[(i * stride) + k] = 0;
            }

            return false;
        }

        for (var i = 0; i < stride; i++)
        {
            var factor = a[(i * stride) + k] / pivot;
            if (i == k || factor == 0)
            {
                continue;
            }

            for (var j = 0; j < stride; j++)
            {
                if (j != k)
                {
                    a[(i * stride) + j] -= factor * a[(k * stride) + j];
                }
            }
        }

        for (var i = 0; i < stride; i++)
        {
            if (i != k)
            {
                a[(i * stride) + k] /= pivot;
                a[(k * stride) + i] /= pivot;
            }
        }

        a[(k * stride) + k] = -1 / pivot;
        return true;
    }

    private static void Multiply(ReadOnlySpan<double> left, ReadOnlySpan<double> right, Span<double> product)
    {
        for (var i = 0; i < product.Length; i++)
        {
            product[i] = left[i] * right[i];
        }
    }

    private static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var a = MemoryMarshal.Cast<double, Vector<double>>(left);
        var b = MemoryMarshal.Cast<double, Vector<double>>(right);
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
}

/// <summary>A weighted least-squares fit.</summary>
/// <param name="Coefficients">One a column, 0 for a column that says nothing new.</param>
/// <param name="Variances">Of each coefficient, for residuals of unit variance.</param>
/// <param name="Squares">The weighted sum of squared residuals.</param>
/// <param name="Rank">How many columns say something new.</param>
internal sealed record LinearFit(double[] Coefficients, double[] Variances, double Squares, int Rank);
