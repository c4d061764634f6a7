using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Tidemark.Formats.PythonHeap;

/// <summary>Reads the blocks of a capture, checks each against its own length, and fills the tables.</summary>
internal sealed class PythonHeapReader(Stream stream, DumpFile file, PythonHeapLimits limits, ReadContext context)
{
    private const int SupportedVersion = 1;
    private const int HeaderSize = 5;

    private readonly PythonHeapTables tables = new();
    private byte[] content = [];
    private long offset;
    private long blockOffset;

    /// <exception cref="MalformedDumpException">A block is damaged.</exception>
    public PythonHeapTables Read()
    {
        ReadMagic();
        var header = new byte[HeaderSize];
        var ended = false;
        while (!ended)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            blockOffset = offset;
            var read = Fill(header);
            if (read < HeaderSize)
            {
                context.Warn(
                    $"the capture ends at byte {blockOffset} without its end mark: what was written before that is shown"
                );
                break;
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1));
            if (length < 0 || length > limits.MaxBlockBytes)
            {
                throw Malformed($"a block of {(uint)length} bytes, at most {limits.MaxBlockBytes} are accepted");
            }

            var block = ReadBlock(length);
            if (block.Length < length)
            {
                context.Warn(
                    $"the capture is cut short in the block at byte {blockOffset}: what was written before that is shown"
                );
                break;
            }

