using System.Runtime.CompilerServices;

namespace Tidemark.Core.Heap;

/// <summary>A growing list on <see cref="NativeArray{T}"/>: no limit at 2^31 elements, and no copy when it grows.</summary>
public sealed class NativeList<T> : IDisposable
    where T : unmanaged
{
    private NativeArray<T> items;

    public NativeList(long capacity = 1024) => items = new NativeArray<T>(Math.Max(1, capacity));

    /// <summary>Goes on where an array ends, which it owns from then on.</summary>
    public NativeList(NativeArray<T> items)
    {
        this.items = items;
        Count = items.Length;
    }

    public long Count { get; private set; }

    /// <exception cref="IndexOutOfRangeException">It lies outside of what was reserved; what was never added reads as zero.</exception>
    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref items[index];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(T value)
    {
        if (Count == items.Length)
        {
            Grow(Count + 1);
        }

        items[Count++] = value;
    }

    public void AddRange(ReadOnlySpan<T> values)
    {
        if (Count + values.Length > items.Length)
        {
            Grow(Count + values.Length);
        }

        values.CopyTo(items.Slice(Count, values.Length));
        Count += values.Length;
    }

    /// <summary>Makes room behind the last one, for hot loops that write there themselves and then <see cref="Advance"/>.</summary>
    public unsafe T* Reserve(long more)
    {
        if (Count + more > items.Length)
        {
            Grow(Count + more);
        }

        return items.Pointer + Count;
    }

    /// <summary>Counts what was written into the room that <see cref="Reserve"/> made.</summary>
    public void Advance(long written)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(written, items.Length - Count);
        Count += written;
    }

    /// <summary>Takes all away and keeps the room.</summary>
    public void Clear() => Count = 0;

    /// <summary>Takes the last one away.</summary>
    public T Pop() => items[--Count];

    public Span<T> Slice(long start, int length) => items.Slice(start, length);

    /// <summary>What was added, cut to its length; the list is empty and of no use afterwards.</summary>
    public NativeArray<T> ToArray()
    {
        var taken = items;
        taken.Resize(Count);
        items = new NativeArray<T>(0);
        Count = 0;
        return taken;
    }

    public void Dispose() => items.DisposeWritten(Count);

    private void Grow(long needed) => items.Resize(Math.Max(needed, items.Length + items.Length / 2 + 64));
}
