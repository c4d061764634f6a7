using System.Numerics;

namespace Tidemark.Core.Heap;

/// <summary>
/// Exact immediate dominators and retained sizes (64-bit) of everything that is reachable. An object dominates another when every
/// way from a root to the other leads through it; its retained size is what would be freed with it.
/// <para>
/// Strong references hold, and so do the objects of types (see <see cref="HeapGraph.TypeObject"/>); weak and phantom references do
/// not. What is alive only because of soft references, and after that what only finalizers wait for, counts as roots of its own:
/// it takes no share of what is held strongly. Eclipse MAT leaves such references out in the same way.
/// </para>
/// <para>
/// Reachable objects are also numbered by rank, from 1 to <see cref="Count"/>, dominators before what they dominate; rank 0 is the
/// virtual object that holds all roots. Passes over the whole tree go by rank: they are sequential and need no stack.
/// </para>
/// </summary>
public sealed class DominatorTree
{
    private readonly HeapGraph graph;
    private readonly NativeArray<int> node;
    private readonly NativeArray<int> dominator;
    private readonly Lazy<RetainedSizes> sums;
    private readonly Lazy<NativeArray<int>> rank;

    /// <summary>By object, and then by its place among the references that hold weakly.</summary>
    private readonly Lazy<long[]> weaklyHeld;

    /// <summary>One bit an object: it is reachable.</summary>
    private readonly Lazy<NativeArray<byte>> reachable;

    private DominatorTree(
        HeapGraph graph,
        NativeArray<int> node,
        NativeArray<int> dominator,
        RetainedSizes? retained,
        long totalBytes,
        IReadOnlyList<WeakReferenceEdge> heldWeakly,
        ArrayStore? store
    )
    {
        this.graph = graph;
        this.node = node;
        this.dominator = dominator;
        sums = retained is null ? new(() => RetainedSizes.Sum(this, store)) : new(retained);
        HeldWeakly = heldWeakly;
        weaklyHeld = new Lazy<long[]>(SortWeaklyHeld);
        rank = new Lazy<NativeArray<int>>(RanksOfNodes);
        reachable = new Lazy<NativeArray<byte>>(ReachableNodes);
        TotalBytes = totalBytes;
    }

    /// <summary>How many objects are reachable.</summary>
    public int Count => (int)(node.Length - 1);

    /// <summary>Bytes of all reachable objects.</summary>
    public long TotalBytes { get; }

    /// <summary>By rank; summed up when they are first asked for: not every question needs them.</summary>
    private RetainedSizes Retained => sums.Value;

    /// <summary>Soft and finalizer references that keep an object alive which nothing stronger holds.</summary>
    public IReadOnlyList<WeakReferenceEdge> HeldWeakly { get; }

    /// <summary>
    /// Computes the tree in O(m log n) time. Takes about 12 bytes an object of memory for a while and keeps 12; where there is a store
    /// for what is not worked on, 8 for a while and none in the end.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="store">Where arrays are kept; null for memory.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException" />
    public static DominatorTree Compute(
        HeapGraph graph,
        ArrayStore? store = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ProgramPages.LetGo();
        var stored = store?.Make<int>("dominators", graph.NodeCount + 1L);
        var dominator = stored ?? new NativeArray<int>(graph.NodeCount + 1L);
        using var walk = new DepthFirstSearch(graph, dominator);
        walk.Run(cancellation);
        ProgramPages.LetGo();
        var total = TotalOf(graph, walk.Rank);
        graph.Rest();
        if (stored is null)
        {
            dominator.Resize(walk.Count + 1L);
        }
        else
        {
            store!.Cut("dominators", stored, walk.Count + 1L);
        }

        var node = Inverse(walk.Rank, walk.Count);
        walk.Rank.Dispose();
        node = store?.Put("ranks", node) ?? node;
        using (var tarjan = new LengauerTarjan(walk, dominator))
        {
            tarjan.Run(cancellation);
        }

        ProgramPages.LetGo();
        var tree = new DominatorTree(graph, node, dominator, retained: null, total, walk.HeldWeakly, store);
        tree.Rest();
        return tree;
    }

    /// <summary>A tree as it was stored.</summary>
    /// <exception cref="ArgumentException">The arrays do not fit together or are not a tree.</exception>
    public static DominatorTree FromStored(HeapGraph graph, StoredDominators stored)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(stored);
        var (nodes, dominators) = (stored.Nodes, stored.Dominators);
        if (
            nodes.Length != dominators.Length
            || nodes.Length - 1 > graph.NodeCount
            || nodes.Length != (stored.NarrowRetained?.Length ?? stored.WideRetained?.Length)
            || stored.RetainedShift is < 0 or > 62
        )
        {
            throw new ArgumentException($"{nodes.Length} ranks and {dominators.Length} dominators");
        }

        if (nodes.Length == 0 || nodes[0] != -1 || !dominators.LeadUp() || !AreObjects(nodes, graph.NodeCount))
        {
            throw new ArgumentException("the ranks are no objects, or their dominators no tree");
        }

