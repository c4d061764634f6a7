using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Tidemark.Core.Heap;
using Tidemark.Formats.Indexes;

namespace Tidemark.Formats.Hprof;

/// <summary>
/// Which object stands at an address. Objects are numbered in the order of the file, which is the order of addresses but for a few
/// places; so one bit for each possible address (8 bytes apart), and the number of the first object in each block of 512 bits, tell
/// them all, at about 1 byte an object. The numbers of a block that the file has in several pieces are listed: that is where a part of
/// the dump ends and the next one begins. Where the file is in another order altogether, all numbers are listed in the order of
/// addresses; where addresses are not multiples of 8 or lie too far apart, they are listed and hashed.
/// </summary>
internal sealed unsafe class AddressTable : IDisposable
{
    public const int BlockShift = 12;
    private const int PageShift = 26;
    private const int AddressBits = 48;
    private const int PageWords = 1 << (PageShift - 3 - 6);
    private const int PageBlocks = 1 << (PageShift - BlockShift);

    private readonly NativeArray<nint> bitsOfPage = new(1L << (AddressBits - PageShift), isSparse: true);
    private readonly NativeArray<nint> basesOfPage = new(1L << (AddressBits - PageShift), isSparse: true);
    private readonly List<(long Page, NativeArray<ulong> Bits, NativeArray<int> Bases)> pages = [];
    private readonly Lock allocation = new();
    private readonly int maxPages;
    private NativeArray<int>? order;

    /// <summary>The numbers of the objects of blocks whose base is negative: it is where they begin, inverted.</summary>
    private NativeArray<int> listed = new(0);
    private HashedAddresses? hashed;

    /// <param name="fileLength">The dump's size; a table that would take more than a quarter of it is not built.</param>
    public AddressTable(long fileLength) =>
        maxPages = (int)Math.Min(int.MaxValue, 64 + fileLength / 4 / (PageWords * 8));

    /// <summary>True where the addresses do not suit bits, and have to be listed.</summary>
    public bool MustList { get; private set; }

    /// <summary>The object at that address, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong address)
    {
        if (hashed is not null)
        {
            return hashed.Find(address);
        }

        if (address >> AddressBits != 0)
        {
            return -1;
        }

        var bits = (ulong*)bitsOfPage.Pointer[address >> PageShift];
        if (bits == null || (address & 7) != 0)
        {
            return -1;
        }

        var slot = (int)(address & ((1 << PageShift) - 1)) >> 3;
        var word = bits + (slot >> 6);
        var bit = 1UL << (slot & 63);
        if ((*word & bit) == 0)
        {
            return -1;
        }

        var first = bits + (slot >> 9 << 3);
        var before = BitOperations.PopCount(*word & (bit - 1));
        while (first < word)
        {
            before += BitOperations.PopCount(*first++);
        }

        var numberOfFirst = ((int*)basesOfPage.Pointer[address >> PageShift])[slot >> 9];
        return numberOfFirst < 0 ? listed.Pointer[~numberOfFirst + before]
            : order is null ? numberOfFirst + before
            : order.Pointer[numberOfFirst + before];
    }

    /// <summary>Brings what <see cref="Find"/> will look at near.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong address)
    {
        if (!Sse.IsSupported || address >> AddressBits != 0)
        {
            return;
        }

        var bits = bitsOfPage.Pointer[address >> PageShift];
        if (bits != 0)
        {
            Sse.Prefetch0((void*)(bits + (nint)((address & ((1 << PageShift) - 1)) >> 9 << 3)));
        }
    }

    /// <summary>Marks the addresses of one word's 64 places; safe from several threads.</summary>
    /// <param name="place">The address of the first place, divided by 8.</param>
    /// <param name="mask">The places.</param>
    public void Mark(ulong place, ulong mask)
    {
        var page = (long)(place >> (PageShift - 3));
        var bits = (ulong*)bitsOfPage[page];
        if (bits == null)
        {
            bits = AddPage(page);
        }

        if (bits != null)
        {
            Interlocked.Or(ref bits[(place >> 6) & (PageWords - 1)], mask);
        }
    }

