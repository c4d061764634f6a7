using System.Numerics;

namespace Tidemark.Core.Growth;

/// <summary>A trend that may bend anywhere: straight pieces of one length, each of which begins where the one before ends.</summary>
/// <remarks>
/// It is a sum of hats: each is 1 where two pieces meet and 0 where the next ones do. A hat overlaps its neighbours alone, so the normal
/// equations have three diagonals, and fitting it costs little more than two passes over a column.
/// </remarks>
internal sealed class BentLine
{
    private const int Pieces = 6;

    /// <summary>How much of each interval belongs to the hat at the beginning of its piece, and to the one at its end.</summary>
    private readonly double[] first;
    private readonly double[] second;

    /// <summary>The same under the weights of the intervals.</summary>
    private readonly double[] before;
    private readonly double[] after;

    /// <summary>Where each piece begins, in intervals, and where the last one ends.</summary>
    private readonly int[] starts = new int[Pieces + 1];

    /// <summary>The normal equations, factored: one over each pivot (0 where nothing is seen of a hat), and the share of the hat before.</summary>
    private readonly double[] inverse = new double[Pieces + 1];
    private readonly double[] shared = new double[Pieces + 1];

    public BentLine(Bins bins)
    {
        var columns = bins.Columns;
        (first, second, before, after) = (columns.Next(), columns.Next(), columns.Next(), columns.Next());
        var length = bins.SpanHours / Pieces;
        var piece = 0;
        for (var i = 0; i < bins.Count; i++)
        {
            var at = bins.Hours[i] / length;
            while (piece < Pieces - 1 && at >= piece + 1)
            {
                starts[++piece] = i;
            }

            (first[i], second[i]) = (1 - (at - piece), at - piece);
        }

        starts.AsSpan(piece + 1).Fill(bins.Count);
    }

    /// <summary>From here on it is fitted under these weights.</summary>
    public void Assume(NoiseModel noise)
    {
        noise.Weigh(first, before);
        noise.Weigh(second, after);
        var (own, next) = (0.0, 0.0);
        for (var k = 0; k <= Pieces; k++)
        {
            shared[k] = k > 0 ? next * inverse[k - 1] : 0;
            var explained = shared[k] * next;
            if (k < Pieces)
            {
                (var square, next) = OrthogonalBasis.Dots(Piece(before, k), Piece(after, k));
                own += square;
            }

            inverse[k] = own - explained > OrthogonalBasis.Collinear * own ? 1 / (own - explained) : 0;
            own = k < Pieces ? OrthogonalBasis.Dot(Piece(after, k), Piece(after, k)) : 0;
        }
    }

    /// <summary>The sum of squares that it explains of a weighted column.</summary>
    public double Explains(ReadOnlySpan<double> column)
    {
        Span<double> along = stackalloc double[Pieces + 1];
        Eliminate(column, along);
        var sum = 0.0;
        for (var k = 0; k <= Pieces; k++)
        {
            sum += along[k] * along[k] * inverse[k];
        }

        return sum;
    }

    /// <summary>Takes out of a weighted column what it explains.</summary>
    public void Remove(Span<double> column)
    {
        Span<double> heights = stackalloc double[Pieces + 1];
        Eliminate(column, heights);
        heights[Pieces] *= inverse[Pieces];
        for (var k = Pieces - 1; k >= 0; k--)
        {
            heights[k] = (heights[k] * inverse[k]) - (shared[k + 1] * heights[k + 1]);
        }

        for (var k = 0; k < Pieces; k++)
        {
            Subtract(Piece(column, k), Piece(before, k), heights[k], Piece(after, k), heights[k + 1]);
        }
    }

    /// <summary>The first half of solving the normal equations.</summary>
    private void Eliminate(ReadOnlySpan<double> column, Span<double> along)
    {
        along.Clear();
        for (var k = 0; k < Pieces; k++)
        {
            var own = column[starts[k]..starts[k + 1]];
            along[k] += OrthogonalBasis.Dot(own, Piece(before, k));
            along[k + 1] = OrthogonalBasis.Dot(own, Piece(after, k));
        }

        for (var k = 1; k <= Pieces; k++)
        {
            along[k] -= shared[k] * along[k - 1];
        }
    }

    private static void Subtract(
        Span<double> column,
        ReadOnlySpan<double> one,
        double times,
        ReadOnlySpan<double> other,
        double timesOther
    )
    {
        var (byOne, byOther) = (new Vector<double>(times), new Vector<double>(timesOther));
        var i = 0;
        for (; i <= column.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var explained = (byOne * new Vector<double>(one[i..])) + (byOther * new Vector<double>(other[i..]));
            (new Vector<double>(column[i..]) - explained).CopyTo(column[i..]);
        }

        for (; i < column.Length; i++)
        {
            column[i] -= (times * one[i]) + (timesOther * other[i]);
        }
    }

    private Span<double> Piece(Span<double> column, int k) => column[starts[k]..starts[k + 1]];
}
