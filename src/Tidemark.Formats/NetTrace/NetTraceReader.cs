using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Formats.NetTrace;

/// <summary>Reads a nettrace stream (versions 4 and 5) forward, block by block, from a file or from a live session.</summary>
/// <remarks>Memory is bounded by the largest block and the event definitions, whatever the length of the stream. See FORMAT.md.</remarks>
public sealed class NetTraceReader
{
    private const byte NullReference = 1;
    private const byte BeginObject = 5;
    private const byte EndObject = 6;

    private readonly Stream stream;
    private readonly string path;
    private readonly NetTraceLimits limits;
    private readonly SequenceGaps gaps;
    private readonly Dictionary<uint, NetTraceDefinition> definitions = [];
    private readonly byte[] small = new byte[64];
    private byte[] block = new byte[1 << 12];
    private long offset;

    /// <summary>Reads the stream's beginning.</summary>
    /// <param name="stream">Read forward only; not disposed.</param>
    /// <param name="path">What the stream is called in errors.</param>
    /// <param name="limits">What it may ask for.</param>
    /// <exception cref="MalformedDumpException">It is not such a stream, or of another version.</exception>
    public NetTraceReader(Stream stream, string path, NetTraceLimits? limits = null)
    {
        this.stream = stream;
        this.path = path;
        this.limits = limits ?? NetTraceLimits.Default;
        gaps = new SequenceGaps(this.limits);
        Header = ReadHeader();
    }

    /// <summary>The first bytes of every nettrace stream, of whatever version.</summary>
    public static ReadOnlySpan<byte> Magic => "Nettrace"u8;

    public NetTraceHeader Header { get; }

    /// <summary>Events that the runtime dropped, as far as the stream has been read.</summary>
    public long LostEvents => gaps.Lost;

    /// <summary>Events of one thread that the runtime dropped.</summary>
    public long LostEventsOf(long thread) => gaps.LostOf(thread);

    /// <summary>How far the stream has been read, in bytes.</summary>
    public long Offset => offset;

    /// <summary>Reads the next block and shows its events.</summary>
    /// <returns>False where the stream has ended as it should.</returns>
    /// <exception cref="MalformedDumpException">It is damaged or ends in the middle.</exception>
    public bool ReadBlock(NetTraceVisitor visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        if (ReadObjectType() is not { } type)
        {
            return false;
        }

        var size = ReadInt32("the size of a block");
        if (size < 0 || size > limits.MaxBlockBytes)
        {
            throw Malformed(offset - 4, $"a block of {size} bytes, at most {limits.MaxBlockBytes} were expected");
        }

        Skip((int)(-offset & 3), $"the padding of a {type}");
        var start = offset;
        ReadBlockBytes(size, type);
        switch (type)
        {
            case "EventBlock":
                ReadEvents(start, size, isMetadata: false, visitor);
                break;
            case "MetadataBlock":
                ReadEvents(start, size, isMetadata: true, visitor);
                break;
            case "SPBlock":
                ReadSequencePoint(new EventPayload(block.AsSpan(0, size), path, start));
                break;
            default:
                break; // stacks, and blocks of later versions
        }

        Expect(EndObject, $"the end of a {type}");
        return true;
    }

    private NetTraceHeader ReadHeader()
    {
        ReadSmall(8, "\"Nettrace\"");
        if (!small.AsSpan(0, 8).SequenceEqual(Magic))
        {
            throw Malformed(0, "\"Nettrace\" was expected");
        }

        var length = ReadInt32("the stream's header");
        if (length == 0)
        {
            var major = ReadInt32("the version");
            throw Malformed(12, $"nettrace version {major} is not read, only 4 and 5; collect it with dotnet-trace");
        }

        ReadSmall(20, "\"!FastSerialization.1\"");
        if (length != 20 || !small.AsSpan(0, 20).SequenceEqual("!FastSerialization.1"u8))
        {
            throw Malformed(8, "\"!FastSerialization.1\" was expected");
        }

        var at = offset;
        if (ReadObjectType() != "Trace")
        {
            throw Malformed(at, "the object \"Trace\" was expected");
        }

        at = offset;
        ReadSmall(48, "the trace's header");
        var fields = new EventPayload(small.AsSpan(0, 48), path, at);
        Span<ushort> date = stackalloc ushort[8];
        foreach (ref var part in date)
        {
            part = fields.UInt16();
        }

        DateTimeOffset startedAt;
        try
        {
            startedAt = new(date[0], date[1], date[3], date[4], date[5], date[6], date[7], TimeSpan.Zero);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Malformed(at, "a date was expected");
        }

        var startTimestamp = fields.Int64();
        var ticksPerSecond = fields.Int64();
        var pointerSize = fields.Int32();
        var processId = fields.Int32();
        if (ticksPerSecond <= 0)
        {
            throw Malformed(at + 24, $"a clock of {ticksPerSecond} ticks a second, a positive number was expected");
        }

        if (pointerSize is not (4 or 8))
        {
            throw Malformed(at + 32, $"pointers of {pointerSize} bytes, 4 or 8 was expected");
        }

        Expect(EndObject, "the end of the trace's header");
        return new NetTraceHeader(startedAt, startTimestamp, ticksPerSecond, pointerSize, processId);
    }

