using System.Globalization;
using System.Text;
using Tidemark.Core.Allocation;
using Tidemark.Formats.NativeStacks;
using Tidemark.Symbols;

namespace Tidemark.Formats.Tcmalloc;

/// <summary>Heap profiles of gperftools (tcmalloc) in text: those of its heap profiler, of its sampling allocator, and of heap growth. See FORMAT.md.</summary>
public sealed class TcmallocFormat(HeapProfileLimits? limits = null) : IDumpFormat
{
    private const long DefaultPeriod = 128 << 10;

    private static ReadOnlySpan<byte> Magic => "heap profile:"u8;

    private readonly HeapProfileLimits limits = limits ?? HeapProfileLimits.Default;

    /// <summary>How the figures of a profile stand for the heap.</summary>
    private enum Sampling
    {
        /// <summary>Every allocation is in it.</summary>
        None,

        /// <summary>One in a period of bytes on average, evenly spread (version 1).</summary>
        Even,

        /// <summary>One in a period of bytes on average, as a Poisson process (version 2).</summary>
        Poisson,
    }

    /// <inheritdoc />
    public string Name => "tcmalloc";

    /// <inheritdoc />
    public string Title => "tcmalloc (gperftools) heap profile";

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
            || !HeapCounts.TryRead(lines.Line[Magic.Length..], out var total, out var rest)
        )
        {
            throw text.Malformed(
                0,
                $"expected \"heap profile: count: bytes [count: bytes] @ kind\", found \"{lines.Quote()}\""
            );
        }

        var (sampling, period) = SamplingOf(Encoding.UTF8.GetString(rest.TrimStart(" @"u8)), total);
        var map = ReadStacks(ref lines, text, sampling, period);
        var header = new ProfileHeader
        {
            DefaultSampleType = SampleType.InUseSpace.Name,
            PeriodType = sampling == Sampling.None ? null : new SampleType("space", "bytes"),
            Period = sampling == Sampling.None ? 0 : period,
        };
        return new ProfileSnapshot(text.Build(map, header, context))
        {
            Format = Name,
            Runtime = "native",
            Warnings = context.Warnings,
        };
    }

    /// <summary>Each line is "count: bytes [count: bytes] @ addresses".</summary>
    private static MemoryMap ReadStacks(ref ByteLines lines, HeapProfileText text, Sampling sampling, long period)
    {
        while (lines.Next())
        {
            var line = lines.Line.Trim((byte)' ');
            if (line.IsEmpty)
            {
                continue;
            }

            if (line.StartsWith("MAPPED_LIBRARIES:"u8) || line.StartsWith("--- Memory map:"u8))
            {
                return HeapProfileText.ReadMappings(ref lines);
            }

            if (!HeapCounts.TryRead(line, out var counts, out var rest))
            {
                throw text.Malformed(
                    lines.Offset,
                    $"expected \"count: bytes [count: bytes] @ addresses\", found \"{lines.Quote()}\""
                );
            }

            rest = rest.TrimStart((byte)' ');
            if (!rest.StartsWith("@"u8))
            {
                throw text.Malformed(lines.Offset, $"expected \"@\" before the addresses, found \"{lines.Quote()}\"");
            }

            text.AddStack(
                rest[1..],
                sampling switch
                {
                    Sampling.Poisson => counts.Unsampled(period),
                    Sampling.Even => counts.Scaled(period),
                    _ => counts,
                },
                ref lines
            );
        }

        return new MemoryMap([]);
    }

    /// <summary>The kind behind the "@" of the first line, such as <c>heapprofile</c> (all allocations) or <c>heap_v2/524288</c> (sampled).</summary>
    private static (Sampling, long Period) SamplingOf(string kind, HeapCounts total)
    {
        var slash = kind.LastIndexOf('/');
        var name = slash < 0 ? kind : kind[..slash];
        var hasPeriod =
            long.TryParse(kind.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var period)
            && period > 0
            && slash >= 0;
        if (kind.Length == 0)
        {
            // Before kinds were written, only the sampling allocator had live figures equal to all.
            return total.LiveCount == total.AllCount && total.LiveBytes == total.AllBytes
                ? (Sampling.Even, DefaultPeriod)
                : (Sampling.None, 0);
        }

        if (name == "heapprofile" || !name.Contains("heap", StringComparison.Ordinal))
        {
            return (Sampling.None, 0);
        }

        return name.Contains("_v2", StringComparison.Ordinal)
            ? (Sampling.Poisson, hasPeriod ? period : DefaultPeriod)
            : (Sampling.Even, hasPeriod ? Math.Max(1, period / 2) : DefaultPeriod);
    }
}
