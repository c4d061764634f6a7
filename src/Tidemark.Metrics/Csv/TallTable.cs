using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tidemark.Metrics.Prometheus.Api;

namespace Tidemark.Metrics.Csv;

/// <summary>
/// Reads a table with a row for each sample of each process: the time, a value, and columns that say whose it is. Some series after some
/// series, each lot in one pass over the file: it is never held as a whole.
/// </summary>
internal sealed class TallTable(HistorySource source, CsvHeader header, Action<string> warn)
{
    /// <summary>Samples that are held at a time, 16 bytes each.</summary>
    private const int BlockSamples = 2 << 20;

    private const int MaximumSeries = 200_000;

    /// <summary>So many series with fewer rows each than this are no histories: a column of values was taken for names.</summary>
    private const int ManySeries = 100;
    private const int FewestRows = 3;

    private const byte KeySeparator = 0x1f;

    /// <summary>One column that holds the whole of a name: a legend, or labels.</summary>
    private static readonly string[] WholeNames = ["series", "metric", "name", "legend", "label", "field", "_field"];

    /// <summary>What InfluxDB says of its answer, and not of a series.</summary>
    private static readonly string[] NoLabels = ["", "result", "table", "_start", "_stop"];

    private readonly TableSeries series = new(source.Path, warn);
    private readonly Dictionary<byte[], int> numbers = new(new BytesComparer());
    private readonly List<int> counts = [];
    private readonly int[] labelColumns =
    [
        .. Enumerable
            .Range(0, header.Names.Length)
            .Where(c => c != header.Time && c != header.Value)
            .Where(c => !NoLabels.Contains(header.Names[c].Trim(), StringComparer.Ordinal))
            .Where(c => !CsvHeader.IsQuantity(header.Names[c])),
    ];

    private byte[] key = new byte[256];

    /// <summary>Reads it.</summary>
    /// <param name="blockSamples">How many samples are held at a time.</param>
    public IEnumerable<FileHistory> Read(int blockSamples = BlockSamples)
    {
        foreach (var name in header.Names.Where((n, c) => c != header.Value && CsvHeader.IsQuantity(n)))
        {
            series.Ignore(name, "names a quantity, not a process");
        }

        FindSeries();
        var names = new SeriesName[counts.Count];
        foreach (var (bytes, number) in numbers)
        {
            names[number] = NameOf(bytes);
        }

        var targets = labelColumns.Length == 0 ? [source.TargetName] : SeriesName.Targets(names);
        var (sorted, dropped) = (0, 0);
        for (var first = 0; first < counts.Count; )
        {
            var last = first;
            for (long held = 0; last < counts.Count && (last == first || held + counts[last] <= blockSamples); last++)
            {
                held += counts[last];
            }

            var block = ReadSeries(first, last);
            for (var number = first; number < last; number++)
            {
                var (times, values) = block[number - first];
                block[number - first] = default;
                var order = TableTimes.Of(times, times.Length);
                sorted += order.Rows is null ? 0 : 1;
                dropped += times.Length - order.Times.Length;
                if (series.ToHistory(names[number], targets[number], order.Times, order.InOrder(values)) is { } history)
                {
                    yield return history;
                }
            }

            first = last;
        }

        if (sorted > 0)
        {
            warn(
                $"{source.Path}: rows of {sorted} series are not oldest first or repeat a time; they were sorted and {dropped} dropped"
            );
        }

        series.Finish();
    }

    /// <summary>Which series there are, and how many rows each has.</summary>
    private void FindSeries()
    {
        long rows = 0;
        using var lines = CsvLines.After(source, header.Line);
        while (NextRow(lines, out var number, out _, out _))
        {
            rows++;
            if (number == counts.Count)
            {
                if (counts.Count == MaximumSeries)
                {
                    throw new MalformedHistoryException(
                        $"{source.Path}: line {lines.Line}: more than {MaximumSeries} series are refused"
                    );
                }

                counts.Add(0);
            }

            counts[number]++;
        }

        if (rows == 0)
        {
            throw new MalformedHistoryException($"{source.Path}: nothing but a header");
        }

        if (counts.Count > ManySeries && rows < (long)counts.Count * FewestRows)
        {
            throw new MalformedHistoryException(
                $"{source.Path}: {rows} rows name {counts.Count} different series by {string.Join(", ", labelColumns.Take(6).Select(c => CsvHeader.Shown(header.Names[c])))}: leave out the columns that do not say which process a row is of"
            );
        }
    }

