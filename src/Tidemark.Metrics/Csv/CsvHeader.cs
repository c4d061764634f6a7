using Tidemark.Core;
using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Csv;

/// <summary>What the rows of a CSV are.</summary>
internal enum CsvLayout
{
    /// <summary>The signals of one process: a column each, by their names.</summary>
    OneProcess,

    /// <summary>A column for each process, as dashboards join series by their time.</summary>
    Wide,

    /// <summary>A row for each sample of each process, with its name in columns of their own.</summary>
    Tall,
}

/// <summary>What the header of a CSV says.</summary>
/// <param name="Layout">What the rows are.</param>
/// <param name="Names">The columns.</param>
/// <param name="Separator">What separates them.</param>
/// <param name="Line">The line that it is on.</param>
/// <param name="Time">The column of the time.</param>
/// <param name="Value">The column of the values of a tall table; -1 otherwise.</param>
internal sealed record CsvHeader(CsvLayout Layout, string[] Names, byte Separator, int Line, int Time, int Value)
{
    private static readonly string[] TimeNames = ["time", "timestamp", "datetime", "date time", "date", "_time"];

    private static readonly string[] ValueNames = ["value", "_value"];

    /// <summary>What a panel shows beside its processes, and words for what is no process at all.</summary>
    private static readonly string[] Quantities =
    [
        .. (
            (string[])["cpu", "memory", "mem", "rss", "vms", "uss", "pss", "swap", "heap", "gc", "footprint", "threads"]
        ),
        .. (
            (string[])["requests", "request", "limits", "limit", "quota", "quota - requests", "quota - limits", "total"]
        ),
    ];

    private static readonly string[] Units =
    [
        .. ((string[])["bytes", "seconds", "total", "count", "percent", "pct", "ratio", "ms", "%"]),
        .. ((string[])["kb", "mb", "gb", "kib", "mib", "gib"]),
    ];

    private static readonly Lazy<SignalTable> Table = new(SignalTable.BuiltIn);

    /// <summary>Whether a column of this name holds the time.</summary>
    public static bool IsTime(string name) => TimeNames.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The role of a metric of the table of signals; null where the table has none of this name.</summary>
    public static SignalRole? RoleOf(string metric) => Table.Value.All.FirstOrDefault(m => m.Metric == metric)?.Role;

    /// <summary>Reads it.</summary>
    public static CsvHeader Of(HistorySource source)
    {
        using var lines = CsvLines.Of(source);
        byte separator = 0;
        while (lines.Next())
        {
            var line = lines.Current;
            line =
                lines.Line == 1 && line.StartsWith(CsvRow.ByteOrderMark) ? line[CsvRow.ByteOrderMark.Length..] : line;
            if (
                CsvRow.IsBlank(line)
                || line.StartsWith("#"u8)
                || (lines.Line == 1 && CsvRow.IsSeparatorLine(line, out separator))
            )
            {
                continue;
            }

            separator = separator == 0 ? CsvRow.SeparatorOf(line) : separator;
            return Of(new CsvRow(line, separator).Names(), separator, lines.Line);
        }

        throw new MalformedHistoryException($"{source.Path}: empty; expected a header line");
    }

    /// <summary>Whether a column of a wide table is named like a quantity, and not like one of many processes.</summary>
    public static bool IsQuantity(string name)
    {
        var lower = name.Trim().ToLowerInvariant();
        return Quantities.Contains(lower)
            || RoleOf(name) is not null
            || (
                lower.LastIndexOfAny(['_', ' ']) is >= 0 and var last
                && !lower.Contains('{', StringComparison.Ordinal)
                && Units.Contains(lower[(last + 1)..].Trim('(', ')'))
            );
    }

    /// <summary>A name as a message shows it.</summary>
    public static string Shown(string name) => $"'{OneLine.Of(name.Length > 60 ? name[..60] + "..." : name)}'";

    /// <summary>A failure in one cell.</summary>
    public MalformedHistoryException Malformed(string path, int line, int column, string what) =>
        new($"{path}: line {line}, column {column + 1} ({Shown(Names[column])}): {what}");

    private static CsvHeader Of(string[] names, byte separator, int line)
    {
        // Names of ours, or nothing but names of quantities: one process, and what is missing there is said there.
        var time = Array.FindIndex(names, IsTime);
        var others = Enumerable.Range(0, names.Length).Where(c => c != time).ToList();
        var isOne =
            time < 0
            || others.Count == 0
            || names.Count(IsTime) > 1
            || others.Exists(c => CsvHistory.SignalByColumn.ContainsKey(names[c]));
        if (!isOne && ValueOf(names, others) is >= 0 and var value)
        {
            return new CsvHeader(CsvLayout.Tall, names, separator, line, time, value);
        }

        var layout = isOne || others.TrueForAll(c => IsQuantity(names[c])) ? CsvLayout.OneProcess : CsvLayout.Wide;
        return new CsvHeader(layout, names, separator, line, time, -1);
    }

    /// <summary>The one column that can only be the value of each row; -1 where there is none, or more than one.</summary>
    private static int ValueOf(string[] names, List<int> others)
    {
        var values = others.FindAll(c => IsValue(names[c]));
        var footprints = others.FindAll(c => RoleOf(names[c])?.Signal == Signal.Footprint);
        return (values, footprints) switch
        {
            ([var value], _) => value,
            ([], [var footprint]) => footprint,
            _ => -1,
        };
    }

    /// <summary>Grafana numbers the values of several queries: <c>Value #A</c>.</summary>
    private static bool IsValue(string name) =>
        ValueNames.Contains(name, StringComparer.OrdinalIgnoreCase)
        || (name.StartsWith("Value #", StringComparison.Ordinal) && name.Length <= 9);
}
