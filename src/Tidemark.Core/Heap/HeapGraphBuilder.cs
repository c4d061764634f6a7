namespace Tidemark.Core.Heap;

/// <summary>
/// The way to a <see cref="HeapGraph"/> for parsers that meet objects and references in any order: checks what comes in and freezes it.
/// One that meets them object by object fills <see cref="HeapGraphParts"/> by itself, which takes less memory.
/// </summary>
public sealed class HeapGraphBuilder : IDisposable
{
    private readonly List<string> typeNames = [];
    private readonly List<int> typeObjects = [];
    private readonly NodeShapesBuilder shapes = new();
    private readonly NativeList<ulong> ids = new();
    private readonly NativeList<int> from = new();
    private readonly NativeList<int> to = new();
    private readonly List<HeapRoot> roots = [];
    private readonly List<WeakReferenceEdge> weakReferences = [];

    public int NodeCount => shapes.NodeCount;

    /// <summary>See <see cref="ObjectIds.AreStable"/>.</summary>
    public bool HasStableIds { get; init; }

    /// <summary>Adds a type; the caller sees to it that one name is added once where that matters.</summary>
    /// <returns>Its number.</returns>
    public int AddType(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        typeNames.Add(name);
        typeObjects.Add(-1);
        return typeNames.Count - 1;
    }

    /// <summary>Says which object stands for a type: every object of the type holds it.</summary>
    public void SetTypeObject(int type, int node) => typeObjects[type] = node;

    /// <summary>Adds an object.</summary>
    /// <returns>Its number.</returns>
    public int AddNode(int type, long shallowBytes, ulong id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shallowBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(type);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(type, typeNames.Count);
        ids.Add(id);
        return shapes.Add(type, shallowBytes);
    }

    /// <summary>Adds a reference; both ends may still be added later, and are checked when the graph is built.</summary>
    public void AddReference(int source, int target, ReferenceStrength strength = ReferenceStrength.Strong)
    {
        if (strength == ReferenceStrength.Strong)
        {
            from.Add(source);
            to.Add(target);
        }
        else
        {
            weakReferences.Add(new WeakReferenceEdge(source, target, strength));
        }
    }

    public void AddRoot(int node, RootKind kind, string? name = null) => roots.Add(new HeapRoot(node, kind, name));

    /// <summary>Freezes the graph. References of one object keep the order in which they were added. The builder is of no use afterwards.</summary>
    /// <exception cref="ArgumentException">A reference or a root names an object that was not added.</exception>
    public HeapGraph Build(HeapLabels? labels = null)
    {
        var frozen = shapes.Build();
        return new HeapGraph(
            new HeapGraphParts
            {
                TypeNames = [.. typeNames],
                TypeObjects = typeObjects.TrueForAll(o => o < 0) ? null : [.. typeObjects],
                Shapes = frozen,
                References = BuildRows(frozen.NodeCount),
                Roots = [.. roots],
                WeakReferences = [.. weakReferences],
                Ids = ObjectIds.Listed(ids.ToArray(), HasStableIds),
                Labels = labels ?? HeapLabels.None,
            }
        );
    }

    public void Dispose()
    {
        shapes.Dispose();
        ids.Dispose();
        from.Dispose();
        to.Dispose();
    }

    /// <summary>Sorts the references by their source, by counting.</summary>
    private ReferenceRows BuildRows(int nodes)
    {
        using var next = new NativeArray<long>(nodes + 1L);
        for (long e = 0; e < from.Count; e++)
        {
            if ((uint)from[e] >= (uint)nodes)
            {
                throw new ArgumentException($"object {from[e]} refers to others but only {nodes} were added");
            }

            next[from[e] + 1L]++;
        }

        using var rowLengths = new NativeArray<int>(nodes);
        for (var node = 0; node < nodes; node++)
        {
            rowLengths[node] = (int)next[node + 1L];
            next[node + 1L] += next[node];
        }

        var sorted = new NativeArray<int>(from.Count);
        for (long e = 0; e < from.Count; e++)
        {
            sorted[next[from[e]]++] = to[e];
        }

        using var rows = new ReferenceRowsBuilder(nodes, new NativeList<int>(sorted));
        for (var node = 0; node < nodes; node++)
        {
            rows.EndRow(rowLengths[node]);
        }

        return rows.Build();
    }
}
