using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>Tells which of a trace's heap dumps an event belongs to: one collection writes one dump, all of it on its own thread.</summary>
internal sealed class HeapDumpBounds
{
    private readonly Dictionary<long, int> open = [];
    private int count;

    /// <summary>The dump's number from 0, or -1 for an event that belongs to none.</summary>
    public int DumpOf(ClrEvent kind, long thread)
    {
        switch (kind)
        {
            case ClrEvent.GcStart:
                open.Remove(thread);
                return -1;
            case ClrEvent.GcEnd:
                return open.Remove(thread, out var ended) ? ended : -1;
            case ClrEvent.BulkNode
            or ClrEvent.BulkEdge
            or ClrEvent.BulkRootEdge
            or ClrEvent.BulkRootStaticVar
            or ClrEvent.BulkRootConditionalWeakTableElementEdge:
                if (!open.TryGetValue(thread, out var dump))
                {
                    dump = count++;
                    open.Add(thread, dump);
                }

                return dump;
            default:
                return -1;
        }
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
