using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>One step of the way on which an object is held.</summary>
/// <param name="Text">In the field's words: <c>static Acme.Sessions.ById</c>, <c>Acme.App.pending</c>, <c>Acme.Session[]</c>.</param>
/// <param name="Type">The type whose field it is; null for a root that has only a name.</param>
/// <param name="IsField">True for a field with a name, a static one among them.</param>
/// <param name="IsStatic">True for a static field.</param>
internal sealed record HoldingStep(string Text, string? Type, bool IsField, bool IsStatic);

/// <summary>One object's way from its root inwards; the last step is the object itself. What repeats (the nodes of a list) is told once.</summary>
internal sealed record HoldingChain(IReadOnlyList<HoldingStep> Steps)
{
    public IEnumerable<string> Texts => Steps.Select(s => s.Text);
}

/// <summary>Finds and words the ways on which sample objects are held.</summary>
internal sealed class HoldingChains(HoldingCensus census, TypeRoles roles, CancellationToken cancellation)
{
    private const int MostSteps = 24;
    private const int MostReferrers = 6;

    private readonly HeapGraph graph = census.Graph;
    private readonly Dictionary<int, HeapRoot> rootOf = census
        .Graph.Roots.GroupBy(r => r.Node)
        .ToDictionary(
            g => g.Key,
            g => g.OrderByDescending(r => r.Kind == RootKind.Static).ThenByDescending(r => r.Name is not null).First()
        );

    private readonly Dictionary<int, string> weakHolderOf = census
        .Graph.Dominators.HeldWeakly.GroupBy(e => e.To)
        .ToDictionary(g => g.Key, g => HolderNaming.WeakHolder(g.First()));

    /// <summary>The chains of some ranks, each as short as can be; what several objects hold goes through the holder that says most.</summary>
    public List<HoldingChain> Of(IReadOnlyList<int> ranks)
    {
        var climbs = ranks.Select(Climb).ToList();
        var tops = climbs.Select(c => c[0]).ToHashSet();
        var ways = WaysFromRoots([.. tops.Where(t => !IsRoot(t))]);
        return [.. climbs.Select(c => Word(ways.TryGetValue(c[0], out var way) ? [.. way, .. c.Skip(1)] : c))];
    }

    /// <summary>The label of the reference through which one object holds another: a field, <c>[]</c> for any index, <c>&lt;class&gt;</c>; null where there is none.</summary>
    public string? Label(int from, int to)
    {
        var ordinal = graph.References(from).IndexOf(to);
        if (ordinal < 0)
        {
            return graph.TypeObject(graph.TypeOf(from)) == to ? "<class>" : null;
        }

        return graph.Labels.Reference(from, ordinal) is not { } label ? ""
            : label.StartsWith('[') ? "[]"
            : label;
    }

    private bool IsRoot(int node) => rootOf.ContainsKey(node) || weakHolderOf.ContainsKey(node);

    /// <summary>The object and its dominators, topmost first; of those on one way only the last and the first.</summary>
    private List<int> Climb(int rank)
    {
        var tree = graph.Dominators;
        var chain = new List<int> { tree.NodeAt(rank) };
        var path = census.PathOfRank(rank);
        var top = rank;
        for (var above = tree.DominatorOfRank(rank); above != 0; above = tree.DominatorOfRank(above))
        {
            var abovePath = census.PathOfRank(above);
            if (abovePath == path)
            {
                top = above;
            }
            else if (IsAbove(abovePath, path))
            {
                AddTop();
                chain.Add(tree.NodeAt(above));
                path = abovePath;
                top = above;
            }
        }

        AddTop();
        chain.Reverse();
        return FillGaps(chain);

        void AddTop()
        {
            if (chain[^1] != tree.NodeAt(top))
            {
                chain.Add(tree.NodeAt(top));
            }
        }
    }

    private bool IsAbove(int above, int path)
    {
        while (path > above)
        {
            path = census.Paths.Parent(path);
        }

        return path == above;
    }

    /// <summary>Puts in what stands between two objects where one dominates the other without holding it directly.</summary>
    private List<int> FillGaps(List<int> chain)
    {
        var filled = new List<int> { chain[0] };
        for (var i = 1; i < chain.Count; i++)
        {
            var (from, to) = (chain[i - 1], chain[i]);
            if (graph.TypeOf(from) != graph.TypeOf(to) && Label(from, to) is null)
            {
                using var between = RootPaths.Between(graph, [from], [to], cancellation);
                filled.AddRange(between.To(to).Skip(1));
            }
            else
            {
                filled.Add(to);
            }
        }

        return filled;
    }

