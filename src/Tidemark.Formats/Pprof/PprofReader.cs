using System.Runtime.InteropServices;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.Pprof;

/// <summary>From an unpacked profile message to a profile: the tables first, then a second pass over the samples.</summary>
internal sealed class PprofReader
{
    private const int ProgressEvery = 1 << 16;

    private readonly ReadOnlyMemory<byte> content;
    private readonly string path;
    private readonly PprofLimits limits;
    private readonly PprofTables tables;
    private readonly AllocationProfileBuilder builder;
    private readonly IdTable locationIds;

    // The frames of a location, innermost first, as a range of frame numbers.
    private readonly int[] frameStart;
    private readonly int[] frameNumbers;

    // The stack of the sample that is being read, innermost frame first.
    private int[] stack;
    private int depth;

    private PprofReader(ReadOnlyMemory<byte> content, string path, PprofLimits limits)
    {
        this.content = content;
        this.path = path;
        this.limits = limits;
        stack = new int[Math.Min(64, limits.MaxStackDepth)];
        tables = PprofTables.Read(content, path, limits);
        builder = new AllocationProfileBuilder(
            tables.SampleTypes.Select(t => new SampleType(
                tables.Text(t.Name, t.Offset),
                tables.Text(t.Unit, t.Offset)
            )),
            tables.SampleCount
        )
        {
            Header = ReadHeader(),
        };
        (frameStart, frameNumbers) = ResolveLocations(ResolveFunctions(), ResolveMappings());
        locationIds = Ids(tables.Locations, l => l.Id, l => l.At, "locations");
    }

    /// <exception cref="MalformedDumpException">It is damaged.</exception>
    public static AllocationProfile Read(
        ReadOnlyMemory<byte> content,
        string path,
        PprofLimits limits,
        ReadContext context
    )
    {
        var reader = new PprofReader(content, path, limits);
        reader.ReadSamples(context);
        return reader.builder.Build();
    }

    private ProfileHeader ReadHeader()
    {
        const long nanosPerTick = TimeSpan.NanosecondsPerTick;
        var name = tables.Text(tables.DefaultSampleType, 0);
        var period = new SampleType(tables.Text(tables.PeriodType.Name, 0), tables.Text(tables.PeriodType.Unit, 0));
        return new ProfileHeader
        {
            DefaultSampleType = name.Length > 0 ? name : null,
            PeriodType = period.Name.Length > 0 || period.Unit.Length > 0 ? period : null,
            Period = tables.Period,
            TakenAt = tables.TimeNanos > 0 ? DateTimeOffset.UnixEpoch.AddTicks(tables.TimeNanos / nanosPerTick) : null,
            Duration = TimeSpan.FromTicks(tables.DurationNanos / nanosPerTick),
            Comments = [.. tables.Comments.Select(c => tables.Text(c, 0))],
            DropFrames = tables.Text(tables.DropFrames, 0),
            KeepFrames = tables.Text(tables.KeepFrames, 0),
        };
    }

    private int[] ResolveFunctions() =>
        [
            .. tables.Functions.Select(f =>
                builder.AddFunction(
                    new Function(
                        tables.Text(f.Name, f.At),
                        tables.Text(f.File, f.At),
                        LineNumber(f.StartLine),
                        f.SystemName == f.Name ? "" : tables.Text(f.SystemName, f.At)
                    )
                )
            ),
        ];

    private int[] ResolveMappings() =>
        [
            .. tables.Mappings.Select(m =>
                builder.AddModule(
                    new Module(tables.Text(m.File, m.At), tables.Text(m.BuildId, m.At), m.Start, m.Limit, m.Offset)
                    {
                        HasFunctions = m.HasFunctions,
                    }
                )
            ),
        ];

    /// <summary>Turns every location into its frames: one a line, all but the last inlined into the next.</summary>
    private (int[] Start, int[] Numbers) ResolveLocations(int[] functionNumbers, int[] moduleNumbers)
    {
        var functionIds = Ids(tables.Functions, f => f.Id, f => f.At, "functions");
        var mappingIds = Ids(tables.Mappings, m => m.Id, m => m.At, "mappings");
        var starts = new int[tables.Locations.Count + 1];
        var numbers = new List<int>(tables.Lines.Count);
        for (var l = 0; l < tables.Locations.Count; l++)
        {
            var location = tables.Locations[l];
            var mapping = mappingIds.Find(location.Mapping);
            var module = mapping >= 0 ? moduleNumbers[mapping] : AllocationProfile.None;
            if (location.LineCount == 0)
            {
                var unnamed = builder.AddFunction(new Function("", ""));
                numbers.Add(builder.AddFrame(new Frame(unnamed, 0, IsInlined: false, location.Address, module)));
            }

            for (var i = 0; i < location.LineCount; i++)
            {
                var line = tables.Lines[location.FirstLine + i];
                var function = functionIds.Find(line.Function);
                if (function < 0)
                {
                    throw new MalformedDumpException(
                        path,
                        location.At,
                        $"location {location.Id} refers to function {line.Function}, which is not there"
                    );
                }

                numbers.Add(
                    builder.AddFrame(
                        new Frame(
                            functionNumbers[function],
                            LineNumber(line.Line),
                            IsInlined: i + 1 < location.LineCount,
                            location.Address,
                            module
                        )
                    )
                );
            }

            starts[l + 1] = numbers.Count;
        }

        return (starts, [.. numbers]);
    }

