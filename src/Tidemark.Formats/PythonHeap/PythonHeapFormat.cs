namespace Tidemark.Formats.PythonHeap;

/// <summary>The object graph of a Python process as Tidemark's own agent writes it. See FORMAT.md.</summary>
public sealed class PythonHeapFormat(PythonHeapLimits? limits = null) : IDumpFormat
{
    private readonly PythonHeapLimits limits = limits ?? PythonHeapLimits.Default;

    internal static ReadOnlySpan<byte> Magic => "tidemark python heap "u8;

    /// <inheritdoc />
    public string Name => "python-heap";

    /// <inheritdoc />
    public string Title => "Python object graph";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) => head.Content.StartsWith(Magic);

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        using var stream = file.OpenContent();
        var tables = new PythonHeapReader(stream, file, limits, context).Read();
        return new HeapSnapshot(PythonHeapGraph.Build(tables, context.Cancellation))
        {
            Format = Name,
            Runtime = "python",
            TakenAt = tables.TakenAt,
            Warnings = context.Warnings,
        };
    }
}

/// <summary>How much a capture may hold; what is beyond is refused before it costs memory.</summary>
public sealed record PythonHeapLimits
{
    public static PythonHeapLimits Default { get; } = new();

    /// <summary>One block, in bytes. The agent writes blocks of a few hundred kilobytes, and one of any size for a very large container.</summary>
    public int MaxBlockBytes { get; init; } = 1 << 29;

    /// <summary>Objects in all.</summary>
    public int MaxObjects { get; init; } = 500_000_000;

    /// <summary>References in all.</summary>
    public int MaxReferences { get; init; } = 1 << 30;
}
