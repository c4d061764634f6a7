using System.Runtime.CompilerServices;

namespace Tidemark.Core.Growth;

/// <summary>Symmetric matrices of a few rows, stored row by row.</summary>
internal static class SmallMatrix
{
    /// <summary>A pivot below this share of its diagonal element means that the columns say the same.</summary>
    public const double Singular = 1e-9;

    /// <summary>Inverts a positive definite matrix in place (Gauss-Jordan without pivoting); false where it is singular.</summary>
    [SkipLocalsInit]
    public static bool Invert(Span<double> matrix, int size)
    {
        Span<double> diagonal = stackalloc double[size];
        for (var i = 0; i < size; i++)
        {
            diagonal[i] = matrix[(i * size) + i];
        }

        for (var k = 0; k < size; k++)
        {
            var pivot = matrix[(k * size) + k];
            if (!(pivot > Singular * diagonal[k]) || diagonal[k] <= 0)
            {
                return false;
            }

            matrix[(k * size) + k] = 1;
            for (var j = 0; j < size; j++)
            {
                matrix[(k * size) + j] /= pivot;
            }

            for (var i = 0; i < size; i++)
            {
                if (i != k)
                {
                    var factor = matrix[(i * size) + k];
                    matrix[(i * size) + k] = 0;
                    for (var j = 0; j < size; j++)
                    {
                        matrix[(i * size) + j] -= factor * matrix[(k * size) + j];
                    }
                }
            }
        }

        return true;
    }

    public static void Multiply(
        ReadOnlySpan<double> matrix,
        ReadOnlySpan<double> vector,
        Span<double> product,
        int size
    )
    {
        for (var i = 0; i < size; i++)
        {
            product[i] = 0;
            for (var j = 0; j < size; j++)
            {
                product[i] += matrix[(i * size) + j] * vector[j];
            }
        }
    }

    /// <summary>The quadratic form of a vector.</summary>
    public static double Square(ReadOnlySpan<double> matrix, ReadOnlySpan<double> vector, int size)
    {
        var sum = 0.0;
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                sum += vector[i] * matrix[(i * size) + j] * vector[j];
            }
        }

        return Math.Max(0, sum);
    }
}
