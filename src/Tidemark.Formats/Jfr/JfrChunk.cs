using System.Buffers.Binary;

namespace Tidemark.Formats.Jfr;

/// <summary>One self-contained part of a recording: a header, then events, among them one with its types and some with its constants.</summary>
internal sealed class JfrChunk
{
    public const int HeaderSize = 68;
    private const int MetadataEvent = 0;
    private const int CheckpointEvent = 1;
    private const int DeepestValue = 32;

    private readonly ReadOnlyMemory<byte> content;
    private readonly string path;
    private readonly long start;
    private readonly bool compressed;
    private readonly Dictionary<(long Type, long Key), int> constants = [];
    private JfrMetadata metadata = null!;

    private JfrChunk(ReadOnlyMemory<byte> content, string path, long start, bool compressed)
    {
        this.content = content;
        this.path = path;
        this.start = start;
        this.compressed = compressed;
    }

    public JfrMetadata Metadata => metadata;

    /// <summary>When it began.</summary>
    public DateTimeOffset Began { get; private init; }

    public static ReadOnlySpan<byte> Magic => "FLR\0"u8;

    /// <summary>How long a chunk says that it is; 0 where the JVM has not finished it.</summary>
    public static long SizeOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64BigEndian(header[8..]);

    /// <summary>Reads the types and finds the constants of a whole chunk.</summary>
    /// <param name="content">The chunk.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="start">Where the chunk begins in it.</param>
    public static JfrChunk Open(ReadOnlyMemory<byte> content, string path, long start)
    {
        var header = content.Span;
        var metadataAt = BinaryPrimitives.ReadInt64BigEndian(header[24..]);
        var nanoseconds = BinaryPrimitives.ReadInt64BigEndian(header[32..]);
        var isCompressed = (BinaryPrimitives.ReadUInt32BigEndian(header[64..]) & 1) != 0;
        var chunk = new JfrChunk(content, path, start, isCompressed)
        {
            Began = DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100),
        };
        if (metadataAt < HeaderSize || metadataAt >= content.Length)
        {
            throw new MalformedDumpException(
                path,
                start + 24,
                $"the chunk's types are at {metadataAt}, outside of its {content.Length} bytes"
            );
        }

        var cursor = chunk.At((int)metadataAt);
        cursor.ReadInt();
        if (cursor.ReadLong() is not MetadataEvent and var type)
        {
            throw cursor.Malformed($"an event of type 0, the chunk's types, is expected and {type} was found");
        }

        chunk.metadata = JfrMetadata.Read(ref cursor);
        foreach (var checkpoint in chunk.Events(CheckpointEvent))
        {
            chunk.ReadCheckpoint(checkpoint);
        }

        return chunk;
    }

    /// <summary>Where the events of a type hold their first field.</summary>
    public IEnumerable<int> Events(long type)
    {
        for (var at = HeaderSize; at < content.Length; )
        {
            var cursor = At(at);
            var size = cursor.ReadInt();
            if (size <= 0 || size > content.Length - at)
            {
                throw cursor.Malformed(
                    $"an event of {size} bytes does not fit into the {content.Length - at} that are left"
                );
            }

            if (cursor.ReadLong() == type)
            {
                yield return cursor.Position;
            }

            at += size;
        }
    }

    public JfrCursor At(int position) => new(content.Span, path, start, compressed) { Position = position };

    /// <summary>Finds where the first fields of a value begin, as many as are asked for.</summary>
    /// <returns>Where the last of them ends.</returns>
    public int FindFields(JfrType type, int position, Span<int> fields)
    {
        var cursor = At(position);
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = cursor.Position;
            Skip(ref cursor, type.Fields[i], 0);
        }

        return cursor.Position;
    }

    /// <summary>Where a constant of a type is stored; -1 where the chunk does not hold it.</summary>
    public int FindConstant(long type, long key) => constants.GetValueOrDefault((type, key), -1);

    private void ReadCheckpoint(int position)
    {
        var cursor = At(position);
        cursor.ReadLong(); // start
        cursor.ReadLong(); // duration
        cursor.ReadLong(); // where the checkpoint before this one is
        cursor.ReadByte(); // kind
        for (var pools = cursor.ReadCount(); pools > 0; pools--)
        {
            var id = cursor.ReadLong();
            var type = TypeOf(id, cursor);
            for (var left = cursor.ReadCount(); left > 0; left--)
            {
                constants[(id, cursor.ReadLong())] = cursor.Position;
                SkipFields(ref cursor, type, 0);
            }
        }
    }

    private void Skip(ref JfrCursor cursor, JfrField field, int depth)
    {
        if (depth > DeepestValue)
        {
            throw cursor.Malformed($"values nest deeper than {DeepestValue}");
        }

        for (var left = field.IsArray ? cursor.ReadCount() : 1; left > 0; left--)
        {
            var before = cursor.Position;
            if (field.IsPooled)
            {
                cursor.ReadLong();
            }
            else
            {
                SkipFields(ref cursor, TypeOf(field.TypeId, cursor), depth);
            }

            if (cursor.Position == before)
            {
                // A type without fields takes no room, however many of them are announced.
                return;
            }
        }
    }

    private void SkipFields(ref JfrCursor cursor, JfrType type, int depth)
    {
        switch (type.Name)
        {
            case "boolean" or "byte":
                cursor.ReadByte();
                break;
            case "char" or "short":
                cursor.ReadNumber(sizeof(short));
                break;
            case "int":
                cursor.ReadInt();
                break;
            case "long":
                cursor.ReadLong();
                break;
            case "float":
                cursor.ReadBytes(sizeof(float));
                break;
            case "double":
                cursor.ReadBytes(sizeof(double));
                break;
            case "java.lang.String":
                cursor.ReadString(out _);
                break;
            default:
                foreach (var field in type.Fields)
                {
                    Skip(ref cursor, field, depth + 1);
                }

                break;
        }
    }

    private JfrType TypeOf(long id, JfrCursor cursor) =>
        metadata.Find(id) ?? throw cursor.Malformed($"a value of type {id}, which the chunk does not declare");
}
