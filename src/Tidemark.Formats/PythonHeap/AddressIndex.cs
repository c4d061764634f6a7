using System.Numerics;

namespace Tidemark.Formats.PythonHeap;

/// <summary>The objects of a capture by their address, each numbered as it was first met: 12 to 20 bytes each, where a dictionary takes 40 to 70.</summary>
internal sealed class AddressIndex
{
    private const int LeastSlots = 1024;

    private readonly List<ulong> addresses = [];

    /// <summary>By hash: a number plus 1, or 0; at most three quarters are taken.</summary>
    private int[] slots = new int[LeastSlots];
    private int shift = 64 - BitOperations.Log2(LeastSlots);

    public int Count => addresses.Count;

    /// <summary>The address of an object.</summary>
    public ulong this[int node] => addresses[node];

    /// <summary>The object at an address; -1 where there is none.</summary>
    public int Find(ulong address) => slots[Slot(address)] - 1;

    /// <summary>Numbers the object at an address, unless it is known.</summary>
    /// <returns>Whether it was not known.</returns>
    public bool TryAdd(ulong address, out int node)
    {
        var slot = Slot(address);
        if (slots[slot] != 0)
        {
            node = slots[slot] - 1;
            return false;
        }

        node = addresses.Count;
        addresses.Add(address);
        slots[slot] = addresses.Count;
        if (addresses.Count > slots.Length / 4 * 3)
        {
            Grow();
        }

        return true;
    }

    /// <summary>Where an address stands, or would.</summary>
    private int Slot(ulong address)
    {
        var slot = (int)(address * 0x9E3779B97F4A7C15 >> shift);
        while (slots[slot] != 0 && addresses[slots[slot] - 1] != address)
        {
            slot = (slot + 1) & (slots.Length - 1);
        }

        return slot;
    }

    private void Grow()
    {
        slots = new int[slots.Length * 2];
        shift--;
        for (var node = 0; node < addresses.Count; node++)
        {
            slots[Slot(addresses[node])] = node + 1;
        }
    }
}
