namespace Tidemark.Formats.Hprof;

/// <summary>Java heap dumps: JAVA PROFILE 1.0.1 to 1.0.3 of HotSpot, OpenJ9 and Android, packed with gzip or not. FORMAT.md tells the layout.</summary>
public sealed class HprofFormat(HprofLimits limits) : IDumpFormat
{
    public HprofFormat()
        : this(new HprofLimits()) { }

    /// <inheritdoc />
    public string Name => "hprof";

    /// <inheritdoc />
    public string Title => "Java heap dump (HPROF)";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) => HprofFile.Recognises(head.Content);

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = HprofFile.Open(file, context);
        var outline = HprofOutline.Read(content, limits, context);
        var contents = HeapContents.Survey(content, outline, limits, context);
        return new HeapSnapshot(HprofGraph.Build(contents, limits, context))
        {
            Format = Name,
            Runtime = "jvm",
            TakenAt = outline.TakenAt,
            Warnings = context.Warnings,
        };
    }
}
