using System.Numerics;
using System.Runtime.CompilerServices;

namespace Tidemark.Core.Heap;

/// <summary>How firmly a reference holds its target.</summary>
public enum ReferenceStrength : byte
{
    /// <summary>Keeps the target alive.</summary>
    Strong,

    /// <summary>Lets go when memory is short (java.lang.ref.SoftReference): keeps its target alive until then where nothing else does.</summary>
    Soft,

    /// <summary>Does not keep the target alive.</summary>
    Weak,

    /// <summary>Only waits for the target's end.</summary>
    Phantom,

    /// <summary>Waits to run the target's finalizer: keeps it alive where nothing else does.</summary>
    Finalizer,
}

/// <summary>A reference that is weaker than a strong one.</summary>
public readonly record struct WeakReferenceEdge(int From, int To, ReferenceStrength Strength);

/// <summary>
/// Objects, their types and sizes, and who holds whom: frozen arrays on dense ids, edges as compressed sparse rows.
/// Objects are numbered from 0. Safe for concurrent readers.
/// </summary>
public sealed class HeapGraph
{
    private readonly string[] typeNames;
    private readonly int[] typeObjects;
    private readonly ObjectIds? ids;
    private readonly Lazy<DominatorTree> dominators;
    private readonly Lazy<Dictionary<int, int>> typeOfTypeObject;
    private readonly int paceMask;
    private readonly int lookMask;
    private int looks;

    /// <summary>Puts finished parts together; <see cref="HeapGraphBuilder"/> is the easier way.</summary>
    /// <exception cref="ArgumentException">The parts do not fit together.</exception>
    public HeapGraph(HeapGraphParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        parts.Check();
        typeNames = parts.TypeNames;
        typeObjects = parts.TypeObjects ?? [];
        ids = parts.Ids;
        Shapes = parts.Shapes;
        Rows = parts.References;
        Roots = parts.Roots;
        WeakReferences = parts.WeakReferences;
        Labels = parts.Labels;
        paceMask = PaceMask(NodeCount);
        lookMask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(NodeCount / 65536, 1 << 5, 1 << 12)) - 1;
        dominators = new Lazy<DominatorTree>(() =>
            parts.Dominators is { } stored
                ? DominatorTree.FromStored(this, stored)
                : DominatorTree.Compute(this, parts.Store)
        );
        typeOfTypeObject = new Lazy<Dictionary<int, int>>(TypesByObject);
    }

    /// <summary>How many objects there are; they are numbered from 0.</summary>
    public int NodeCount => Shapes.NodeCount;

    /// <summary>How many strong references there are.</summary>
    public long ReferenceCount => Rows.Count;

    public int TypeCount => typeNames.Length;

    public IReadOnlyList<HeapRoot> Roots { get; }

    /// <summary>Soft, weak, phantom and finalizer references.</summary>
    public IReadOnlyList<WeakReferenceEdge> WeakReferences { get; }

    public HeapLabels Labels { get; }

    /// <summary>Dominators and retained sizes; computed when they are first asked for, and kept.</summary>
    public DominatorTree Dominators => dominators.Value;

    internal NodeShapes Shapes { get; }

    internal ReferenceRows Rows { get; }

    /// <summary>A step to anywhere in the heap, which brings pages of its own into memory, counts as so many for <see cref="Pace"/>.</summary>
    internal const int Leap = 4;

    /// <summary>Takes as little memory as it can until it is looked at again: that of mapped files is let go.</summary>
    public void Rest()
    {
        Rows.Rest();
        Shapes.Rest();
        if (dominators.IsValueCreated)
        {
            dominators.Value.Rest();
        }
    }

    /// <summary>For every step of a long pass: now and then it lets go of what was looked at (see <see cref="Rest"/>), and ends where that is wanted.</summary>
    /// <returns>True where it has let go.</returns>
    /// <exception cref="OperationCanceledException" />
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Pace(int step, CancellationToken cancellation = default)
    {
        if ((step & paceMask) != 0)
        {
            return false;
        }

        cancellation.ThrowIfCancellationRequested();
        Rest();
        return true;
    }

    /// <summary>
    /// For every look at a single object somewhere in the heap: each brings some 64 KiB of every array into memory, so that a few
    /// hundred would bring all of a small heap.
    /// </summary>
    internal void Look()
    {
        // Of several threads one may miss its turn.
        if ((++looks & lookMask) == 0)
        {
            Rest();
        }
    }

    /// <summary>A pass lets go some hundred times: of a small heap as of a large one a small part is looked at in between. Above a million steps that saves no more.</summary>
    private static int PaceMask(int nodes) =>
        (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(nodes / 128, 1 << 12, 1 << 20)) - 1;

    public string TypeName(int type) => typeNames[type];

    public int TypeOf(int node) => Shapes.Types[Shapes[node]];

    /// <summary>The name of the object's type.</summary>
    public string TypeNameOf(int node) => typeNames[TypeOf(node)];

    /// <summary>The object's own size in bytes.</summary>
    public long ShallowSize(int node) => Shapes.Sizes[Shapes[node]];

    /// <summary>The object's address or identity in the dump; its number where the dump has none.</summary>
    public ulong Id(int node) => ids?.Id(node) ?? (ulong)node;

    /// <summary>True where an object has the same identity in every snapshot of its process, and no other object has it.</summary>
    public bool HasStableIds => ids?.AreStable == true;

    /// <summary>The object with that address or identity, or -1. May cost a look at every object.</summary>
    public int Find(ulong id) => ids?.Find(id) ?? (id < (ulong)NodeCount ? (int)id : -1);

    /// <summary>The objects that this one holds strongly, in the order of the dump; one may occur twice. Valid as long as the graph is in use.</summary>
    public ReadOnlySpan<int> References(int node) => Rows[node];

    /// <summary>
    /// The object that stands for a type (a Java class), or -1. Every object of the type holds it,
    /// beyond what <see cref="References"/> tells.
    /// </summary>
    public int TypeObject(int type) => type < typeObjects.Length ? typeObjects[type] : -1;

    /// <summary>The type that this object stands for (see <see cref="TypeObject"/>), or -1.</summary>
    public int TypeStoodFor(int node) => typeOfTypeObject.Value.GetValueOrDefault(node, -1);

    /// <summary>How many types have that name: more than one where several class loaders have loaded it.</summary>
    public int TypesNamed(string name) => typeNames.Count(t => t == name);

    /// <summary>An object as people know it: its type, what tells it from others of the type, its address.</summary>
    public string Describe(int node) =>
        TypeStoodFor(node) is >= 0 and var type ? $"class {typeNames[type]}"
        : Labels.Describe(node) is { } description ? $"{TypeNameOf(node)} {description} @ 0x{Id(node):x}"
        : $"{TypeNameOf(node)} @ 0x{Id(node):x}";

    private Dictionary<int, int> TypesByObject()
    {
        var types = new Dictionary<int, int>();
        for (var type = 0; type < typeObjects.Length; type++)
        {
            if (typeObjects[type] >= 0)
            {
                types.TryAdd(typeObjects[type], type);
            }
        }

        return types;
    }
}

