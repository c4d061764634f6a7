namespace Tidemark.Core.Heap;

/// <summary>
/// Shortest ways from the roots (or from any other objects) to some objects, over strong references; an object leads to the object
/// of its type too. What only soft references or finalizers keep alive counts as a root.
/// </summary>
public sealed class RootPaths : IDisposable
{
    private const int Start = -1;

    /// <summary>What is met step by step from one object stands all over the heap: for <see cref="HeapGraph.Pace"/> each step is a far one.</summary>
    private const int FarLeap = 16 * HeapGraph.Leap;
    private readonly HeapGraph graph;

    /// <summary>By object: 0 for one that was not reached, <see cref="Start"/>, or the object before it, plus 1.</summary>
    private readonly NativeArray<int> before;

    /// <summary>Objects that were reached with the last step, and with the next one.</summary>
    private NativeList<int> reached = new(1 << 12);
    private NativeList<int> pending = new(1 << 12);

    private RootPaths(HeapGraph graph)
    {
        this.graph = graph;
        before = new NativeArray<int>(graph.NodeCount);
    }

    /// <summary>Searches from all roots, in O(references) at worst; ends as soon as every target is reached.</summary>
    /// <exception cref="OperationCanceledException" />
    public static RootPaths FromRoots(
        HeapGraph graph,
        IReadOnlyCollection<int> targets,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        // What something strong leads to is told by that, however short the way through a finalizer's queue would be.
        return Find(
            graph,
            [graph.Roots.Select(r => r.Node), graph.Dominators.HeldWeakly.Select(e => e.To)],
            targets,
            cancellation
        );
    }

    /// <summary>Searches from given objects, in O(references) at worst; ends as soon as every target is reached.</summary>
    /// <exception cref="OperationCanceledException" />
    public static RootPaths Between(
        HeapGraph graph,
        IEnumerable<int> starts,
        IReadOnlyCollection<int> targets,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(starts);
        return Find(graph, [starts], targets, cancellation);
    }

    /// <summary>Searches from the first starts, then for what was not found from the next ones.</summary>
    private static RootPaths Find(
        HeapGraph graph,
        IEnumerable<IEnumerable<int>> rounds,
        IReadOnlyCollection<int> targets,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(targets);
        var paths = new RootPaths(graph);
        var missing = new HashSet<int>(targets);
        foreach (var starts in rounds)
        {
            foreach (var start in starts)
            {
                if (paths.before[start] == 0)
                {
                    paths.before[start] = Start;
                    paths.pending.Add(start);
                    missing.Remove(start);
                }
            }

            paths.Search(missing, cancellation);
        }

        paths.reached.Dispose();
        paths.pending.Dispose();
        return paths;
    }

    /// <summary>The shortest way from one object to another; null where none was found among the so many objects that were met first.</summary>
    public static IReadOnlyList<int>? Nearby(HeapGraph graph, int from, int to, int most)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var before = new Dictionary<int, int> { [from] = Start };
        var pending = new Queue<int>([from]);
        var steps = 0;
        while (pending.TryDequeue(out var node) && before.Count < most)
        {
            graph.Pace(steps += FarLeap);
            foreach (var target in graph.References(node))
            {
                if (before.Count >= most || !before.TryAdd(target, node))
                {
                    continue;
                }

                if (target == to)
                {
                    return Way(to, node => before[node]);
                }

                pending.Enqueue(target);
            }
        }

        return null;
    }

    /// <summary>The object before one that was reached on the shortest way to it; -1 where it is a start.</summary>
    public int Before(int reached) => before[reached] == Start ? Start : before[reached] - 1;

    /// <summary>True where there is a way to it.</summary>
    public bool Reaches(int target) => before[target] != 0;

    /// <summary>The objects on the way, the first one a start, the last one the target; empty where it was not reached.</summary>
    public IReadOnlyList<int> To(int target)
    {
        return Reaches(target) ? Way(target, Before) : [];
    }

    private static List<int> Way(int target, Func<int, int> before)
    {
        var path = new List<int>();
        for (var node = target; node != Start; node = before(node))
        {
            path.Add(node);
        }

        path.Reverse();
        return path;
    }

    public void Dispose() => before.Dispose();

    private void Search(HashSet<int> missing, CancellationToken cancellation)
    {
        var steps = 0;
        while (missing.Count > 0 && pending.Count > 0)
        {
            (reached, pending) = (pending, reached);
            pending.Clear();
            for (long i = 0; i < reached.Count && missing.Count > 0; i++)
            {
                var node = reached[i];
                foreach (var target in graph.References(node))
                {
                    Reach(node, target);
                }

                if (graph.TypeObject(graph.TypeOf(node)) is >= 0 and var typeObject)
                {
                    Reach(node, typeObject);
                }

                graph.Pace(steps += HeapGraph.Leap, cancellation);
            }
        }

        void Reach(int from, int to)
        {
            if (before[to] == 0)
            {
                before[to] = from + 1;
                missing.Remove(to);
                pending.Add(to);
            }
        }
    }
}
