namespace Tidemark.Core.Heap;

/// <summary>The only way to a <see cref="HeapGraph"/>: checks what comes in and freezes it.</summary>
public sealed class HeapGraphBuilder
{
    private readonly List<string> typeNames = [];
    private readonly List<int> nodeType = [];
    private readonly List<long> shallow = [];
    private readonly List<ulong> ids = [];
    private readonly List<int> from = [];
    private readonly List<int> to = [];
    private readonly List<HeapRoot> roots = [];
    private readonly List<WeakReferenceEdge> weakReferences = [];

    public int NodeCount => nodeType.Count;

    /// <summary>Adds a type; the caller sees to it that one name is added once where that matters.</summary>
    /// <returns>Its number.</returns>
    public int AddType(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        typeNames.Add(name);
        return typeNames.Count - 1;
    }

    /// <summary>Adds an object.</summary>
    /// <returns>Its number.</returns>
    public int AddNode(int type, long shallowBytes, ulong id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shallowBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(type);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(type, typeNames.Count);
        nodeType.Add(type);
        shallow.Add(shallowBytes);
        ids.Add(id);
        return nodeType.Count - 1;
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

    /// <summary>Freezes the graph. References of one object keep the order in which they were added.</summary>
    /// <exception cref="ArgumentException">A reference or a root names an object that was not added.</exception>
    public HeapGraph Build(HeapLabels? labels = null)
    {
        var n = nodeType.Count;
        var start = new long[n + 1];
        for (var e = 0; e < from.Count; e++)
        {
            Check(from[e]);
            Check(to[e]);
            start[from[e] + 1]++;
        }

        for (var i = 0; i < n; i++)
        {
            start[i + 1] += start[i];
        }

        var targets = new int[from.Count];
        var next = start.AsSpan(0, n).ToArray();
        for (var e = 0; e < from.Count; e++)
        {
            targets[next[from[e]]++] = to[e];
        }

        foreach (var root in roots)
        {
            Check(root.Node);
        }

        foreach (var edge in weakReferences)
        {
            Check(edge.From);
            Check(edge.To);
        }

        return new HeapGraph(
            [.. typeNames],
            [.. nodeType],
            [.. shallow],
            [.. ids],
            start,
            targets,
            [.. roots],
            [.. weakReferences],
            labels ?? HeapLabels.None
        );

        void Check(int node)
        {
            if ((uint)node >= (uint)n)
            {
                throw new ArgumentException($"object {node} is referred to but only {n} were added");
            }
        }
    }
}