    /// <summary>The name of the object that begins here, or null at the end of the stream.</summary>
    private string? ReadObjectType()
    {
        var at = offset;
        ReadSmall(1, "an object");
        if (small[0] == NullReference)
        {
            return null;
        }

        if (small[0] != BeginObject)
        {
            throw Malformed(at, $"the beginning of an object was expected, not {small[0]}");
        }

        Expect(BeginObject, "the beginning of an object's type");
        Expect(NullReference, "the type of an object's type");
        ReadSmall(8, "an object's version");
        at = offset;
        var length = ReadInt32("the length of an object type's name");
        if (length <= 0 || length > limits.MaxNameBytes)
        {
            throw Malformed(at, $"an object type's name of {length} bytes, 1 to {limits.MaxNameBytes} were expected");
        }

        ReadBlockBytes(length, "object type's name");
        var name = Encoding.UTF8.GetString(block, 0, length);
        Expect(EndObject, "the end of an object's type");
        return name;
    }

    private void ReadEvents(long start, int size, bool isMetadata, NetTraceVisitor visitor)
    {
        var content = new EventPayload(block.AsSpan(0, size), path, start);
        var headerSize = content.UInt16();
        var isCompressed = (content.UInt16() & 1) != 0;
        content.Take(headerSize - 4);
        var header = new EventHeader();
        while (content.Remaining > 0)
        {
            var payload = isCompressed ? header.ReadCompressed(ref content) : header.ReadPlain(ref content);
            if (isMetadata)
            {
                Define(payload);
                continue;
            }

            if (!definitions.TryGetValue(header.MetadataId, out var definition))
            {
                throw payload.Malformed($"an event of definition {header.MetadataId}, which was not given");
            }

            gaps.Saw(header.CaptureThread, header.SequenceNumber);
            visitor(
                new NetTraceEvent
                {
                    Definition = definition,
                    ThreadId = header.Thread,
                    Timestamp = header.Timestamp,
                    Payload = payload,
                }
            );
        }
    }

    private void Define(EventPayload payload)
    {
        var at = payload.Offset;
        var id = payload.UInt32();
        definitions[id] = EventDefinitions.Read(payload, limits);
        if (definitions.Count > limits.MaxDefinitions)
        {
            throw Malformed(at, $"more than {limits.MaxDefinitions} event definitions");
        }
    }

    private void ReadSequencePoint(EventPayload content)
    {
        content.Int64();
        var count = content.Int32();
        if (count < 0 || count > content.Remaining / 12)
        {
            throw content.Malformed($"a sequence point of {count} threads, which it does not hold");
        }

        var threads = new (long, uint)[count];
        foreach (ref var thread in threads.AsSpan())
        {
            thread = (content.Int64(), content.UInt32());
        }

        gaps.SequencePoint(threads);
    }

    /// <summary>Reads into <see cref="block"/>, which grows with what is there rather than with what is announced.</summary>
    private void ReadBlockBytes(int count, string what)
    {
        const int Step = 1 << 20;
        for (var done = 0; done < count; )
        {
            var part = Math.Min(count - done, Step);
            if (block.Length < done + part)
            {
                Array.Resize(ref block, Math.Min(limits.MaxBlockBytes, Math.Max(block.Length * 2, done + part)));
            }

            ReadFully(block.AsSpan(done, part), what);
            done += part;
        }
    }

    private void Skip(int count, string what)
    {
        if (count > 0)
        {
            ReadSmall(count, what);
        }
    }

    private void Expect(byte tag, string what)
    {
        var at = offset;
        ReadSmall(1, what);
        if (small[0] != tag)
        {
            throw Malformed(at, $"{what} was expected");
        }
    }

    private int ReadInt32(string what)
    {
        ReadSmall(4, what);
        return BinaryPrimitives.ReadInt32LittleEndian(small);
    }

    private void ReadSmall(int count, string what) => ReadFully(small.AsSpan(0, count), what);

    private void ReadFully(Span<byte> target, string what)
    {
        var read = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        if (read < target.Length)
        {
            throw Malformed(offset + read, $"the stream ends where {what} was expected");
        }

        offset += read;
    }

    private MalformedDumpException Malformed(long at, string problem) => new(path, at, problem);
}
