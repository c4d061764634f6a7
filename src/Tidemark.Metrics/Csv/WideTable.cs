namespace Tidemark.Metrics.Csv;

/// <summary>
/// Reads a table with a column for each process, as Grafana's "Series joined by time" writes it. Block of columns after block of columns,
/// each in one pass over the file: it is never held as a whole.
/// </summary>
internal sealed class WideTable(HistorySource source, CsvHeader header, Action<string> warn)
{
    /// <summary>Values of one block, 8 bytes each.</summary>
    private const int BlockValues = 4 << 20;

    private const int MaximumColumns = 200_000;

    /// <summary>Where in a line nothing follows.</summary>
    private const int AtEnd = -1;

    private readonly List<SeriesName> names = [];
    private readonly TableSeries series = new(source.Path, warn);

    // Of each column the series that it holds; -1 for the time and for what is ignored.
    private readonly int[] seriesOf = new int[header.Names.Length];

    /// <summary>Reads it.</summary>
    /// <param name="blockValues">How many values are held at a time.</param>
    public IEnumerable<FileHistory> Read(int blockValues = BlockValues)
    {
        if (header.Names.Length > MaximumColumns)
        {
            throw new MalformedHistoryException(
                $"{source.Path}: line {header.Line}: {header.Names.Length} columns; more than {MaximumColumns} are refused"
            );
        }

        NameColumns();
        var targets = SeriesName.Targets(names);
        var rows = ReadTimes();
        var times = TableTimes.Of(rows, rows.Length);
        if (times.Rows is { } order)
        {
            warn(
                order.Length < rows.Length
                    ? $"{source.Path}: rows are not oldest first or repeat a time; they were sorted and {rows.Length - order.Length} dropped"
                    : $"{source.Path}: rows are not oldest first and were sorted"
            );
        }

        var positions = new int[rows.Length];
        var width = Math.Max(1, blockValues / Math.Max(1, rows.Length));
        for (var first = 0; first < header.Names.Length; first += width)
        {
            var last = Math.Min(header.Names.Length, first + width);
            var block = ReadBlock(first, last, positions);
            for (var column = first; column < last; column++)
            {
                if (block[column - first] is { } values)
                {
                    block[column - first] = null;
                    var number = seriesOf[column];
                    var history = series.ToHistory(names[number], targets[number], times.Times, times.InOrder(values));
                    if (history is not null)
                    {
                        yield return history;
                    }
                }
            }
        }

        series.Finish();
    }

    private void NameColumns()
    {
        for (var column = 0; column < seriesOf.Length; column++)
        {
            seriesOf[column] = -1;
            if (column == header.Time || string.IsNullOrWhiteSpace(header.Names[column]))
            {
                continue;
            }

            var name = SeriesName.Of(header.Names[column]);
            if (CsvHeader.IsQuantity(name.Text))
            {
                series.Ignore(name.Text, "names a quantity, not a process");
            }
            else if (CsvHeader.RoleOf(name.Metric) is { Signal: not Core.Series.Signal.Footprint } role)
            {
                series.Ignore(name.Text, $"is the {role.Name}, not the footprint");
            }
            else
            {
                seriesOf[column] = names.Count;
                names.Add(name);
            }
        }
    }

    /// <summary>The time of each row.</summary>
    private double[] ReadTimes()
    {
        var times = new List<double>();
        using var lines = CsvLines.After(source, header.Line);
        while (lines.Next())
        {
            if (CsvRow.IsBlank(lines.Current))
            {
                continue;
            }

            var row = new CsvRow(lines.Current, header.Separator);
            ReadOnlySpan<byte> cell = default;
            var column = -1;
            while (column < header.Time && row.NextCell(out cell))
            {
                column++;
            }

            if (lines.IsUnfinished && row.Position < 0 && header.Time < header.Names.Length - 1)
            {
                break; // cut while it was written
            }

            if (column < header.Time)
            {
                throw header.Malformed(source.Path, lines.Line, header.Time, "missing: the line ends before it");
            }

            if (!CsvCell.TryTableTime(cell, out var time))
            {
                throw NoTime(lines.Line, cell);
            }

            times.Add(time);
        }

        return times.Count > 0
            ? [.. times]
            : throw new MalformedHistoryException($"{source.Path}: nothing but a header");
    }

    private MalformedHistoryException NoTime(int line, ReadOnlySpan<byte> cell)
    {
        var text = CsvCell.Show(cell);
        return header.Malformed(
            source.Path,
            line,
            header.Time,
            text == header.Names[header.Time]
                ? "another table begins here; export the series joined by time, or each to a file of its own"
                : $"'{text}'; expected seconds or milliseconds since 1970, or ISO 8601"
        );
    }

    /// <summary>The values of some columns; null for those that are no series.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="last">The one behind the last of them.</param>
    /// <param name="positions">Where in each line the first of them begins; afterwards the one behind the last.</param>
    private double[]?[] ReadBlock(int first, int last, int[] positions)
    {
        var block = new double[]?[last - first];
        for (var column = first; column < last; column++)
        {
            if (seriesOf[column] >= 0)
            {
                block[column - first] = new double[positions.Length];
            }
        }

        using var lines = CsvLines.After(source, header.Line);
        var number = 0;
        while (lines.Next())
        {
            if (CsvRow.IsBlank(lines.Current))
            {
                continue;
            }

            if (number == positions.Length)
            {
                break; // written to while it is read
            }

            positions[number] = ReadRow(lines, block, first, last, number, positions[number]);
            number++;
        }

        return number == positions.Length
            ? block
            : throw new MalformedHistoryException($"{source.Path}: it has become shorter while it was read");
    }

    private int ReadRow(CsvLines lines, double[]?[] block, int first, int last, int number, int position)
    {
        var line = lines.Current;
        var row = position == AtEnd ? default : new CsvRow(line[Math.Min(position, line.Length)..], header.Separator);
        for (var column = first; column < last; column++)
        {
            var isThere = row.NextCell(out var cell);
            if (block[column - first] is not { } values)
            {
                continue;
            }

            // Where the last line was cut, so may its last cell be.
            var isCut = lines.IsUnfinished && row.Position < 0 && column < header.Names.Length - 1;
            if (!isThere || isCut)
            {
                values[number] = double.NaN;
            }
            else if (!CsvCell.TryTableBytes(cell, out values[number]))
            {
                throw NoBytes(lines.Line, column, cell);
            }
        }

        var next = row.Position < 0 ? AtEnd : position + row.Position;
        if (last == header.Names.Length && next != AtEnd)
        {
            CheckRest(row, lines.Line);
        }

        return next;
    }

    /// <summary>Behind the last column only empty cells may stand.</summary>
    private void CheckRest(CsvRow row, int line)
    {
        while (row.NextCell(out var cell))
        {
            if (!cell.IsEmpty)
            {
                throw new MalformedHistoryException(
                    $"{source.Path}: line {line}: '{CsvCell.Show(cell)}' stands behind the {header.Names.Length} columns that the header names"
                );
            }
        }
    }

    private MalformedHistoryException NoBytes(int line, int column, ReadOnlySpan<byte> cell)
    {
        var text = CsvCell.Show(cell);
        var isFirst = line == header.Line + 1 && !text.Any(char.IsAsciiDigit);
        return header.Malformed(
            source.Path,
            line,
            column,
            $"'{text}'; expected bytes, such as 123456 or '1.5 GiB', or nothing"
                + (isFirst ? " (where each row is a sample of one process, call the column of its bytes 'value')" : "")
        );
    }
}
