using System.Buffers.Text;
using System.Text;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.ClassHistogram;

/// <summary>The text that <c>jcmd PID GC.class_histogram</c> and <c>jmap -histo</c> print: a profile whose stacks are one frame long, the class. See FORMAT.md.</summary>
public sealed class ClassHistogramFormat(ClassHistogramLimits? limits = null) : IDumpFormat
{
    private static readonly SampleType[] SampleTypes = [SampleType.InUseObjects, SampleType.InUseSpace];

    private readonly ClassHistogramLimits limits = limits ?? ClassHistogramLimits.Default;

    /// <inheritdoc />
    public string Name => "class-histogram";

    /// <inheritdoc />
    public string Title => "Java class histogram";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) => FindTable(head.Content) >= 0;

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(limits.MaxContentBytes, context.Cancellation).Span;
        return new ProfileSnapshot(ReadTable(content, file.Path, context))
        {
            Format = Name,
            Runtime = "jvm",
            Warnings = context.Warnings,
        };
    }

    private static AllocationProfile ReadTable(ReadOnlySpan<byte> content, string path, ReadContext context)
    {
        var builder = new AllocationProfileBuilder(SampleTypes)
        {
            Header = new() { DefaultSampleType = SampleType.InUseSpace.Name, IsCensus = true },
        };
        Span<long> sums = stackalloc long[2];
        var offset = FindTable(content);
        if (offset < 0)
        {
            throw new MalformedDumpException(path, 0, "no line with the columns num, #instances and #bytes");
        }

        var isWhole = false;
        while (offset < content.Length && !isWhole)
        {
            var line = TakeLine(content, ref offset);
            var start = offset - line.Length;
            line = line.Trim(" \r\n"u8);
            if (line.IsEmpty || line[0] == '-' || line.IndexOf("#instances"u8) >= 0)
            {
                continue;
            }

            isWhole = line.StartsWith("Total"u8);
            var rest = isWhole ? line["Total"u8.Length..] : AfterNumber(line, path, start);
            Span<long> values =
            [
                TakeNumber(ref rest, path, start, "a number of instances"),
                TakeNumber(ref rest, path, start, "a number of bytes"),
            ];
            if (isWhole)
            {
                CheckTotal(values, sums, context);
                break;
            }

            if (rest.IsEmpty)
            {
                throw new MalformedDumpException(path, start, "the row ends before its class name");
            }

            sums[0] += values[0];
            sums[1] += values[1];
            Span<int> stack = [builder.AddFrame(JavaClassName.Decode(ClassOf(rest)), "", 0)];
            builder.Add(stack, values);
        }

        if (!isWhole)
        {
            context.Warn("the histogram has no Total line: it is cut short, and classes that take less are missing");
        }

        return builder.Build();
    }

    /// <summary>Where the table's first line begins; -1 where there is none. jcmd puts the process id on a line before it.</summary>
    private static int FindTable(ReadOnlySpan<byte> content)
    {
        var offset = 0;
        for (var lines = 0; lines < 4 && offset < content.Length; lines++)
        {
            var start = offset;
            var line = TakeLine(content, ref offset).TrimStart(" "u8);
            if (line.StartsWith("num "u8) && line.IndexOf("#instances"u8) > 0 && line.IndexOf("#bytes"u8) > 0)
            {
                return start;
            }
        }

        return -1;
    }

    private static ReadOnlySpan<byte> TakeLine(ReadOnlySpan<byte> content, ref int offset)
    {
        var rest = content[offset..];
        var end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..(end + 1)];
        offset += line.Length;
        return line;
    }

    /// <summary>What follows the row's number and its colon.</summary>
    private static ReadOnlySpan<byte> AfterNumber(ReadOnlySpan<byte> line, string path, int start)
    {
        var colon = line.IndexOf((byte)':');
        return colon > 0 && line[..colon].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            ? line[(colon + 1)..]
            : throw new MalformedDumpException(path, start, "a row begins with its number and a colon");
    }

    private static long TakeNumber(ref ReadOnlySpan<byte> rest, string path, int start, string what)
    {
        rest = rest.TrimStart(" "u8);
        if (
            !Utf8Parser.TryParse(rest, out long number, out var length)
            || number < 0
            || (length < rest.Length && rest[length] != ' ')
        )
        {
            throw new MalformedDumpException(path, start, $"{what} is expected in this row");
        }

        rest = rest[length..].TrimStart(" "u8);
        return number;
    }

    /// <summary>The class without the module that newer JVMs put behind it in parentheses.</summary>
    private static string ClassOf(ReadOnlySpan<byte> rest)
    {
        var module = rest.IndexOf(" ("u8);
        return Encoding.UTF8.GetString(module > 0 ? rest[..module] : rest);
    }

    private static void CheckTotal(ReadOnlySpan<long> total, ReadOnlySpan<long> sums, ReadContext context)
    {
        if (!total.SequenceEqual(sums))
        {
            context.Warn(
                $"the rows add up to {sums[0]} objects and {sums[1]} bytes, but the Total line says {total[0]} and {total[1]}: rows are missing or were changed"
            );
        }
    }
}
