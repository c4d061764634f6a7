using System.Text;
using Tidemark.Core.Heap;
using Tidemark.Formats.Indexes;

namespace Tidemark.Formats.Hprof;

/// <summary>
/// The index beside a dump: the graph, its dominators, and where each object stands, mapped rather than read when the dump is opened
/// again. About half of the dump's size; safe to delete.
/// </summary>
internal static class HprofIndex
{
    /// <summary>
    /// The graph, with an index left beside the dump if that can be done; nothing is said where it cannot. The arrays of the graph are
    /// those of the index file: while dominators are computed they take no memory.
    /// </summary>
    /// <param name="file">The dump.</param>
    /// <param name="contents">Its contents.</param>
    /// <param name="parts">The graph's parts; their arrays are void afterwards.</param>
    /// <param name="keep">False for a file without a name that is gone at the end.</param>
    /// <param name="context">Warnings, and what stops it.</param>
    public static HeapGraph Save(
        DumpFile file,
        HeapContents contents,
        HeapGraphParts parts,
        bool keep,
        ReadContext context
    )
    {
        HeapGraph? graph = null;
        IndexWriter? index = null;
        try
        {
            index = keep ? Beside(file) : IndexWriter.Scratch(file.Length);
            if (index is null)
            {
                return new HeapGraph(parts);
            }

            parts = parts with
            {
                Shapes = parts.Shapes.MoveTo(index),
                References = parts.References.MoveTo(index),
                Store = index,
            };
            if (keep)
            {
                SaveTables(index, parts);
            }

            graph = new HeapGraph(parts);

            // What reading left behind is a good part of the memory that the dominators need.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            context.Cancellation.ThrowIfCancellationRequested();
            var dominators = graph.Dominators;
            context.Cancellation.ThrowIfCancellationRequested();
            if (keep)
            {
                Finish(file, contents, dominators.Stored, index, context);
            }

            return graph;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be written to, or a full disk: the answer does not depend on it.
            return graph ?? new HeapGraph(parts);
        }
        finally
        {
            if (keep)
            {
                index?.Dispose(); // a file without a name is gone with the graph, which may put more into it
            }
        }
    }

    private static void Finish(
        DumpFile file,
        HeapContents contents,
        StoredDominators dominators,
        IndexWriter index,
        ReadContext context
    )
    {
        contents.Save(index);
        index.Add<int>("retained-shift", [dominators.RetainedShift]);
        index.Add<WeakReferenceEdge>("held-weakly", [.. dominators.HeldWeakly]);
        index.Add<byte>("warnings", Encoding.UTF8.GetBytes(string.Join('\n', context.Warnings)));
        index.Finish(DumpIdentity.Of(file.Path));
    }

    private static IndexWriter? Beside(DumpFile file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file.Path))!;
        return new DriveInfo(folder).AvailableFreeSpace < file.Length
            ? null
            : new IndexWriter(file.Path + IndexFile.Suffix);
    }

    /// <summary>The snapshot from the index beside the dump; null where there is none that fits.</summary>
    public static HeapSnapshot? TryLoad(DumpFile file, HprofLimits limits, ReadContext context)
    {
        try
        {
            return IndexFile.Open(file.Path) is { } index ? Load(file, index, limits, context) : null;
        }
        catch (Exception e)
            when (e
                    is IOException
                        or UnauthorizedAccessException
                        or InvalidDataException
                        or ArgumentException
                        or OverflowException
                        or MalformedDumpException
            )
        {
            // An index that does not fit is no index.
            return null;
        }
    }

    private static HeapSnapshot Load(DumpFile file, IndexFile index, HprofLimits limits, ReadContext context)
    {
        // What was to be said of the dump was said when the index was written.
        var quiet = new ReadContext(cancellation: context.Cancellation);
        var content = HprofFile.Open(file, quiet);
        var outline = HprofOutline.Read(content, limits, quiet);
        var contents = HeapContents.Load(content, outline, limits, index, quiet);
        var weak = index.Copy<WeakReferenceEdge>("weak");
        var parts = HprofGraph.Parts(
            contents,
            new HeapTypes(contents.Classes),
            limits,
            LoadShapes(index),
            LoadReferences(index, contents.NodeCount),
            weak
        );
        var graph = new HeapGraph(parts with { Dominators = LoadDominators(index) });
        _ = graph.Dominators;
        foreach (var warning in Encoding.UTF8.GetString(index.Copy<byte>("warnings")).Split('\n'))
        {
            if (warning.Length > 0)
            {
                context.Warn(warning);
            }
        }

        return HprofFormat.Snapshot(graph, outline.TakenAt, context) with
        {
            Answers = new IndexedAnswers(file.Path),
        };
    }

    /// <summary>What the arrays that are in the index already mean.</summary>
    private static void SaveTables(IndexWriter index, HeapGraphParts parts)
    {
        index.Add("shape-types", parts.Shapes.Types);
        index.Add("shape-sizes", parts.Shapes.Sizes);
        var wideRows = parts.References.Stored.WideRows;
        index.Add<int>("wide-rows", [.. wideRows.Keys]);
        index.Add<int>("wide-lengths", [.. wideRows.Values]);
        index.Add<WeakReferenceEdge>("weak", [.. parts.WeakReferences]);
    }

    private static NodeShapes LoadShapes(IndexFile index) =>
        NodeShapes.FromStored(
            index.Has("narrow-shapes") ? index.Array<ushort>("narrow-shapes") : null,
            index.Has("narrow-shapes") ? null : index.Array<int>("wide-shapes"),
            index.Copy<int>("shape-types"),
            index.Copy<long>("shape-sizes")
        );

    private static ReferenceRows LoadReferences(IndexFile index, int rows)
    {
        var (wide, lengths) = (index.Copy<int>("wide-rows"), index.Copy<int>("wide-lengths"));
        return ReferenceRows.FromStored(
            rows,
            index.Array<byte>("row-lengths"),
            index.Array<long>("row-starts"),
            index.Array<int>("targets"),
            wide.Zip(lengths).ToDictionary(r => r.First, r => r.Second)
        );
    }

    private static StoredDominators LoadDominators(IndexFile index) =>
        new(
            index.Array<int>("ranks"),
            index.Array<int>("dominators"),
            index.Has("narrow-retained") ? index.Array<uint>("narrow-retained") : null,
            index.Has("narrow-retained") ? null : index.Array<ulong>("wide-retained"),
            index.Copy<int>("retained-shift")[0],
            index.Copy<WeakReferenceEdge>("held-weakly")
        );
}