/// <summary>The parts of a <see cref="HeapGraph"/>, for a parser that fills them in bulk.</summary>
public sealed record HeapGraphParts
{
    public required string[] TypeNames { get; init; }

    public required NodeShapes Shapes { get; init; }

    public required ReferenceRows References { get; init; }

    public required IReadOnlyList<HeapRoot> Roots { get; init; }

    /// <summary>The object of each type, -1 for none (see <see cref="HeapGraph.TypeObject"/>); null where the runtime has none at all.</summary>
    public int[]? TypeObjects { get; init; }

    public IReadOnlyList<WeakReferenceEdge> WeakReferences { get; init; } = [];

    /// <summary>Null where the dump has no identities.</summary>
    public ObjectIds? Ids { get; init; }

    public HeapLabels Labels { get; init; } = HeapLabels.None;

    /// <summary>The dominators, where they are known already; null to have them computed when they are asked for.</summary>
    public StoredDominators? Dominators { get; init; }

    /// <summary>Where dominators are put when they are computed; null for memory.</summary>
    public ArrayStore? Store { get; init; }

    internal void Check()
    {
        var nodes = Shapes.NodeCount;
        Require(References.RowCount == nodes, $"{References.RowCount} rows of references for {nodes} objects");
        foreach (var type in Shapes.Types)
        {
            Require((uint)type < (uint)TypeNames.Length, $"type {type} of {TypeNames.Length} is used");
        }

        foreach (var size in Shapes.Sizes)
        {
            Require(size >= 0, $"an object has {size} bytes");
        }

        foreach (var root in Roots)
        {
            RequireNode(root.Node);
        }

        foreach (var edge in WeakReferences)
        {
            // There may be millions: no complaint is worded before there is a reason.
            if ((uint)edge.From >= (uint)nodes || (uint)edge.To >= (uint)nodes)
            {
                RequireNode(edge.From);
                RequireNode(edge.To);
            }
        }

        foreach (var typeObject in TypeObjects ?? [])
        {
            Require(
                typeObject >= -1 && typeObject < nodes,
                $"object {typeObject} is referred to but there are only {nodes}"
            );
        }

        void RequireNode(int node) =>
            Require((uint)node < (uint)nodes, $"object {node} is referred to but there are only {nodes}");

        static void Require(bool holds, string problem)
        {
            if (!holds)
            {
                throw new ArgumentException(problem);
            }
        }
    }
}
