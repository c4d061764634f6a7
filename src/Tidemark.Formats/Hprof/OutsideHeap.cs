using System.Buffers.Binary;

namespace Tidemark.Formats.Hprof;

/// <summary>What Java objects stand for outside of the heap: the memory of direct buffers, and zlib's behind open deflaters and inflaters.</summary>
internal sealed class OutsideHeap(HeapContents contents, HeapObjects objects)
{
    // zlib's zconf.h: (1 << (windowBits + 2)) + (1 << (memLevel + 9)) to deflate and 1 << windowBits to inflate, and some KiB of state.
    private const long DeflaterBytes = (256 << 10) + (6 << 10);
    private const long InflaterBytes = (32 << 10) + (7 << 10);

    /// <summary>Pools that do without cleaners (Netty's) take their memory in chunks of 4 to 16 MiB: a larger buffer without one is a native mapping.</summary>
    private const long LentBytes = 64 << 20;

    /// <summary>True for a class whose objects are worth asking about.</summary>
    public static bool IsHolder(string type) =>
        type
            is "java.nio.DirectByteBuffer"
                or "java.nio.DirectByteBufferR"
                or "java.util.zip.Deflater"
                or "java.util.zip.Inflater";

    /// <summary>Bytes outside of the heap that live as long as this object.</summary>
    public long Bytes(int node)
    {
        if (node >= contents.ObjectCount)
        {
            return 0;
        }

        var record = objects.Record(node);
        return record.Class?.Name switch
        {
            "java.nio.DirectByteBuffer" or "java.nio.DirectByteBufferR" => OfBuffer(record),
            "java.util.zip.Deflater" => IsOpen(node, record) ? DeflaterBytes : 0,
            "java.util.zip.Inflater" => IsOpen(node, record) ? InflaterBytes : 0,
            _ => 0,
        };
    }

    /// <summary>
    /// A view of another buffer (att) and a mapped file (fd) have no memory of their own; nor has what native code lends out,
    /// which nobody cleans up, such as the JDK's own file of modules.
    /// </summary>
    private long OfBuffer(ObjectRecord buffer) =>
        objects.Reference(buffer, "att") != 0
        || objects.Reference(buffer, "fd") != 0
        || objects.Reference(buffer, "cleaner") == 0
            ? 0
            : Math.Max(0, Number(buffer, "capacity"));

    /// <summary>The address of zlib's state is zero after end(). Version 8 keeps it in an object of its own as the later ones do.</summary>
    private bool IsOpen(int node, ObjectRecord stream) =>
        objects.Follow(node, "zsRef") is >= 0 and var state && state < contents.ObjectCount
            ? Number(objects.Record(state), "address") != 0
            : Number(stream, "strm") != 0;

    /// <summary>An int or a long of an instance; 0 where there is no such field.</summary>
    private long Number(ObjectRecord record, string field)
    {
        if (record.Class is not { } own || contents.Classes.OffsetOf(own, field) is not (>= 0 and var offset))
        {
            return 0;
        }

        var type = own.Lineage()
            .SelectMany(c => c.Fields)
            .First(f => contents.Classes.SymbolName(f.Name) == field)
            .Type;
        var data = objects.Data(record, BasicType.Size(type, contents.IdSize), offset);
        return data.Length switch
        {
            sizeof(int) => BinaryPrimitives.ReadInt32BigEndian(data),
            sizeof(long) => BinaryPrimitives.ReadInt64BigEndian(data),
            _ => 0,
        };
    }
}
