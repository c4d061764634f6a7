using System.Buffers.Binary;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>A root as the runtime reports it.</summary>
internal readonly record struct ClrRoot(ulong Address, ClrRootSource Source, ClrRootFlags Flags, ulong Id);

/// <summary>A static field with a value, as the runtime reports it. It tells the field's name but not whose field it is.</summary>
public readonly record struct ClrStatic(ulong Root, ulong Address, ulong Type, string Field);

/// <summary>A key that keeps a value alive: an entry of a ConditionalWeakTable.</summary>
internal readonly record struct ClrDependentPair(ulong Key, ulong Value);

internal enum ClrRootSource : byte
{
    Stack,
    FinalizerQueue,
    Handle,
}

[Flags]
internal enum ClrRootFlags
{
    None = 0,
    Pinned = 1,
    Weak = 2,
    Interior = 4,
    RefCounted = 8,
}

/// <summary>Collects what keeps objects alive in one heap dump.</summary>
internal sealed class ClrRootEvents(int pointerSize)
{
    public List<ClrRoot> Roots { get; } = [];

    public List<ClrStatic> Statics { get; } = [];

    public List<ClrDependentPair> DependentPairs { get; } = [];

    public void AddRoots(EventPayload payload)
    {
        var size = BulkRows.RootSize(pointerSize);
        for (var rows = BulkRows.Of(ref payload, size); rows.Length > 0; rows = rows[size..])
        {
            var address = Pointer(rows);
            var flags = (ClrRootFlags)BinaryPrimitives.ReadInt32LittleEndian(rows[(pointerSize + 1)..]);
            if (address != 0 && !flags.HasFlag(ClrRootFlags.Weak))
            {
                Roots.Add(
                    new ClrRoot(address, (ClrRootSource)rows[pointerSize], flags, Pointer(rows[(pointerSize + 5)..]))
                );
            }
        }
    }

    public void AddDependentPairs(EventPayload payload)
    {
        var size = BulkRows.DependentPairSize(pointerSize);
        for (var rows = BulkRows.Of(ref payload, size); rows.Length > 0; rows = rows[size..])
        {
            DependentPairs.Add(new ClrDependentPair(Pointer(rows), Pointer(rows[pointerSize..])));
        }
    }

    public static void AddStatics(EventPayload payload, List<ClrStatic> statics)
    {
        var count = payload.UInt32();
        payload.UInt64(); // application domain
        payload.UInt16(); // the runtime's number in the process
        for (; count > 0; count--)
        {
            var root = payload.UInt64();
            var address = payload.UInt64();
            var type = payload.UInt64();
            payload.UInt32(); // flags
            statics.Add(new ClrStatic(root, address, type, payload.Utf16()));
        }
    }

    private ulong Pointer(ReadOnlySpan<byte> row) =>
        pointerSize == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(row) : BinaryPrimitives.ReadUInt32LittleEndian(row);
}
