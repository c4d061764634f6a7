namespace Tidemark.Core.Heap;

/// <summary>Who holds an object directly: the way against the references' direction.</summary>
public static class Referrers
{
    /// <summary>For each target the reachable objects that hold it directly, at most so many, of as many types as there are. One pass over all references.</summary>
    public static IReadOnlyDictionary<int, IReadOnlyList<int>> Of(
        HeapGraph graph,
        IReadOnlyCollection<int> targets,
        int most
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(targets);
        var found = targets.Distinct().ToDictionary(t => t, _ => new List<int>());
        using var wanted = new NativeArray<byte>(graph.NodeCount / 8 + 1);
        foreach (var target in targets)
        {
            wanted[target >> 3] |= (byte)(1 << (target & 7));
        }

        for (var node = 0; node < graph.NodeCount; node++)
        {
            graph.Pace(node);
            foreach (var target in graph.References(node))
            {
                if (
                    (wanted[target >> 3] >> (target & 7) & 1) != 0
                    && node != target
                    && graph.Dominators.IsReachable(node)
                )
                {
                    Add(found[target], node);
                }
            }
        }

        return found.ToDictionary(f => f.Key, f => (IReadOnlyList<int>)f.Value);

        void Add(List<int> holders, int node)
        {
            if (holders.Contains(node))
            {
                return;
            }

            if (holders.Count < most)
            {
                holders.Add(node);
                return;
            }

            // A type that is not there yet takes the place of one that is there twice.
            if (!holders.Exists(h => graph.TypeOf(h) == graph.TypeOf(node)))
            {
                var twice = holders.FindLastIndex(h =>
                    holders.Exists(o => o != h && graph.TypeOf(o) == graph.TypeOf(h))
                );
                if (twice >= 0)
                {
                    holders[twice] = node;
                }
            }
        }
    }
}
