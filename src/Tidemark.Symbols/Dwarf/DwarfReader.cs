using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Symbols.Dwarf;

/// <summary>The debug information is damaged, or of a kind that is not read; the message says where.</summary>
public sealed class DwarfException(string message) : Exception(message);

/// <summary>Reads the primitive encodings of DWARF (version 5, section 7) from a section.</summary>
internal ref struct DwarfReader(ReadOnlySpan<byte> data, long position = 0)
{
    private readonly ReadOnlySpan<byte> data = data;
    private int position =
        position >= 0 && position <= data.Length
            ? (int)position
            : throw new DwarfException($"offset {position} is outside of its section");

    public int Position
    {
        readonly get => position;
        set =>
            position =
                (uint)value <= (uint)data.Length
                    ? value
                    : throw new DwarfException($"offset {value} is outside of its section");
    }

    public readonly int Length => data.Length;

    public readonly bool AtEnd => position >= data.Length;

    public byte U8() => Bytes(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    public ulong Unsigned(int size) =>
        size switch
        {
            1 => U8(),
            2 => U16(),
            4 => U32(),
            8 => U64(),
            _ => throw new DwarfException($"at {position}: a number of {size} bytes"),
        };

    public ulong Uleb()
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = U8();
            if (shift < 64)
            {
                value |= (ulong)(part & 0x7f) << shift;
            }

            if ((part & 0x80) == 0)
            {
                return value;
            }
        }
    }

    public long Sleb()
    {
        var value = 0L;
        var shift = 0;
        byte part;
        do
        {
            part = U8();
            if (shift < 64)
            {
                value |= (long)(part & 0x7f) << shift;
            }

            shift += 7;
        } while ((part & 0x80) != 0);

        return shift < 64 && (part & 0x40) != 0 ? value | (-1L << shift) : value;
    }

    /// <summary>A section length: 32 bits, or an escape and 64 bits, which sets the size of offsets.</summary>
    public long InitialLength(out int offsetSize)
    {
        offsetSize = 4;
        var length = (ulong)U32();
        if (length == 0xffffffff)
        {
            offsetSize = 8;
            length = U64();
        }

        if (length > (ulong)(data.Length - position))
        {
            throw new DwarfException($"at {position}: a unit of {length} bytes reaches past its section");
        }

        return (long)length;
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)(data.Length - position))
        {
            throw new DwarfException($"at {position}: {count} bytes expected, but the section ends");
        }

        var bytes = data.Slice(position, count);
        position += count;
        return bytes;
    }

    public void Skip(ulong count)
    {
        if (count > (ulong)(data.Length - position))
        {
            throw new DwarfException($"at {position}: {count} bytes expected, but the section ends");
        }

        position += (int)count;
    }

    public string Text()
    {
        var start = position;
        SkipText();
        return Encoding.UTF8.GetString(data[start..(position - 1)]);
    }

    public void SkipText()
    {
        var end = data[position..].IndexOf((byte)0);
        if (end < 0)
        {
            throw new DwarfException($"at {position}: a text without an end");
        }

        position += end + 1;
    }
}