    /// <summary>For objects that only the roots together dominate: of the ways through each of their referrers, the one that says most.</summary>
    private Dictionary<int, IReadOnlyList<int>> WaysFromRoots(IReadOnlyCollection<int> targets)
    {
        var best = new Dictionary<int, IReadOnlyList<int>>();
        if (targets.Count == 0)
        {
            return best;
        }

        var referrers = Referrers.Of(graph, targets, MostReferrers);
        using var paths = RootPaths.FromRoots(
            graph,
            [.. targets, .. referrers.Values.SelectMany(r => r)],
            cancellation
        );
        foreach (var target in targets)
        {
            IReadOnlyList<int> chosen = paths.To(target);
            var score = Score(chosen);
            foreach (var referrer in referrers[target])
            {
                var through = paths.To(referrer);
                if (through.Count == 0 || through.Contains(target))
                {
                    continue;
                }

                IReadOnlyList<int> way = [.. through, target];
                if (Score(way) > score)
                {
                    chosen = way;
                    score = Score(way);
                }
            }

            best[target] = chosen;
        }

        return best;
    }

    /// <summary>How much a way tells: a static field or a collection of the user's is what people look for, a stack frame is passing by.</summary>
    private double Score(IReadOnlyList<int> way)
    {
        if (way.Count == 0)
        {
            return double.NegativeInfinity;
        }

        var kind = rootOf.TryGetValue(way[0], out var root) ? root.Kind : RootKind.FinalizerQueue;
        var score = -0.1 * way.Count;
        score += kind switch
        {
            RootKind.Static => 3,
            RootKind.Stack or RootKind.Thread or RootKind.Monitor => -2,
            RootKind.FinalizerQueue => -4,
            _ => 0,
        };
        var isUsers = false;
        var isCollection = false;
        foreach (var node in way.SkipLast(1))
        {
            var type = TypeText(node);
            isUsers |= roles.IsUsers(type);
            isCollection |= roles.Role(type) is not null and not CollectionRole.Inner;
            score -= roles.IsNoise(type) ? 5 : 0;
        }

        return score + (isUsers ? 3 : 0) + (isCollection ? 2 : 0);
    }

    private HoldingChain Word(List<int> nodes)
    {
        var steps = new List<HoldingStep>();
        var start = StaticHolder(nodes);
        if (start < 0)
        {
            start = 0;
            if (RootText(nodes[0]) is { } root)
            {
                var isStatic = root.StartsWith("static ", StringComparison.Ordinal);
                steps.Add(new HoldingStep(root, Type: null, IsField: isStatic, isStatic));
            }
        }

        for (var i = start; i < nodes.Count; i++)
        {
            var step = Step(nodes[i], i + 1 < nodes.Count ? Label(nodes[i], nodes[i + 1]) : null);
            if (steps.Count == 0 || steps[^1] != step)
            {
                steps.Add(step);
            }
        }

        if (steps.Count > MostSteps)
        {
            steps.RemoveRange(MostSteps / 2, steps.Count - MostSteps);
            steps.Insert(MostSteps / 2, new HoldingStep("...", Type: null, IsField: false, IsStatic: false));
        }

        return new HoldingChain(steps);
    }

    private HoldingStep Step(int node, string? label)
    {
        var type = TypeText(node);
        if (label is null or "" or "[]")
        {
            return new HoldingStep(type, type, IsField: false, IsStatic: false);
        }

        return graph.TypeStoodFor(node) is >= 0 and var owner && label[0] != '<'
            ? new HoldingStep(
                $"static {graph.TypeName(owner)}.{label}",
                graph.TypeName(owner),
                IsField: true,
                IsStatic: true
            )
            : new HoldingStep($"{type}.{label}", type, IsField: true, IsStatic: false);
    }

    /// <summary>The last class on the way that holds the next object by a static field: whoever holds the class is of no interest. -1 where there is none.</summary>
    private int StaticHolder(List<int> nodes)
    {
        for (var i = nodes.Count - 2; i >= 0; i--)
        {
            if (
                graph.TypeStoodFor(nodes[i]) >= 0
                && Label(nodes[i], nodes[i + 1]) is { Length: > 0 } label
                && label[0] != '<'
            )
            {
                return i;
            }
        }

        return -1;
    }

    private string TypeText(int node) =>
        graph.TypeStoodFor(node) is >= 0 and var type ? $"class {graph.TypeName(type)}" : graph.TypeNameOf(node);

    private string? RootText(int node)
    {
        if (!rootOf.TryGetValue(node, out var root))
        {
            return weakHolderOf.GetValueOrDefault(node);
        }

        return root.Name
            ?? root.Kind switch
            {
                RootKind.Static => "static field",
                RootKind.Stack => "local variable",
                RootKind.Thread => "thread",
                RootKind.Handle => "native handle",
                RootKind.FinalizerQueue => HolderNaming.FinalizerQueue,
                RootKind.Monitor => "monitor",
                RootKind.Runtime => "the runtime",
                _ => null,
            };
    }
}
