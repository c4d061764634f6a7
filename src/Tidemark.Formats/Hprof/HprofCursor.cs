using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>Reads a range of the file forwards through a buffer; skipping what is not wanted costs nothing.</summary>
internal sealed unsafe class HprofCursor : IDisposable
{
    private readonly SafeFileHandle file;
    private readonly NativeArray<byte> buffer;
    private byte* at;
    private byte* filled;
    private long offsetOfFilled;
    private long end;

    public HprofCursor(SafeFileHandle file, int idSize, int capacity)
    {
        this.file = file;
        IdSize = idSize;
        buffer = new NativeArray<byte>(capacity);
        at = filled = buffer.Pointer;
    }

    public int IdSize { get; }

    /// <summary>Where in the file the next byte stands.</summary>
    public long Position => offsetOfFilled - (filled - at);

    /// <summary>The end of the range.</summary>
    public long End => end;

    public long Remaining => end - Position;

    /// <summary>Bytes that can be taken without another read.</summary>
    public int Buffered => (int)(filled - at);

    /// <summary>Turns to another range.</summary>
    public void Open(long from, long to)
    {
        at = filled = buffer.Pointer;
        offsetOfFilled = from;
        end = to;
    }

    /// <summary>Sees to it that so many bytes can be taken.</summary>
    /// <returns>False where the range or the file ends before.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Has(int bytes) => filled - at >= bytes || Fill(bytes);

    /// <summary>The next bytes, which <see cref="Has"/> has promised; valid until the next call of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Take(int bytes)
    {
        var taken = at;
        at += bytes;
        return taken;
    }

    /// <summary>Steps over bytes, which must lie inside of the range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(long bytes)
    {
        if (bytes <= filled - at)
        {
            at += bytes;
        }
        else
        {
            offsetOfFilled = Position + bytes;
            at = filled = buffer.Pointer;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte U1() => *Take(1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort U2() => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(Take(2)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint U4() => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(Take(4)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong U8() => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(Take(8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Id() => IdSize == 8 ? U8() : U4();

    /// <summary>The identifier at an address, in a dump with identifiers of that size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong IdAt(byte* address, int idSize) =>
        idSize == 8
            ? BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(address))
            : BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(address));

    public void Dispose() => buffer.Dispose();

    private bool Fill(int bytes)
    {
        if (bytes > Remaining)
        {
            return false;
        }

        var left = filled - at;
        if (bytes > buffer.Length)
        {
            var offset = at - buffer.Pointer;
            buffer.Resize(bytes + (1 << 16));
            at = buffer.Pointer + offset;
        }

        Buffer.MemoryCopy(at, buffer.Pointer, buffer.Length, left);
        at = buffer.Pointer;
        filled = at + left;
        var wanted = (int)Math.Min(buffer.Length - left, end - offsetOfFilled);
        while (wanted > 0)
        {
            var read = RandomAccess.Read(file, new Span<byte>(filled, wanted), offsetOfFilled);
            if (read == 0)
            {
                break;
            }

            filled += read;
            offsetOfFilled += read;
            wanted -= read;
        }

        return filled - at >= bytes;
    }
}
