using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Formats.Jfr;

/// <summary>Reads the primitive values of a recording, and refuses to read past its end.</summary>
internal ref struct JfrCursor(ReadOnlySpan<byte> content, string path, long start, bool compressed)
{
    private readonly ReadOnlySpan<byte> content = content;

    /// <summary>How strings are stored: the byte before them says which.</summary>
    private const int NullString = 0;
    private const int EmptyString = 1;
    private const int PooledString = 2;
    private const int Utf8String = 3;
    private const int CharsString = 4;
    private const int Latin1String = 5;

    public int Position { get; set; }

    public readonly bool AtEnd => Position >= content.Length;

    public byte ReadByte()
    {
        Require(1);
        return content[Position++];
    }

    /// <summary>A short, int or long: seven bits a byte, lowest first, the ninth byte whole; big-endian in recordings that are not compressed.</summary>
    public long ReadNumber(int width)
    {
        if (!compressed)
        {
            Require(width);
            var bytes = content.Slice(Position, width);
            Position += width;
            return width switch
            {
                2 => BinaryPrimitives.ReadInt16BigEndian(bytes),
                4 => BinaryPrimitives.ReadInt32BigEndian(bytes),
                _ => BinaryPrimitives.ReadInt64BigEndian(bytes),
            };
        }

        ulong value = 0;
        for (var shift = 0; shift < 56; shift += 7)
        {
            var part = ReadByte();
            value |= (ulong)(part & 0x7f) << shift;
            if ((part & 0x80) == 0)
            {
                return (long)value;
            }
        }

        return (long)(value | ((ulong)ReadByte() << 56));
    }

    public int ReadInt() => (int)ReadNumber(sizeof(int));

    public long ReadLong() => ReadNumber(sizeof(long));

    /// <summary>A number of things that follow, each of which takes a byte at least.</summary>
    public int ReadCount()
    {
        var count = ReadInt();
        return count >= 0 && count <= content.Length - Position
            ? count
            : throw Malformed($"{count} things are announced, and {content.Length - Position} bytes are left");
    }

    /// <summary>A text; null for the null string. One that stands in the pool of strings is given by its key.</summary>
    public string? ReadString(out long pooled)
    {
        pooled = -1;
        var kind = ReadByte();
        switch (kind)
        {
            case NullString:
                return null;
            case EmptyString:
                return "";
            case PooledString:
                pooled = ReadLong();
                return null;
            case Utf8String:
                return Encoding.UTF8.GetString(ReadBytes(ReadCount()));
            case CharsString:
                var chars = new char[ReadCount()];
                for (var i = 0; i < chars.Length; i++)
                {
                    chars[i] = (char)ReadNumber(sizeof(short));
                }

                return new string(chars);
            case Latin1String:
                return Encoding.Latin1.GetString(ReadBytes(ReadCount()));
            default:
                throw Malformed($"a string begins with 0 to 5, not {kind}");
        }
    }

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        Require(count);
        var bytes = content.Slice(Position, count);
        Position += count;
        return bytes;
    }

    public readonly MalformedDumpException Malformed(string problem) => new(path, start + Position, problem);

    private readonly void Require(int count)
    {
        if (count < 0 || count > content.Length - Position)
        {
            throw Malformed($"{count} bytes are expected, and {content.Length - Position} are left");
        }
    }
}
