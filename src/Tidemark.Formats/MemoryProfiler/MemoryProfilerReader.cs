using System.Buffers.Text;
using System.Text;

namespace Tidemark.Formats.MemoryProfiler;

/// <summary>A line of a program with what it added.</summary>
/// <param name="Function">The function that the report is of.</param>
/// <param name="File">Its source file.</param>
/// <param name="Number">The line's number there.</param>
/// <param name="Occurrences">How often it was run.</param>
/// <param name="Increment">What it added to the resident set in all, in bytes; less than nothing where it gave back.</param>
internal readonly record struct ReportedLine(
    string Function,
    string File,
    int Number,
    long Occurrences,
    long Increment
);

/// <summary>Reads the tables of memory_profiler's report.</summary>
/// <param name="path">The file, for messages.</param>
internal sealed class MemoryProfilerReader(string path)
{
    private const double BytesPerMiB = 1 << 20;

    private readonly List<ReportedLine> lines = [];
    private readonly List<(int Number, long Occurrences, long Increment)> table = [];
    private string file = "";
    private string function = "";
    private bool countsOccurrences;
    private bool isInside;

    /// <summary>True for the line that names a table's columns.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> line) =>
        line.TrimStart(" "u8).StartsWith("Line #"u8)
        && line.IndexOf("Mem usage"u8) > 0
        && line.IndexOf("Increment"u8) > 0
        && line.IndexOf("Line Contents"u8) > 0;

    /// <exception cref="MalformedDumpException">There is no table, or a number in one is out of range.</exception>
    public IReadOnlyList<ReportedLine> Read(ReadOnlySpan<byte> content)
    {
        var seen = false;
        for (var offset = 0; offset < content.Length; )
        {
            var start = offset;
            var end = content[offset..].IndexOf((byte)'\n');
            var line = end < 0 ? content[offset..] : content.Slice(offset, end);
            offset += line.Length + 1;
            line = line.TrimEnd("\r"u8);
            if (IsHeader(line))
            {
                EndTable();
                countsOccurrences = line.IndexOf("Occurrences"u8) > 0;
                isInside = seen = true;
            }
            else if (line.StartsWith("Filename: "u8))
            {
                EndTable();
                file = Encoding.UTF8.GetString(line["Filename: "u8.Length..].Trim((byte)' '));
            }
            else if (isInside && !line.StartsWith("=="u8))
            {
                Take(line, start);
            }
        }

        EndTable();
        return seen ? lines : throw new MalformedDumpException(path, 0, "no line with the columns Line #, Mem usage");
    }

    private static string? FunctionOf(ReadOnlySpan<byte> source)
    {
        source = source.TrimStart(" \t"u8);
        source = source.StartsWith("async "u8) ? source["async "u8.Length..].TrimStart((byte)' ') : source;
        if (!source.StartsWith("def "u8))
        {
            return null;
        }

        var name = source["def "u8.Length..].TrimStart((byte)' ');
        var end = name.IndexOfAny(" (:"u8);
        return Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
    }

    private void Take(ReadOnlySpan<byte> line, int start)
    {
        var rest = line.TrimStart((byte)' ');
        if (!Utf8Parser.TryParse(rest, out int number, out var length) || (rest.Length > length && rest[length] != ' '))
        {
            EndTable(); // an empty line, or what the program printed
            return;
        }

        rest = rest[length..];
        if (TryTakeSize(ref rest, start, out var usage) && TryTakeSize(ref rest, start, out var increment))
        {
            var occurrences = countsOccurrences ? TakeOccurrences(ref rest, start) : 1;
            // The first line's increment is what the process had before.
            table.Add((number, occurrences, table.Count == 0 && increment == usage ? 0 : increment));
        }

        function = function.Length == 0 ? FunctionOf(rest) ?? "" : function;
    }

    /// <summary>Takes a size in MiB; a line that was never run has none.</summary>
    private bool TryTakeSize(ref ReadOnlySpan<byte> rest, int start, out long bytes)
    {
        bytes = 0;
        var at = rest.TrimStart((byte)' ');
        if (!Utf8Parser.TryParse(at, out double size, out var length) || !at[length..].StartsWith(" MiB"u8))
        {
            return false;
        }

        if (!(Math.Abs(size) < long.MaxValue / BytesPerMiB / 2))
        {
            throw new MalformedDumpException(path, start, "a size in MiB is out of range");
        }

        bytes = (long)Math.Round(size * BytesPerMiB);
        rest = at[(length + " MiB"u8.Length)..];
        return true;
    }

    private long TakeOccurrences(ref ReadOnlySpan<byte> rest, int start)
    {
        var at = rest.TrimStart((byte)' ');
        if (!Utf8Parser.TryParse(at, out long count, out var length) || count < 0)
        {
            throw new MalformedDumpException(path, start, "a number of occurrences was expected after the increment");
        }

        rest = at[length..];
        return count;
    }

    private void EndTable()
    {
        var name = function.Length > 0 ? function : file;
        lines.AddRange(table.Select(l => new ReportedLine(name, file, l.Number, l.Occurrences, l.Increment)));
        table.Clear();
        function = "";
        isInside = false;
    }
}
