using System.Buffers.Text;
using System.Text;
using Tidemark.Core.Allocation;
using Tidemark.Symbols;

namespace Tidemark.Formats.NativeStacks;

/// <summary>How much a heap profile in text may hold.</summary>
public sealed record HeapProfileLimits
{
    public static HeapProfileLimits Default { get; } = new();

    /// <summary>The unpacked file, in bytes. A hundred thousand stacks take about 40 MB.</summary>
    public long MaxContentBytes { get; init; } = 1L << 30;

    /// <summary>Addresses in one stack.</summary>
    public int MaxStackDepth { get; init; } = 1 << 14;
}

/// <summary>The four figures of a stack: live objects and bytes, and all that were ever allocated.</summary>
internal readonly record struct HeapCounts(double LiveCount, double LiveBytes, double AllCount, double AllBytes)
{
    /// <summary>Reads <c>count: bytes [count: bytes]</c>, which is followed by a space or the end of the line.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out HeapCounts counts, out ReadOnlySpan<byte> rest)
    {
        counts = default;
        rest = text;
        if (
            !TryNumber(ref rest, ":"u8, out var liveCount)
            || !TryNumber(ref rest, ""u8, out var liveBytes)
            || !TryToken(ref rest, "["u8)
            || !TryNumber(ref rest, ":"u8, out var allCount)
            || !TryNumber(ref rest, "]"u8, out var allBytes)
        )
        {
            return false;
        }

        counts = new HeapCounts(liveCount, liveBytes, allCount, allBytes);
        return true;
    }

    /// <summary>What a sample of one in <paramref name="period"/> bytes (a Poisson process) stands for: each object was seen with the odds 1 - exp(-size / period).</summary>
    public HeapCounts Unsampled(double period)
    {
        var (live, all) = (Scale(LiveCount, LiveBytes), Scale(AllCount, AllBytes));
        return new HeapCounts(LiveCount * live, LiveBytes * live, AllCount * all, AllBytes * all);

        double Scale(double count, double bytes) =>
            count <= 0 || bytes <= 0 || period <= 0 ? 1 : 1 / (1 - Math.Exp(-(bytes / count) / period));
    }

    /// <summary>The same for a sample that was taken evenly: an object smaller than the period stands for a whole period.</summary>
    public HeapCounts Scaled(double period)
    {
        var (live, all) = (Scale(LiveCount, LiveBytes), Scale(AllCount, AllBytes));
        return new HeapCounts(LiveCount * live, LiveBytes * live, AllCount * all, AllBytes * all);

        double Scale(double count, double bytes) =>
            count <= 0 || bytes <= 0 ? 1 : Math.Max(1, period / (bytes / count));
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> behind, out long number)
    {
        text = text.TrimStart((byte)' ');
        if (!Utf8Parser.TryParse(text, out number, out var length) || number < 0)
        {
            number = 0;
            return false;
        }

        text = text[length..];
        return TryToken(ref text, behind);
    }

    private static bool TryToken(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> token)
    {
        text = text.TrimStart((byte)' ');
        if (!text.StartsWith(token))
        {
            return false;
        }

        text = text[token.Length..];
        return true;
    }
}

/// <summary>What the heap profiles of tcmalloc and jemalloc share: stacks of bare addresses, and at the end the mappings that these lie in.</summary>
internal sealed class HeapProfileText(string path, HeapProfileLimits limits)
{
    private static readonly SampleType[] Live = [SampleType.InUseObjects, SampleType.InUseSpace];

    private static readonly SampleType[] LiveAndAll =
    [
        SampleType.InUseObjects,
        SampleType.InUseSpace,
        SampleType.AllocObjects,
        SampleType.AllocSpace,
    ];

    private readonly List<ulong> addresses = [];
    private readonly List<int> starts = [0];
    private readonly List<HeapCounts> counts = [];

    public MalformedDumpException Malformed(long offset, string problem) => new(path, offset, problem);

    /// <summary>Adds the stack on the line that <paramref name="lines"/> stands at; <paramref name="text"/> is what follows its "@".</summary>
    public void AddStack(ReadOnlySpan<byte> text, HeapCounts stackCounts, ref ByteLines lines)
    {
        var first = addresses.Count;
        while (true)
        {
            text = text.TrimStart((byte)' ');
            if (text.IsEmpty)
            {
                break;
            }

            var hex = text.StartsWith("0x"u8) || text.StartsWith("0X"u8) ? text[2..] : text;
            if (
                !Utf8Parser.TryParse(hex, out ulong address, out var length, 'x')
                || (length < hex.Length && hex[length] != ' ')
            )
            {
                throw Malformed(
                    lines.Offset,
                    $"expected addresses in hexadecimal behind the @, found \"{lines.Quote()}\""
                );
            }

            if (addresses.Count - first == limits.MaxStackDepth)
            {
                throw Malformed(
                    lines.Offset,
                    $"a stack of more than {limits.MaxStackDepth} addresses, which is refused"
                );
            }

            addresses.Add(address);
            text = hex[length..];
        }

        starts.Add(addresses.Count);
        counts.Add(stackCounts);
    }

    /// <summary>Reads the mappings, which stand to the end of the file.</summary>
    public static MemoryMap ReadMappings(ref ByteLines lines)
    {
        List<Mapping> mappings = [];
        while (lines.Next())
        {
            if (Mapping.Parse(Encoding.UTF8.GetString(lines.Line)) is { } mapping)
            {
                mappings.Add(mapping);
            }
        }

        return new MemoryMap(mappings);
    }

    /// <summary>Names the addresses and adds up the stacks.</summary>
    public AllocationProfile Build(MemoryMap map, ProfileHeader header, ReadContext context)
    {
        if (map.Mappings.Count == 0 && counts.Count > 0)
        {
            context.Warn("the profile lists no mapped libraries, so its addresses stay without names");
        }

        var hasAll = counts.Exists(c => c.AllCount > 0);
        using var symboliser = new Symboliser(map);
        var stacks = new AddressStacks(hasAll ? LiveAndAll : Live, header, symboliser, counts.Count);
        Span<long> values = stackalloc long[hasAll ? 4 : 2];
        for (var i = 0; i < counts.Count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var count = counts[i];
            values[0] = Round(count.LiveCount);
            values[1] = Round(count.LiveBytes);
            if (hasAll)
            {
                values[2] = Round(count.AllCount);
                values[3] = Round(count.AllBytes);
            }

            stacks.Add(
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(addresses)[starts[i]..starts[i + 1]],
                values
            );
        }

        foreach (var problem in symboliser.Problems)
        {
            context.Warn(problem);
        }

        return stacks.Build();
    }

    private static long Round(double value) => value < long.MaxValue ? (long)Math.Round(value) : long.MaxValue;
}