        var retained = new RetainedSizes(stored.NarrowRetained, stored.WideRetained, stored.RetainedShift);
        var tree = new DominatorTree(graph, nodes, dominators, retained, retained[0], stored.HeldWeakly, store: null);
        tree.Rest();
        return tree;
    }

    /// <summary>How firmly the first of <see cref="HeldWeakly"/> holds an object; null where none does.</summary>
    public ReferenceStrength? WeakHoldOn(int node)
    {
        var at = Array.BinarySearch(weaklyHeld.Value, (long)node << 32);
        at = at < 0 ? ~at : at;
        return at < weaklyHeld.Value.Length && weaklyHeld.Value[at] >> 32 == node
            ? HeldWeakly[(int)weaklyHeld.Value[at]].Strength
            : null;
    }

    /// <summary>The object of a rank from 1.</summary>
    public int NodeAt(int rank) => node[rank];

    /// <summary>The rank of an object; 0 where it is not reachable.</summary>
    public int RankOf(int node) => rank.Value[node];

    /// <summary>The rank of the immediate dominator of a rank from 1; always lower, and 0 where only the roots together dominate it.</summary>
    public int DominatorOfRank(int rank) => dominator[rank];

    /// <summary>Retained bytes by rank; those of rank 0 are all there are.</summary>
    public long RetainedAt(int rank) => Retained[rank];

    public bool IsReachable(int node) => (reachable.Value[node >> 3] >> (node & 7) & 1) != 0;

    /// <summary>The object that dominates this one; -1 where it is not reachable or only the roots together dominate it.</summary>
    public int ImmediateDominator(int node)
    {
        var above = RankOf(node) is > 0 and var own ? dominator[own] : 0;
        return above == 0 ? -1 : this.node[above];
    }

    /// <summary>Bytes that would be freed with this object, its own among them; 0 where it is not reachable.</summary>
    public long RetainedSize(int node) => RankOf(node) is > 0 and var own ? Retained[own] : 0;

    /// <summary>The objects that this one dominates immediately (-1: those that only the roots together dominate), largest first. Looks at every object.</summary>
    /// <param name="node">An object or -1.</param>
    /// <param name="minimumBytes">Objects that retain less are left out.</param>
    public IReadOnlyList<int> Children(int node, long minimumBytes = 0) => ChildrenOf([node], minimumBytes)[node];

    /// <summary>The same for several objects, in one pass over all.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<int>> ChildrenOf(
        IReadOnlyCollection<int> nodes,
        long minimumBytes = 0
    )
    {
        ArgumentNullException.ThrowIfNull(nodes);
        var ranks = nodes
            .Distinct()
            .ToDictionary(n => n < 0 ? 0 : RankOf(n), n => (Node: n, Children: new List<int>()));
        using var wanted = new NativeArray<bool>(Count + 1L);
        foreach (var (own, (parent, _)) in ranks)
        {
            wanted[own] = parent < 0 || own > 0;
        }

        for (var r = 1; r <= Count; r++)
        {
            graph.Pace(r);
            if (wanted[dominator[r]] && Retained[r] >= minimumBytes)
            {
                ranks[dominator[r]].Children.Add(r);
            }
        }

        return ranks.Values.ToDictionary(p => p.Node, IReadOnlyList<int> (p) => LargestFirst(p.Children));
    }

    /// <summary>See <see cref="HeapGraph.Rest"/>.</summary>
    internal void Rest()
    {
        node.Rest();
        dominator.Rest();
        if (sums.IsValueCreated)
        {
            sums.Value.Rest();
        }
    }

    /// <summary>The arrays as they are stored, by rank.</summary>
    public StoredDominators Stored => new(node, dominator, Retained.Narrow, Retained.Wide, Retained.Shift, HeldWeakly);

    private List<int> LargestFirst(List<int> ranks)
    {
        ranks.Sort((a, b) => Retained[a] != Retained[b] ? Retained[b].CompareTo(Retained[a]) : a.CompareTo(b));
        return ranks.ConvertAll(r => node[r]);
    }

    private static unsafe bool AreObjects(NativeArray<int> nodes, int count) =>
        nodes.Length == 1 || new NativeArray<int>(nodes.Pointer + 1, nodes.Length - 1, nodes).Highest() < (uint)count;

    /// <summary>Bytes of all that is reachable.</summary>
    private static long TotalOf(HeapGraph graph, NativeArray<int> rank)
    {
        var shapes = graph.Shapes;
        var reached = new long[shapes.ShapeCount];
        var lost = new long[shapes.ShapeCount];
        for (var n = 0; n < graph.NodeCount; n++)
        {
            (rank[n] != 0 ? reached : lost)[shapes[n]]++;
            graph.Pace(n);
        }

        var (total, beside) = (UInt128.Zero, UInt128.Zero);
        for (var shape = 0; shape < reached.Length; shape++)
        {
            total += (UInt128)(ulong)reached[shape] * (ulong)shapes.Sizes[shape];
            beside += (UInt128)(ulong)lost[shape] * (ulong)shapes.Sizes[shape];
        }

        return total + beside <= long.MaxValue
            ? (long)total
            : throw new ArgumentException("the objects' sizes add up to more than 2^63 bytes");
    }

    private static NativeArray<int> Inverse(NativeArray<int> rank, int count)
    {
        var node = new NativeArray<int>(count + 1L);
        node[0] = -1;
        for (long i = 0; i < rank.Length; i++)
        {
            if (rank[i] != 0)
            {
                node[rank[i]] = (int)i;
            }
        }

        return node;
    }

    private long[] SortWeaklyHeld()
    {
        var sorted = new long[HeldWeakly.Count];
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = ((long)HeldWeakly[i].To << 32) | (uint)i;
        }

        Array.Sort(sorted);
        return sorted;
    }

    private NativeArray<byte> ReachableNodes()
    {
        var bits = new NativeArray<byte>(graph.NodeCount / 8 + 1);
        for (var r = 1; r <= Count; r++)
        {
            graph.Pace(r);
            bits[node[r] >> 3] |= (byte)(1 << (node[r] & 7));
        }

        return bits;
    }

    private NativeArray<int> RanksOfNodes()
    {
        var ranks = new NativeArray<int>(graph.NodeCount);
        for (var r = 1; r <= Count; r++)
        {
            graph.Pace(r);
            ranks[node[r]] = r;
        }

        return ranks;
    }

    /// <summary>Retained bytes by rank, in 4 bytes each as long as the heap's total allows it.</summary>
    private sealed class RetainedSizes
    {
        public RetainedSizes(NativeArray<uint>? narrow, NativeArray<ulong>? wide, int shift)
        {
            Narrow = narrow;
            Wide = wide;
            Shift = shift;
        }

        public NativeArray<uint>? Narrow { get; }

        public NativeArray<ulong>? Wide { get; }

        public int Shift { get; }

        public long this[int rank] => Narrow is not null ? (long)Narrow[rank] << Shift : (long)Wide![rank] << Shift;

        public void Rest()
        {
            Narrow?.Rest();
            Wide?.Rest();
        }

        public static RetainedSizes Sum(DominatorTree tree, ArrayStore? store)
        {
            var shift = ShiftOf(tree.graph);
            if (tree.TotalBytes >> shift > uint.MaxValue)
            {
                var wide = SumUp<ulong>(tree, shift);
                return new RetainedSizes(narrow: null, store?.Put("wide-retained", wide) ?? wide, shift);
            }

            var narrow = SumUp<uint>(tree, shift);
            return new RetainedSizes(store?.Put("narrow-retained", narrow) ?? narrow, wide: null, shift);
        }

        /// <summary>Sizes are multiples of the runtime's alignment: counted in that unit, 32 bits reach eight times as far.</summary>
        private static int ShiftOf(HeapGraph graph)
        {
            ulong anySize = 0;
            foreach (var size in graph.Shapes.Sizes)
            {
                anySize |= (ulong)size;
            }

            return anySize == 0 ? 0 : BitOperations.TrailingZeroCount(anySize);
        }

        private static unsafe NativeArray<T> SumUp<T>(DominatorTree tree, int shift)
            where T : unmanaged, IBinaryInteger<T>
        {
            var (node, dominator, shapes) = (tree.node, tree.dominator, tree.graph.Shapes);
            var sizeOfShape = new T[shapes.ShapeCount];
            for (var shape = 0; shape < sizeOfShape.Length; shape++)
            {
                sizeOfShape[shape] = T.CreateTruncating(shapes.Sizes[shape] >> shift);
            }

            var sums = new NativeArray<T>(node.Length);
            var sum = sums.Pointer;
            for (var r = (int)node.Length - 1; r > 0; r--)
            {
                tree.graph.Pace(r);
                sum[r] += sizeOfShape[shapes[node.Pointer[r]]];
                sum[dominator.Pointer[r]] += sum[r];
            }

            tree.graph.Rest();
            return sums;
        }
    }
}

/// <summary>A <see cref="DominatorTree"/> as it is stored, by rank.</summary>
/// <param name="Nodes">The object of each rank.</param>
/// <param name="Dominators">The rank of each rank's dominator.</param>
/// <param name="NarrowRetained">Retained sizes in units of 2^<paramref name="RetainedShift"/> bytes; one of the two is null.</param>
/// <param name="WideRetained">The same where they do not fit into 32 bits.</param>
/// <param name="RetainedShift">The unit.</param>
/// <param name="HeldWeakly">See <see cref="DominatorTree.HeldWeakly"/>.</param>
public sealed record StoredDominators(
    NativeArray<int> Nodes,
    NativeArray<int> Dominators,
    NativeArray<uint>? NarrowRetained,
    NativeArray<ulong>? WideRetained,
    int RetainedShift,
    IReadOnlyList<WeakReferenceEdge> HeldWeakly
) : IDisposable
{
    /// <summary>Gives the memory back; trees of it are of no use afterwards.</summary>
    public void Dispose()
    {
        Nodes.Dispose();
        Dominators.Dispose();
        NarrowRetained?.Dispose();
        WideRetained?.Dispose();
    }
}
