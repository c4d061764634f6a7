namespace Tidemark.Formats.Zstd;

/// <summary>Unpacks a zstd stream while it is read.</summary>
internal sealed unsafe class ZstdStream : Stream
{
    private readonly Stream packed;
    private readonly byte[] input = new byte[1 << 17];
    private int inputStart;
    private int inputEnd;
    private bool isInsideFrame;
    private nint state;

    /// <exception cref="PlatformNotSupportedException">The machine has no libzstd.</exception>
    public ZstdStream(Stream packed)
    {
        this.packed = packed;
        if (!ZstdLibrary.IsPresent)
        {
            packed.Dispose();
            throw new PlatformNotSupportedException("libzstd.so.1 is not on this machine");
        }

        state = ZstdLibrary.Create();
        if (state == 0)
        {
            throw new InsufficientMemoryException("libzstd cannot allocate its state");
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="InvalidDataException">The stream is damaged or cut short.</exception>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(state == 0, this);
        while (!buffer.IsEmpty)
        {
            if (inputStart == inputEnd)
            {
                inputStart = 0;
                inputEnd = packed.Read(input);
                if (inputEnd == 0)
                {
                    return isInsideFrame ? throw new InvalidDataException("the zstd stream is cut short") : 0;
                }
            }

            if (Unpack(buffer) is var written and > 0)
            {
                return written;
            }
        }

        return 0;
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (state != 0)
        {
            _ = ZstdLibrary.Free(state);
            state = 0;
        }

        if (disposing)
        {
            packed.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Unpack(Span<byte> buffer)
    {
        fixed (byte* source = input)
        fixed (byte* target = buffer)
        {
            var from = new ZstdLibrary.InputBuffer
            {
                Source = source + inputStart,
                Size = (nuint)(inputEnd - inputStart),
            };
            var to = new ZstdLibrary.OutputBuffer { Target = target, Size = (nuint)buffer.Length };
            var left = ZstdLibrary.Decompress(state, &to, &from);
            if (ZstdLibrary.IsError(left) != 0)
            {
                throw new InvalidDataException("the zstd stream is damaged");
            }

            inputStart += (int)from.Position;
            isInsideFrame = left != 0;
            return (int)to.Position;
        }
    }
}
