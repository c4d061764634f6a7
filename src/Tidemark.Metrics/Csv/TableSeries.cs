using System.Globalization;
using Tidemark.Core.Series;

namespace Tidemark.Metrics.Csv;

/// <summary>Makes the footprint of a process from the samples of a table, and counts what had to be mended or left out.</summary>
internal sealed class TableSeries(string path, Action<string> warn)
{
    /// <summary>No process is smaller than this, which is a page: such values are no bytes, or are in another unit.</summary>
    private const double LeastBytes = 4096;

    /// <summary>So many are named in a warning.</summary>
    private const int Named = 3;

    private readonly Kind empty = new();
    private readonly Kind small = new();
    private int histories;
    private double largestOfSmall;

    /// <summary>Tells of a column that is left out.</summary>
    public void Ignore(string name, string because) =>
        warn($"{path}: {CsvHeader.Shown(name)} {because}: it is ignored");

    /// <summary>The history of one series; null where it has none.</summary>
    /// <param name="name">What the table calls it.</param>
    /// <param name="target">What people call it.</param>
    /// <param name="times">Rising; shared by all series that are whole.</param>
    /// <param name="values">One for each time, NaN where there is none; taken over.</param>
    public FileHistory? ToHistory(SeriesName name, string target, double[] times, double[] values)
    {
        var (count, largest) = (0, 0.0);
        foreach (var value in values)
        {
            count += double.IsNaN(value) ? 0 : 1;
            largest = Math.Max(largest, double.IsNaN(value) ? 0 : value);
        }

        if (count == 0)
        {
            empty.Add(name.Text);
            return null;
        }

        if (largest < LeastBytes)
        {
            small.Add(name.Text);
            largestOfSmall = Math.Max(largestOfSmall, largest);
            return null;
        }

        histories++;
        var (someTimes, someValues) = count == values.Length ? (times, values) : Compact(times, values, count);
        var columns = new double[]?[Signals.Count];
        columns[(int)Signal.Footprint] = someValues;
        return new FileHistory(ProcessHistory.OfColumns(target, someTimes, columns, [0]), name.Labels);
    }

    /// <summary>Tells what was left out; to be called at the end.</summary>
    /// <exception cref="MalformedHistoryException">Nothing is left.</exception>
    public void Finish()
    {
        var tooSmall = string.Create(
            CultureInfo.InvariantCulture,
            $"no value above {largestOfSmall:0.###}, which is no footprint in bytes (give them with a unit, such as '1.5 GiB')"
        );
        if (histories == 0)
        {
            throw new MalformedHistoryException(
                small.Count > 0 ? $"{path}: {small} hold{small.S} {tooSmall}" : $"{path}: no column holds a value"
            );
        }

        if (small.Count > 0)
        {
            warn($"{path}: {small} hold{small.S} {tooSmall} and {small.Are} ignored");
        }

        if (empty.Count > 0)
        {
            warn($"{path}: {empty} hold{empty.S} no value and {empty.Are} ignored");
        }
    }

    private static (double[] Times, double[] Values) Compact(double[] times, double[] values, int count)
    {
        var (some, kept) = (new double[count], new double[count]);
        var to = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (!double.IsNaN(values[i]))
            {
                (some[to], kept[to++]) = (times[i], values[i]);
            }
        }

        return (some, kept);
    }

    /// <summary>Series of one kind: how many, and the first of them.</summary>
    private sealed class Kind
    {
        private readonly List<string> first = [];

        public int Count { get; private set; }

        public string S => Count == 1 ? "s" : "";

        public string Are => Count == 1 ? "is" : "are";

        public void Add(string name)
        {
            if (++Count <= Named)
            {
                first.Add(CsvHeader.Shown(name));
            }
        }

        public override string ToString() =>
            string.Join(", ", first) + (Count > Named ? $" and {Count - Named} more" : "");
    }
}
