using Tidemark.Core.Allocation;

namespace Tidemark.Formats.MallocInfo;

/// <summary>What glibc's <c>malloc_info(3)</c> prints: its arenas, and what lies free in them by size. See FORMAT.md.</summary>
/// <remarks>It is shown as a profile: the "stack" of a row is a range of sizes in an arena.</remarks>
public sealed class MallocInfoFormat : IDumpFormat
{
    private const long MaxContentBytes = 64 << 20;

    private static readonly SampleType FreeObjects = new("free_objects", "count");
    private static readonly SampleType FreeSpace = new("free_space", "bytes");
    private static readonly SampleType CommittedSpace = new("committed_space", "bytes");

    /// <inheritdoc />
    public string Name => "malloc-info";

    /// <inheritdoc />
    public string Title => "glibc malloc_info";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) => head.Content.TrimStart(" \r\n\t"u8).StartsWith("<malloc version="u8);

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(MaxContentBytes, context.Cancellation);
        var info = MallocInfoReader.Read(file.Path, content);
        return new ProfileSnapshot(Build(info))
        {
            Format = Name,
            Runtime = "native",
            Warnings = context.Warnings,
        };
    }

    private static AllocationProfile Build(MallocInfo info)
    {
        var builder = new AllocationProfileBuilder([FreeObjects, FreeSpace, SampleType.InUseSpace, CommittedSpace])
        {
            Header = new ProfileHeader { DefaultSampleType = FreeSpace.Name },
        };
        foreach (var arena in info.Arenas)
        {
            var owner = $"arena {arena.Number}";
            foreach (var free in arena.Free)
            {
                Add([free.Name, owner], free.Count, free.Bytes, 0, free.Bytes);
            }

            Add(["in use", owner], 0, 0, arena.InUseBytes, arena.InUseBytes);
        }

        if (info.MappedBytes > 0)
        {
            Add(["in use", "mapped blocks"], 0, 0, info.MappedBytes, info.MappedBytes);
        }

        return builder.Build();

        void Add(ReadOnlySpan<string> stack, params ReadOnlySpan<long> values)
        {
            Span<int> frames = stackalloc int[stack.Length];
            for (var i = 0; i < stack.Length; i++)
            {
                frames[i] = builder.AddFrame(stack[i], "", 0);
            }

            builder.Add(frames, values);
        }
    }
}
