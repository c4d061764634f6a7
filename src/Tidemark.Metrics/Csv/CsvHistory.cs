using Tidemark.Core;
using Tidemark.Core.Series;

namespace Tidemark.Metrics.Csv;

/// <summary>A history as CSV: a header line, one row a sample; docs/check.md has the columns.</summary>
public static class CsvHistory
{
    private const string TimeColumn = "time";

    internal static Dictionary<string, Signal> SignalByColumn { get; } =
        Signals.All.ToDictionary(s => s.Column, s => s.Signal, StringComparer.OrdinalIgnoreCase);

    public static HistoryFormat Format { get; } = new("csv", Recognises, Read);

    private static bool Recognises(ReadOnlySpan<byte> head)
    {
        var cursor = new CsvCursor(head);
        return cursor.NextHeader() && Array.Exists(cursor.Names(), CsvHeader.IsTime);
    }

    private static IEnumerable<FileHistory> Read(HistorySource source, Action<string> warn)
    {
        var header = CsvHeader.Of(source);
        return header.Layout switch
        {
            CsvLayout.Wide => new WideTable(source, header, warn).Read(),
            CsvLayout.Tall => new TallTable(source, header, warn).Read(),
            _ => [new FileHistory(ReadOne(source, warn))],
        };
    }

    /// <summary>Reads the whole file: one history, cut where its counters show a restart.</summary>
    /// <exception cref="MalformedHistoryException">A column that must be there is missing, or a cell is neither empty nor a number.</exception>
    private static ProcessHistory ReadOne(HistorySource source, Action<string> warn)
    {
        var (bytes, path) = (source.ReadBytes(), source.Path);
        var cursor = new CsvCursor(bytes);
        if (!cursor.NextHeader())
        {
            throw new MalformedHistoryException($"{path}: empty; expected a header line");
        }

        var columns = Columns(cursor.Names(), path, cursor.Line, warn);
        var rows = Rows(ref cursor, columns, path);
        var history = Build(source.TargetName, rows, path, warn);
        return history.CutAt(RestartInference.Find(history));
    }

    /// <summary>What each column holds; null for the one of the time and for those that are ignored.</summary>
    private static Column[] Columns(string[] names, string path, int line, Action<string> warn)
    {
        var columns = new Column[names.Length];
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < names.Length; i++)
        {
            var known = SignalByColumn.TryGetValue(names[i], out var signal);
            columns[i] = new Column(names[i], IsTime(names[i]), known ? signal : null);
            if (!known && !columns[i].IsTime)
            {
                warn($"{path}: column '{names[i]}' is not known and is ignored");
            }
            else if (!seen.Add(names[i]))
            {
                throw new MalformedHistoryException($"{path}: line {line}: column '{names[i]}' stands there twice");
            }
        }

        foreach (var required in (string[])[TimeColumn, Signal.Footprint.Describe().Column])
        {
            if (!seen.Contains(required))
            {
                throw new MalformedHistoryException(
                    $"{path}: line {line}: column '{required}' is missing; rename the one that holds it: {Shown(names)}"
                );
            }
        }

        return columns;
    }

    private static List<(double Time, double[] Values)> Rows(ref CsvCursor cursor, Column[] columns, string path)
    {
        var rows = new List<(double Time, double[] Values)>();
        while (cursor.NextLine())
        {
            if (cursor.LineIsBlank)
            {
                continue;
            }

            var time = double.NaN;
            var values = new double[Signals.Count];
            Array.Fill(values, double.NaN);
            var c = 0;
            for (; cursor.NextCell(out var cell); c++)
            {
                if (c >= columns.Length)
                {
                    throw Malformed(path, cursor, $"more than the {columns.Length} cells that the header names");
                }

                var column = columns[c];
                if (column.IsTime)
                {
                    if (!CsvCell.TryTime(cell, out time))
                    {
                        throw Malformed(
                            path,
                            cursor,
                            $"time is '{CsvCell.Show(cell)}'; expected seconds since 1970 or ISO 8601"
                        );
                    }
                }
                else if (column.Signal is { } signal && !TryValue(signal, cell, out values[(int)signal]))
                {
                    throw Malformed(
                        path,
                        cursor,
                        $"{column.Name} is '{CsvCell.Show(cell)}'; expected a number of at least 0, or nothing"
                    );
                }
            }

            if (double.IsNaN(time))
            {
                throw Malformed(path, cursor, $"{c} cells and no time among them; the header names {columns.Length}");
            }

            rows.Add((time, values));
        }

        return rows;
    }

    private static ProcessHistory Build(
        string name,
        List<(double Time, double[] Values)> rows,
        string path,
        Action<string> warn
    )
    {
        for (var i = 1; i < rows.Count; i++)
        {
            if (rows[i].Time < rows[i - 1].Time)
            {
                warn($"{path}: rows are not oldest first and were sorted");
                rows = [.. rows.OrderBy(r => r.Time)];
                break;
            }
        }

        var builder = new ProcessHistoryBuilder(name);
        var sample = new SignalSample();
        var repeated = 0;
        foreach (var (time, values) in rows)
        {
            sample.Set(values);
            repeated += builder.Add(time, sample) ? 0 : 1;
        }

        if (repeated > 0)
        {
            warn($"{path}: {repeated} rows repeat a time and were dropped");
        }

        return builder.ToHistory();
    }

    private static bool TryValue(Signal signal, ReadOnlySpan<byte> cell, out double value) =>
        signal.Describe().Unit == "bytes" ? CsvCell.TryBytes(cell, out value) : CsvCell.TryQuantity(cell, out value);

    private static string Shown(string[] names) =>
        string.Join(", ", names.Take(6).Select(n => $"'{OneLine.Of(n.Length > 40 ? n[..40] + "..." : n)}'"))
        + (names.Length > 6 ? ", ..." : "");

    private static bool IsTime(string name) => name.Equals(TimeColumn, StringComparison.OrdinalIgnoreCase);

    private static MalformedHistoryException Malformed(string path, CsvCursor cursor, string what) =>
        new($"{path}: line {cursor.Line}: {what}");

    private readonly record struct Column(string Name, bool IsTime, Signal? Signal);
}
