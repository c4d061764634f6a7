namespace Tidemark.Core.Heap;

/// <summary>The identities of a graph's reachable objects: a bit for each possible one where they lie close together, a sorted list of the others.</summary>
internal sealed class IdSet : IDisposable
{
    /// <summary>A bit for each possible identity costs no more than a list as long as there are so many of them an object.</summary>
    private const ulong MostIdsAnObject = 64;

    private readonly NativeArray<ulong> bits;
    private readonly NativeArray<ulong> sorted;

    public IdSet(HeapGraph graph)
    {
        Count = graph.Dominators.Count;

        // Those of native things may be hashes, far above all others.
        var bound = (ulong)Count * MostIdsAnObject;
        ulong largest = 0;
        long above = 0;
        for (var rank = 1; rank <= Count; rank++)
        {
            var id = graph.Id(graph.Dominators.NodeAt(rank));
            above += id > bound ? 1 : 0;
            largest = id > bound ? largest : Math.Max(largest, id);
        }

        var isDense = above < Count / 8;
        bits = new NativeArray<ulong>(isDense ? (long)(largest / 64) + 1 : 0);
        sorted = new NativeArray<ulong>(isDense ? above : Count);
        long listed = 0;
        for (var rank = 1; rank <= Count; rank++)
        {
            var id = graph.Id(graph.Dominators.NodeAt(rank));
            if (isDense && id <= bound)
            {
                bits[(long)(id / 64)] |= 1UL << (int)(id % 64);
            }
            else
            {
                sorted[listed++] = id;
            }
        }

        sorted.Slice(0, (int)listed).Sort();
    }

    public int Count { get; }

    public bool Contains(ulong id) =>
        id / 64 < (ulong)bits.Length
            ? (bits[(long)(id / 64)] >> (int)(id % 64) & 1) != 0
            : sorted.Slice(0, (int)sorted.Length).BinarySearch(id) >= 0;

    public void Dispose()
    {
        bits.Dispose();
        sorted.Dispose();
    }
}
