using System.Runtime.InteropServices;

namespace Tidemark.Formats.Tracemalloc;

/// <summary>Numbers different sequences of numbers from 0: equal ones get the same number, and are kept once.</summary>
internal sealed class SequenceTable
{
    private readonly List<int> items = [];
    private readonly List<int> starts = [0];
    private int[] slots = new int[1024];

    public int Count => starts.Count - 1;

    /// <summary>How many numbers all sequences hold together.</summary>
    public int ItemCount => items.Count;

    public ReadOnlySpan<int> this[int sequence] =>
        CollectionsMarshal.AsSpan(items)[starts[sequence]..starts[sequence + 1]];

    public int Add(ReadOnlySpan<int> sequence)
    {
        if (Count * 2 >= slots.Length)
        {
            Grow();
        }

        var slot = Slot(sequence);
        if (slots[slot] == 0)
        {
            items.AddRange(sequence);
            starts.Add(items.Count);
            slots[slot] = Count;
        }

        return slots[slot] - 1;
    }

    private int Slot(ReadOnlySpan<int> sequence)
    {
        var mask = slots.Length - 1;
        var slot = Hash(sequence) & mask;
        while (slots[slot] != 0 && !this[slots[slot] - 1].SequenceEqual(sequence))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Grow()
    {
        slots = new int[slots.Length * 2];
        for (var sequence = 0; sequence < Count; sequence++)
        {
            slots[Slot(this[sequence])] = sequence + 1;
        }
    }

    private static int Hash(ReadOnlySpan<int> sequence)
    {
        var hash = 0x9E3779B97F4A7C15UL;
        foreach (var item in sequence)
        {
            hash = (hash ^ (uint)item) * 0xD6E8FEB86659FD93UL;
            hash ^= hash >> 32;
        }

        return (int)(hash >> 16);
    }
}
