using System.Buffers.Text;
using Tidemark.Core.Allocation;
using Tidemark.Formats.NativeStacks;
using Tidemark.Symbols;

namespace Tidemark.Formats.Jemalloc;

/// <summary>Heap profiles that jemalloc dumps (<c>heap_v2</c>). See FORMAT.md.</summary>
public sealed class JemallocFormat(HeapProfileLimits? limits = null) : IDumpFormat
{
    private static ReadOnlySpan<byte> Magic => "heap_v2/"u8;

    private readonly HeapProfileLimits limits = limits ?? HeapProfileLimits.Default;

    /// <inheritdoc />
    public string Name => "jemalloc";

    /// <inheritdoc />
    public string Title => "jemalloc heap profile";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) => head.Content.StartsWith(Magic);

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(limits.MaxContentBytes, context.Cancellation);
        var text = new HeapProfileText(file.Path, limits);
        var lines = new ByteLines(content.Span);
        if (
            !lines.Next()
            || !lines.Line.StartsWith(Magic)
            || !Utf8Parser.TryParse(lines.Line[Magic.Length..], out long period, out var length)
            || Magic.Length + length < lines.Line.Length
            || period <= 0
        )
        {
            throw text.Malformed(0, "expected \"heap_v2/\" and the sampling period in bytes");
        }

        var map = ReadStacks(ref lines, text, period);
        var header = new ProfileHeader
        {
            DefaultSampleType = SampleType.InUseSpace.Name,
            PeriodType = new SampleType("space", "bytes"),
            Period = period,
        };
        return new ProfileSnapshot(text.Build(map, header, context))
        {
            Format = Name,
            Runtime = "native",
            Warnings = context.Warnings,
        };
    }

    /// <summary>Stacks stand as "@ addresses", and below each its figures: "t*:" for all threads together, then one line a thread.</summary>
    private static MemoryMap ReadStacks(ref ByteLines lines, HeapProfileText text, long period)
    {
        ReadOnlySpan<byte> stack = default;
        var isOpen = false;
        while (lines.Next())
        {
            var line = lines.Line.Trim((byte)' ');
            if (line.StartsWith("@"u8))
            {
                stack = line[1..];
                isOpen = true;
            }
            else if (line.StartsWith("t*:"u8))
            {
                if (!HeapCounts.TryRead(line[3..], out var counts, out _))
                {
                    throw text.Malformed(
                        lines.Offset,
                        $"expected \"t*: count: bytes [count: bytes]\", found \"{lines.Quote()}\""
                    );
                }

                if (isOpen)
                {
                    text.AddStack(stack, counts.Unsampled(period), ref lines);
                    isOpen = false;
                }
            }
            else if (line.StartsWith("MAPPED_LIBRARIES:"u8))
            {
                return HeapProfileText.ReadMappings(ref lines);
            }
            else if (!line.IsEmpty && line[0] != 't')
            {
                throw text.Malformed(
                    lines.Offset,
                    $"expected a stack (\"@ ...\"), a thread (\"t...\") or MAPPED_LIBRARIES, found \"{lines.Quote()}\""
                );
            }
        }

        return new MemoryMap([]);
    }
}
