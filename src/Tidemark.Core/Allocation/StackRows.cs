namespace Tidemark.Core.Allocation;

/// <summary>Sums and maxima over some of the rows of a column.</summary>
internal static class StackRows
{
    public static long Sum(ReadOnlySpan<long> values, IReadOnlyList<int> rows)
    {
        var sum = 0L;
        foreach (var row in rows)
        {
            sum += values[row];
        }

        return sum;
    }

    /// <summary>Turns over where a damaged profile's figures are absurd, as its other sums do and pprof's: LINQ's would fail.</summary>
    public static long Sum(IEnumerable<long> values)
    {
        var sum = 0L;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    /// <summary>The row with the largest value; of equal ones the first.</summary>
    public static int Largest(ReadOnlySpan<long> values, IReadOnlyList<int> rows)
    {
        var largest = rows[0];
        foreach (var row in rows)
        {
            largest = values[row] > values[largest] ? row : largest;
        }

        return largest;
    }
}
