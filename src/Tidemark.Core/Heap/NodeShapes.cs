using System.Runtime.CompilerServices;

namespace Tidemark.Core.Heap;

/// <summary>
/// Each object's type and shallow size. A heap has few distinct pairs of the two, so an object costs the two bytes of its
/// pair's number (four, where there are more than 65,536 pairs) instead of twelve.
/// </summary>
public sealed class NodeShapes
{
    private readonly NativeArray<ushort>? narrow;
    private readonly NativeArray<int>? wide;
    private readonly int[] types;
    private readonly long[] sizes;

    internal NodeShapes(NativeArray<ushort>? narrow, NativeArray<int>? wide, int[] types, long[] sizes)
    {
        this.narrow = narrow;
        this.wide = wide;
        this.types = types;
        this.sizes = sizes;
        NodeCount = (int)(narrow?.Length ?? wide!.Length);
    }

    public int NodeCount { get; }

    /// <summary>How many distinct pairs of type and size there are.</summary>
    public int ShapeCount => types.Length;

    /// <summary>The number of the object's pair.</summary>
    public int this[int node]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => narrow is not null ? narrow[node] : wide![node];
    }

    /// <summary>The type of each pair.</summary>
    public ReadOnlySpan<int> Types => types;

    /// <summary>The shallow size of each pair in bytes.</summary>
    public ReadOnlySpan<long> Sizes => sizes;

    /// <summary>The numbers as they are stored: one of the two is null.</summary>
    public (NativeArray<ushort>? Narrow, NativeArray<int>? Wide) Stored => (narrow, wide);

    /// <summary>Shapes as they were stored.</summary>
    /// <exception cref="ArgumentException">An object has a pair that does not exist.</exception>
    public static NodeShapes FromStored(NativeArray<ushort>? narrow, NativeArray<int>? wide, int[] types, long[] sizes)
    {
        ArgumentNullException.ThrowIfNull(types);
        ArgumentNullException.ThrowIfNull(sizes);
        var shapes = new NodeShapes(narrow, wide, types, sizes);
        for (var node = 0; node < shapes.NodeCount; node++)
        {
            if ((uint)shapes[node] >= (uint)types.Length)
            {
                throw new ArgumentException($"object {node} has shape {shapes[node]} of {types.Length}");
            }
        }

        return shapes;
    }
}

/// <summary>Collects <see cref="NodeShapes"/>, object by object or in runs.</summary>
public sealed class NodeShapesBuilder : IDisposable
{
    private readonly Dictionary<(int Type, long Size), int> known = [];
    private readonly List<int> types = [];
    private readonly List<long> sizes = [];
    private NativeList<ushort>? narrow;
    private NativeList<int>? wide;
    private (int Type, long Size) last = (-1, -1);
    private int lastShape;

    public NodeShapesBuilder(long capacity = 1024) => narrow = new NativeList<ushort>(capacity);

    public int NodeCount => (int)(narrow?.Count ?? wide!.Count);

    /// <summary>The number of a pair; a new pair gets the next one.</summary>
    public int Shape(int type, long size)
    {
        if (last == (type, size))
        {
            return lastShape;
        }

        last = (type, size);
        if (!known.TryGetValue(last, out lastShape))
        {
            lastShape = types.Count;
            known.Add(last, lastShape);
            types.Add(type);
            sizes.Add(size);
        }

        return lastShape;
    }

    /// <summary>Adds one object.</summary>
    /// <returns>Its number.</returns>
    public int Add(int type, long size)
    {
        var shape = Shape(type, size);
        if (narrow is not null && shape > ushort.MaxValue)
        {
            Widen();
        }

        if (narrow is not null)
        {
            narrow.Add((ushort)shape);
        }
        else
        {
            wide!.Add(shape);
        }

        return NodeCount - 1;
    }

    /// <summary>Adds a run of objects by the numbers of their pairs, which <see cref="Shape"/> gave.</summary>
    public void AddRange(ReadOnlySpan<int> shapes)
    {
        if (narrow is not null && types.Count > ushort.MaxValue + 1)
        {
            Widen();
        }

        if (wide is not null)
        {
            wide.AddRange(shapes);
            return;
        }

        foreach (var shape in shapes)
        {
            narrow!.Add((ushort)shape);
        }
    }

    /// <summary>The type of a pair.</summary>
    public int TypeOfShape(int shape) => types[shape];

    /// <summary>Freezes what was added.</summary>
    public NodeShapes Build() => new(narrow?.ToArray(), wide?.ToArray(), [.. types], [.. sizes]);

    public void Dispose()
    {
        narrow?.Dispose();
        wide?.Dispose();
    }

    private void Widen()
    {
        wide = new NativeList<int>(narrow!.Count * 2);
        for (long i = 0; i < narrow.Count; i++)
        {
            wide.Add(narrow[i]);
        }

        narrow.Dispose();
        narrow = null;
    }
}
