using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>The nodes' columns, filled by several threads at once.</summary>
internal sealed class V8NodeTable(V8SnapshotHeader header, V8Content content) : IIntegerSink, IDisposable
{
    /// <summary>Rows from one remembered offset to the next.</summary>
    public const int Stride = 256;

    private const long MaxSelfSize = 1L << 48;
    private readonly uint[] kinds = [.. header.NodeTypes.Select(V8ClassNames.Kind)];
    private readonly Lock merging = new();
    private readonly Dictionary<(uint ClassKey, long Size), int> shapes = [];

    // No ConcurrentBag: what is left in one stays in a thread static of every pooled thread, and this table with it.
    private readonly ConcurrentStack<ShapeCache> caches = [];

    /// <summary>The number of each node's shape: its lower 16 bits, and those above, which few snapshots have.</summary>
    private readonly NativeArray<ushort> shapeOfNode = new(header.NodeCount);
    private readonly NativeArray<ushort> highShapeOfNode = new(header.NodeCount, isSparse: true);

    /// <summary>Ids that stay the same from snapshot to snapshot of one process, one a node.</summary>
    public NativeArray<uint> Id { get; } = new(header.NodeCount);

    /// <summary>The number of a node's first edge, and behind the last node the number of edges; edge counts until <see cref="Finish"/>.</summary>
    public NativeArray<int> EdgeStart { get; } = new(header.NodeCount + 1);

    /// <summary>Where in the file every <see cref="Stride"/>-th row begins.</summary>
    public long[] Offsets { get; } = new long[(header.NodeCount + Stride - 1) / Stride];

    /// <summary>The number of the first edge of every <see cref="Stride"/>-th node.</summary>
    public int[] FirstEdges { get; } = new int[(header.NodeCount + Stride - 1) / Stride];

    /// <summary>The class keys (see <see cref="V8ClassNames"/>) that occur.</summary>
    public IEnumerable<uint> ClassKeys => shapes.Keys.Select(s => s.ClassKey).Distinct();

    /// <summary>Native things that the embedder knows to be in a document (false) or taken out of it (true).</summary>
    public List<(int Node, bool IsDetached)> DomStates { get; } = [];

    public int RowsAtOnce => Stride;

    /// <summary>The largest string index that a node's name refers to.</summary>
    public long LargestName { get; private set; } = -1;

    public void Take(IntegerBlock block)
    {
        if (!caches.TryPop(out var cache))
        {
            cache = new ShapeCache(this);
        }

        var columns = header.NodeColumns;
        var cursor = new IntegerCursor(block, content);
        var states = new List<(int, bool)>();
        ulong largestName = 0;
        var end = block.FirstRow + block.Rows;
        for (var node = block.FirstRow; node < end; )
        {
            if (node % Stride == 0)
            {
                Offsets[node / Stride] = cursor.Offset;
            }

            var rows = (int)Math.Min(Stride - node % Stride, end - node);
            var kept = Keep(cursor.Read(rows * columns), (int)node, rows, cache, states, ref largestName);
            if (kept < rows)
            {
                throw content.Malformed(
                    cursor.Offset,
                    $"the row of node {node + kept}, shortly before, is out of range"
                );
            }

            node += rows;
        }

        lock (merging)
        {
            LargestName = Math.Max(LargestName, (long)largestName);
            DomStates.AddRange(states);
        }

        caches.Push(cache);
    }

