using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>The edges' columns, filled by several threads at once. Names are not kept: they are read again where they are asked for.</summary>
internal sealed class V8EdgeTable(V8SnapshotHeader header, V8Content content) : IIntegerSink, IDisposable
{
    /// <summary>Rows from one remembered offset to the next.</summary>
    public const int Stride = 512;

    /// <summary>Bits of a target that hold the node; the edge's type stands above them.</summary>
    public const int NodeBits = 29;

    public const int NodeMask = (1 << NodeBits) - 1;

    private readonly uint[] codes = Codes(header.EdgeTypes);

    /// <summary>By the snapshot's type: all bits where an edge's name is a string's, none where it is a number itself.</summary>
    private readonly ulong[] nameMasks =
    [
        .. Codes(header.EdgeTypes).Select(code => IsIndexed((V8EdgeType)code) ? 0 : ulong.MaxValue),
    ];
    private readonly Lock merging = new();
    private readonly ConcurrentStack<List<(long Edge, int Name)>> candidateLists = [];

    /// <summary>Target and type of each edge, see <see cref="NodeBits"/>.</summary>
    public NativeArray<int> Targets { get; } = new(header.EdgeCount);

    /// <summary>Where in the file every <see cref="Stride"/>-th row begins.</summary>
    public long[] Offsets { get; } = new long[(header.EdgeCount + Stride - 1) / Stride];

    /// <summary>Edges that may lead from a WeakMap's table to a value, each with the string index of its name: V8 writes them right behind the weak edges of their key and value.</summary>
    public NativeList<(long Edge, int Name)> EphemeronCandidates { get; } = new();

    /// <summary>The largest string index that an edge's name refers to.</summary>
    public long LargestName { get; private set; } = -1;

    public int RowsAtOnce => Stride;

    /// <summary>Weak edges.</summary>
    public int WeakCount { get; private set; }

    /// <summary>True where an edge's name is a number itself instead of a string's.</summary>
    public static bool IsIndexed(V8EdgeType type) => type is V8EdgeType.Element or V8EdgeType.Hidden;

    public void Take(IntegerBlock block)
    {
        var columns = header.EdgeColumns;
        var cursor = new IntegerCursor(block, content);
        var candidates = candidateLists.TryPop(out var used) ? used : [];
        // The edge before the block is not known here.
        var run = new Run(candidates) { Previous = (uint)V8EdgeType.Weak };
        var end = block.FirstRow + block.Rows;
        for (var edge = block.FirstRow; edge < end; )
        {
            if (edge % Stride == 0)
            {
                Offsets[edge / Stride] = cursor.Offset;
            }

            var rows = (int)Math.Min(Stride - edge % Stride, end - edge);
            var numbers = cursor.Read(rows * columns);
            var packed = Pack(numbers, edge, rows, ref run);
            if (packed < rows)
            {
                var row = numbers[(packed * columns)..];
                throw content.Malformed(
                    cursor.Offset,
                    $"edge {edge + packed}, shortly before, has type {row[header.EdgeType]} and leads to {row[header.EdgeTo]}, which is not the beginning of a node"
                );
            }

            edge += rows;
        }

        lock (merging)
        {
            LargestName = Math.Max(LargestName, (long)Math.Min(run.LargestName, long.MaxValue));
            WeakCount += run.WeakCount;
            EphemeronCandidates.AddRange(CollectionsMarshal.AsSpan(candidates));
        }

        candidates.Clear();
        candidateLists.Push(candidates);
    }

    /// <summary>Packs whole rows into <see cref="Targets"/>.</summary>
    /// <returns>How many there were before one that cannot be; all of them for the most part.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe int Pack(ReadOnlySpan<ulong> numbers, long first, int rows, ref Run run)
    {
        ref var row = ref MemoryMarshal.GetReference(numbers);
        var (columns, typeColumn, nameColumn, toColumn) = (
            header.EdgeColumns,
            header.EdgeType,
            header.EdgeName,
            header.EdgeTo
        );
        var (nodeColumns, nodeCount) = ((ulong)header.NodeColumns, (ulong)header.NodeCount);
        var reciprocal = (1UL << 35) / nodeColumns + 1;
        var targets = Targets.Pointer + first;
        var (known, masks) = (codes, nameMasks);
        var previous = run.Previous;
        var largestName = run.LargestName;
        var weak = run.WeakCount;
        for (var i = 0; i < rows; i++, row = ref Unsafe.Add(ref row, columns))
        {
            var type = Unsafe.Add(ref row, typeColumn);
            var name = Unsafe.Add(ref row, nameColumn);
            var to = Unsafe.Add(ref row, toColumn);

            // Exact for multiples below 2^32; anything else does not multiply back.
            var node = to < uint.MaxValue ? (to * reciprocal) >> 35 : to / nodeColumns;
            if (
                type >= (ulong)known.Length
                || type >= (ulong)masks.Length
                || node * nodeColumns != to
                || node >= nodeCount
            )
            {
                return i;
            }

            var code = known[type];
            targets[i] = (int)((code << NodeBits) | (uint)node);
            largestName = Math.Max(largestName, name & masks[type]);
            if (previous == (uint)V8EdgeType.Weak && code == (uint)V8EdgeType.Internal)
            {
                run.Candidates.Add((first + i, (int)Math.Min(name, int.MaxValue)));
            }

            weak += code == (uint)V8EdgeType.Weak ? 1 : 0;
            previous = code;
        }

        (run.Previous, run.LargestName, run.WeakCount) = (previous, largestName, weak);
        return rows;
    }

    /// <summary>The reader's codes for the edge types that a snapshot names; a type that is not known holds its target as an internal one does.</summary>
    public static uint[] Codes(string[] types) =>
        [
            .. types.Select(t =>
                t switch
                {
                    "context" => (uint)V8EdgeType.Context,
                    "element" => (uint)V8EdgeType.Element,
                    "property" => (uint)V8EdgeType.Property,
                    "hidden" => (uint)V8EdgeType.Hidden,
                    "shortcut" => (uint)V8EdgeType.Shortcut,
                    "weak" => (uint)V8EdgeType.Weak,
                    _ => (uint)V8EdgeType.Internal,
                }
            ),
        ];

    public void Dispose() => EphemeronCandidates.Dispose();

    /// <summary>What is known of a run of edges, one behind the other.</summary>
    private struct Run(List<(long Edge, int Name)> candidates)
    {
        public uint Previous;
        public ulong LargestName;
        public int WeakCount;
        public readonly List<(long Edge, int Name)> Candidates = candidates;
    }
}
