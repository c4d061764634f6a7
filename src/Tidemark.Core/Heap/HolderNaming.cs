using System.Text.RegularExpressions;

namespace Tidemark.Core.Heap;

/// <summary>Labels for <see cref="HoldingPaths"/>: an object's type, and what holds it where that has a name: a static field, a root.</summary>
internal sealed partial class HolderNaming : IDisposable
{
    /// <summary>The holder of what only finalizers wait for.</summary>
    public const string FinalizerQueue = "finalizer queue";

    /// <summary>The holder of what only soft references keep.</summary>
    public const string SoftReferences = "soft references";

    private readonly HeapGraph graph;
    private readonly HoldingPaths paths;
    private readonly int[] labelOfShape;
    private readonly Dictionary<int, string> rootNames = [];
    private readonly Dictionary<int, Dictionary<int, string>> staticFields = [];
    private readonly Dictionary<int, int> typeOfObject = [];

    /// <summary>Names that several types have: a class loader leak, or several modules with libraries of their own.</summary>
    private readonly HashSet<string> namesakes = new(StringComparer.Ordinal);

    /// <summary>One bit a rank: the object stands for a type.</summary>
    private readonly NativeArray<byte> typeObjects;
    private readonly int firstTypeObject;

    /// <summary>What loads types and may never let go of them.</summary>
    private readonly HashSet<int> loaders;

    /// <summary>Ranks of loaders and of their lists of types.</summary>
    private readonly HashSet<int> keepers = [];

    public HolderNaming(HeapGraph graph, HoldingPaths paths)
    {
        this.graph = graph;
        this.paths = paths;
        labelOfShape = new int[graph.Shapes.ShapeCount];
        for (var shape = 0; shape < labelOfShape.Length; shape++)
        {
            labelOfShape[shape] = paths.LabelNumber(
                holder: null,
                paths.GeneralTypeName(graph.TypeName(graph.Shapes.Types[shape]))
            );
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var type = 0; type < graph.TypeCount; type++)
        {
            if (graph.TypeObject(type) is >= 0 and var node)
            {
                typeOfObject.TryAdd(node, type);
                if (!names.Add(graph.TypeName(type)))
                {
                    namesakes.Add(graph.TypeName(type));
                }
            }
        }

        loaders = Loaders();
        firstTypeObject = typeOfObject.Count == 0 ? int.MaxValue : typeOfObject.Keys.Min();
        typeObjects = new NativeArray<byte>(graph.Dominators.Count / 8 + 1);
        foreach (var root in graph.Roots)
        {
            if (root.Name is not null && (root.Kind == RootKind.Static || !rootNames.ContainsKey(root.Node)))
            {
                rootNames[root.Node] = root.Kind == RootKind.Static ? root.Name : GeneralName(root.Name);
            }
        }
    }

    /// <summary>Names of types that were loaded more than once.</summary>
    public IReadOnlySet<string> Namesakes => namesakes;

    /// <summary>Who keeps an object that nothing stronger holds; null for any other.</summary>
    public static string? WeakHolder(HeapGraph graph, int node) =>
        graph.Dominators.WeakHoldOn(node) switch
        {
            null => null,
            ReferenceStrength.Soft => SoftReferences,
            _ => FinalizerQueue,
        };

    /// <summary>The label of a rank; ranks come in ascending order.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="above">The rank that dominates it.</param>
    /// <param name="startsAnew">
    /// True where a static field holds it, or several types of one loader together: whoever holds the types is of no interest then,
    /// unless they were loaded more than once.
    /// </param>
    public int Label(int rank, int above, out bool startsAnew)
    {
        startsAnew = false;
        var node = graph.Dominators.NodeAt(rank);
        if (node >= firstTypeObject && typeOfObject.TryGetValue(node, out var type))
        {
            typeObjects[rank >> 3] |= (byte)(1 << (rank & 7));
            NoteKeepers(above);
            return paths.LabelNumber(holder: null, $"class {paths.GeneralTypeName(graph.TypeName(type))}");
        }

        var holder =
            above == 0 ? rootNames.GetValueOrDefault(node) ?? WeakHolder(graph, node)
            : IsTypeObject(above) ? StaticField(graph.Dominators.NodeAt(above), node)
            : null;
        startsAnew =
            above != 0
            && (
                holder is null
                    ? IsHeldByTypesTogether(node, above)
                    : !namesakes.Contains(graph.TypeName(typeOfObject[graph.Dominators.NodeAt(above)]))
            );
        return holder is null
            ? labelOfShape[graph.Shapes[node]]
            : paths.LabelNumber(holder, paths.GeneralTypeName(graph.TypeNameOf(node)));
    }

