using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>Tells which of a trace's heap dumps an event belongs to.</summary>
/// <remarks>
/// A dump is written by one thread, but where collections run on several threads that need not be the one that tells of
/// the collection's begin or end, and threads stand in a trace one after the other. So a dump is told by itself: it
/// begins with the static fields, and each kind of its events is numbered from 0.
/// </remarks>
internal sealed class HeapDumpBounds
{
    private readonly bool[] seen = new bool[(int)ClrEvent.BulkRootStaticVar + 1];
    private int current = -1;

    /// <summary>The dump's number from 0, or -1 for an event that belongs to none.</summary>
    public int DumpOf(ClrEvent kind, EventPayload payload)
    {
        var begins = kind switch
        {
            ClrEvent.BulkRootStaticVar => seen[(int)ClrEvent.BulkNode],
            ClrEvent.BulkNode
            or ClrEvent.BulkEdge
            or ClrEvent.BulkRootEdge
            or ClrEvent.BulkRootConditionalWeakTableElementEdge => seen[(int)kind] && payload.UInt32() == 0,
            _ => (bool?)null,
        };
        if (begins is null)
        {
            return -1;
        }

        if (begins.Value || current < 0)
        {
            current++;
            Array.Clear(seen);
        }

        seen[(int)kind] = true;
        return current;
    }
}

/// <summary>Bulk events: a number, how many rows, and rows of one size.</summary>
internal static class BulkRows
{
    /// <summary>Address, size, type, number of references.</summary>
    public static int NodeSize(int pointerSize) => pointerSize + 24;

    /// <summary>Address, number of the referring field (always 0).</summary>
    public static int EdgeSize(int pointerSize) => pointerSize + 4;

    /// <summary>Address, kind, flags, identity of the root.</summary>
    public static int RootSize(int pointerSize) => pointerSize + 5 + pointerSize;

    /// <summary>Key, value, identity of the handle.</summary>
    public static int DependentPairSize(int pointerSize) => 3 * pointerSize;

    /// <summary>The rows of an event that has not been read from yet.</summary>
    public static ReadOnlySpan<byte> Of(ref EventPayload payload, int rowSize)
    {
        payload.UInt32(); // the event's number among those of its kind
        var count = payload.UInt32();
        payload.UInt16(); // the runtime's number in the process
        if (count > payload.Remaining / rowSize)
        {
            throw payload.Malformed(
                $"{count} rows of {rowSize} bytes were expected, {payload.Remaining} bytes are there"
            );
        }

        return payload.Take((int)count * rowSize);
    }
}
