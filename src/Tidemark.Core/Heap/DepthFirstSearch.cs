using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Tidemark.Core.Heap;

/// <summary>
/// A depth-first walk over everything that the roots hold. Objects are ranked in the order in which they are met, from 1;
/// rank 0 is the virtual object that holds the roots. What is left over of the references once the tree of the walk is known
/// (those that lead elsewhere than to a child) is all that the dominator computation needs, and is a small part of them.
/// </summary>
internal sealed unsafe class DepthFirstSearch : IDisposable
{
    /// <summary>Marks an object that is a root, in the ranks while the walk is under way.</summary>
    private const int RootBit = int.MinValue;

    private readonly HeapGraph graph;
    private readonly ReferenceRows rows;
    private readonly NativeArray<int> rank;
    private readonly NativeArray<int> parent;
    private readonly NativeList<int> log;
    private readonly NativeArray<byte>? watched;

    /// <summary>Objects in the order in which they are met, while anybody wants to know.</summary>
    private List<int>? met;
    private int next;

    /// <summary>Ranks up to this one are of objects that are held more firmly than what is walked over now.</summary>
    private int settled;
    private int logged;
    private int steps;
    private CancellationToken cancellation;

    /// <param name="graph">The graph.</param>
    /// <param name="parent">Room for one more than there are objects, zeros: who the walk came from, by rank.</param>
    public DepthFirstSearch(HeapGraph graph, NativeArray<int> parent)
    {
        this.graph = graph;
        this.parent = parent;
        rows = graph.Rows;
        rank = new NativeArray<int>(graph.NodeCount);

        // What it could hold at most: only what is written takes memory.
        log = new NativeList<int>(graph.ReferenceCount + graph.NodeCount);
        foreach (var root in graph.Roots)
        {
            rank[root.Node] = RootBit;
        }

        watched = InstancesOfUnrootedTypes();
    }

    /// <summary>How many objects were reached.</summary>
    public int Count => next;

    /// <summary>Each object's rank, 0 for one that was not reached.</summary>
    public NativeArray<int> Rank => rank;

    /// <summary>The rank of the object from which the walk came, by rank; there is room for more than there are ranks.</summary>
    public NativeArray<int> Parent => parent;

    /// <summary>
    /// References to objects that had been met already, as ranks: a negative entry is the source (negated) of the positive ones
    /// that follow. Not among them: references to roots (whose dominator is known), to the source itself, and a second one to its child.
    /// </summary>
    public NativeList<int> Log => log;

    /// <summary>Ranks of roots that were met through another object first.</summary>
    public List<int> RootsMetOnTheWay { get; } = [];

    /// <summary>The highest ranks of what is held firmly, and of what soft references hold. A reference from above such a rank to below it holds nothing.</summary>
    public (int Strong, int Soft) Settled { get; private set; }

    /// <summary>Walks from every root, then from what only soft references hold, then from what only finalizers wait for.</summary>
    public void Run(CancellationToken cancellation)
    {
        this.cancellation = cancellation;
        using (var stack = new NativeList<Frame>(1 << 10))
        {
            foreach (var root in graph.Roots)
            {
                if (Reached(root.Node))
                {
                    RootsMetOnTheWay.Add(rank[root.Node] & ~RootBit);
                }
                else
                {
                    Walk(root.Node, stack);
                }
            }

            // These come last: they hold only what nothing stronger does, and must not take a share in what others hold.
            var strong = next;
            WalkWeakly([ReferenceStrength.Soft], stack);
            Settled = (strong, next);
            WalkWeakly([ReferenceStrength.Soft, ReferenceStrength.Finalizer], stack);
        }

        graph.Rest();
        parent.Rest();
        for (var node = 0; node < graph.NodeCount; node++)
        {
            rank.Pointer[node] &= ~RootBit;
        }

        if (watched is not null)
        {
            new TypeReferences(graph, this, watched).AddTo(log);
            watched.Dispose();
        }
    }

    /// <summary>Soft and finalizer references that keep an object alive which nothing stronger holds.</summary>
    public List<WeakReferenceEdge> HeldWeakly { get; } = [];

    public void Dispose()
    {
        rank.Dispose();
        log.Dispose();
        watched?.Dispose();
    }

