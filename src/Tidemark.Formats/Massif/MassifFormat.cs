namespace Tidemark.Formats.Massif;

/// <summary>How much a massif file may hold.</summary>
public sealed record MassifLimits
{
    public static MassifLimits Default { get; } = new();

    /// <summary>The unpacked file, in bytes.</summary>
    public long MaxContentBytes { get; init; } = 1L << 30;

    /// <summary>How deep a tree may be; massif itself stops at 200 frames, and inlined calls come on top.</summary>
    public int MaxDepth { get; init; } = 1 << 12;

    /// <summary>Frames in all stacks together.</summary>
    public long MaxStackFrames { get; init; } = 1 << 28;
}

/// <summary>Data files of valgrind's massif: snapshots of the heap, some of them with the tree of its allocation sites. See FORMAT.md.</summary>
public sealed class MassifFormat(MassifLimits? limits = null) : IDumpFormat
{
    private readonly MassifLimits limits = limits ?? MassifLimits.Default;

    /// <inheritdoc />
    public string Name => "massif";

    /// <inheritdoc />
    public string Title => "valgrind massif data file";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) =>
        head.Content.StartsWith("desc:"u8) && head.Content.IndexOf("\ntime_unit:"u8) > 0;

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(limits.MaxContentBytes, context.Cancellation);
        var reader = new MassifReader(file.Path, limits, context);
        reader.Read(content.Span);
        return new ProfileSnapshot(reader.Build())
        {
            Format = Name,
            Runtime = "native",
            Warnings = context.Warnings,
        };
    }
}