    private void ReadSamples(ReadContext context)
    {
        var labels = new List<Label>();
        var values = new long[tables.SampleTypes.Count];
        var reader = new WireReader(content.Span, path, 0);
        for (var sample = 0; !reader.AtEnd; )
        {
            var field = reader.ReadTag(out var type);
            if (field != 2)
            {
                reader.Skip(type);
                continue;
            }

            if (++sample % ProgressEvery == 0)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Report((double)sample / tables.SampleCount);
            }

            ReadSample(reader.ReadMessage(type), values, labels);
        }
    }

    private void ReadSample(WireReader reader, long[] values, List<Label> labels)
    {
        depth = 0;
        labels.Clear();
        var valueCount = 0;
        var start = reader.Offset;
        while (!reader.AtEnd)
        {
            var field = reader.ReadTag(out var type);
            switch (field)
            {
                case 1 when type == WireType.Bytes:
                    var ids = reader.ReadMessage(type);
                    while (!ids.AtEnd)
                    {
                        AddFrames(ids.ReadVarint(), start);
                    }

                    break;
                case 1:
                    AddFrames(reader.ReadNumber(type), start);
                    break;
                case 2 when type == WireType.Bytes:
                    var packed = reader.ReadMessage(type);
                    while (!packed.AtEnd)
                    {
                        AddValue(packed.ReadVarint());
                    }

                    break;
                case 2:
                    AddValue(reader.ReadNumber(type));
                    break;
                case 3:
                    ReadLabel(reader.ReadMessage(type), labels);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        if (valueCount != values.Length)
        {
            throw WrongValueCount();
        }

        if (depth > limits.MaxStackFrames - builder.StackFrameCount)
        {
            throw new MalformedDumpException(
                path,
                start,
                $"the stacks have more than {limits.MaxStackFrames} frames together"
            );
        }

        if (values.AsSpan().ContainsAnyExcept(0))
        {
            builder.Add(stack.AsSpan(0, depth), values, builder.AddLabels(CollectionsMarshal.AsSpan(labels)));
        }

        void AddValue(ulong value)
        {
            if (valueCount == values.Length)
            {
                valueCount++;
                throw WrongValueCount();
            }

            values[valueCount++] = (long)value;
        }

        MalformedDumpException WrongValueCount() =>
            new(path, start, $"expected {values.Length} values in a sample, found {valueCount}");
    }

    private void AddFrames(ulong locationId, long at)
    {
        var location = locationIds.Find(locationId);
        if (location < 0)
        {
            throw new MalformedDumpException(path, at, $"a sample refers to location {locationId}, which is not there");
        }

        var (start, end) = (frameStart[location], frameStart[location + 1]);
        if (end - start > stack.Length - depth)
        {
            GrowStack(end - start, at);
        }

        for (var i = start; i < end; i++)
        {
            stack[depth++] = frameNumbers[i];
        }
    }

    private void GrowStack(int more, long at)
    {
        if (more > limits.MaxStackDepth - depth)
        {
            throw new MalformedDumpException(path, at, $"a stack of more than {limits.MaxStackDepth} frames");
        }

        Array.Resize(ref stack, Math.Min(limits.MaxStackDepth, Math.Max(depth + more, stack.Length * 2)));
    }

    private void ReadLabel(WireReader reader, List<Label> labels)
    {
        var at = reader.Offset;
        var (key, text, number, unit) = (0UL, 0UL, 0UL, 0UL);
        while (!reader.AtEnd)
        {
            var field = reader.ReadTag(out var type);
            if (type == WireType.Bytes)
            {
                reader.Skip(type);
                continue;
            }

            var value = reader.ReadNumber(type);
            switch (field)
            {
                case 1:
                    key = value;
                    break;
                case 2:
                    text = value;
                    break;
                case 3:
                    number = value;
                    break;
                case 4:
                    unit = value;
                    break;
            }
        }

        if (text != 0)
        {
            labels.Add(new Label(tables.Text(key, at), tables.Text(text, at)));
        }
        else if (number != 0 || unit != 0)
        {
            labels.Add(new Label(tables.Text(key, at), Text: null, (long)number, tables.Text(unit, at)));
        }
    }

    private IdTable Ids<T>(List<T> items, Func<T, ulong> id, Func<T, long> at, string what)
    {
        var ids = items.Select(id).ToArray();
        var table = new IdTable(ids, out var repeated);
        var zero = Array.IndexOf(ids, 0UL);
        if (zero >= 0)
        {
            throw new MalformedDumpException(path, at(items[zero]), $"one of the {what} has the reserved id 0");
        }

        return repeated < 0
            ? table
            : throw new MalformedDumpException(
                path,
                at(items[repeated]),
                $"two of the {what} have the id {ids[repeated]}"
            );
    }

    private static int LineNumber(ulong line) => line <= int.MaxValue ? (int)line : 0;
}
