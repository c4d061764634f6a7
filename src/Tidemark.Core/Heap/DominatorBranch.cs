namespace Tidemark.Core.Heap;

/// <summary>An object of the dominator tree with the largest of what it dominates, some levels deep.</summary>
public sealed record DominatorBranch(int Node, IReadOnlyList<DominatorBranch> Children)
{
    /// <summary>The upper part of a graph's dominator tree. Looks at every object once a level.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="most">At most so many objects on each level below one object; ten times fewer below the first level.</param>
    /// <param name="depth">Levels, from 1.</param>
    /// <param name="minimumShare">Objects that retain a smaller share of the heap are left out, 0 to 1.</param>
    public static IReadOnlyList<DominatorBranch> Top(HeapGraph graph, int most, int depth, double minimumShare = 0)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var minimum = (long)(graph.Dominators.TotalBytes * minimumShare);
        var levels = new List<Dictionary<int, IReadOnlyList<int>>>();
        IReadOnlyCollection<int> parents = [-1];
        for (var level = 0; level < depth && parents.Count > 0; level++)
        {
            var kept = level == 0 ? most : Math.Max(3, most / 10);
            var children = graph
                .Dominators.ChildrenOf(parents, minimum)
                .ToDictionary(c => c.Key, c => (IReadOnlyList<int>)[.. c.Value.Take(kept)]);
            levels.Add(children);
            parents = [.. children.Values.SelectMany(c => c)];
        }

        return Below(-1, 0);

        IReadOnlyList<DominatorBranch> Below(int node, int level) =>
            level < levels.Count && levels[level].TryGetValue(node, out var children)
                ? [.. children.Select(c => new DominatorBranch(c, Below(c, level + 1)))]
                : [];
    }
}
