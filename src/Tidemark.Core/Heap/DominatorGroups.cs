namespace Tidemark.Core.Heap;

/// <summary>The objects of one type below the objects of one group of the dominator tree.</summary>
/// <param name="Type">Their type.</param>
/// <param name="Count">How many there are.</param>
/// <param name="ShallowBytes">Their own bytes.</param>
/// <param name="RetainedBytes">What they retain; none of them holds another one of the group, so nothing counts twice.</param>
/// <param name="Children">What they dominate directly, grouped in the same way, most retained bytes first.</param>
public sealed record DominatorGroup(
    string Type,
    long Count,
    long ShallowBytes,
    long RetainedBytes,
    IReadOnlyList<DominatorGroup> Children
)
{
    /// <summary>The upper part of the dominator tree, objects of one type below one group taken together. One pass over all objects.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="most">At most so many groups on the first level, ten times fewer below one group.</param>
    /// <param name="depth">Levels, from 1.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException" />
    public static IReadOnlyList<DominatorGroup> Top(
        HeapGraph graph,
        int most,
        int depth,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        var tree = graph.Dominators;
        var numbers = new Dictionary<(int Above, string Type), int>();
        var groups = new List<Sums> { new(-1, "", 0) };
        using var groupOfRank = new NativeArray<int>(tree.Count + 1L);
        for (var rank = 1; rank <= tree.Count; rank++)
        {
            graph.Pace(rank, cancellation);
            var above = groupOfRank[tree.DominatorOfRank(rank)];
            if (above < 0 || groups[above].Depth == depth)
            {
                groupOfRank[rank] = -1;
                continue;
            }

            var node = tree.NodeAt(rank);
            var key = (above, graph.TypeNameOf(node));
            if (!numbers.TryGetValue(key, out var group))
            {
                numbers.Add(key, group = groups.Count);
                groups.Add(new Sums(above, key.Item2, groups[above].Depth + 1));
            }

            groupOfRank[rank] = group;
            groups[group].Count++;
            groups[group].Shallow += graph.ShallowSize(node);
            groups[group].Retained += tree.RetainedAt(rank);
        }

        var below = groups.Skip(1).ToLookup(g => g.Above, g => g);
        var number = groups.Select((g, i) => (g, i)).ToDictionary(g => g.g, g => g.i);
        return Below(0, most);

        IReadOnlyList<DominatorGroup> Below(int group, int kept) =>
            [
                .. below[group]
                    .OrderByDescending(g => g.Retained)
                    .ThenBy(g => g.Type, StringComparer.Ordinal)
                    .Take(kept)
                    .Select(g => new DominatorGroup(
                        g.Type,
                        g.Count,
                        g.Shallow,
                        g.Retained,
                        Below(number[g], Math.Max(3, most / 10))
                    )),
            ];
    }

    private sealed class Sums(int above, string type, int depth)
    {
        public int Above { get; } = above;

        public string Type { get; } = type;

        public int Depth { get; } = depth;

        public long Count { get; set; }

        public long Shallow { get; set; }

        public long Retained { get; set; }
    }
}