            ended = Accept(header[0], block);
        }

        if (tables.Address.Count == 0)
        {
            throw Malformed("no objects: the capture was not finished");
        }

        return tables;
    }

    private void ReadMagic()
    {
        Span<byte> line = stackalloc byte[PythonHeapFormat.Magic.Length + 2];
        if (Fill(line) < line.Length || line[^1] != '\n' || line[^2] != '0' + SupportedVersion)
        {
            throw Malformed($"expected version {SupportedVersion} of the format; a newer Tidemark may read it");
        }
    }

    private bool Accept(byte kind, ReadOnlySpan<byte> block)
    {
        switch ((char)kind)
        {
            case 'O':
                ReadObjects(kind, block, withKeys: false);
                break;
            case 'D' or 'V':
                ReadObjects(kind, block, withKeys: true);
                break;
            case 'L':
                ReadLeaves(block);
                break;
            case 'X':
                ReadPairs(block, tables.Extra);
                break;
            case 'N':
                ReadPairs(block, tables.Namespaces);
                break;
            case 'P':
                ReadSites(block);
                break;
            case 'H' or 'T' or 'S' or 'M' or 'A' or 'R' or 'F' or 'C' or 'E':
                ReadJson((char)kind, block);
                return kind == 'E';
            default:
                throw Malformed($"a block of kind 0x{kind:x2}, which there is none of");
        }

        return false;
    }

    private void ReadObjects(byte kind, ReadOnlySpan<byte> block, bool withKeys)
    {
        if (block.Length < 8)
        {
            throw Malformed("a block of objects without its counts");
        }

        var n = BinaryPrimitives.ReadUInt32LittleEndian(block);
        var m = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        var expected = 8 + (n * 32L) + (m * (withKeys ? 16L : 8L));
        if (expected != block.Length)
        {
            throw Malformed($"{n} objects with {m} references take {expected} bytes, the block has {block.Length}");
        }

        var ids = Take<ulong>(ref block, 8, n);
        var types = Take<int>(ref block, 0, n);
        var sizes = Take<ulong>(ref block, 0, n);
        var counts = Take<ulong>(ref block, 0, n);
        var lengths = Take<uint>(ref block, 0, n);
        var targets = Take<ulong>(ref block, 0, m);
        var keys = withKeys ? Take<ulong>(ref block, 0, m) : default;
        if (tables.Targets.Count + (long)m > limits.MaxReferences)
        {
            throw Malformed($"more than {limits.MaxReferences} references");
        }

        var at = 0L;
        for (var i = 0; i < ids.Length; i++)
        {
            if (at + lengths[i] > m)
            {
                throw Malformed($"object {i} of the block has {lengths[i]} references, {m - at} are left");
            }

            var node = AddNode(ids[i], types[i], sizes[i], counts[i]);
            tables.Runs.Add(
                new ReferenceRun(
                    node,
                    kind,
                    tables.Targets.Count + (int)at,
                    (int)lengths[i],
                    withKeys ? tables.Keys.Count + (int)at : -1
                )
            );
            at += lengths[i];
        }

        tables.Targets.AddRange(targets);
        tables.Keys.AddRange(keys);
    }

    private void ReadLeaves(ReadOnlySpan<byte> block)
    {
        var n = block.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(block);
        if (block.Length < 4 || block.Length != 4 + (n * 20L))
        {
            throw Malformed($"{n} objects do not take the {block.Length} bytes of their block");
        }

        var ids = Take<ulong>(ref block, 4, n);
        var types = Take<int>(ref block, 0, n);
        var sizes = Take<ulong>(ref block, 0, n);
        for (var i = 0; i < ids.Length; i++)
        {
            AddNode(ids[i], types[i], sizes[i], 0);
        }
    }

    private int AddNode(ulong address, int type, ulong size, ulong references)
    {
        if (!tables.Types.ContainsKey(type))
        {
            throw Malformed($"an object of type {type}, which has not been named");
        }

        if (!tables.Address.TryAdd(address, out var node))
        {
            return node;
        }

        if (node >= limits.MaxObjects)
        {
            throw Malformed($"more than {limits.MaxObjects} objects");
        }

        const ulong largest = 1UL << 48;
        if (size > largest)
        {
            throw Malformed($"an object of {size} bytes");
        }

        tables.TypeOf.Add(type);
        tables.Size.Add((long)size);
        tables.ReferenceCount.Add(references);
        return node;
    }

    private void ReadPairs(ReadOnlySpan<byte> block, List<(ulong, ulong)> pairs)
    {
        if (block.Length % 16 != 0)
        {
            throw Malformed($"pairs of addresses do not take {block.Length} bytes");
        }

        var addresses = MemoryMarshal.Cast<byte, ulong>(block);
        for (var i = 0; i < addresses.Length; i += 2)
        {
            pairs.Add((addresses[i], addresses[i + 1]));
        }
    }

    private void ReadSites(ReadOnlySpan<byte> block)
    {
        if (block.Length % 12 != 0)
        {
            throw Malformed($"allocation sites do not take {block.Length} bytes");
        }

        var n = (uint)(block.Length / 12);
        var addresses = Take<ulong>(ref block, 0, n);
        var sites = Take<int>(ref block, 0, n);
        for (var i = 0; i < addresses.Length; i++)
        {
            if (sites[i] != 0)
            {
                tables.SiteOf[addresses[i]] = sites[i];
            }
        }
    }

    private void ReadJson(char kind, ReadOnlySpan<byte> block)
    {
        try
        {
            var root = JsonElement.Parse(block);
            if (kind is 'H' or 'E')
            {
                ReadHeader(kind, root);
                return;
            }

            foreach (var row in root.EnumerateArray())
            {
                ReadRow(kind, row);
            }
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
                || e is IndexOutOfRangeException or ArgumentException
            )
        {
            throw Malformed($"block '{kind}' is not as it should be: {OneLine(e.Message)}", e);
        }
    }

    private void ReadHeader(char kind, JsonElement header)
    {
        if (kind == 'H')
        {
            tables.ReferenceBase = header.GetProperty("refbase").GetUInt64();
            tables.CollectorIsOn = header.GetProperty("gc").GetBoolean();
            tables.TakenAt = DateTimeOffset.UnixEpoch.AddSeconds(header.GetProperty("time").GetDouble());
            if (header.GetProperty("frozen").GetInt64() is > 10_000 and var frozen)
            {
                context.Warn($"{frozen} objects were frozen (gc.freeze) and are missing");
            }
        }
        else if (!header.GetProperty("complete").GetBoolean())
        {
            context.Warn(
                $"the time was over after {header.GetProperty("visited").GetInt64()} of {header.GetProperty("of").GetInt64()} containers: the rest is missing"
            );
        }
    }

    private void ReadRow(char kind, JsonElement row)
    {
        switch (kind)
        {
            case 'T':
                tables.Types[row[0].GetInt32()] = new PythonType(
                    row[1].GetUInt64(),
                    Text(row[2]),
                    Text(row[3]),
                    row[4].GetBoolean()
                );
                break;
            case 'S':
                tables.Texts[row[0].GetUInt64()] = Text(row[1]);
                break;
            case 'M':
                tables.ClosureNames[row[0].GetUInt64()] = [.. row[1].EnumerateArray().Select(Text)];
                break;
            case 'A':
                tables.Layouts[(row[0].GetInt32(), row[1].GetInt32())] =
                [
                    .. row[2].EnumerateArray().Select(n => n.GetString()),
                ];
                break;
            case 'R':
                tables.Roots.Add(new PythonRoot(Text(row[0]), row[1].GetUInt64(), Text(row[2]), row[3].GetUInt64()));
                break;
            case 'F':
                tables.Sites[row[0].GetInt32()] = [.. row[1].EnumerateArray().Select(Line)];
                break;
            case 'C':
                tables.Functions[Line(row)] = Text(row[2]);
                break;
        }
    }

    private static string OneLine(string message) => string.Concat(message.Select(c => char.IsControl(c) ? ' ' : c));

    private static PythonLine Line(JsonElement row) => new(Text(row[0]), row[1].GetInt32());

    private static string Text(JsonElement text) => text.GetString() ?? throw new FormatException("a name is null");

    private ReadOnlySpan<T> Take<T>(ref ReadOnlySpan<byte> block, int skip, uint count)
        where T : unmanaged
    {
        var size = Marshal.SizeOf<T>() * (int)count;
        var taken = MemoryMarshal.Cast<byte, T>(block.Slice(skip, size));
        block = block[(skip + size)..];
        return taken;
    }

    private ReadOnlySpan<byte> ReadBlock(int length)
    {
        // Grown as the bytes arrive: a damaged length must not cost more memory than the file has bytes.
        const int step = 1 << 22;
        var read = 0;
        while (read < length)
        {
            var next = Math.Min(length, read + step);
            if (content.Length < next)
            {
                Array.Resize(ref content, Math.Max(next, (int)Math.Min(content.Length * 2L, length)));
            }

            var got = Fill(content.AsSpan(read, next - read));
            read += got;
            if (read < next)
            {
                break;
            }
        }

        return content.AsSpan(0, read);
    }

    private int Fill(Span<byte> bytes)
    {
        try
        {
            var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            offset += read;
            return read;
        }
        catch (InvalidDataException e)
        {
            throw new MalformedDumpException(file.Path, offset, "the gzip stream is damaged", e);
        }
    }

    private MalformedDumpException Malformed(string problem, Exception? inner = null) =>
        new(file.Path, blockOffset, problem, inner);
}
