using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>A way from a root on which some of the asked objects are held.</summary>
/// <param name="Elements">In the field's words, from the root inwards; the last one is the objects' type.</param>
/// <param name="Count">How many of the objects are held so.</param>
/// <param name="ShallowBytes">Their own bytes.</param>
/// <param name="RetainedBytes">What they retain, each counted for itself.</param>
public sealed record MergedRootPath(IReadOnlyList<string> Elements, long Count, long ShallowBytes, long RetainedBytes)
{
    /// <summary>The shortest strong ways to some objects, equal ones merged, those with most objects first. Unreachable objects have none.</summary>
    public static IReadOnlyList<MergedRootPath> Of(
        HeapGraph graph,
        IReadOnlyCollection<int> nodes,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(nodes);
        var wording = new ChainWording(graph);
        using var paths = RootPaths.FromRoots(graph, nodes, cancellation);
        return
        [
            .. nodes
                .Select(n => (Node: n, Path: paths.To(n)))
                .Where(p => p.Path.Count > 0)
                .GroupBy(p =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    return HolderNaming.GeneralName(string.Join('\n', wording.Word(p.Path).Texts));
                })
                .Select(g => new MergedRootPath(
                    [.. wording.Word(g.First().Path).Texts],
                    g.Count(),
                    g.Sum(p => graph.ShallowSize(p.Node)),
                    g.Sum(p => graph.Dominators.RetainedSize(p.Node))
                ))
                .OrderByDescending(p => p.Count)
                .ThenBy(p => p.Elements.Count),
        ];
    }
}