    /// <summary>Says that this table cannot hold the addresses of this dump.</summary>
    public void GiveUp() => MustList = true;

    /// <summary>True for an address that a bit can stand for.</summary>
    public static bool Suits(ulong address) => (address & 7) == 0 && address >> AddressBits == 0;

    /// <summary>Tells the number of the first object in a block.</summary>
    /// <returns>False where these are not all objects of the block: see <see cref="SetBases"/>.</returns>
    public bool SetBase(AddressRun run)
    {
        Base(run.Block) = run.First;
        return Marked(run.Block) == run.Count;
    }

    /// <summary>Tells the numbers of the objects in blocks that the file has in several runs.</summary>
    /// <returns>False where objects of two runs lie among each other: then the numbers of all have to be listed.</returns>
    public bool SetBases(List<AddressRun> parts)
    {
        parts.Sort((a, b) => a.From != b.From ? a.From.CompareTo(b.From) : a.First.CompareTo(b.First));
        var numbers = new NativeList<int>();
        for (int i = 0, end; i < parts.Count; i = end)
        {
            var (count, isStraight) = ((int)parts[i].Count, true);
            for (end = i + 1; end < parts.Count && parts[end].Block == parts[i].Block; end++)
            {
                if (parts[end].From <= parts[end - 1].To)
                {
                    numbers.Dispose();
                    return false;
                }

                isStraight &= parts[end].First == parts[end - 1].First + parts[end - 1].Count;
                count += parts[end].Count;
            }

            if (count != Marked(parts[i].Block))
            {
                numbers.Dispose();
                return false;
            }

            Base(parts[i].Block) = isStraight ? parts[i].First : ~checked((int)numbers.Count);
            for (var part = i; !isStraight && part < end; part++)
            {
                for (var number = 0; number < parts[part].Count; number++)
                {
                    numbers.Add(parts[part].First + number);
                }
            }
        }

        listed.Dispose();
        listed = numbers.ToArray();
        return true;
    }

    /// <summary>The number of the first object of a block.</summary>
    private ref int Base(ulong block) =>
        ref ((int*)basesOfPage[(long)(block >> (PageShift - BlockShift))])[block & (PageBlocks - 1)];

    /// <summary>How many objects a block has.</summary>
    private int Marked(ulong block)
    {
        var word =
            (ulong*)bitsOfPage[(long)(block >> (PageShift - BlockShift))] + ((long)(block & (PageBlocks - 1)) << 3);
        var marked = 0;
        for (var i = 0; i < 8; i++)
        {
            marked += BitOperations.PopCount(word[i]);
        }

        return marked;
    }

    /// <summary>Lets <see cref="Find"/> tell ranks in the order of addresses, until <see cref="SetOrder"/> tells which object has which rank.</summary>
    /// <returns>How many ranks there are.</returns>
    public int TurnToRanks()
    {
        pages.Sort((a, b) => a.Page.CompareTo(b.Page));
        var rank = 0;
        foreach (var (_, bits, bases) in pages)
        {
            for (var block = 0; block < PageBlocks; block++)
            {
                bases.Pointer[block] = rank;
                for (var i = 0; i < 8; i++)
                {
                    rank += BitOperations.PopCount(bits.Pointer[(block << 3) + i]);
                }
            }
        }

        return rank;
    }

    /// <summary>Tells the number of the object of each rank.</summary>
    public void SetOrder(NativeArray<int> nodeOfRank) => order = nodeOfRank;

    /// <summary>Turns to a list of all addresses, by number.</summary>
    public void List(NativeArray<ulong> addresses) => hashed = new HashedAddresses(addresses);

