namespace Tidemark.Core.Heap;

/// <summary>The identities of a graph's reachable objects: a bit for each possible one where they lie close together, a sorted list elsewhere.</summary>
internal sealed class IdSet : IDisposable
{
    /// <summary>A bit for each possible identity costs no more than a list as long as there are so many of them an object.</summary>
    private const ulong MostIdsAnObject = 64;

    private readonly NativeArray<ulong>? bits;
    private readonly NativeArray<ulong>? sorted;

    public IdSet(HeapGraph graph)
    {
        ulong largest = 0;
        for (var rank = 1; rank <= graph.Dominators.Count; rank++)
        {
            largest = Math.Max(largest, graph.Id(graph.Dominators.NodeAt(rank)));
        }

        Count = graph.Dominators.Count;
        if (largest / MostIdsAnObject <= (ulong)Count)
        {
            bits = new NativeArray<ulong>((long)(largest / 64) + 1);
            for (var rank = 1; rank <= Count; rank++)
            {
                var id = graph.Id(graph.Dominators.NodeAt(rank));
                bits[(long)(id / 64)] |= 1UL << (int)(id % 64);
            }

            return;
        }

        sorted = new NativeArray<ulong>(Count);
        for (var rank = 1; rank <= Count; rank++)
        {
            sorted[rank - 1] = graph.Id(graph.Dominators.NodeAt(rank));
        }

        sorted.Slice(0, Count).Sort();
    }

    public int Count { get; }

    public bool Contains(ulong id) =>
        bits is not null
            ? id / 64 < (ulong)bits.Length && (bits[(long)(id / 64)] >> (int)(id % 64) & 1) != 0
            : sorted!.Slice(0, Count).BinarySearch(id) >= 0;

    public void Dispose()
    {
        bits?.Dispose();
        sorted?.Dispose();
    }
}
