using System.Numerics;
using System.Runtime.CompilerServices;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Clr;

/// <summary>Numbers the objects of a heap in the order in which they are added, and finds them by address.</summary>
/// <remarks>
/// One bit for every 8 bytes of the pages (4 KiB) in which objects begin, and an object's number by counting bits: about
/// 3 % of the heap's size, where a hash table takes 24 bytes an object. The runtime walks its heap in the order of the
/// addresses; objects that come out of that order are kept apart.
/// </remarks>
internal sealed class AddressIndex : ObjectIds
{
    private const int PageBits = 12;
    private const int WordsPerPage = 1 << (PageBits - 3 - 6);

    private readonly Dictionary<ulong, int> outOfOrder = [];
    private Dictionary<int, ulong>? byNumber;
    private ulong[] bits = new ulong[WordsPerPage * 512];
    private ulong[] pages = new ulong[512];
    private int[] firstNode = new int[512];
    private int[] table = new int[1024];
    private int pageCount;
    private bool isOpen;
    private ulong lastAddress;
    private int count;

    /// <summary>How many objects there are.</summary>
    public int Count => count;

    /// <summary>Gives an object the next number.</summary>
    /// <returns>False where there is an object already, or the address is not a multiple of 8.</returns>
    public bool Add(ulong address)
    {
        var isNext = isOpen && address > lastAddress;
        if ((address & 7) != 0 || !(isNext && SamePage(address, lastAddress)) && !Place(address))
        {
            return false;
        }

        if (isOpen)
        {
            bits[WordOf(pageCount - 1, address)] |= BitOf(address);
        }

        lastAddress = address;
        count++;
        return true;
    }

    /// <summary>The number of the object that begins at an address, or -1.</summary>
    public override int Find(ulong id)
    {
        var page = FindPage(id >> PageBits);
        if (page < 0 || (id & 7) != 0)
        {
            return -1;
        }

        var index = WordOf(page, id);
        var bit = BitOf(id);
        var word = bits[index];
        if ((word & bit) == 0)
        {
            return outOfOrder.Count > 0 ? outOfOrder.GetValueOrDefault(id, -1) : -1;
        }

        var node = firstNode[page] + BitOperations.PopCount(word & (bit - 1));
        for (var before = page * WordsPerPage; before < index; before++)
        {
            node += BitOperations.PopCount(bits[before]);
        }

        return node;
    }

    public override ulong Id(int node)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(node, count);
        var page = Array.BinarySearch(firstNode, 0, pageCount, node);
        page = page >= 0 ? page : ~page - 1;
        var ahead = page < 0 ? 0 : node - firstNode[page];
        for (var w = 0; page >= 0 && w < WordsPerPage; w++)
        {
            var word = bits[page * WordsPerPage + w];
            var here = BitOperations.PopCount(word);
            if (ahead < here)
            {
                for (; ahead > 0; ahead--)
                {
                    word &= word - 1;
                }

                return (pages[page] << PageBits) | ((ulong)(w * 64 + BitOperations.TrailingZeroCount(word)) << 3);
            }

            ahead -= here;
        }

        return (byNumber ??= outOfOrder.ToDictionary(o => o.Value, o => o.Key))[node];
    }

    /// <summary>Opens the page of an object that does not follow the last one in its page.</summary>
    private bool Place(ulong address)
    {
        if (FindPage(address >> PageBits) < 0)
        {
            AddPage(address >> PageBits);
            isOpen = true;
            return true;
        }

        if (Find(address) >= 0)
        {
            return false;
        }

        // The numbers of this page's objects do not follow one another any more.
        outOfOrder.Add(address, count);
        byNumber = null;
        isOpen = false;
        return true;
    }

    private void AddPage(ulong page)
    {
        if (pageCount == pages.Length)
        {
            Array.Resize(ref pages, pageCount * 2);
            Array.Resize(ref firstNode, pageCount * 2);
            Array.Resize(ref bits, pageCount * 2 * WordsPerPage);
        }

        if (pageCount * 2 >= table.Length)
        {
            table = new int[table.Length * 2];
            for (var known = 0; known < pageCount; known++)
            {
                table[FreeEntry(pages[known])] = known + 1;
            }
        }

        pages[pageCount] = page;
        firstNode[pageCount] = count;
        table[FreeEntry(page)] = ++pageCount;
    }

    /// <summary>An open-addressed table of page numbers, from 1; 0 is a free entry.</summary>
    private int FindPage(ulong page)
    {
        for (var entry = Hash(page); table[entry] != 0; entry = (entry + 1) & (table.Length - 1))
        {
            if (pages[table[entry] - 1] == page)
            {
                return table[entry] - 1;
            }
        }

        return -1;
    }

    private int FreeEntry(ulong page)
    {
        var entry = Hash(page);
        while (table[entry] != 0)
        {
            entry = (entry + 1) & (table.Length - 1);
        }

        return entry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Hash(ulong page) =>
        (int)((page * 0x9E37_79B9_7F4A_7C15) >> (64 - BitOperations.Log2((uint)table.Length)));

    private static bool SamePage(ulong one, ulong other) => one >> PageBits == other >> PageBits;

    private static int WordOf(int page, ulong address) =>
        page * WordsPerPage + (int)(address >> 9 & (WordsPerPage - 1));

    private static ulong BitOf(ulong address) => 1ul << (int)(address >> 3 & 63);
}
