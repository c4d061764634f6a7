namespace Tidemark.Core.Heap;

/// <summary>Finds the objects that stand for memory outside of the heap, and how much that is.</summary>
internal static class OutsideMemory
{
    /// <summary>So many are looked at one by one; of more, as many evenly spread, each for several.</summary>
    private const int Most = 20_000;

    /// <summary>The ranks of reachable objects that stand for memory outside of the heap, with its bytes.</summary>
    public static List<(int Rank, long Bytes)> Of(HeapGraph graph, CancellationToken cancellation)
    {
        var found = new List<(int Rank, long Bytes)>();
        var isWanted = WantedShapes(graph);
        if (isWanted is null)
        {
            return found;
        }

        var tree = graph.Dominators;
        var wanted = new List<(int Node, int Rank)>();
        for (var rank = 1; rank <= tree.Count; rank++)
        {
            graph.Pace(rank, cancellation);
            var node = tree.NodeAt(rank);
            if (isWanted[graph.Shapes[node]])
            {
                wanted.Add((node, rank));
            }
        }

        // In the order of the dump, which is read once.
        wanted.Sort();
        var stride = 1 + (wanted.Count / Most);
        for (var i = 0; i < wanted.Count; i += stride)
        {
            cancellation.ThrowIfCancellationRequested();
            if (graph.Labels.OutsideBytes(wanted[i].Node) is > 0 and var bytes)
            {
                found.Add((wanted[i].Rank, bytes * Math.Min(stride, wanted.Count - i)));
            }
        }

        return found;
    }

    private static bool[]? WantedShapes(HeapGraph graph)
    {
        bool[]? wanted = null;
        for (var shape = 0; shape < graph.Shapes.ShapeCount; shape++)
        {
            if (graph.Labels.StandsForOutsideMemory(graph.Shapes.Types[shape]))
            {
                wanted ??= new bool[graph.Shapes.ShapeCount];
                wanted[shape] = true;
            }
        }

        return wanted;
    }
}
