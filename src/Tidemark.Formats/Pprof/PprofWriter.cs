using System.IO.Compression;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.Pprof;

/// <summary>Writes a profile the way <c>go tool pprof</c> and its kin read it.</summary>
public sealed class PprofWriter
{
    private readonly AllocationProfile profile;
    private readonly Stream output;
    private readonly WireWriter field = new();
    private readonly WireWriter message = new();
    private readonly WireWriter inner = new();
    private readonly WireWriter packed = new();
    private readonly Dictionary<string, int> stringNumbers = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly List<string> strings = [""];

    // A location is a frame with everything that was inlined into it: a path of frames from the outermost inwards.
    private readonly Dictionary<(int Outer, int Frame), int> locations = [];
    private readonly List<(int Outer, int Frame)> locationPaths = [];
    private readonly HashSet<int> usedLocations = [];

    private PprofWriter(AllocationProfile profile, Stream output)
    {
        this.profile = profile;
        this.output = output;
    }

    /// <summary>Writes the profile, packed with gzip.</summary>
    public static void Write(AllocationProfile profile, Stream output)
    {
        using var gzip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        WriteUnpacked(profile, gzip);
    }

    /// <summary>Writes the bare message.</summary>
    public static void WriteUnpacked(AllocationProfile profile, Stream output)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(output);
        new PprofWriter(profile, output).Write();
    }

    private void Write()
    {
        foreach (var type in profile.SampleTypes)
        {
            WriteType(1, type);
        }

        for (var s = 0; s < profile.StackCount; s++)
        {
            WriteSample(s);
        }

        for (var m = 0; m < profile.Modules.Count; m++)
        {
            WriteMapping(m);
        }

        foreach (var location in usedLocations)
        {
            WriteLocation(location);
        }

        for (var f = 0; f < profile.Functions.Length; f++)
        {
            WriteFunction(f);
        }

        WriteHeader();
    }

    private int Number(string text)
    {
        if (!stringNumbers.TryGetValue(text, out var number))
        {
            number = strings.Count;
            strings.Add(text);
            stringNumbers.Add(text, number);
        }

        return number;
    }

    /// <summary>Sends the message that was put together as one field of the profile.</summary>
    private void Send(int number)
    {
        field.Clear();
        field.Bytes(number, message.Written);
        output.Write(field.Written);
        message.Clear();
    }

    private void WriteType(int number, SampleType type)
    {
        message.Number(1, Number(type.Name));
        message.Number(2, Number(type.Unit));
        Send(number);
    }

    private void WriteSample(int stack)
    {
        packed.Clear();
        var frames = profile.Stack(stack);
        for (var end = 0; end < frames.Length; )
        {
            var start = end;
            while (end + 1 < frames.Length && profile.Frames[frames[end]].IsInlined)
            {
                end++;
            }

            packed.Varint((ulong)Location(frames[start..++end]));
        }

        if (!frames.IsEmpty)
        {
            message.Bytes(1, packed.Written);
        }

        packed.Clear();
        for (var t = 0; t < profile.SampleTypes.Count; t++)
        {
            packed.Varint((ulong)profile.Values(t)[stack]);
        }

        message.Bytes(2, packed.Written);
        foreach (var label in profile.Labels(stack))
        {
            inner.Clear();
            inner.Number(1, Number(label.Key));
            inner.Number(2, label.Text is null ? 0 : Number(label.Text));
            inner.Number(3, label.Number);
            inner.Number(4, Number(label.Unit));
            message.Bytes(3, inner.Written);
        }

        Send(2);
    }

    /// <summary>The id of the location made of these frames, innermost first; ids count from 1.</summary>
    private int Location(ReadOnlySpan<int> frames)
    {
        var location = 0;
        for (var i = frames.Length - 1; i >= 0; i--)
        {
            var key = (location, frames[i]);
            if (!locations.TryGetValue(key, out location))
            {
                locationPaths.Add(key);
                location = locationPaths.Count;
                locations.Add(key, location);
            }
        }

        usedLocations.Add(location);
        return location;
    }

    private void WriteMapping(int number)
    {
        var module = profile.Modules[number];
        message.Number(1, number + 1);
        message.Number(2, (long)module.Start);
        message.Number(3, (long)module.Limit);
        message.Number(4, (long)module.Offset);
        message.Number(5, Number(module.File));
        message.Number(6, Number(module.BuildId));
        message.Number(7, module.HasFunctions ? 1 : 0);
        Send(3);
    }

    private void WriteLocation(int location)
    {
        var innermost = profile.Frames[locationPaths[location - 1].Frame];
        message.Number(1, location);
        message.Number(2, innermost.Module + 1);
        message.Number(3, (long)innermost.Address);
        for (var at = location; at > 0; at = locationPaths[at - 1].Outer)
        {
            var frame = profile.Frames[locationPaths[at - 1].Frame];
            var function = profile.Functions[frame.Function];
            if (function.Name.Length == 0 && function.File.Length == 0)
            {
                continue;
            }

            inner.Clear();
            inner.Number(1, frame.Function + 1);
            inner.Number(2, frame.Line);
            message.Bytes(4, inner.Written);
        }

        Send(4);
    }

    private void WriteFunction(int number)
    {
        var function = profile.Functions[number];
        message.Number(1, number + 1);
        message.Number(2, Number(function.Name));
        message.Number(3, Number(function.SystemName.Length > 0 ? function.SystemName : function.Name));
        message.Number(4, Number(function.File));
        message.Number(5, function.StartLine);
        Send(5);
    }

    private void WriteHeader()
    {
        var header = profile.Header;
        if (header.PeriodType is { } periodType)
        {
            WriteType(11, periodType);
        }

        field.Clear();
        field.Number(7, Number(header.DropFrames));
        field.Number(8, Number(header.KeepFrames));
        field.Number(
            9,
            header.TakenAt is { } at ? (at - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick : 0
        );
        field.Number(10, header.Duration.Ticks * TimeSpan.NanosecondsPerTick);
        field.Number(12, header.Period);
        foreach (var comment in header.Comments)
        {
            field.Number(13, Number(comment));
        }

        field.Number(14, Number(header.DefaultSampleType ?? ""));
        foreach (var text in strings)
        {
            field.Text(6, text);
        }

        output.Write(field.Written);
    }
}
