namespace Tidemark.Metrics.Csv;

/// <summary>The times of a table's rows, and in which order its rows are to be taken.</summary>
/// <param name="Times">Rising.</param>
/// <param name="Rows">The row of each time; null where they are as they stand.</param>
internal sealed record TableTimes(double[] Times, int[]? Rows)
{
    /// <summary>Sorts them where that is needed; of rows of the same time the first is kept.</summary>
    /// <param name="times">One for each row, in any order.</param>
    /// <param name="count">How many of them count.</param>
    public static TableTimes Of(double[] times, int count)
    {
        var i = 1;
        while (i < count && times[i] > times[i - 1])
        {
            i++;
        }

        if (i >= count)
        {
            return new TableTimes(count == times.Length ? times : times[..count], null);
        }

        var rows = new int[count];
        for (var r = 0; r < count; r++)
        {
            rows[r] = r;
        }

        Array.Sort(rows, (a, b) => times[a] != times[b] ? times[a].CompareTo(times[b]) : a.CompareTo(b));
        var kept = 0;
        foreach (var row in rows)
        {
            if (kept == 0 || times[row] > times[rows[kept - 1]])
            {
                rows[kept++] = row;
            }
        }

        rows = rows[..kept];
        return new TableTimes(Array.ConvertAll(rows, r => times[r]), rows);
    }

    /// <summary>The values of a column in this order.</summary>
    public double[] InOrder(double[] values) => Rows is null ? values : Array.ConvertAll(Rows, r => values[r]);
}