    private (double[] Times, double[] Values)[] ReadSeries(int first, int last)
    {
        var block = new (double[] Times, double[] Values)[last - first];
        var filled = new int[last - first];
        for (var number = first; number < last; number++)
        {
            block[number - first] = (new double[counts[number]], new double[counts[number]]);
        }

        using var lines = CsvLines.After(source, header.Line);
        while (NextRow(lines, out var number, out var time, out var value))
        {
            var i = number - first;
            if (number >= first && number < last && filled[i] < block[i].Times.Length)
            {
                block[i].Times[filled[i]] = time;
                block[i].Values[filled[i]++] = value;
            }
        }

        return Array.TrueForAll(Enumerable.Range(0, filled.Length).ToArray(), i => filled[i] == block[i].Times.Length)
            ? block
            : throw new MalformedHistoryException($"{source.Path}: it has changed while it was read");
    }

    /// <summary>Reads the next row; a series that is new gets the number behind those that are known.</summary>
    private bool NextRow(CsvLines lines, out int number, out double time, out double value)
    {
        (number, time, value) = (0, double.NaN, double.NaN);
        do
        {
            if (!lines.Next())
            {
                return false;
            }
        } while (CsvRow.IsBlank(lines.Current) || lines.Current[0] == '#');

        var row = new CsvRow(lines.Current, header.Separator);
        var (column, length, label) = (0, 0, 0);
        for (; row.NextCell(out var cell); column++)
        {
            if (column == header.Time)
            {
                if (!CsvCell.TryTableTime(cell, out time))
                {
                    throw header.Malformed(
                        source.Path,
                        lines.Line,
                        column,
                        $"'{CsvCell.Show(cell)}'; expected seconds or milliseconds since 1970, or ISO 8601"
                    );
                }
            }
            else if (column == header.Value)
            {
                if (!CsvCell.TryTableBytes(cell, out value))
                {
                    throw header.Malformed(
                        source.Path,
                        lines.Line,
                        column,
                        $"'{CsvCell.Show(cell)}'; expected bytes, such as 123456 or '1.5 GiB', or nothing"
                    );
                }
            }
            else if (label < labelColumns.Length && column == labelColumns[label])
            {
                AddToKey(cell, ref length);
                label++;
            }
            else if (column >= header.Names.Length && !cell.IsEmpty)
            {
                throw new MalformedHistoryException(
                    $"{source.Path}: line {lines.Line}: '{CsvCell.Show(cell)}' stands behind the {header.Names.Length} columns that the header names"
                );
            }
        }

        if (column < header.Names.Length)
        {
            if (lines.IsUnfinished)
            {
                return false; // cut while it was written
            }

            throw new MalformedHistoryException(
                $"{source.Path}: line {lines.Line}: {column} cells; the header names {header.Names.Length}"
            );
        }

        var lookup = numbers.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(key.AsSpan(0, length), out number))
        {
            number = numbers.Count;
            lookup[key.AsSpan(0, length)] = number;
        }

        return true;
    }

    private void AddToKey(ReadOnlySpan<byte> cell, ref int length)
    {
        if (length + cell.Length + 1 > key.Length)
        {
            Array.Resize(ref key, Math.Max(key.Length * 2, length + cell.Length + 1));
        }

        cell.CopyTo(key.AsSpan(length));
        length += cell.Length;
        key[length++] = KeySeparator;
    }

    private SeriesName NameOf(byte[] bytes)
    {
        var cells = Encoding.UTF8.GetString(bytes).Split((char)KeySeparator);
        if (
            labelColumns is [var only]
            && WholeNames.Contains(header.Names[only].Trim(), StringComparer.OrdinalIgnoreCase)
        )
        {
            return SeriesName.Of(cells[0].Replace("\"\"", "\"", StringComparison.Ordinal));
        }

        var labels = new List<KeyValuePair<string, string>>();
        for (var i = 0; i < labelColumns.Length; i++)
        {
            if (cells[i].Length > 0)
            {
                labels.Add(new KeyValuePair<string, string>(header.Names[labelColumns[i]].Trim(), cells[i]));
            }
        }

        return new SeriesName(string.Join(' ', labels.Select(l => l.Value)), "", new LabelSet([.. labels]));
    }

    /// <summary>Compares keys by their bytes, and finds them without a copy.</summary>
    private sealed class BytesComparer
        : IEqualityComparer<byte[]>,
            IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
