namespace Tidemark.Formats.Pprof;

/// <summary>From the ids of a profile's mappings, functions or locations to their numbers: an array where ids are dense, as they nearly always are.</summary>
internal sealed class IdTable
{
    private readonly int[] dense;
    private readonly Dictionary<ulong, int> sparse = [];

    /// <param name="ids">In the order of the numbers.</param>
    /// <param name="repeated">The number of the first id that occurred before, or -1.</param>
    public IdTable(ReadOnlySpan<ulong> ids, out int repeated)
    {
        repeated = -1;
        dense = new int[(ids.Length * 2) + 64];
        for (var i = 0; i < ids.Length; i++)
        {
            var id = ids[i];
            var isNew = true;
            if (id < (ulong)dense.Length)
            {
                isNew = dense[id] == 0;
                dense[id] = i + 1;
            }
            else
            {
                isNew = sparse.TryAdd(id, i);
            }

            if (!isNew && repeated < 0)
            {
                repeated = i;
            }
        }
    }

    /// <summary>The number of an id, or -1.</summary>
    public int Find(ulong id) =>
        id < (ulong)dense.Length ? dense[id] - 1
        : sparse.TryGetValue(id, out var number) ? number
        : -1;
}
