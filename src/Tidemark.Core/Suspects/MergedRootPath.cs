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
    /// <param name="graph">The heap.</param>
    /// <param name="nodes">The objects.</param>
    /// <param name="knowledge">Which types are parts of collections; null where that is not known.</param>
    /// <param name="cancellation">Stops it.</param>
    public static IReadOnlyList<MergedRootPath> Of(
        HeapGraph graph,
        IReadOnlyCollection<int> nodes,
        RuntimeKnowledge? knowledge = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(nodes);
        var roles = new TypeRoles(knowledge ?? new RuntimeKnowledge());
        var wording = new ChainWording(graph);
        using var paths = RootPaths.FromRoots(graph, nodes, cancellation);
        var reached = nodes.Where(paths.Reaches).ToList();
        using var forms = new PathForms(graph, paths, wording, reached, cancellation);
        var ways = new Dictionary<(int, int), Way>();
        foreach (var node in reached)
        {
            cancellation.ThrowIfCancellationRequested();
            var form = forms.Of(node);
            ways[form] = ways.GetValueOrDefault(form, new Way(node, 0, 0, 0)).With(graph, node);
        }

        // What differs in numbers alone (of threads, of keys) is one way too, which only the words tell.
        return
        [
            .. ways
                .Values.Select(way =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    return (
                        Way: way,
                        Words: wording.Word(paths.To(way.First)).WithoutRounds(roles.IsInner).Texts.ToList()
                    );
                })
                .GroupBy(w => HolderNaming.GeneralName(string.Join('\n', w.Words)))
                .Select(g => new MergedRootPath(
                    g.First().Words,
                    g.Sum(w => w.Way.Count),
                    g.Sum(w => w.Way.ShallowBytes),
                    g.Sum(w => w.Way.RetainedBytes)
                ))
                .OrderByDescending(p => p.Count)
                .ThenBy(p => p.Elements.Count),
        ];
    }

    private readonly record struct Way(int First, long Count, long ShallowBytes, long RetainedBytes)
    {
        public Way With(HeapGraph graph, int node) =>
            new(
                First,
                Count + 1,
                ShallowBytes + graph.ShallowSize(node),
                RetainedBytes + graph.Dominators.RetainedSize(node)
            );
    }
}