    /// <summary>Takes references of these strengths from what is reached to what is not yet, and so on from there.</summary>
    private void WalkWeakly(ReferenceStrength[] strengths, NativeList<Frame> stack)
    {
        var waiting = new Dictionary<int, List<WeakReferenceEdge>>();
        var ready = new Queue<WeakReferenceEdge>();
        foreach (var edge in graph.WeakReferences)
        {
            if (edge.Strength == ReferenceStrength.Weak || !strengths.Contains(edge.Strength))
            {
                continue; // plain weak ones hold nothing, and there may be millions
            }

            if (Reached(edge.From))
            {
                ready.Enqueue(edge);
            }
            else if (waiting.TryGetValue(edge.From, out var others))
            {
                others.Add(edge);
            }
            else
            {
                waiting.Add(edge.From, [edge]);
            }
        }

        settled = next;
        met = waiting.Count > 0 ? [] : null;
        while (ready.TryDequeue(out var edge))
        {
            var target = rank[edge.To] & ~RootBit;
            if (target != 0 && target <= settled)
            {
                continue;
            }

            HeldWeakly.Add(edge);
            if (target != 0)
            {
                RootsMetOnTheWay.Add(target);
                continue;
            }

            Walk(edge.To, stack);
            foreach (var node in met ?? [])
            {
                if (waiting.Remove(node, out var following))
                {
                    following.ForEach(ready.Enqueue);
                }
            }

            met?.Clear();
        }

        met = null;
    }

    private bool Reached(int node) => (rank[node] & ~RootBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Walk(int start, NativeList<Frame> stack)
    {
        var ranks = rank.Pointer;
        var parents = parent.Pointer;
        var targets = rows.Targets;
        var lengths = rows.Lengths;
        var settled = this.settled;
        var at = Enter(start, 0, stack);
        while (true)
        {
            while (at.Position < at.End)
            {
                var target = targets[at.Position++];
                var met = ranks[target];
                if ((met & ~RootBit) == 0)
                {
                    if (lengths[target] == 0 && !IsWatched(target))
                    {
                        Meet(target, at.Source);
                        continue;
                    }

                    // A frame that has nothing left needs no place on the stack: long lists stay shallow.
                    if (at.Position < at.End)
                    {
                        stack.Add(at);
                    }

                    at = Enter(target, at.Source, stack);
                }
                else if (met > settled && met != at.Source && (met < at.Source || parents[met] != at.Source))
                {
                    Note(at.Source, met);
                }
            }

            if (stack.Count == 0)
            {
                return;
            }

            at = stack.Pop();
        }
    }

    /// <summary>Meets an object and, where that was not met yet, the object of its type before anything in its row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Frame Enter(int node, int from, NativeList<Frame> stack)
    {
        var at = Open(node, from);
        while (IsWatched(node))
        {
            var typeObject = graph.TypeObject(graph.TypeOf(node));
            var met = rank.Pointer[typeObject];
            if (met != 0)
            {
                break; // noted at the end, see TypeReferences
            }

            if (at.Position < at.End)
            {
                stack.Add(at);
            }

            node = typeObject;
            at = Open(node, at.Source);
        }

        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Frame Open(int node, int from)
    {
        var source = Meet(node, from);
        if (graph.Pace(steps += HeapGraph.Leap, cancellation))
        {
            parent.Rest();
        }

        var start = rows.Start(node);
        var end = start + rows.Length(node);
        if (Sse.IsSupported)
        {
            for (var i = start; i < Math.Min(end, start + 8); i++)
            {
                Sse.Prefetch0(rank.Pointer + rows.Targets[i]);
            }
        }

        return new Frame(start, end, source);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Meet(int node, int from)
    {
        var own = ++next;
        rank.Pointer[node] |= own;
        parent.Pointer[own] = from;
        met?.Add(node);
        return own;
    }

    private void Note(int source, int target)
    {
        if (logged != source)
        {
            log.Add(-source);
            logged = source;
        }

        log.Add(target);
    }

    private bool IsWatched(int node) => watched is not null && (watched.Pointer[node >> 3] >> (node & 7) & 1) != 0;

    /// <summary>One bit for every object whose type's object is not a root; null where there is none. Objects of other types need no look at their type's object: it is held anyway.</summary>
    private NativeArray<byte>? InstancesOfUnrootedTypes()
    {
        var shapes = graph.Shapes;
        var unrooted = new bool[shapes.ShapeCount];
        var any = false;
        for (var shape = 0; shape < unrooted.Length; shape++)
        {
            var typeObject = graph.TypeObject(shapes.Types[shape]);
            unrooted[shape] = typeObject >= 0 && rank[typeObject] == 0;
            any |= unrooted[shape];
        }

        if (!any)
        {
            return null;
        }

        var bits = new NativeArray<byte>(graph.NodeCount / 8 + 1);
        for (var node = 0; node < graph.NodeCount; node++)
        {
            if (unrooted[shapes[node]])
            {
                bits.Pointer[node >> 3] |= (byte)(1 << (node & 7));
            }

            graph.Pace(node, cancellation);
        }

        return bits;
    }

    private record struct Frame(long Position, long End, int Source);
}
