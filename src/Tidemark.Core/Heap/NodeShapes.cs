using System.Runtime.CompilerServices;

namespace Tidemark.Core.Heap;

/// <summary>
/// Each object's type and shallow size. A heap has few distinct pairs of the two, so an object costs the two bytes of its
/// pair's number (four, where there are more than 65,536 pairs) instead of twelve.
/// </summary>
public sealed class NodeShapes : IDisposable
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
        if (shapes.NodeCount > 0 && (narrow?.Highest() ?? wide!.Highest()) is var highest && highest >= types.Length)
        {
            throw new ArgumentException($"an object has shape {highest} of {types.Length}");
        }

        shapes.Rest();
        return shapes;
    }

    /// <summary>The same shapes in a store, as far as it takes them; these here are of no use afterwards.</summary>
    public NodeShapes MoveTo(ArrayStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return new NodeShapes(
            narrow is null ? null : store.Put("narrow-shapes", narrow),
            wide is null ? null : store.Put("wide-shapes", wide),
            types,
            sizes
        );
    }

    /// <summary>See <see cref="NativeArray{T}.Rest()"/>.</summary>
    public void Rest()
    {
        narrow?.Rest();
        wide?.Rest();
    }

    /// <summary>Gives the memory back; the shapes are of no use afterwards.</summary>
    public void Dispose()
    {
        narrow?.Dispose();
        wide?.Dispose();
    }
}

/// <summary>Collects <see cref="NodeShapes"/>, object by object.</summary>
public sealed class NodeShapesBuilder(long capacity = 1024) : IDisposable
{
    private readonly ShapeNumbers numbers = new(capacity);
    private readonly Dictionary<(int Type, long Size), int> known = [];
    private readonly List<int> types = [];
    private readonly List<long> sizes = [];
    private (int Type, long Size) last = (-1, -1);
    private int lastShape;

    public int NodeCount => numbers.Count;

    /// <summary>Adds one object.</summary>
    /// <returns>Its number.</returns>
    public int Add(int type, long size)
    {
        if (last != (type, size))
        {
            last = (type, size);
            if (!known.TryGetValue(last, out lastShape))
            {
                lastShape = types.Count;
                known.Add(last, lastShape);
                types.Add(type);
                sizes.Add(size);
            }
        }

        numbers.Add(lastShape);
        return NodeCount - 1;
    }

    /// <summary>Freezes what was added.</summary>
    public NodeShapes Build() => numbers.Build([.. types], [.. sizes]);

    public void Dispose() => numbers.Dispose();
}

/// <summary>Each object's pair of type and size by its number, in two bytes as long as the numbers allow it; what the pairs are is told at the end.</summary>
public sealed class ShapeNumbers(long capacity = 1024) : IDisposable
{
    private NativeList<ushort>? narrow = new(capacity);
    private NativeList<int>? wide;

    public int Count => checked((int)(narrow?.Count ?? wide!.Count));

    public void Add(int shape)
    {
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
    }

    public unsafe void AddRange(ReadOnlySpan<int> shapes)
    {
        if (narrow is not null && HasWide(shapes))
        {
            Widen();
        }

        if (wide is not null)
        {
            wide.AddRange(shapes);
            return;
        }

        var to = narrow!.Reserve(shapes.Length);
        for (var i = 0; i < shapes.Length; i++)
        {
            to[i] = (ushort)shapes[i];
        }

        narrow.Advance(shapes.Length);
    }

    /// <summary>Freezes what was added.</summary>
    /// <exception cref="ArgumentException">An object has a number that the tables do not tell.</exception>
    public NodeShapes Build(int[] types, long[] sizes) =>
        NodeShapes.FromStored(narrow?.ToArray(), wide?.ToArray(), types, sizes);

    public void Dispose()
    {
        narrow?.Dispose();
        wide?.Dispose();
    }

    private static bool HasWide(ReadOnlySpan<int> shapes)
    {
        foreach (var shape in shapes)
        {
            if (shape > ushort.MaxValue)
            {
                return true;
            }
        }

        return false;
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