    /// <summary>Writes the table into an index.</summary>
    public void Save(IndexWriter index)
    {
        if (hashed is not null)
        {
            hashed.Save(index);
            return;
        }

        index.Add<long>("pages", [.. pages.Select(p => p.Page)]);
        using var bits = new NativeArray<ulong>((long)pages.Count * PageWords);
        using var bases = new NativeArray<int>((long)pages.Count * PageBlocks);
        for (var i = 0; i < pages.Count; i++)
        {
            pages[i].Bits.Slice(0, PageWords).CopyTo(bits.Slice((long)i * PageWords, PageWords));
            pages[i].Bases.Slice(0, PageBlocks).CopyTo(bases.Slice((long)i * PageBlocks, PageBlocks));
        }

        index.Add("bits", bits);
        index.Add("bases", bases);
        index.Add("listed", listed);
        if (order is not null)
        {
            index.Add("order", order);
        }
    }

    /// <summary>The table that an index holds.</summary>
    /// <exception cref="InvalidDataException">It is not one, or tells numbers of objects that there are not.</exception>
    public static AddressTable Load(IndexFile index, int objects)
    {
        var table = new AddressTable(fileLength: 0);
        if (index.Has("hashes"))
        {
            table.hashed = HashedAddresses.Load(index, objects);
            return table;
        }

        var numbers = index.Copy<long>("pages");
        var bits = index.Array<ulong>("bits");
        var bases = index.Array<int>("bases");
        table.order = index.Has("order") ? index.Array<int>("order") : null;
        table.listed.Dispose();
        table.listed = index.Array<int>("listed");
        var ranks = table.order?.Length ?? objects;
        if (bits.Length != (long)numbers.Length * PageWords || bases.Length != (long)numbers.Length * PageBlocks)
        {
            throw new InvalidDataException("the index has another number of pages than of their contents");
        }

        for (var i = 0; i < numbers.Length; i++)
        {
            table.Place(numbers[i], bits.Pointer + (long)i * PageWords, bases.Pointer + (long)i * PageBlocks, ranks);
        }

        RequireObjects(table.order, objects);
        RequireObjects(table.listed, objects);

        return table;
    }

    private void Place(long page, ulong* bits, int* bases, long ranks)
    {
        Require((ulong)page < (ulong)bitsOfPage.Length);
        for (var block = 0; block < PageBlocks; block++)
        {
            var marked = 0;
            for (var i = 0; i < 8; i++)
            {
                marked += BitOperations.PopCount(bits[(block << 3) + i]);
            }

            Require(
                marked == 0
                    || (
                        bases[block] >= 0
                            ? bases[block] + (long)marked <= ranks
                            : ~bases[block] + (long)marked <= listed.Length
                    )
            );
        }

        bitsOfPage[page] = (nint)bits;
        basesOfPage[page] = (nint)bases;
    }

    private static void RequireObjects(NativeArray<int>? numbers, int objects) =>
        Require(numbers is null || numbers.Length == 0 || numbers.Highest() < (uint)objects);

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidDataException("the index tells objects that there are not");
        }
    }

    public void Dispose()
    {
        bitsOfPage.Dispose();
        basesOfPage.Dispose();
        foreach (var (_, bits, bases) in pages)
        {
            bits.Dispose();
            bases.Dispose();
        }

        order?.Dispose();
        listed.Dispose();
        hashed?.Dispose();
    }

    private ulong* AddPage(long page)
    {
        lock (allocation)
        {
            if (bitsOfPage[page] == 0)
            {
                if (pages.Count >= maxPages)
                {
                    MustList = true;
                    return null;
                }

                var bits = new NativeArray<ulong>(PageWords);
                var bases = new NativeArray<int>(PageBlocks);
                pages.Add((page, bits, bases));
                basesOfPage[page] = (nint)bases.Pointer;
                Volatile.Write(ref bitsOfPage[page], (nint)bits.Pointer);
            }

            return (ulong*)bitsOfPage[page];
        }
    }
}
