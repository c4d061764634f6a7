using Tidemark.Core.Heap;

namespace Tidemark.Formats.Clr;

/// <summary>
/// Finds the parts of the heap that are mostly free, and what stands in them. The runtime does not send its free objects, but what is
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
    private const int Samples = 48;
    private const int MostTypes = 6;

    /// <summary>Regions that are kept to be looked at.</summary>
    private const int MostRegions = 1 << 20;

    private readonly List<(int First, int End, long Hole, long Live)> sparse = [];
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

    /// <summary>What keeps the holes, most first; to be asked for when all objects are there.</summary>
    /// <param name="nodes">How many objects there are.</param>
    /// <param name="typeOf">The name of an object's type.</param>
    /// <param name="pinned">Objects that handles pin.</param>
    public IReadOnlyList<HoleKeepers> Keepers(int nodes, Func<int, string> typeOf, IReadOnlySet<int> pinned)
    {
        Close(nodes);
        var kinds = new Dictionary<(string Type, bool IsPinned), Kind>();
        foreach (var part in sparse)
        {
            // Where something is pinned the rest could be moved away.
            var keepers = Enumerable.Range(part.First, part.End - part.First);
            var pins = keepers.Where(pinned.Contains).ToList();
            var share = part.Hole / (double)(pins.Count > 0 ? pins.Count : part.End - part.First);
            foreach (var node in pins.Count > 0 ? pins : keepers)
            {
                var key = (typeOf(node), pins.Count > 0);
                if (!kinds.TryGetValue(key, out var kind))
                {
                    kinds.Add(key, kind = new Kind());
                }

                kind.Add(node, part.First, share);
            }
        }

        return
        [
            .. kinds
                .Select(k => k.Value.Told(k.Key.Type, k.Key.IsPinned))
                .OrderByDescending(k => k.HoleBytes)
                .ThenBy(k => k.Type, StringComparer.Ordinal)
                .Take(MostTypes),
        ];
    }

    private void Close(int next)
    {
        if (hole >= LeastHole && hole >= live && sparse.Count < MostRegions)
        {
            sparse.Add((first, next, hole, live));
        }

        (hole, live, end) = (0, 0, 0);
    }

    private sealed class Kind
    {
        private readonly List<int> sample = [];
        private double bytes;
        private long count;
        private long regions;
        private int stride = 1;
        private int lastRegion = -1;

        public void Add(int node, int region, double share)
        {
            bytes += share;
            regions += region == lastRegion ? 0 : 1;
            lastRegion = region;
            if (count++ % stride != 0)
            {
                return;
            }

            sample.Add(node);
            if (sample.Count == 2 * Samples)
            {
                // Every second one is enough from here on.
                for (var i = 0; i < Samples; i++)
                {
                    sample[i] = sample[2 * i];
                }

                sample.RemoveRange(Samples, Samples);
                stride *= 2;
            }
        }

        public HoleKeepers Told(string type, bool isPinned) => new(type, isPinned, (long)bytes, count, regions, sample);
    }
}
