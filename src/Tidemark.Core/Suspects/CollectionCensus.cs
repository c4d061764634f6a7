using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>One collection.</summary>
/// <param name="Node">The collection itself.</param>
/// <param name="Entries">Its entries, as far as they can be told from its parts: entry objects of maps and linked lists, elements of arrays.</param>
/// <param name="Slots">Places in its arrays, about; 0 where it has none.</param>
/// <param name="UsedSlots">Those that hold something.</param>
/// <param name="OwnBytes">Shallow bytes of the collection and its parts, without what was put in.</param>
/// <param name="RetainedBytes">With what only the collection holds.</param>
public sealed record CollectionUse(
    int Node,
    long Entries,
    long Slots,
    long UsedSlots,
    long OwnBytes,
    long RetainedBytes
);

/// <summary>All collections of one type.</summary>
/// <param name="Type">The type.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Empty">Those without an entry.</param>
/// <param name="Entries">Entries of all.</param>
/// <param name="Slots">Places in all their arrays.</param>
/// <param name="UsedSlots">Those that hold something.</param>
/// <param name="OwnBytes">Shallow bytes of the collections and their parts.</param>
public sealed record CollectionTypeUse(
    string Type,
    long Count,
    long Empty,
    long Entries,
    long Slots,
    long UsedSlots,
    long OwnBytes
)
{
    /// <summary>The share of the places that are used, 0 to 1; null where there are none.</summary>
    public double? FillRatio => Slots == 0 ? null : (double)UsedSlots / Slots;
}

/// <summary>How large the collections of a heap are, and how well they are filled.</summary>
public sealed class CollectionCensus
{
    private const int ArrayHeader = 16;

    private CollectionCensus(IReadOnlyList<CollectionUse> biggest, IReadOnlyList<CollectionTypeUse> types)
    {
        Biggest = biggest;
        Types = types;
    }

    /// <summary>Those with most entries first.</summary>
    public IReadOnlyList<CollectionUse> Biggest { get; }

    /// <summary>Those first whose own bytes are most.</summary>
    public IReadOnlyList<CollectionTypeUse> Types { get; }

    /// <summary>Counts the parts that each collection dominates, in one pass over the dominator tree.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="knowledge">Which types are collections, and which are parts of them.</param>
    /// <param name="most">At most so many single collections.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException" />
    public static CollectionCensus Of(
        HeapGraph graph,
        RuntimeKnowledge knowledge,
        int most,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(knowledge);
        var tree = graph.Dominators;
        var roles = new TypeRoles(knowledge);
        var (kinds, entries) = (Kinds(graph, roles), Entries(graph, roles));
        var mayBeHollow = knowledge.EntriesReferToContent;
        var referenceBytes = ReferenceBytes(graph, kinds);
        var numbers = new List<(int Rank, Sums Sums)>();
        using var ownerOfRank = new NativeArray<int>(tree.Count + 1L);
        for (var rank = 1; rank <= tree.Count; rank++)
        {
            graph.Pace(rank, cancellation);
            var node = tree.NodeAt(rank);
            var kind = kinds[graph.TypeOf(node)];
            if (kind == Kind.Other)
            {
                continue;
            }

            if (kind == Kind.Collection && IsWrapped(rank))
            {
                // A set that is made of a map: people know the set.
                var wrapper = ownerOfRank[tree.DominatorOfRank(rank)];
                numbers[wrapper - 1].Sums.EntriesPerReference = entries[graph.TypeOf(node)];
                ownerOfRank[rank] = wrapper;
            }
            else if (kind == Kind.Collection)
            {
                numbers.Add((rank, new Sums(entries[graph.TypeOf(node)])));
                ownerOfRank[rank] = numbers.Count;
            }
            else
            {
                ownerOfRank[rank] = ownerOfRank[tree.DominatorOfRank(rank)];
            }

            if (ownerOfRank[rank] is > 0 and var owner)
            {
                var isHollow = mayBeHollow && kind == Kind.Entry && IsHollow(node);
                numbers[owner - 1]
                    .Sums.Add(graph, node, kind, referenceBytes, isHollow ? 0 : entries[graph.TypeOf(node)]);
            }
        }

        var all = numbers.ConvertAll(n => n.Sums.Use(tree.NodeAt(n.Rank), tree.RetainedAt(n.Rank)));
        return new CollectionCensus(
            [.. all.OrderByDescending(c => c.Entries).ThenByDescending(c => c.OwnBytes).Take(most)],
            [
                .. all.GroupBy(c => graph.TypeNameOf(c.Node), StringComparer.Ordinal)
                    .Select(g => new CollectionTypeUse(
                        g.Key,
                        g.Count(),
                        g.Count(c => c.Entries == 0),
                        g.Sum(c => c.Entries),
                        g.Sum(c => c.Slots),
                        g.Sum(c => c.UsedSlots),
                        g.Sum(c => c.OwnBytes)
                    ))
                    .OrderByDescending(t => t.OwnBytes)
                    .ThenBy(t => t.Type, StringComparer.Ordinal),
            ]
        );

        // True for a collection that is all that another one refers to.
        bool IsWrapped(int rank) =>
            tree.DominatorOfRank(rank) is > 0 and var above
            && kinds[graph.TypeOf(tree.NodeAt(above))] == Kind.Collection
            && ownerOfRank[above] > 0
            && graph.References(tree.NodeAt(above)) is [var only]
            && only == tree.NodeAt(rank);

        bool IsHollow(int node)
        {
            foreach (var held in graph.References(node))
            {
                if (kinds[graph.TypeOf(held)] is not (Kind.Entry or Kind.Array))
                {
                    return false;
                }
            }

            return true;
        }
    }