    /// <summary>Puts whole rows into the columns.</summary>
    /// <returns>How many there were before one that cannot be; all of them for the most part.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe int Keep(
        ReadOnlySpan<ulong> numbers,
        int first,
        int rows,
        ShapeCache cache,
        List<(int, bool)> states,
        ref ulong largestName
    )
    {
        ref var row = ref MemoryMarshal.GetReference(numbers);
        var (columns, typeColumn, nameColumn) = (header.NodeColumns, header.NodeType, header.NodeName);
        var (idColumn, sizeColumn, edgesColumn) = (header.NodeId, header.NodeSelfSize, header.NodeEdgeCount);
        var stateColumn = header.NodeDetachedness;
        var ids = Id.Pointer;
        var edgeCounts = EdgeStart.Pointer + 1;
        var shapeNumbers = shapeOfNode.Pointer;
        var known = kinds;
        var largest = largestName;
        for (var node = first; node < first + rows; node++, row = ref Unsafe.Add(ref row, columns))
        {
            var type = Unsafe.Add(ref row, typeColumn);
            var name = Unsafe.Add(ref row, nameColumn);
            var size = Unsafe.Add(ref row, sizeColumn);
            var id = Unsafe.Add(ref row, idColumn);
            var edges = Unsafe.Add(ref row, edgesColumn);
            if (
                type >= (ulong)known.Length
                || name >= 1UL << V8ClassNames.NameBits
                || size > MaxSelfSize
                || id > uint.MaxValue
                || edges > int.MaxValue
            )
            {
                return node - first;
            }

            var kind = known[type];
            var state = stateColumn >= 0 ? Unsafe.Add(ref row, stateColumn) : 0;
            if (state is 1 or 2 && V8ClassNames.IsNative(kind))
            {
                states.Add((node, state == 2));
            }

            var shape = cache.Shape(V8ClassNames.Key(kind, (uint)name, state == 2), (long)size);
            shapeNumbers[node] = (ushort)shape;
            if (shape > ushort.MaxValue)
            {
                highShapeOfNode.Pointer[node] = (ushort)(shape >> 16);
            }

            ids[node] = (uint)id;
            edgeCounts[node] = (int)edges;
            largest = Math.Max(largest, name);
        }

        largestName = largest;
        return rows;
    }

    /// <summary>Turns edge counts into edge numbers.</summary>
    public unsafe void Finish(long offset)
    {
        var sum = Number(EdgeStart.Pointer, (int)header.NodeCount, header.EdgeCount, FirstEdges);
        if (sum != header.EdgeCount)
        {
            throw content.Malformed(
                offset,
                $"the header announces {header.EdgeCount} edges, but the nodes {(sum > header.EdgeCount ? "more" : sum)}"
            );
        }
    }

    /// <returns>The number of all edges, or more than <paramref name="most"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe long Number(int* starts, int nodeCount, long most, int[] firstEdges)
    {
        long sum = 0;
        for (var node = 0; node < nodeCount; node++)
        {
            if (node % Stride == 0)
            {
                firstEdges[node / Stride] = (int)sum;
            }

            sum += starts[node + 1];
            if (sum > most)
            {
                break;
            }

            starts[node + 1] = (int)sum;
        }

        return sum;
    }

    /// <summary>The node that an edge starts from.</summary>
    public int NodeOfEdge(long edge)
    {
        var low = 0;
        var high = (int)EdgeStart.Length - 2;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (EdgeStart[middle + 1] > edge)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>Tells native things of which the embedder says nothing but that are held by such as were taken out of a document.</summary>
    public void MarkDetached(DomStates states)
    {
        var (keys, sizes) = (new uint[shapes.Count], new long[shapes.Count]);
        foreach (var ((key, size), shape) in shapes)
        {
            (keys[shape], sizes[shape]) = (key, size);
        }

        foreach (var node in states.FoundDetached(DomStates, node => V8ClassNames.IsNativeClass(keys[ShapeOf(node)])))
        {
            var before = ShapeOf(node);
            var pair = (V8ClassNames.WithDetached(keys[before]), sizes[before]);
            if (!shapes.TryGetValue(pair, out var shape))
            {
                shapes.Add(pair, shape = shapes.Count);
            }

            shapeOfNode[node] = (ushort)shape;
            highShapeOfNode[node] = (ushort)(shape >> 16);
        }
    }

    /// <summary>The nodes' types and sizes, once the classes have their numbers. To be called once.</summary>
    public NodeShapes ToShapes(Func<uint, int> typeOfClass)
    {
        var types = new int[shapes.Count];
        var sizes = new long[shapes.Count];
        foreach (var ((key, size), shape) in shapes)
        {
            types[shape] = typeOfClass(key);
            sizes[shape] = size;
        }

        if (shapes.Count <= ushort.MaxValue + 1)
        {
            return NodeShapes.FromStored(shapeOfNode, null, types, sizes);
        }

        var wide = new NativeArray<int>(shapeOfNode.Length);
        for (var node = 0; node < wide.Length; node++)
        {
            wide[node] = ShapeOf(node);
        }

        shapeOfNode.Dispose();
        return NodeShapes.FromStored(null, wide, types, sizes);
    }

    private int ShapeOf(int node) => shapeOfNode[node] | (highShapeOfNode[node] << 16);

    public void Dispose()
    {
        EdgeStart.Dispose();
        highShapeOfNode.Dispose();
    }

    /// <summary>One thread's view of the pairs of class and size: most nodes find theirs without a lock.</summary>
    private sealed class ShapeCache(V8NodeTable table)
    {
        private const int Bits = 12;
        private readonly (uint Key, int Shape, long Size)[] entries = [.. Enumerable.Repeat((0u, 0, -1L), 1 << Bits)];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int Shape(uint key, long size)
        {
            var hash = (uint)((key * 0x9E3779B97F4A7C15UL) ^ ((ulong)size * 0xD1B54A32D192ED03UL) >> 7) * 0x9E3779B1u;
            ref var entry = ref entries[hash >> (32 - Bits)];
            if (entry.Key != key || entry.Size != size)
            {
                entry = (key, Intern(key, size), size);
            }

            return entry.Shape;
        }

        private int Intern(uint key, long size)
        {
            lock (table.merging)
            {
                if (!table.shapes.TryGetValue((key, size), out var shape))
                {
                    shape = table.shapes.Count;
                    table.shapes.Add((key, size), shape);
                }

                return shape;
            }
        }
    }
}
