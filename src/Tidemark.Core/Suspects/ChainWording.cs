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
    /// <param name="nodes">The objects on it.</param>
    /// <param name="owner">The one among them whose pile is told of; -1 for none.</param>
    /// <param name="pile">The first one among them that piles up; -1 where that is of no interest.</param>
    public HoldingChain Word(IReadOnlyList<int> nodes, int owner = -1, int pile = -1)
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

        CodeSite? function = null;
        for (var i = start; i < nodes.Count; i++)
        {
            var isLast = i + 1 == nodes.Count;
            var label = isLast ? null : Label(nodes[i], nodes[i + 1]);
            HoldingStep step;
            if (graph.Labels.ScopeOwner(nodes[i]) is { } scope)
            {
                function = scope.IsModule ? graph.Labels.Code(nodes[i]) : function;
                label = label == "[]" ? "" : label; // a slot of the runtime's own
                if (!isLast && scope.IsOutermost && (label is { Length: > 0 } and not "this" || scope.IsModule))
                {
                    // A module's variable: whoever holds the module is of no interest.
                    steps.Clear();
                }
                else if (!isLast && label is not { Length: > 0 } && nodes[i] != owner)
                {
                    continue; // a scope around the one before, or its function's
                }

                step =
                    scope.IsModule
                    && i + 2 < nodes.Count
                    && graph.Labels.Exported(nodes[i], nodes[i + 2]) is { } variable
                        ? Exported(nodes[i], variable)
                        : Variable(nodes[i], label, scope, function);
            }
            else
            {
                function =
                    graph.Labels.Code(nodes[i]) is { } code ? code
                    : graph.Labels.IsFunction(nodes[i]) ? null // built in
                    : function;
                step = isLast ? Step(nodes[i], label) : Step(nodes[i], nodes[i + 1], label);
            }

            HoldingStep.Add(steps, step with { IsOwner = nodes[i] == owner, IsPile = nodes[i] == pile });
        }

        if (steps.Count > MostSteps)
        {
            steps.RemoveRange(MostSteps / 2, steps.Count - MostSteps);
            steps.Insert(MostSteps / 2, new HoldingStep("...", Type: null, IsField: false, IsStatic: false));
        }

        return new HoldingChain(steps);
    }

    /// <summary>A variable of one module that others use.</summary>
    private HoldingStep Exported(int module, CodeSite variable) =>
        new($"{FileName(variable.File!)}: {variable.Function}", TypeText(module), IsField: true, IsStatic: false)
        {
            Field = variable.Function,
            File = variable.File,
            IsVariable = true,
        };

    /// <summary>A variable in the scope of a function, or the scope itself.</summary>
    private HoldingStep Variable(int node, string? label, ScopeOwner scope, CodeSite? function)
    {
        var type = TypeText(node);
        var file = scope.File ?? function?.File;
        if (scope.IsModule && label is not null)
        {
            return new HoldingStep(FileName(file!), type, IsField: true, IsStatic: false)
            {
                File = file,
                IsVariable = true,
            };
        }

        if (label is not { Length: > 0 })
        {
            return new HoldingStep(type, type, IsField: false, IsStatic: false) { File = file };
        }

        var place = string.Concat(
            file is null ? "" : $"{FileName(file)}: ",
            scope.Function is { } name ? $"{name}(): " : ""
        );
        return new HoldingStep(
            place.Length == 0 ? $"variable {label}" : place + label,
            type,
            IsField: true,
            IsStatic: false
        )
        {
            Field = label,
            File = file,
            IsVariable = true,
        };
    }

    /// <summary>A C++ type without the arguments of its template, which fill lines.</summary>
    public static string Short(string type) =>
        type.Contains("::", StringComparison.Ordinal)
        && type.IndexOf('<', StringComparison.Ordinal) is > 0 and var arguments
            ? type[..arguments]
            : type;

    /// <summary>A file's name as people tell it from others: with its package, and with its folder where any number of files are called so.</summary>
    public static string FileName(string file)
    {
        const string packages = "/node_modules/";
        var end = file.IndexOfAny(['?', '#']);
        var whole = end < 0 ? file : file[..end];
        var package = whole.LastIndexOf(packages, StringComparison.Ordinal);
        var parts = whole[(package < 0 ? 0 : package + packages.Length)..]
            .Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length < 2 ? whole
            : package >= 0 ? $"{(parts[0][0] == '@' ? $"{parts[0]}/{parts[1]}" : parts[0])}/{parts[^1]}"
            : parts[^1].StartsWith("index.", StringComparison.Ordinal) ? $"{parts[^2]}/{parts[^1]}"
            : whole.StartsWith("node:", StringComparison.Ordinal) ? whole
            : parts[^1];
    }

    /// <summary>An object and how it holds the next one on a way.</summary>
    private HoldingStep Step(int node, int next, string? label)
    {
        var step = Step(node, label);
        if (step.Field is not null && !graph.Labels.IsOwnField(node, graph.References(node).IndexOf(next)))
        {
            step = step with { Field = null };
        }

        if (label is not { Length: > 0 } || graph.Labels.Code(node) is not { } code)
        {
            return step;
        }

        step = step with { File = code.File };
        return !graph.Labels.IsFunction(node) ? step
            : graph.Labels.ScopeOwner(next) is not null
                ? step with
                {
                    Text = code.Function.StartsWith('(') ? "closure" : $"closure {code.Function}",
                    IsField = false,
                    Field = null,
                    Function = code,
                }
            : step.Field is not null ? step with { Text = $"{code.Function}.{label}", IsVariable = true }
            : step;
    }

    /// <summary>An object and the field by which it holds the next one.</summary>
    public HoldingStep Step(int node, string? label)
    {
        var type = TypeText(node);
        if (label is null or "" or "[]")
        {
            return new HoldingStep(Short(type), type, IsField: false, IsStatic: false);
        }

        return graph.TypeStoodFor(node) is >= 0 and var owner && label[0] != '<'
            ? new HoldingStep(
                $"static {graph.TypeName(owner)}.{label}",
                graph.TypeName(owner),
                IsField: true,
                IsStatic: true
            )
            : new HoldingStep($"{Short(type)}.{label}", type, IsField: true, IsStatic: false) { Field = label };
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
