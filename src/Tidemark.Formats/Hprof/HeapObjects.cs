using System.Text;

namespace Tidemark.Formats.Hprof;

/// <summary>One object's record, as far as its head tells.</summary>
/// <param name="Tag">Instance, array of references or array of primitives.</param>
/// <param name="Id">Its identity.</param>
/// <param name="Class">Its class, null where the dump does not have it and for arrays of primitives.</param>
/// <param name="Data">Where its data begin.</param>
/// <param name="Count">Bytes of data of an instance, elements of an array.</param>
/// <param name="ElementType">The type of a primitive array's elements.</param>
internal readonly record struct ObjectRecord(
    HeapTag Tag,
    ulong Id,
    JavaClass? Class,
    long Data,
    uint Count,
    byte ElementType
);

/// <summary>Finds single objects again in the file, from the piece that they stand in. Not for hot loops; safe from several threads.</summary>
internal sealed class HeapObjects(HeapContents contents, HprofLimits limits) : IDisposable
{
    private readonly HprofCursor cursor = new(contents.File.Handle, contents.IdSize, contents.File.BufferBytes);
    private readonly Lock access = new();
    private int nextNode = -1;
    private int lastPiece = -1;
    private ObjectRecord last;

    /// <summary>The record of an object that is not a class.</summary>
    /// <exception cref="MalformedDumpException">The file is not the one that was read.</exception>
    public ObjectRecord Record(int node)
    {
        lock (access)
        {
            if (node == nextNode - 1)
            {
                return last;
            }

            var piece = PieceOf(node);
            if (piece != lastPiece || node < nextNode)
            {
                cursor.Open(contents.Pieces[piece].Start, contents.Pieces[piece].End);
                nextNode = contents.Pieces[piece].First;
                lastPiece = piece;
            }

            while (true)
            {
                if (ReadRecord() is { } found)
                {
                    last = found;
                    if (nextNode++ == node)
                    {
                        return found;
                    }
                }
            }
        }
    }

    /// <summary>An object's data from its begin on, at most so many bytes.</summary>
    public byte[] Data(ObjectRecord record, long most, long skip = 0)
    {
        var elementSize = record.Tag switch
        {
            HeapTag.InstanceDump => 1,
            HeapTag.ObjectArrayDump => contents.IdSize,
            HeapTag.PrimitiveArrayDump => BasicType.Size(record.ElementType, contents.IdSize),
            _ => 0,
        };
        var data = new byte[Math.Max(0, Math.Min(most, record.Count * (long)elementSize - skip))];
        var read = 0;
        while (
            read < data.Length
            && RandomAccess.Read(contents.File.Handle, data.AsSpan(read), record.Data + skip + read) is > 0 and var some
        )
        {
            read += some;
        }

        return data;
    }

    /// <summary>The identity that a field of an instance holds; 0 for null and where there is no such field.</summary>
    public unsafe ulong Reference(ObjectRecord record, string field)
    {
        if (record.Class is not { } own || contents.Classes.OffsetOf(own, field) is not (>= 0 and var offset))
        {
            return 0;
        }

        var data = Data(record, contents.IdSize, offset);
        fixed (byte* at = data)
        {
            return data.Length == contents.IdSize ? HprofCursor.IdAt(at, contents.IdSize) : 0;
        }
    }

    /// <summary>The object that a field of another one holds, or -1.</summary>
    public int Follow(int node, string field) =>
        node >= 0 && node < contents.ObjectCount && Reference(Record(node), field) is not 0 and var id
            ? contents.Find(id)
            : -1;

    /// <summary>A java.lang.String's value, cut to a length; null where the object is none.</summary>
    public string? Text(int node, int most)
    {
        if (node < 0 || node >= contents.ObjectCount || Record(node) is not { Class.Name: "java.lang.String" } text)
        {
            return null;
        }

        var value = Follow(node, "value");
        if (value < 0 || value >= contents.ObjectCount)
        {
            return null;
        }

        var array = Record(value);
        var isLatin = array.ElementType == BasicType.Byte && !HasWideCoder(text);
        var bytes = Data(array, Math.Min(limits.MaxTextBytes, most * (isLatin ? 1L : 2L)));
        return isLatin ? Encoding.Latin1.GetString(bytes)
            : array.ElementType == BasicType.Byte ? Encoding.Unicode.GetString(bytes)
            : Encoding.BigEndianUnicode.GetString(bytes);
    }

    public void Dispose() => cursor.Dispose();

    private bool HasWideCoder(ObjectRecord text) =>
        contents.Classes.OffsetOf(text.Class!, "coder") is >= 0 and var offset && Data(text, 1, offset) is [1];

    private int PieceOf(int node)
    {
        var (low, high) = (0, contents.Pieces.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = contents.Pieces[middle].First <= node ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    /// <summary>Reads one record and steps over its data; null for one that is no object.</summary>
    private ObjectRecord? ReadRecord()
    {
        var idSize = contents.IdSize;
        if (!cursor.Has(1))
        {
            throw contents.File.Malformed(cursor.Position, "an object that stood here before is gone");
        }

        var tag = (HeapTag)cursor.U1();
        if (
            tag
            is not (
                HeapTag.InstanceDump
                or HeapTag.ObjectArrayDump
                or HeapTag.PrimitiveArrayDump
                or HeapTag.PrimitiveArrayNoData
            )
        )
        {
            HeapRecord.Skip(cursor, tag);
            return null;
        }

        if (!cursor.Has(idSize + 9))
        {
            throw contents.File.Malformed(cursor.Position, "an object that stood here before is gone");
        }

        var id = cursor.Id();
        cursor.Skip(4);
        switch (tag)
        {
            case HeapTag.InstanceDump:
            {
                _ = cursor.Has(idSize + 4);
                var own = contents.Classes.Find(cursor.Id());
                var bytes = cursor.U4();
                var data = cursor.Position;
                cursor.Skip(bytes);
                return new ObjectRecord(tag, id, own, data, bytes, 0);
            }

            case HeapTag.ObjectArrayDump:
            {
                _ = cursor.Has(idSize + 4);
                var elements = cursor.U4();
                var own = contents.Classes.Find(cursor.Id());
                var data = cursor.Position;
                cursor.Skip(elements * (long)idSize);
                return new ObjectRecord(tag, id, own, data, elements, BasicType.Object);
            }

            default:
            {
                var elements = cursor.U4();
                var type = cursor.U1();
                var data = cursor.Position;
                cursor.Skip(tag == HeapTag.PrimitiveArrayDump ? elements * (long)BasicType.Size(type, idSize) : 0);
                return new ObjectRecord(tag, id, null, data, elements, type);
            }
        }
    }
}
