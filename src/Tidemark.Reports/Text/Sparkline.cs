namespace Tidemark.Reports.Text;

/// <summary>A graph in one line of text.</summary>
public static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <summary>The values over time, from their lowest to their highest; a gap is a space.</summary>
    /// <param name="values">In order of time; NaN is a gap.</param>
    /// <param name="width">Characters; fewer where there are fewer values.</param>
    public static string Of(ReadOnlySpan<double> values, int width)
    {
        var columns = Math.Min(width, values.Length);
        Span<double> means = stackalloc double[columns];
        double low = double.PositiveInfinity;
        double high = double.NegativeInfinity;
        for (var c = 0; c < columns; c++)
        {
            var from = (int)((long)c * values.Length / columns);
            var to = (int)((long)(c + 1) * values.Length / columns);
            means[c] = Mean(values[from..to]);
            if (!double.IsNaN(means[c]))
            {
                low = Math.Min(low, means[c]);
                high = Math.Max(high, means[c]);
            }
        }

        Span<char> line = stackalloc char[columns];
        for (var c = 0; c < columns; c++)
        {
            line[c] =
                double.IsNaN(means[c]) ? ' '
                : high <= low ? Blocks[0]
                : Blocks[(int)Math.Min(Blocks.Length - 1, (means[c] - low) / (high - low) * Blocks.Length)];
        }

        return new string(line);
    }

    /// <summary>The last value that is not missing; NaN where all are.</summary>
    public static double Last(ReadOnlySpan<double> values)
    {
        for (var i = values.Length - 1; i >= 0; i--)
        {
            if (!double.IsNaN(values[i]))
            {
                return values[i];
            }
        }

        return double.NaN;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        var count = 0;
        foreach (var value in values)
        {
            if (!double.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        return count == 0 ? double.NaN : sum / count;
    }
}
