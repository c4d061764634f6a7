using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tidemark.Formats.NetTrace;

/// <summary>Reads forward over little-endian bytes and knows where in the file they stand, so that damage can be named.</summary>
public ref struct EventPayload(ReadOnlySpan<byte> data, string path, long offset)
{
    private readonly ReadOnlySpan<byte> data = data;
    private readonly string path = path;
    private readonly long offset = offset;
    private int position;

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => data.Length - position;

    /// <summary>Where in the stream the next byte stands.</summary>
    public readonly long Offset => offset + position;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public float Single() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    /// <summary>An address of the traced process.</summary>
    public ulong Pointer(int pointerSize) => pointerSize == 8 ? UInt64() : UInt32();

    /// <summary>Seven bits a byte, lowest first.</summary>
    public ulong VarUInt64()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed("a variable-length number that ends within 10 bytes was expected");
    }

    public uint VarUInt32() => (uint)VarUInt64();

    /// <summary>UTF-16 up to a zero.</summary>
    public string Utf16()
    {
        var rest = MemoryMarshal.Cast<byte, char>(data[position..]);
        var length = rest.IndexOf('\0');
        if (length < 0)
        {
            throw Malformed("a string that ends with a zero was expected");
        }

        position += (length + 1) * sizeof(char);
        return new string(rest[..length]);
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Remaining)
        {
            throw Malformed($"{count} more bytes were expected, {Remaining} are there");
        }

        position += count;
        return data.Slice(position - count, count);
    }

    /// <summary>The part that follows, to be read on its own.</summary>
    public EventPayload Part(int count)
    {
        var start = Offset;
        return new EventPayload(Take(count), path, start);
    }

    public readonly MalformedDumpException Malformed(string problem) => new(path, Offset, problem);
}
