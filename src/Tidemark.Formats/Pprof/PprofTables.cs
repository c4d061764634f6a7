using System.Text;

namespace Tidemark.Formats.Pprof;

internal readonly record struct RawType(ulong Name, ulong Unit, long Offset);

internal readonly record struct RawMapping(
    ulong Id,
    ulong Start,
    ulong Limit,
    ulong Offset,
    ulong File,
    ulong BuildId,
    bool HasFunctions,
    long At
);

internal readonly record struct RawFunction(
    ulong Id,
    ulong Name,
    ulong SystemName,
    ulong File,
    ulong StartLine,
    long At
);

// FirstLine is a number into PprofTables.Lines.
internal readonly record struct RawLocation(
    ulong Id,
    ulong Mapping,
    ulong Address,
    int FirstLine,
    int LineCount,
    long At
);

internal readonly record struct RawLine(ulong Function, ulong Line);

/// <summary>All of a profile message but its samples, as numbers that still refer to one another: fields may come in any order.</summary>
internal sealed class PprofTables
{
    private readonly ReadOnlyMemory<byte> content;
    private readonly string path;
    private readonly List<(int Start, int Length)> strings = [];
    private string?[] decoded = [];

    private PprofTables(ReadOnlyMemory<byte> content, string path)
    {
        this.content = content;
        this.path = path;
    }

    public List<RawType> SampleTypes { get; } = [];

    public List<RawMapping> Mappings { get; } = [];

    public List<RawFunction> Functions { get; } = [];

    public List<RawLocation> Locations { get; } = [];

    public List<RawLine> Lines { get; } = [];

    public List<ulong> Comments { get; } = [];

    public int SampleCount { get; private set; }

    public ulong DropFrames { get; private set; }

    public ulong KeepFrames { get; private set; }

    public ulong DefaultSampleType { get; private set; }

    public RawType PeriodType { get; private set; }

    public long Period { get; private set; }

    public long TimeNanos { get; private set; }

    public long DurationNanos { get; private set; }

    /// <exception cref="MalformedDumpException">It is damaged.</exception>
    public static PprofTables Read(ReadOnlyMemory<byte> content, string path, PprofLimits limits)
    {
        var tables = new PprofTables(content, path);
        var reader = new WireReader(content.Span, path, 0);
        while (!reader.AtEnd)
        {
            tables.ReadField(ref reader);
        }

        if (tables.SampleTypes.Count == 0 || tables.SampleTypes.Count > limits.MaxSampleTypes)
        {
            throw reader.Malformed(
                $"expected 1 to {limits.MaxSampleTypes} sample types, found {tables.SampleTypes.Count}"
            );
        }

        if (tables.strings.Count == 0 || tables.strings[0].Length != 0)
        {
            throw reader.Malformed("expected a string table that begins with the empty string");
        }

        tables.decoded = new string?[tables.strings.Count];
        return tables;
    }

    /// <summary>A text of the string table.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="at">Where it is referred to, in bytes.</param>
    public string Text(ulong number, long at)
    {
        if (number >= (ulong)strings.Count)
        {
            throw new MalformedDumpException(
                path,
                at,
                $"refers to string {number} where the table has {strings.Count}"
            );
        }

        ref var text = ref decoded[number];
        var (start, length) = strings[(int)number];
        return text ??= Encoding.UTF8.GetString(content.Span.Slice(start, length));
    }