    public void Dispose() => typeObjects.Dispose();

    /// <summary>The objects that load types; those apart whose types were mostly loaded by others as well: such a module may be a leak itself.</summary>
    private HashSet<int> Loaders()
    {
        const string loader = "<classloader>";
        const int firstFew = 2; // it comes first, or after the type that is inherited from
        var typesOf = new Dictionary<int, (int All, int Copies)>();
        foreach (var (node, type) in typeOfObject)
        {
            var references = graph.References(node);
            for (var i = 0; i < Math.Min(firstFew, references.Length); i++)
            {
                if (graph.Labels.Reference(node, i) == loader)
                {
                    var (all, copies) = typesOf.GetValueOrDefault(references[i]);
                    typesOf[references[i]] = (all + 1, copies + (namesakes.Contains(graph.TypeName(type)) ? 1 : 0));
                    break;
                }
            }
        }

        return [.. typesOf.Where(t => t.Value.Copies * 2 < t.Value.All).Select(t => t.Key)];
    }

    /// <summary>Marks what stands between a type and its loader.</summary>
    private void NoteKeepers(int above)
    {
        const int mostBetween = 4;
        var (tree, top) = (graph.Dominators, above);
        for (var steps = 0; loaders.Count > 0 && top > 0 && !keepers.Contains(above); steps++)
        {
            if (loaders.Contains(tree.NodeAt(top)))
            {
                for (; above != top; above = tree.DominatorOfRank(above))
                {
                    keepers.Add(above);
                }

                keepers.Add(top);
                return;
            }

            top = steps < mostBetween ? tree.DominatorOfRank(top) : 0;
        }
    }

    /// <summary>What static fields of several types hold has their loader, or its list of types, for its dominator.</summary>
    private bool IsHeldByTypesTogether(int node, int above) =>
        keepers.Contains(above)
        && graph.Dominators.NodeAt(above) is var keeper
        && (graph.Labels.IsIndexedType(graph.TypeOf(keeper)) || !graph.References(keeper).Contains(node));

    private bool IsTypeObject(int rank) => (typeObjects[rank >> 3] >> (rank & 7) & 1) != 0;

    /// <summary>A thread's or a handle's name without the numbers that tell it from its siblings.</summary>
    public static string GeneralName(string name) => Numbers().Replace(name, "*");

    /// <summary>A type's name without the number of one that the runtime has made up: each class loader has lambdas of its own.</summary>
    public static string GeneralTypeName(string name) =>
        name.Contains('$', StringComparison.Ordinal) || name.Contains("/0x", StringComparison.Ordinal)
            ? MadeUp().Replace(name, "")
            : name;

    // Such as Orders$$Lambda$27/0x00000008000c1840, Orders$$Lambda/0x000076d2a80c8, Orders$$EnhancerBySpringCGLIB$$3f2a1b.
    [GeneratedRegex(
        @"(?<=\$\$Lambda)\$[0-9]+|(?<=CGLIB\$\$)[0-9a-f]+|/0x[0-9a-fA-F]+",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex MadeUp();

    [GeneratedRegex("(0x[0-9a-fA-F]+|[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbers();

    private string? StaticField(int typeObject, int target)
    {
        if (!staticFields.TryGetValue(typeObject, out var fields))
        {
            staticFields.Add(typeObject, fields = []);
            var references = graph.References(typeObject);
            for (var i = 0; i < references.Length; i++)
            {
                if (graph.Labels.Reference(typeObject, i) is { } field && !field.StartsWith('<'))
                {
                    fields.TryAdd(references[i], $"static {graph.TypeName(typeOfObject[typeObject])}.{field}");
                }
            }
        }

        return fields.GetValueOrDefault(target);
    }
}
