using Tidemark.Core.Heap;

namespace Tidemark.Formats.Clr;

/// <summary>
/// Finds the parts of the heap that are mostly free. The runtime does not send its free objects, but what is
/// free is what lies between one object and the next in the same region. What is free behind the last object of a region is used
/// again and is no hole.
/// </summary>
internal sealed class HeapHoles
{
    /// <summary>A region of small objects is 4 MiB, aligned to its size; one of large or pinned objects is a multiple of that (.NET 7 and later). Segments of earlier versions are cut into such parts.</summary>
    private const int RegionBits = 22;

    private const int LargeRegionBits = 25;

    /// <summary>What is as large stands among the large objects.</summary>
    private const long LargeObject = 85_000;

    /// <summary>Less is usual in any heap.</summary>
    private const long LeastHole = 64 << 10;

    /// <summary>Regions that are kept to be looked at.</summary>
    private const int MostRegions = 1 << 20;

    private readonly List<SparsePart> sparse = [];
    private int first;
    private long hole;
    private long live;
    private ulong region = ulong.MaxValue;
    private bool isLarge;
    private ulong end;

    /// <summary>Takes in the objects in the order of the runtime's walk, which is that of their addresses.</summary>
    public void Add(int node, ulong address, long size)
    {
        var large = size >= LargeObject;
        var own = address >> (large ? LargeRegionBits : RegionBits);
        if (own != region || large != isLarge || address < end)
        {
            Close(node);
            (first, region, isLarge) = (node, own, large);
        }
        else
        {
            hole += (long)(address - end);
        }

        live += size;
        end = address + (ulong)size + 7 & ~7ul;
    }

    /// <summary>The parts that are mostly free; to be asked for when all objects are there.</summary>
    /// <param name="nodes">How many objects there are.</param>
    public IReadOnlyList<SparsePart> Parts(int nodes)
    {
        Close(nodes);
        return sparse;
    }

    private void Close(int next)
    {
        if (hole >= LeastHole && hole >= live && sparse.Count < MostRegions)
        {
            sparse.Add(new SparsePart(first, next, hole));
        }

        (hole, live, end) = (0, 0, 0);
    }
}
