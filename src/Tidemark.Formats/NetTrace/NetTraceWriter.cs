using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Formats.NetTrace;

/// <summary>Writes nettrace streams (version 4): whole ones for tests, and events of our own at the end of one that the runtime wrote.</summary>
/// <remarks>Events are written in the plain form. A reader that does not know them skips them.</remarks>
public sealed class NetTraceWriter : IDisposable
{
    /// <summary>The largest payload that readers of this format are known to take, in bytes.</summary>
    public const int MaxPayload = 60_000;

    private const byte NullReference = 1;
    private const byte BeginObject = 5;
    private const byte EndObject = 6;
    private readonly BinaryWriter writer;
    private readonly Dictionary<NetTraceDefinition, int> numbers = [];
    private readonly Dictionary<long, int> sequence = [];
    private readonly int firstNumber;

    private NetTraceWriter(Stream stream, int firstNumber)
    {
        writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        this.firstNumber = firstNumber;
    }

    /// <summary>Begins a stream.</summary>
    public static NetTraceWriter Begin(Stream stream, NetTraceHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        var result = new NetTraceWriter(stream, firstNumber: 1);
        result.writer.Write(NetTraceReader.Magic);
        result.writer.Write(20);
        result.writer.Write("!FastSerialization.1"u8);
        result.BeginType("Trace", 4);
        var at = header.StartedAt.UtcDateTime;
        foreach (
            var part in (int[])
                [at.Year, at.Month, (int)at.DayOfWeek, at.Day, at.Hour, at.Minute, at.Second, at.Millisecond]
        )
        {
            result.writer.Write((short)part);
        }

        result.writer.Write(header.StartTimestamp);
        result.writer.Write(header.TicksPerSecond);
        result.writer.Write(header.PointerSize);
        result.writer.Write(header.ProcessId);
        result.writer.Write(1); // processors
        result.writer.Write(0); // samples a second
        result.writer.Write(EndObject);
        return result;
    }

    /// <summary>Goes on where a stream ends: its end mark is taken away, and written again by <see cref="End"/>.</summary>
    /// <param name="stream">Can seek; ends with the end mark.</param>
    public static NetTraceWriter Append(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Seek(-1, SeekOrigin.End);

        // Definitions are numbered by each writer in its own way; the runtime counts up from 1.
        return new NetTraceWriter(stream, firstNumber: 1 << 20);
    }

    /// <summary>Writes an event in a block of its own.</summary>
    /// <param name="definition">What it is; written before its first event.</param>
    /// <param name="thread">The thread that writes it; its events are numbered.</param>
    /// <param name="timestamp">When it happened, on the trace's clock.</param>
    /// <param name="payload">At most <see cref="MaxPayload"/> bytes where other readers matter.</param>
    /// <param name="dropped">Events of this thread that are said to have been dropped before.</param>
    public void Write(
        NetTraceDefinition definition,
        long thread,
        long timestamp,
        ReadOnlySpan<byte> payload,
        int dropped = 0
    )
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (!numbers.TryGetValue(definition, out var number))
        {
            numbers.Add(definition, number = firstNumber + numbers.Count);
            WriteBlock("MetadataBlock", Event(0, 0, 0, timestamp, Describe(number, definition)));
        }

        var sequenceNumber = sequence.GetValueOrDefault(thread) + dropped + 1;
        sequence[thread] = sequenceNumber;
        WriteBlock("EventBlock", Event(number, sequenceNumber, thread, timestamp, payload));
    }

    /// <summary>Ends the stream.</summary>
    public void End()
    {
        writer.Write(NullReference);
        writer.Flush();
    }

    public void Dispose() => writer.Dispose();

    private void BeginType(string name, int version)
    {
        writer.Write(BeginObject);
        writer.Write(BeginObject);
        writer.Write(NullReference);
        writer.Write(version);
        writer.Write(version);
        writer.Write(name.Length);
        writer.Write(Encoding.UTF8.GetBytes(name));
        writer.Write(EndObject);
    }

    private void WriteBlock(string type, byte[] content)
    {
        BeginType(type, 2);
        writer.Write(content.Length);
        while (writer.BaseStream.Position % 4 != 0)
        {
            writer.Write((byte)0);
        }

        writer.Write(content);
        writer.Write(EndObject);
    }

    /// <summary>A block's header and one event.</summary>
    private static byte[] Event(int definition, int sequence, long thread, long timestamp, ReadOnlySpan<byte> payload)
    {
        const int blockHeader = 20;
        const int eventHeader = 80;
        var size = eventHeader + payload.Length;
        var block = new byte[blockHeader + (size + 3) / 4 * 4];
        BinaryPrimitives.WriteInt16LittleEndian(block, blockHeader);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(4), timestamp);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(12), timestamp);
        var fields = block.AsSpan(blockHeader);
        BinaryPrimitives.WriteInt32LittleEndian(fields, size - sizeof(int));
        BinaryPrimitives.WriteInt32LittleEndian(fields[4..], definition);
        BinaryPrimitives.WriteInt32LittleEndian(fields[8..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(fields[12..], thread);
        BinaryPrimitives.WriteInt64LittleEndian(fields[20..], thread);
        BinaryPrimitives.WriteInt64LittleEndian(fields[36..], timestamp);
        BinaryPrimitives.WriteInt32LittleEndian(fields[76..], payload.Length);
        payload.CopyTo(fields[eventHeader..]);
        return block;
    }

    private static byte[] Describe(int number, NetTraceDefinition definition)
    {
        using var buffer = new MemoryStream();
        using var description = new BinaryWriter(buffer, Encoding.Unicode);
        description.Write(number);
        description.Write((definition.Provider + '\0').AsSpan());
        description.Write(definition.EventId);
        description.Write((definition.Name + '\0').AsSpan());
        description.Write(0L); // keywords
        description.Write(definition.Version);
        description.Write(0); // level
        WriteFields(description, definition.Fields);
        description.Flush();
        return buffer.ToArray();
    }

    private static void WriteFields(BinaryWriter description, IReadOnlyList<NetTraceField> fields)
    {
        description.Write(fields.Count);
        foreach (var field in fields)
        {
            description.Write((int)field.Type);
            if (field.Type == TypeCode.Object)
            {
                WriteFields(description, field.Fields);
            }

            description.Write((field.Name + '\0').AsSpan());
        }
    }
}
