using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.GoText;

/// <summary>Reads the records of a text profile: one line of values and addresses each, then its frames behind <c>#</c>.</summary>
internal sealed partial class GoTextReader(TextLines lines, string path)
{
    private const int MatchTimeoutMilliseconds = 1000;

    private readonly List<int> stack = [];
    private AllocationProfileBuilder builder = null!;
    private long samplingPeriod;

    public AllocationProfile Read()
    {
        var hasRecord = false;
        var values = new long[4];
        var label = AllocationProfile.None;
        var addresses = "";
        ReadHeader();
        while (lines.MoveNext())
        {
            var line = lines.Line;
            if (line.StartsWith("#\t", StringComparison.Ordinal))
            {
                AddFrame(line);
            }
            else if (line.Length == 0)
            {
                Finish();
            }
            else if (line[0] != '#')
            {
                Finish();
                (label, addresses) = ReadRecord(line, values);
                hasRecord = true;
            }
        }

        Finish();
        return builder.Build();

        void Finish()
        {
            if (hasRecord)
            {
                AddAddressesWithoutNames(addresses);
                builder.Add(
                    System.Runtime.InteropServices.CollectionsMarshal.AsSpan(stack),
                    values.AsSpan(0, ColumnCount),
                    label
                );
            }

            hasRecord = false;
            stack.Clear();
        }
    }

    private bool IsHeap { get; set; }

    private int ColumnCount => IsHeap ? 4 : 1;

    private void ReadHeader()
    {
        if (!lines.MoveNext())
        {
            throw Malformed("expected a profile, found an empty file");
        }

        if (HeapHeader.Match(lines.Line) is { Success: true } heap)
        {
            IsHeap = true;
            // The header gives twice the average distance between two samples.
            samplingPeriod = Number(heap.Groups["period"].Value) / 2;
            builder = new AllocationProfileBuilder([
                SampleType.AllocObjects,
                SampleType.AllocSpace,
                SampleType.InUseObjects,
                SampleType.InUseSpace,
            ])
            {
                Header = new ProfileHeader
                {
                    DefaultSampleType = SampleType.InUseSpace.Name,
                    PeriodType = new SampleType("space", "bytes"),
                    Period = samplingPeriod,
                },
            };
            return;
        }

        var count = CountHeader.Match(lines.Line);
        if (!count.Success)
        {
            throw Malformed("expected 'heap profile: ... @ heap/PERIOD' or 'goroutine profile: total N'");
        }

        builder = new AllocationProfileBuilder([new SampleType(count.Groups["name"].Value, "count")]);
    }

    private (int Label, string Addresses) ReadRecord(string line, long[] values)
    {
        if (!IsHeap)
        {
            var count = CountRecord.Match(line);
            if (!count.Success)
            {
                throw Malformed("expected 'COUNT @ ADDRESS...'");
            }

            values[0] = Number(count.Groups["count"].Value);
            return (AllocationProfile.None, count.Groups["addresses"].Value);
        }

        var record = HeapRecord.Match(line);
        if (!record.Success)
        {
            throw Malformed("expected 'OBJECTS: BYTES [OBJECTS: BYTES] @ ADDRESS...'");
        }

        var (allocObjects, allocBytes) = (Group("allocObjects"), Group("allocBytes"));
        var (objects, bytes) = (Group("objects"), Group("bytes"));
        (values[0], values[1]) = Unsample(allocObjects, allocBytes);
        (values[2], values[3]) = Unsample(objects, bytes);
        var size = allocObjects != 0 ? allocBytes / allocObjects : 0;
        return (builder.AddLabels([new Label("bytes", Text: null, size, "bytes")]), record.Groups["addresses"].Value);

        long Group(string name) => Number(record.Groups[name].Value);
    }

    /// <summary>What was sampled stands for more: an object of s bytes is caught with a chance of 1 - exp(-s / period).</summary>
    private (long Objects, long Bytes) Unsample(long objects, long bytes)
    {
        if (objects == 0 || bytes == 0)
        {
            return (0, 0);
        }

        if (samplingPeriod <= 1)
        {
            return (objects, bytes);
        }

        var scale = 1 / (1 - Math.Exp(-((double)bytes / objects) / samplingPeriod));
        return ((long)(objects * scale), (long)(bytes * scale));
    }

    /// <summary><c>#	0x67f7f6	main.put+0x76	/src/main.go:20</c>.</summary>
    private void AddFrame(string line)
    {
        var parts = line.Split('\t', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length < 4)
        {
            return;
        }

        var name = parts[2];
        var offset = name.LastIndexOf("+0x", StringComparison.Ordinal);
        var colon = parts[3].LastIndexOf(':');
        var at = 0;
        var hasLine =
            colon >= 0
            && int.TryParse(parts[3].AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out at);
        stack.Add(
            builder.AddFrame(
                offset > 0 ? name[..offset] : name,
                hasLine ? parts[3][..colon] : parts[3],
                hasLine ? at : 0
            )
        );
    }

    /// <summary>A profile of a stripped program, or one saved without its comments, has addresses only.</summary>
    private void AddAddressesWithoutNames(string addresses)
    {
        if (stack.Count > 0)
        {
            return;
        }

        var unnamed = builder.AddFunction(new Function("", ""));
        foreach (var address in addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var value = 0UL;
            if (
                !address.StartsWith("0x", StringComparison.Ordinal)
                || !ulong.TryParse(address.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value)
            )
            {
                throw Malformed($"expected an address, found {address}");
            }

            // Return addresses: the call itself lies before.
            stack.Add(builder.AddFrame(new Frame(unnamed, 0, IsInlined: false, value - 1)));
        }
    }

    private long Number(string digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Malformed($"{digits} is no 64-bit number");

    private MalformedDumpException Malformed(string problem) => new(path, lines.Offset, problem);

    [GeneratedRegex(
        @"^heap profile: \d+: \d+ \[\d+: \d+\] @ heap/(?<period>\d+)$",
        RegexOptions.ExplicitCapture,
        MatchTimeoutMilliseconds
    )]
    private static partial Regex HeapHeader { get; }

    [GeneratedRegex(@"^(?<name>\S+) profile: total \d+$", RegexOptions.ExplicitCapture, MatchTimeoutMilliseconds)]
    private static partial Regex CountHeader { get; }

    [GeneratedRegex(
        @"^(?<objects>\d+): (?<bytes>\d+) \[(?<allocObjects>\d+): (?<allocBytes>\d+)\] @(?<addresses>( 0x[0-9a-f]+)*)$",
        RegexOptions.ExplicitCapture,
        MatchTimeoutMilliseconds
    )]
    private static partial Regex HeapRecord { get; }

    [GeneratedRegex(
        @"^(?<count>\d+) @(?<addresses>( 0x[0-9a-f]+)*)$",
        RegexOptions.ExplicitCapture,
        MatchTimeoutMilliseconds
    )]
    private static partial Regex CountRecord { get; }
}
