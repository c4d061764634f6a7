namespace Tidemark.Core.Heap;

/// <summary>The objects of one type; types of one name (a class that several loaders have loaded) are taken together.</summary>
/// <param name="Name">The type's name.</param>
/// <param name="Count">Reachable objects.</param>
/// <param name="ShallowBytes">Their own bytes.</param>
/// <param name="RetainedBytes">Bytes of the objects of the type and of all that any one of them dominates, each counted once.</param>
public sealed record TypeRow(string Name, long Count, long ShallowBytes, long RetainedBytes);

/// <summary>Objects by type, largest retained size first.</summary>
public sealed class TypeHistogram
{
    private TypeHistogram(IReadOnlyList<TypeRow> rows, long unreachableCount, long unreachableBytes)
    {
        Rows = rows;
        UnreachableCount = unreachableCount;
        UnreachableBytes = unreachableBytes;
    }

    /// <summary>Types that have reachable objects.</summary>
    public IReadOnlyList<TypeRow> Rows { get; }

    /// <summary>Objects in the dump that no root reaches: garbage that was not collected yet.</summary>
    public long UnreachableCount { get; }

    public long UnreachableBytes { get; }

    /// <summary>Counts, in two passes over all objects.</summary>
    public static TypeHistogram Of(HeapGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var tree = graph.Dominators;
        var (typeByShape, names) = TypesByName(graph);
        var count = new long[names.Count];
        var shallow = new long[names.Count];
        var retained = new long[names.Count];
        using var sets = new AncestorSets(tree.Count);
        for (var rank = 1; rank <= tree.Count; rank++)
        {
            graph.Pace(rank);
            var shape = graph.Shapes[tree.NodeAt(rank)];
            var type = typeByShape[shape];
            count[type]++;
            shallow[type] += graph.Shapes.Sizes[shape];
            if (sets.Enter(rank, tree.DominatorOfRank(rank), type))
            {
                retained[type] += tree.RetainedAt(rank);
            }
        }

        var rows = Enumerable
            .Range(0, names.Count)
            .Where(type => count[type] > 0)
            .Select(type => new TypeRow(names[type], count[type], shallow[type], retained[type]))
            .OrderByDescending(row => row.RetainedBytes)
            .ThenBy(row => row.Name, StringComparer.Ordinal)
            .ToList();
        long allBytes = 0;
        for (var node = 0; node < graph.NodeCount; node++)
        {
            graph.Pace(node);
            allBytes += graph.ShallowSize(node);
        }

        return new TypeHistogram(rows, graph.NodeCount - tree.Count, allBytes - tree.TotalBytes);
    }

    private static (int[] TypeByShape, List<string> Names) TypesByName(HeapGraph graph)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var names = new List<string>();
        var typeByShape = new int[graph.Shapes.ShapeCount];
        for (var shape = 0; shape < typeByShape.Length; shape++)
        {
            var name = graph.TypeName(graph.Shapes.Types[shape]);
            if (!known.TryGetValue(name, out var type))
            {
                known.Add(name, type = names.Count);
                names.Add(name);
            }

            typeByShape[shape] = type;
        }

        return (typeByShape, names);
    }
}
