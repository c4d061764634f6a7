using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Formats.Tracemalloc;

/// <summary>The bytes of a pickle, read ahead in pieces; knows where the opcode at hand began.</summary>
internal sealed class PickleInput(Stream stream, string path) : IDisposable
{
    private readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
    private long bufferStart;
    private int next;
    private int end;
    private long opcodeAt;

    /// <summary>Nothing is read from it afterwards.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    /// <summary>Remembers that an opcode begins here.</summary>
    public void Mark() => opcodeAt = bufferStart + next;

    public byte ReadByte()
    {
        if (next == end)
        {
            Fill(1);
        }

        return buffer[next++];
    }

    public int ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(ReadBytes(8));

    /// <summary>The next bytes; valid until the next read. At most as many as the buffer has.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (end - next < count)
        {
            Fill(count);
        }

        next += count;
        return buffer.AsSpan(next - count, count);
    }

    /// <summary>The next bytes without taking them: fewer where the buffer ends before.</summary>
    public ReadOnlySpan<byte> Ahead(int count) => buffer.AsSpan(next, Math.Min(count, end - next));

    /// <summary>Takes bytes that were seen ahead.</summary>
    public void Skip(int count) => next += count;

    public string ReadLine(int longest)
    {
        var line = new StringBuilder();
        while (ReadByte() is var b && b != '\n')
        {
            if (line.Length == longest)
            {
                throw Malformed($"a name of more than {longest} bytes");
            }

            line.Append((char)b);
        }

        return line.ToString();
    }

    public MalformedDumpException Malformed(string problem, Exception? inner = null) =>
        new(path, opcodeAt, problem, inner);

    private void Fill(int count)
    {
        var rest = end - next;
        buffer.AsSpan(next, rest).CopyTo(buffer);
        bufferStart += next;
        next = 0;
        end = rest;
        try
        {
            end += stream.ReadAtLeast(buffer.AsSpan(rest), count - rest, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw Malformed("the gzip stream is damaged", e);
        }

        if (end < count)
        {
            throw Malformed("the file ends here, in the middle of the snapshot");
        }
    }
}
