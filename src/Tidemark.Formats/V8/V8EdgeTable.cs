using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>The edges' columns, filled by several threads at once. Names are not kept: they are read again where they are asked for.</summary>
internal sealed class V8EdgeTable(V8SnapshotHeader header, V8Content content) : IIntegerSink
{
    /// <summary>Rows from one remembered offset to the next.</summary>
    public const int Stride = 512;

    /// <summary>Bits of a target that hold the node; the edge's type stands above them.</summary>
    public const int NodeBits = 29;

    public const int NodeMask = (1 << NodeBits) - 1;

    private readonly uint[] codes = Codes(header.EdgeTypes);
    private readonly Lock merging = new();

    /// <summary>Target and type of each edge, see <see cref="NodeBits"/>.</summary>
    public NativeArray<int> Targets { get; } = new(header.EdgeCount);

    /// <summary>Where in the file every <see cref="Stride"/>-th row begins.</summary>
    public long[] Offsets { get; } = new long[(header.EdgeCount + Stride - 1) / Stride];

    /// <summary>Edges that may lead from a WeakMap's table to a value, each with the string index of its name: V8 writes them right behind the weak edges of their key and value.</summary>
    public List<(long Edge, int Name)> EphemeronCandidates { get; } = [];

    /// <summary>The largest string index that an edge's name refers to.</summary>
    public long LargestName { get; private set; } = -1;

    /// <summary>True where an edge's name is a number itself instead of a string's.</summary>
    public static bool IsIndexed(V8EdgeType type) => type is V8EdgeType.Element or V8EdgeType.Hidden;

    public unsafe void Take(IntegerBlock block)
    {
        const uint weak = (uint)V8EdgeType.Weak;
        var cursor = new IntegerCursor(block, content);
        var columns = header.EdgeColumns;
        var numbers = new ulong[Stride * columns];
        var candidates = new List<(long, int)>();
        var nodeColumns = (ulong)header.NodeColumns;
        var reciprocal = (1UL << 35) / nodeColumns + 1;
        ulong largestName = 0;
        var previous = weak; // of the edge before the block, which is not known here
        var end = block.FirstRow + block.Rows;
        for (var edge = block.FirstRow; edge < end; )
        {
            if (edge % Stride == 0)
            {
                Offsets[edge / Stride] = cursor.Offset;
            }

            var rows = numbers.AsSpan(0, (int)Math.Min(Stride - edge % Stride, end - edge) * columns);
            cursor.Read(rows);
            for (; !rows.IsEmpty; rows = rows[columns..], edge++)
            {
                var type = rows[header.EdgeType];
                var name = rows[header.EdgeName];
                var to = rows[header.EdgeTo];

                // Exact for multiples below 2^32; anything else does not multiply back.
                var node = to < uint.MaxValue ? (to * reciprocal) >> 35 : to / nodeColumns;
                if (type >= (ulong)codes.Length || node * nodeColumns != to || node >= (ulong)header.NodeCount)
                {
                    throw content.Malformed(
                        cursor.Offset,
                        $"edge {edge}, shortly before, has type {type} and leads to {to}, which is not the beginning of a node"
                    );
                }

                var code = codes[type];
                if (!IsIndexed((V8EdgeType)code))
                {
                    largestName = Math.Max(largestName, name);
                    if (code == (uint)V8EdgeType.Internal && previous == weak)
                    {
                        candidates.Add((edge, (int)Math.Min(name, int.MaxValue)));
                    }
                }

                Targets.Pointer[edge] = (int)((code << NodeBits) | (uint)node);
                previous = code;
            }
        }

        lock (merging)
        {
            LargestName = Math.Max(LargestName, (long)Math.Min(largestName, long.MaxValue));
            EphemeronCandidates.AddRange(candidates);
        }
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
}
