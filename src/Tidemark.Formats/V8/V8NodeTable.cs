using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
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
    private readonly NativeArray<int> shapeOfNode = new(header.NodeCount);

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

    /// <summary>The largest string index that a node's name refers to.</summary>
    public long LargestName { get; private set; } = -1;

    public unsafe void Take(IntegerBlock block)
    {
        if (!caches.TryPop(out var cache))
        {
            cache = new ShapeCache(this);
        }

        var cursor = new IntegerCursor(block, content);
        var columns = header.NodeColumns;
        var numbers = new ulong[Stride * columns];
        var states = new List<(int, bool)>();
        ulong largestName = 0;
        var end = block.FirstRow + block.Rows;
        for (var node = block.FirstRow; node < end; )
        {
            if (node % Stride == 0)
            {
                Offsets[node / Stride] = cursor.Offset;
            }

            var rows = numbers.AsSpan(0, (int)Math.Min(Stride - node % Stride, end - node) * columns);
            cursor.Read(rows);
            for (; !rows.IsEmpty; rows = rows[columns..], node++)
            {
                var name = rows[header.NodeName];
                var size = rows[header.NodeSelfSize];
                var id = rows[header.NodeId];
                var edges = rows[header.NodeEdgeCount];
                if (
                    rows[header.NodeType] >= (ulong)kinds.Length
                    || name >= 1UL << V8ClassNames.NameBits
                    || size > MaxSelfSize
                    || id > uint.MaxValue
                    || edges > int.MaxValue
                )
                {
                    throw content.Malformed(cursor.Offset, $"the row of node {node}, shortly before, is out of range");
                }

                var kind = kinds[rows[header.NodeType]];
                var state = header.NodeDetachedness >= 0 ? rows[header.NodeDetachedness] : 0;
                if (state is 1 or 2 && V8ClassNames.IsNative(kind))
                {
                    states.Add(((int)node, state == 2));
                }

                var key = V8ClassNames.Key(kind, (uint)name, state == 2);
                shapeOfNode.Pointer[node] = cache.Shape(key, (long)size);
                Id.Pointer[node] = (uint)id;
                EdgeStart.Pointer[node + 1] = (int)edges;
                largestName = Math.Max(largestName, name);
            }
        }

        lock (merging)
        {
            LargestName = Math.Max(LargestName, (long)largestName);
            DomStates.AddRange(states);
        }

        caches.Push(cache);
    }

    /// <summary>Turns edge counts into edge numbers.</summary>
    public unsafe void Finish(long offset)
    {
        long sum = 0;
        for (var node = 0; node < header.NodeCount; node++)
        {
            if (node % Stride == 0)
            {
                FirstEdges[node / Stride] = (int)sum;
            }

            sum += EdgeStart.Pointer[node + 1];
            if (sum > header.EdgeCount)
            {
                break;
            }

            EdgeStart.Pointer[node + 1] = (int)sum;
        }

        if (sum != header.EdgeCount)
        {
            throw content.Malformed(
                offset,
                $"the header announces {header.EdgeCount} edges, but the nodes {(sum > header.EdgeCount ? "more" : sum)}"
            );
        }
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

        foreach (
            var node in states.FoundDetached(DomStates, node => V8ClassNames.IsNativeClass(keys[shapeOfNode[node]]))
        )
        {
            var before = shapeOfNode[node];
            var pair = (V8ClassNames.WithDetached(keys[before]), sizes[before]);
            if (!shapes.TryGetValue(pair, out var shape))
            {
                shapes.Add(pair, shape = shapes.Count);
            }

            shapeOfNode[node] = shape;
        }
    }

    /// <summary>The nodes' types and sizes, once the classes have their numbers. To be called once.</summary>
    public unsafe NodeShapes ToShapes(Func<uint, int> typeOfClass)
    {
        var types = new int[shapes.Count];
        var sizes = new long[shapes.Count];
        foreach (var ((key, size), shape) in shapes)
        {
            types[shape] = typeOfClass(key);
            sizes[shape] = size;
        }

        if (shapes.Count > ushort.MaxValue + 1)
        {
            return NodeShapes.FromStored(null, shapeOfNode, types, sizes);
        }

        var narrow = new NativeArray<ushort>(shapeOfNode.Length);
        for (long node = 0; node < narrow.Length; node++)
        {
            narrow.Pointer[node] = (ushort)shapeOfNode.Pointer[node];
        }

        shapeOfNode.Dispose();
        return NodeShapes.FromStored(narrow, null, types, sizes);
    }

    public void Dispose() => EdgeStart.Dispose();

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
