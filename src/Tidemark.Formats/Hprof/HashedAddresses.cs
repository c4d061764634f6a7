using System.Numerics;
using Tidemark.Core.Heap;
using Tidemark.Formats.Indexes;

namespace Tidemark.Formats.Hprof;

/// <summary>Finds identities in a list of them; of two equal ones the first. About 15 bytes an object.</summary>
internal sealed class HashedAddresses : IDisposable
{
    private readonly NativeArray<ulong> addresses;

    /// <summary>By hash: a number plus 1, or 0.</summary>
    private readonly NativeArray<int> slots;
    private readonly int shift;

    public HashedAddresses(NativeArray<ulong> addresses)
    {
        this.addresses = addresses;
        var capacity = (long)BitOperations.RoundUpToPowerOf2((ulong)(addresses.Length * 3 / 2 + 2));
        slots = new NativeArray<int>(capacity);
        shift = 64 - BitOperations.Log2((ulong)capacity);
        for (var i = 0; i < addresses.Length; i++)
        {
            var slot = Slot(addresses[i]);
            while (slots[slot] != 0 && addresses[slots[slot] - 1] != addresses[i])
            {
                slot = Following(slot);
            }

            slots[slot] = slots[slot] == 0 ? i + 1 : slots[slot];
        }
    }

    private HashedAddresses(NativeArray<ulong> addresses, NativeArray<int> slots)
    {
        this.addresses = addresses;
        this.slots = slots;
        shift = 64 - BitOperations.Log2((ulong)slots.Length);
    }

    public void Save(IndexWriter index)
    {
        index.Add("addresses", addresses);
        index.Add("hashes", slots);
    }

    /// <exception cref="InvalidDataException">The index holds something else.</exception>
    public static HashedAddresses Load(IndexFile index, int objects)
    {
        var (addresses, slots) = (index.Array<ulong>("addresses"), index.Array<int>("hashes"));
        var used = 0L;
        for (long i = 0; i < slots.Length; i++)
        {
            used += slots[i] != 0 ? 1 : 0;
            if ((uint)slots[i] > (uint)addresses.Length)
            {
                throw new InvalidDataException("the index tells objects that there are not");
            }
        }

        return addresses.Length == objects && used < slots.Length && BitOperations.IsPow2(slots.Length)
            ? new HashedAddresses(addresses, slots)
            : throw new InvalidDataException("the index's addresses are not those of the dump");
    }

    public int Find(ulong address)
    {
        for (var slot = Slot(address); slots[slot] != 0; slot = Following(slot))
        {
            if (addresses[slots[slot] - 1] == address)
            {
                return slots[slot] - 1;
            }
        }

        return -1;
    }

    public void Dispose()
    {
        addresses.Dispose();
        slots.Dispose();
    }

    private long Slot(ulong address) => (long)(address * 0x9E3779B97F4A7C15 >> shift);

    private long Following(long slot) => slot + 1 == slots.Length ? 0 : slot + 1;
}
