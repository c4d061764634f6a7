namespace Tidemark.Formats.V8;

/// <summary>V8's heap snapshots, as Node.js and Chromium write them (<c>.heapsnapshot</c>, <c>.heaptimeline</c>). FORMAT.md tells the layout.</summary>
public sealed class V8SnapshotFormat(V8SnapshotLimits limits) : IDumpFormat
{
    public V8SnapshotFormat()
        : this(new V8SnapshotLimits()) { }

    /// <inheritdoc />
    public string Name => "heapsnapshot";

    /// <inheritdoc />
    public string Title => "V8 heap snapshot (Node.js, Chromium)";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) =>
        head.Content.TrimStart(" \n\r\t"u8).StartsWith("{"u8)
        && head.Content.IndexOf("\"snapshot\""u8) >= 0
        && head.Content.IndexOf("\"node_fields\""u8) >= 0;

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new HeapSnapshot(V8SnapshotReader.Read(file, limits, context))
        {
            Format = Name,
            Runtime = "node",
            Warnings = context.Warnings,
        };
    }
}
