namespace Tidemark.Symbols.Dwarf;

/// <summary>Binary search in what is sorted by address.</summary>
internal static class SortedSearch
{
    /// <summary>The last item at or before an address, between two indices, the second one exclusive; -1 where all are behind it.</summary>
    public static int LastAtOrBefore<T>(List<T> items, int first, int end, ulong address, Func<T, ulong> addressOf)
    {
        var low = first;
        var high = end;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (addressOf(items[middle]) <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > first ? low - 1 : -1;
    }

    public static int LastAtOrBefore<T>(List<T> items, ulong address, Func<T, ulong> addressOf) =>
        LastAtOrBefore(items, 0, items.Count, address, addressOf);
}
