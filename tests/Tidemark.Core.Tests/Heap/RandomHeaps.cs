using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

/// <summary>Seeded random heap graphs: unreachable parts, several edges between the same two, self loops, weak and finalizer references, type objects.</summary>
public static class RandomHeaps
{
    public static HeapGraph Create(int seed, int maxNodes = 40)
    {
        var random = new Random(seed);
        var nodes = random.Next(1, maxNodes);
        var types = random.Next(1, 6);
        using var builder = new HeapGraphBuilder();
        for (var t = 0; t < types; t++)
        {
            builder.AddType($"T{t}");
        }

        for (var n = 0; n < nodes; n++)
        {
            builder.AddNode(random.Next(types), random.Next(1, 100) * (random.Next(2) == 0 ? 8 : 1), (ulong)(1000 + n));
        }

        for (var t = 0; t < types; t++)
        {
            if (random.Next(2) == 0)
            {
                builder.SetTypeObject(t, random.Next(nodes));
            }
        }

        var edges = random.Next(0, nodes * random.Next(1, 5));
        for (var e = 0; e < edges; e++)
        {
            var strength = random.Next(10) switch
            {
                0 => ReferenceStrength.Weak,
                1 => ReferenceStrength.Soft,
                2 => ReferenceStrength.Phantom,
                3 => ReferenceStrength.Finalizer,
                _ => ReferenceStrength.Strong,
            };
            builder.AddReference(random.Next(nodes), random.Next(nodes), strength);
        }

        var roots = random.Next(0, 4);
        for (var r = 0; r < roots; r++)
        {
            builder.AddRoot(random.Next(nodes), RootKind.Static, $"static R{r}");
        }

        return builder.Build();
    }
}

/// <summary>Dominators and retained sizes by their definition: take an object out and see what is gone.</summary>
public sealed class DominatorOracle
{
    private const int Unknown = 3;
    private readonly HeapGraph graph;
    private readonly List<int> roots;

    /// <summary>How firmly an object is held: the higher, the less.</summary>
    private readonly Dictionary<int, int> tier = [];

    public DominatorOracle(HeapGraph graph)
    {
        this.graph = graph;
        roots = [.. graph.Roots.Select(r => r.Node)];

        // What only soft references keep, then what only finalizers wait for, are roots too; and hold nothing that is held more firmly.
        NoteTier(0);
        AddRootsHeldBy(ReferenceStrength.Soft);
        NoteTier(1);
        AddRootsHeldBy(ReferenceStrength.Soft, ReferenceStrength.Finalizer);
        NoteTier(2);
        Reachable = ReachedWithout([]);
    }

    public HashSet<int> Reachable { get; }

    public long RetainedBytes(params int[] removed)
    {
        var without = ReachedWithout(removed);
        return Reachable.Where(n => !without.Contains(n)).Sum(graph.ShallowSize);
    }

    public bool Dominates(int above, int node) => above != node && !ReachedWithout([above]).Contains(node);

    /// <summary>The dominator that all others dominate.</summary>
    public int ImmediateDominator(int node)
    {
        var dominators = Reachable.Where(d => Dominates(d, node)).ToList();
        return dominators.Count == 0
            ? -1
            : dominators.Single(d => dominators.TrueForAll(o => o == d || Dominates(o, d)));
    }

    private void AddRootsHeldBy(params ReferenceStrength[] strengths)
    {
        var before = ReachedWithout([]);
        int count;
        do
        {
            count = roots.Count;
            var reached = ReachedWithout([]);
            roots.AddRange(
                graph
                    .WeakReferences.Where(e => strengths.Contains(e.Strength))
                    .Where(e => reached.Contains(e.From) && !before.Contains(e.To) && !roots.Contains(e.To))
                    .Select(e => e.To)
                    .Distinct()
            );
        } while (roots.Count > count);
    }

    private HashSet<int> ReachedWithout(int[] removed)
    {
        var reached = new HashSet<int>();
        var pending = new Stack<int>(roots);
        while (pending.TryPop(out var node))
        {
            if (removed.Contains(node) || !reached.Add(node))
            {
                continue;
            }

            foreach (var target in graph.References(node))
            {
                Push(node, target);
            }

            if (graph.TypeObject(graph.TypeOf(node)) is >= 0 and var typeObject)
            {
                Push(node, typeObject);
            }
        }

        return reached;

        void Push(int from, int to)
        {
            if (tier.GetValueOrDefault(from, Unknown) <= tier.GetValueOrDefault(to, Unknown))
            {
                pending.Push(to);
            }
        }
    }

    private void NoteTier(int number)
    {
        foreach (var node in ReachedWithout([]))
        {
            tier.TryAdd(node, number);
        }
    }
}
