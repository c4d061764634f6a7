using System.Runtime.CompilerServices;

namespace Tidemark.Formats.Pprof;

/// <summary>How a protobuf field is laid out on the wire.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>Reads one protobuf message, field by field, and knows where in the file it is.</summary>
/// <remarks>The wire format: https://protobuf.dev/programming-guides/encoding/. Groups, which profiles never use, are refused.</remarks>
internal ref struct WireReader(ReadOnlySpan<byte> message, string path, long origin)
{
    private readonly ReadOnlySpan<byte> message = message;
    private int position;

    public readonly bool AtEnd => position >= message.Length;

    /// <summary>Where the next byte stands in the unpacked file.</summary>
    public readonly long Offset => origin + position;

    /// <summary>The number of the next field.</summary>
    public int ReadTag(out WireType type)
    {
        var start = position;
        var tag = ReadVarint();
        type = (WireType)(tag & 7);
        var field = tag >> 3;
        if (
            field is 0 or > int.MaxValue
            || type is not (WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32)
        )
        {
            throw Malformed(start, $"expected a protobuf field, found the tag {tag}");
        }

        return (int)field;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadVarint()
    {
        if (position < message.Length && message[position] < 0x80)
        {
            return message[position++];
        }

        return ReadLongVarint();
    }

    /// <summary>A number, whichever way it is laid out.</summary>
    public ulong ReadNumber(WireType type)
    {
        switch (type)
        {
            case WireType.Varint:
                return ReadVarint();
            case WireType.Fixed64:
                return BitConverter.ToUInt64(Take(8));
            case WireType.Fixed32:
                return BitConverter.ToUInt32(Take(4));
            default:
                throw Malformed(position, "expected a number, found a field of bytes");
        }
    }

    /// <summary>The bytes of a string or of a packed list.</summary>
    public ReadOnlySpan<byte> ReadBytes(WireType type)
    {
        if (type != WireType.Bytes)
        {
            throw Malformed(position, "expected a field of bytes, found a number");
        }

        var start = position;
        var length = ReadVarint();
        if (length > (ulong)(message.Length - position))
        {
            throw Malformed(start, $"a field of {length} bytes where only {message.Length - position} are left");
        }

        return Take((int)length);
    }

    /// <summary>The message that this field holds.</summary>
    public WireReader ReadMessage(WireType type)
    {
        var bytes = ReadBytes(type);
        return new WireReader(bytes, path, Offset - bytes.Length);
    }

    public void Skip(WireType type)
    {
        if (type == WireType.Bytes)
        {
            ReadBytes(type);
        }
        else
        {
            ReadNumber(type);
        }
    }

    public readonly MalformedDumpException Malformed(string problem) => Malformed(position, problem);

    private readonly MalformedDumpException Malformed(int at, string problem) => new(path, origin + at, problem);

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > message.Length - position)
        {
            throw Malformed(position, $"expected {length} more bytes, found the end of the message");
        }

        var bytes = message.Slice(position, length);
        position += length;
        return bytes;
    }

    private ulong ReadLongVarint()
    {
        var start = position;
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (position >= message.Length)
            {
                throw Malformed(start, "the message ends inside a number");
            }

            var b = message[position++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Malformed(start, "a number of more than ten bytes");
    }
}