    private void ReadField(ref WireReader reader)
    {
        var start = reader.Offset;
        switch (reader.ReadTag(out var type))
        {
            case 1:
                SampleTypes.Add(ReadType(reader.ReadMessage(type)));
                break;
            case 2:
                SampleCount++;
                reader.Skip(type);
                break;
            case 3:
                Mappings.Add(ReadMapping(reader.ReadMessage(type)));
                break;
            case 4:
                Locations.Add(ReadLocation(reader.ReadMessage(type)));
                break;
            case 5:
                Functions.Add(ReadFunction(reader.ReadMessage(type)));
                break;
            case 6:
                var text = reader.ReadBytes(type);
                strings.Add(((int)reader.Offset - text.Length, text.Length));
                break;
            case 7:
                DropFrames = reader.ReadNumber(type);
                break;
            case 8:
                KeepFrames = reader.ReadNumber(type);
                break;
            case 9:
                if (TimeNanos != 0)
                {
                    throw new MalformedDumpException(path, start, "a second profile begins here: expected one a file");
                }

                TimeNanos = (long)reader.ReadNumber(type);
                break;
            case 10:
                DurationNanos = (long)reader.ReadNumber(type);
                break;
            case 11:
                PeriodType = ReadType(reader.ReadMessage(type));
                break;
            case 12:
                Period = (long)reader.ReadNumber(type);
                break;
            case 13:
                ReadComments(ref reader, type);
                break;
            case 14:
                DefaultSampleType = reader.ReadNumber(type);
                break;
            default:
                reader.Skip(type);
                break;
        }
    }

    private void ReadComments(ref WireReader reader, WireType type)
    {
        if (type != WireType.Bytes)
        {
            Comments.Add(reader.ReadNumber(type));
            return;
        }

        var packed = reader.ReadMessage(type);
        while (!packed.AtEnd)
        {
            Comments.Add(packed.ReadVarint());
        }
    }

    private static RawType ReadType(WireReader reader)
    {
        var read = new RawType(0, 0, reader.Offset);
        while (!reader.AtEnd)
        {
            switch (reader.ReadTag(out var type))
            {
                case 1:
                    read = read with { Name = reader.ReadNumber(type) };
                    break;
                case 2:
                    read = read with { Unit = reader.ReadNumber(type) };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return read;
    }

    private static RawMapping ReadMapping(WireReader reader)
    {
        var read = new RawMapping { At = reader.Offset };
        while (!reader.AtEnd)
        {
            var field = reader.ReadTag(out var type);
            if (type == WireType.Bytes)
            {
                reader.Skip(type);
                continue;
            }

            var value = reader.ReadNumber(type);
            read = field switch
            {
                1 => read with { Id = value },
                2 => read with { Start = value },
                3 => read with { Limit = value },
                4 => read with { Offset = value },
                5 => read with { File = value },
                6 => read with { BuildId = value },
                7 => read with { HasFunctions = value != 0 },
                _ => read,
            };
        }

        return read;
    }

    private static RawFunction ReadFunction(WireReader reader)
    {
        var read = new RawFunction { At = reader.Offset };
        while (!reader.AtEnd)
        {
            var field = reader.ReadTag(out var type);
            if (type == WireType.Bytes)
            {
                reader.Skip(type);
                continue;
            }

            var value = reader.ReadNumber(type);
            read = field switch
            {
                1 => read with { Id = value },
                2 => read with { Name = value },
                3 => read with { SystemName = value },
                4 => read with { File = value },
                5 => read with { StartLine = value },
                _ => read,
            };
        }

        return read;
    }

    private RawLocation ReadLocation(WireReader reader)
    {
        var read = new RawLocation { At = reader.Offset, FirstLine = Lines.Count };
        while (!reader.AtEnd)
        {
            switch (reader.ReadTag(out var type))
            {
                case 1:
                    read = read with { Id = reader.ReadNumber(type) };
                    break;
                case 2:
                    read = read with { Mapping = reader.ReadNumber(type) };
                    break;
                case 3:
                    read = read with { Address = reader.ReadNumber(type) };
                    break;
                case 4:
                    Lines.Add(ReadLine(reader.ReadMessage(type)));
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return read with
        {
            LineCount = Lines.Count - read.FirstLine,
        };
    }

    private static RawLine ReadLine(WireReader reader)
    {
        var (function, line) = (0UL, 0UL);
        while (!reader.AtEnd)
        {
            switch (reader.ReadTag(out var type))
            {
                case 1:
                    function = reader.ReadNumber(type);
                    break;
                case 2:
                    line = reader.ReadNumber(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return new RawLine(function, line);
    }
}
