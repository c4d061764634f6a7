using Tidemark.Core.Heap;
using Tidemark.Reports.Heaps;

namespace Tidemark.Reports.Json;

/// <summary>What a heap graph holds, schema <c>tidemark.snapshot/v1</c>; the parts that were not asked for are null.</summary>
/// <param name="Format">The format it was read from.</param>
/// <param name="TakenAt">When it was taken, where it says so.</param>
/// <param name="Objects">Reachable objects.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Roots">GC roots.</param>
/// <param name="Unreachable">Objects that no root reaches.</param>
/// <param name="Types">Largest retained size first.</param>
/// <param name="Dominators">Objects that only the roots together dominate, largest first.</param>
/// <param name="Suspects">Worst first.</param>
/// <param name="Paths">Ways from the roots, merged.</param>
/// <param name="DominatorGroups">The dominator tree with objects of one type taken together.</param>
/// <param name="Duplicates">Texts and arrays of primitives with equal content.</param>
/// <param name="Collections">How large collections are and how well they are filled.</param>
/// <param name="Warnings">What was left out or repaired while reading.</param>
public sealed record HeapDocument(
    string Format,
    string? TakenAt,
    long Objects,
    long Bytes,
    int Roots,
    UnreachableDocument? Unreachable,
    IReadOnlyList<TypeDocument>? Types,
    IReadOnlyList<DominatorDocument>? Dominators,
    IReadOnlyList<SuspectDocument>? Suspects,
    IReadOnlyList<PathDocument>? Paths,
    IReadOnlyList<DominatorGroup>? DominatorGroups,
    DuplicatesDocument? Duplicates,
    CollectionsDocument? Collections,
    IReadOnlyList<string> Warnings
)
{
    public string Schema => "tidemark.snapshot/v1";

    public static HeapDocument Of(HeapAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var graph = answer.Snapshot.Graph;
        return new HeapDocument(
            answer.Snapshot.Format,
            answer.Snapshot.TakenAt is { } at ? Timestamp.Of(at) : null,
            graph.Dominators.Count,
            graph.Dominators.TotalBytes,
            graph.Roots.Count,
            answer.Histogram is { } histogram
                ? new UnreachableDocument(histogram.UnreachableCount, histogram.UnreachableBytes)
                : null,
            answer.Histogram?.Rows.Select(TypeDocument.Of).ToList(),
            answer.Dominators?.Select(d => DominatorDocument.Of(graph, d)).ToList(),
            answer.Suspects is { } suspects ? SuspectDocument.Of(suspects) : null,
            answer.Paths?.Select(p => new PathDocument(p.Elements, p.Count, p.ShallowBytes, p.RetainedBytes)).ToList(),
            answer.DominatorGroups,
            answer.Duplicates is { } duplicates
                ? DuplicatesDocument.Of(graph, duplicates, answer.ContentHolders)
                : null,
            answer.Collections is { } collections
                ? CollectionsDocument.Of(graph, collections, answer.CollectionHolders)
                : null,
            answer.Snapshot.Warnings
        );
    }
}

/// <summary>Objects that no root reaches.</summary>
public sealed record UnreachableDocument(long Objects, long Bytes);

/// <summary>One type.</summary>
public sealed record TypeDocument(string Type, long Count, long ShallowBytes, long RetainedBytes)
{
    public static TypeDocument Of(TypeRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new TypeDocument(row.Name, row.Count, row.ShallowBytes, row.RetainedBytes);
    }
}

/// <summary>One object of the dominator tree, with what it dominates as far as it was asked for.</summary>
public sealed record DominatorDocument(
    string Object,
    string Type,
    long ShallowBytes,
    long RetainedBytes,
    IReadOnlyList<DominatorDocument>? Children
)
{
    public static DominatorDocument Of(HeapGraph graph, DominatorBranch branch)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(branch);
        return new DominatorDocument(
            graph.Describe(branch.Node),
            graph.TypeNameOf(branch.Node),
            graph.ShallowSize(branch.Node),
            graph.Dominators.RetainedSize(branch.Node),
            branch.Children.Count == 0 ? null : [.. branch.Children.Select(c => Of(graph, c))]
        );
    }
}

/// <summary>A way from a root on which objects are held.</summary>
public sealed record PathDocument(IReadOnlyList<string> RootPath, long Count, long ShallowBytes, long RetainedBytes);