    private enum Kind : byte
    {
        Other,
        Collection,
        Entry,
        Array,
    }

    private static double[] Entries(HeapGraph graph, TypeRoles roles) =>
        [.. Enumerable.Range(0, graph.TypeCount).Select(t => roles.Shape(graph.TypeName(t))?.Entries ?? 1)];

    private static Kind[] Kinds(HeapGraph graph, TypeRoles roles)
    {
        var kinds = new Kind[graph.TypeCount];
        for (var type = 0; type < kinds.Length; type++)
        {
            var name = graph.TypeName(type);
            kinds[type] = roles.Role(name) switch
            {
                CollectionRole.Inner => roles.IsArray(name) ? Kind.Array : Kind.Entry,
                null => roles.IsArray(name) ? Kind.Array : Kind.Other,
                _ => Kind.Collection,
            };
        }

        return kinds;
    }

    /// <summary>Bytes of a reference: the fullest array tells, no array holds more references than it has room for.</summary>
    private static int ReferenceBytes(HeapGraph graph, Kind[] kinds)
    {
        for (var node = 0; node < graph.NodeCount; node++)
        {
            graph.Pace(node);
            var held = graph.References(node).Length;
            if (
                held >= 8
                && kinds[graph.TypeOf(node)] == Kind.Array
                && graph.ShallowSize(node) < ArrayHeader + 8L * held - 8
            )
            {
                return 4;
            }
        }

        return 8;
    }

    private sealed class Sums(double entriesPerReference)
    {
        private double entryObjects;
        private long slots;
        private long used;
        private long bytes;

        private bool hasEntryObjects;

        public double EntriesPerReference { get; set; } = entriesPerReference;

        public void Add(HeapGraph graph, int node, Kind kind, int referenceBytes, double entries)
        {
            bytes += graph.ShallowSize(node);
            if (kind == Kind.Entry)
            {
                hasEntryObjects = true;
                entryObjects += entries;
            }
            else if (kind == Kind.Array && graph.References(node).Length is > 0 and var held)
            {
                used += held;
                slots += Math.Max(held, (graph.ShallowSize(node) - ArrayHeader) / referenceBytes);
            }
        }

        public CollectionUse Use(int node, long retained) =>
            new(
                node,
                (long)
                    Math.Round(
                        entryObjects > 0 || (hasEntryObjects && slots == 0) ? entryObjects : used * EntriesPerReference
                    ),
                slots,
                used,
                bytes,
                retained
            );
    }
}
