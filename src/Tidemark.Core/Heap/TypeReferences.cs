namespace Tidemark.Core.Heap;

/// <summary>
/// The references of objects to the objects of their types, for the dominator computation: there may be one for every object of the
/// heap, of which few matter. What one object alone holds (it is no join) and was met after the type's object may leave its
/// reference to its holder, if that was met after it as well: no way to the type's object is lost, and none leads round a dominator.
/// Holder after holder takes over, and many objects have the same holders.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="walk">The walk, which is over.</param>
/// <param name="watched">One bit for every object whose type's object is no root.</param>
internal sealed unsafe class TypeReferences(HeapGraph graph, DepthFirstSearch walk, NativeArray<byte> watched)
{
    /// <summary>A reference is handed on so many times at most: the marks may be overwritten by other types' in turn.</summary>
    private const int MostSteps = 24;

    /// <summary>Adds what matters to the references that the walk noted.</summary>
    public void AddTo(NativeList<int> log)
    {
        using var joins = Joins(log);

        // By rank: a type whose reference it has taken over, plus 1.
        using var taken = new NativeArray<ushort>(walk.Count + 1L);
        var ranks = walk.Rank.Pointer;
        var parents = walk.Parent.Pointer;
        for (var node = 0; node < graph.NodeCount; node++)
        {
            if (graph.Pace(node))
            {
                walk.Parent.Rest();
            }

            var own = ranks[node];
            if (own == 0 || (watched.Pointer[node >> 3] >> (node & 7) & 1) == 0)
            {
                continue;
            }

            var type = graph.TypeOf(node);
            var typeObject = ranks[graph.TypeObject(type)];
            if (typeObject == own || parents[typeObject] == own || IsHeldMoreFirmly(typeObject, own))
            {
                continue;
            }

            var holder = type < ushort.MaxValue ? HandOn(own, typeObject, (ushort)(type + 1), joins, taken) : own;
            if (holder != 0)
            {
                log.Add(-holder);
                log.Add(typeObject);
            }
        }
    }

    private bool IsHeldMoreFirmly(int typeObject, int own) =>
        (typeObject <= walk.Settled.Strong && own > walk.Settled.Strong)
        || (typeObject <= walk.Settled.Soft && own > walk.Settled.Soft);

    /// <returns>The rank that the reference ends up at; 0 where it is there already.</returns>
    private int HandOn(int rank, int typeObject, ushort type, NativeArray<ulong> joins, NativeArray<ushort> taken)
    {
        for (var steps = 0; ; steps++)
        {
            if (taken.Pointer[rank] == type)
            {
                return 0;
            }

            taken.Pointer[rank] = type;
            var holder = walk.Parent.Pointer[rank];
            if (steps == MostSteps || holder <= typeObject || IsJoin(joins, rank))
            {
                return rank;
            }

            rank = holder;
        }
    }

    private static bool IsJoin(NativeArray<ulong> joins, int rank) =>
        (joins.Pointer[rank >> 6] >> (rank & 63) & 1) != 0;

    /// <summary>One bit for every rank that more than one object may hold.</summary>
    private NativeArray<ulong> Joins(NativeList<int> log)
    {
        var joins = new NativeArray<ulong>(walk.Count / 64 + 1);
        for (long i = 0; i < log.Count; i++)
        {
            if (log[i] > 0)
            {
                Set(log[i]);
            }
        }

        foreach (var root in walk.RootsMetOnTheWay)
        {
            Set(root);
        }

        for (var type = 0; type < graph.TypeCount; type++)
        {
            if (graph.TypeObject(type) is >= 0 and var node)
            {
                Set(walk.Rank[node]);
            }
        }

        return joins;

        void Set(int rank) => joins[rank >> 6] |= 1UL << (rank & 63);
    }
}
