using Tidemark.Core.Heap;
using Tidemark.Formats.Indexes;

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
        var mayIndex = context.UsesIndex && !file.IsPacked && file.Length >= limits.LeastIndexed;
        if (mayIndex && HprofIndex.TryLoad(file, limits, context) is { } indexed)
        {
            return indexed;
        }

        var content = HprofFile.Open(file, context);
        var outline = HprofOutline.Read(content, limits, context);
        ProgramPages.LetGo();
        var contents = HeapContents.Survey(content, outline, limits, context);
        ProgramPages.LetGo();
        var parts = HprofGraph.Build(contents, limits, context);
        ProgramPages.LetGo();
        var graph =
            content.Length >= limits.LeastIndexed
                ? HprofIndex.Save(file, contents, parts, mayIndex, context)
                : new HeapGraph(parts);

        var snapshot = Snapshot(graph, outline.TakenAt, context);
        return mayIndex ? snapshot with { Answers = new IndexedAnswers(file.Path) } : snapshot;
    }

    /// <summary>What is told of every dump.</summary>
    internal static HeapSnapshot Snapshot(HeapGraph graph, DateTimeOffset? takenAt, ReadContext context) =>
        new(graph)
        {
            Format = "hprof",
            Runtime = "jvm",
            TakenAt = takenAt,
            Warnings = context.Warnings,
        };
}
