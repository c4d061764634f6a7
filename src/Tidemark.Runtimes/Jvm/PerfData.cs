using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Runtimes.Jvm;

/// <summary>The counters that a HotSpot JVM publishes in a memory-mapped file (<c>/tmp/hsperfdata_USER/PID</c>, version 2.0), as jstat reads them.</summary>
/// <remarks>
/// A prologue of 32 bytes (magic, byte order, versions, accessible, used, overflow, time stamp, offset of the first entry, number of
/// entries), then the entries: length, offset of the name, length of the vector or 0, type, flags, unit, variability, offset of the
/// value. Reading it costs the JVM nothing: it writes the counters whether anybody looks or not.
/// </remarks>
internal sealed class PerfData
{
    private const uint Magic = 0xcafec0c0;
    private const int PrologueSize = 32;
    private const int EntryHeaderSize = 20;
    private const byte LongType = (byte)'J';
    private const byte ByteType = (byte)'B';

    private readonly Dictionary<string, long> numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);

    private PerfData() { }

    /// <summary>A counter's value; null where this JVM does not publish it.</summary>
    public long? Number(string name) => numbers.TryGetValue(name, out var value) ? value : null;

    /// <summary>A text, such as a collector's name; null where this JVM does not publish it.</summary>
    public string? Text(string name) => texts.GetValueOrDefault(name);

    /// <summary>Reads the file's content; null where it is not such a file, or one that the JVM has not finished yet.</summary>
    public static PerfData? Parse(ReadOnlySpan<byte> content)
    {
        if (content.Length < PrologueSize || BinaryPrimitives.ReadUInt32BigEndian(content) != Magic)
        {
            return null;
        }

        var isLittleEndian = content[4] == 1;
        var majorVersion = content[5];
        var isAccessible = content[7] != 0;
        if (majorVersion != 2 || !isAccessible)
        {
            return null;
        }

        var data = new PerfData();
        var offset = Int32(content, 24, isLittleEndian);
        var entries = Int32(content, 28, isLittleEndian);
        for (var i = 0; i < entries && Fits(content, offset, EntryHeaderSize); i++)
        {
            var length = Int32(content, offset, isLittleEndian);
            if (length < EntryHeaderSize || !Fits(content, offset, length))
            {
                break;
            }

            data.Add(content.Slice(offset, length), isLittleEndian);
            offset += length;
        }

        return data;
    }

    private void Add(ReadOnlySpan<byte> entry, bool isLittleEndian)
    {
        var nameOffset = Int32(entry, 4, isLittleEndian);
        var vectorLength = Int32(entry, 8, isLittleEndian);
        var type = entry[12];
        var valueOffset = Int32(entry, 16, isLittleEndian);
        if (!Fits(entry, nameOffset, 1))
        {
            return;
        }

        var name = ZeroTerminated(entry[nameOffset..]);
        if (type == LongType && vectorLength == 0 && Fits(entry, valueOffset, sizeof(long)))
        {
            var value = entry[valueOffset..];
            numbers[name] = isLittleEndian
                ? BinaryPrimitives.ReadInt64LittleEndian(value)
                : BinaryPrimitives.ReadInt64BigEndian(value);
        }
        else if (type == ByteType && vectorLength > 0 && Fits(entry, valueOffset, vectorLength))
        {
            texts[name] = ZeroTerminated(entry.Slice(valueOffset, vectorLength));
        }
    }

    private static int Int32(ReadOnlySpan<byte> from, int at, bool isLittleEndian) =>
        isLittleEndian
            ? BinaryPrimitives.ReadInt32LittleEndian(from[at..])
            : BinaryPrimitives.ReadInt32BigEndian(from[at..]);

    private static bool Fits(ReadOnlySpan<byte> content, int offset, int length) =>
        offset >= 0 && length >= 0 && (long)offset + length <= content.Length;

    private static string ZeroTerminated(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
