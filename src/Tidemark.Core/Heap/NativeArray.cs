using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidemark.Core.Heap;

/// <summary>
/// A flat array outside of the collected heap: may hold more than 2^31 elements, starts as zeros, grows without a copy,
/// costs memory only where it was written, and is given back at <see cref="Dispose"/> rather than at the next collection.
/// </summary>
public sealed unsafe class NativeArray<T> : IDisposable
    where T : unmanaged
{
    private readonly NativeBlock? block;
    private readonly object? owner;
    private T* pointer;

    /// <exception cref="InsufficientMemoryException">The system does not give so much.</exception>
    public NativeArray(long length)
        : this(length, isSparse: false) { }

    /// <summary>An array of which a few elements here and there may be written only: then it costs no more than the small pages that they stand in.</summary>
    /// <exception cref="InsufficientMemoryException">The system does not give so much.</exception>
    public NativeArray(long length, bool isSparse)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        block = new NativeBlock(checked(length * sizeof(T)), isSparse);
        pointer = (T*)block.Address;
        Length = length;
    }

    /// <summary>A copy of managed values.</summary>
    public NativeArray(ReadOnlySpan<T> values)
        : this(values.Length) => values.CopyTo(Slice(0, values.Length));

    /// <summary>Memory of another owner, such as a mapped file: it is kept alive, but not given back, from here.</summary>
    public NativeArray(T* pointer, long length, object owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        this.pointer = pointer;
        this.owner = owner;
        Length = length;
    }

    /// <summary>How many elements there are.</summary>
    public long Length { get; private set; }

    /// <summary>The first element, for hot loops that check their bounds themselves; void after <see cref="Resize"/> and <see cref="Dispose"/>.</summary>
    public T* Pointer => pointer;

    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((ulong)index >= (ulong)Length)
            {
                ThrowOutside(index);
            }

            return ref pointer[index];
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">The slice reaches outside.</exception>
    public Span<T> Slice(long start, int length)
    {
        if ((ulong)start > (ulong)Length || (ulong)length > (ulong)(Length - start))
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"{start}+{length} reaches outside of {Length}");
        }

        return new Span<T>(pointer + start, length);
    }

    /// <summary>Makes it longer (new elements are zero) or shorter; the memory behind a shorter end is given back.</summary>
    /// <exception cref="InvalidOperationException">The memory has another owner, and is to become longer.</exception>
    public void Resize(long length)
    {
        if (block is null && length <= Length)
        {
            Length = length;
            return;
        }

        if (block is null)
        {
            throw new InvalidOperationException("memory of another owner cannot become longer");
        }

        // In the last page of what it was before there may be what stood there before it was made shorter.
        var stale =
            length > Length ? (nuint)Math.Min(block.Bytes - Length * sizeof(T), (length - Length) * sizeof(T)) : 0;
        NativeMemory.Clear(pointer + Length, stale);
        block.Resize(checked(length * sizeof(T)));
        pointer = (T*)block.Address;
        Length = length;
    }

    /// <summary>Takes no memory until it is looked at again, where it belongs to a mapped file; of no effect elsewhere.</summary>
    public void Rest() => Rest(0, Length);

    /// <summary>The same for a part of it, for a pass that will not come back: whole pages inside of the part.</summary>
    public void Rest(long start, long count)
    {
        if (block is null && count > 0)
        {
            NativeBlock.LetGo((nint)(pointer + start), count * sizeof(T));
        }
    }

    /// <summary>Gives the memory back, of which nothing behind so many elements was ever written.</summary>
    internal void DisposeWritten(long written)
    {
        if (block is not null && (Length - written) * sizeof(T) >= NativeBlock.HugePageThreshold)
        {
            Resize(written); // it was reserved only, and is not worth keeping
        }

        Dispose();
    }

    public void Clear() => NativeMemory.Clear(pointer, (nuint)Length * (nuint)sizeof(T));

    public void Dispose()
    {
        block?.Dispose();
        pointer = null;
        Length = 0;
        GC.KeepAlive(owner);
    }

    private void ThrowOutside(long index) =>
        throw new ArgumentOutOfRangeException(nameof(index), $"element {index} of {Length} was asked for");
}
