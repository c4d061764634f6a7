using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Puts ways from a root into the field's words.</summary>
internal sealed class ChainWording(HeapGraph graph)
{
    private const int MostSteps = 24;

    private readonly Dictionary<int, HeapRoot> rootOf = graph
        .Roots.GroupBy(r => r.Node)
        .ToDictionary(
            g => g.Key,
            g => g.OrderByDescending(r => r.Kind == RootKind.Static).ThenByDescending(r => r.Name is not null).First()
        );

    /// <summary>The steps of a way, the root's object first.</summary>
    public HoldingChain Word(IReadOnlyList<int> nodes)
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

    /// <summary>An object and the field by which it holds the next one.</summary>
    public HoldingStep Step(int node, string? label)
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

    /// <summary>The label of the reference through which one object holds another: a field, <c>[]</c> for any index, <c>&lt;class&gt;</c>; null where there is none.</summary>
    public string? Label(int from, int to) =>
        // Which element of a large array it is takes long to find and is not told.
        graph.Labels.IsIndexedType(graph.TypeOf(from))
        && graph.TypeObject(graph.TypeOf(from)) != to
            ? "[]"
            : Label(from, to, graph.References(from).IndexOf(to));

    /// <param name="from">The object that holds.</param>
    /// <param name="to">The one that is held.</param>
    /// <param name="ordinal">Which of its references it is; -1 for none.</param>
    public string? Label(int from, int to, int ordinal)
    {
        if (ordinal < 0)
        {
            return graph.TypeObject(graph.TypeOf(from)) == to ? "<class>" : null;
        }

        return graph.Labels.IsIndexedType(graph.TypeOf(from)) ? "[]"
            : graph.Labels.Reference(from, ordinal) is not { } label ? ""
            : label.StartsWith('[') ? "[]"
            : label;
    }

    /// <summary>What a root is called; null for any other object.</summary>
    public string? RootName(int node) => RootText(node);

    public bool IsRoot(int node) => rootOf.ContainsKey(node) || graph.Dominators.WeakHoldOn(node) is not null;

    public RootKind KindOf(int root) => rootOf.TryGetValue(root, out var named) ? named.Kind : RootKind.FinalizerQueue;

    /// <summary>The last class on the way that holds the next object by a static field: whoever holds the class is of no interest. -1 where there is none.</summary>
    private int StaticHolder(IReadOnlyList<int> nodes)
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

    /// <summary>The object's type; of an object that stands for a type, that type.</summary>
    public string TypeText(int node) =>
        graph.TypeStoodFor(node) is >= 0 and var type ? $"class {graph.TypeName(type)}" : graph.TypeNameOf(node);

    private string? RootText(int node)
    {
        if (!rootOf.TryGetValue(node, out var root))
        {
            return HolderNaming.WeakHolder(graph, node);
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
