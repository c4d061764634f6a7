namespace Tidemark.Core.Heap;

/// <summary>
/// Objects of one type that stand in parts of the heap which are mostly free: while they stay where they are, the space around them can
/// only be filled by what fits into it.
/// </summary>
/// <param name="Type">Their type.</param>
/// <param name="IsPinned">True where a handle forbids the collector to move them.</param>
/// <param name="HoleBytes">The free space between objects of those parts, shared out evenly among the objects that keep it.</param>
/// <param name="Objects">How many they are.</param>
/// <param name="Regions">In so many parts of the heap.</param>
/// <param name="Sample">Some of them.</param>
public sealed record HoleKeepers(
    string Type,
    bool IsPinned,
    long HoleBytes,
    long Objects,
    long Regions,
    IReadOnlyList<int> Sample
)
{
    private const int Samples = 48;
    private const int MostTypes = 6;

    /// <summary>What keeps the holes of a heap, most first.</summary>
    /// <param name="graph">The heap.</param>
    /// <param name="parts">Its parts that are mostly free.</param>
    /// <param name="pinned">Objects that handles pin.</param>
    public static IReadOnlyList<HoleKeepers> Of(
        HeapGraph graph,
        IReadOnlyList<SparsePart> parts,
        IReadOnlySet<int> pinned
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(pinned);
        var kinds = new Dictionary<(string Type, bool IsPinned), Kind>();
        foreach (var part in parts)
        {
            // Where something is pinned the rest could be moved away.
            var keepers = Enumerable.Range(part.First, part.End - part.First);
            var pins = keepers.Where(pinned.Contains).ToList();
            var share = part.HoleBytes / (double)(pins.Count > 0 ? pins.Count : part.End - part.First);
            foreach (var node in pins.Count > 0 ? pins : keepers)
            {
                var key = (graph.TypeNameOf(node), pins.Count > 0);
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

/// <summary>A part of a heap of which more than half lies free between objects.</summary>
/// <param name="First">The first object in it.</param>
/// <param name="End">The one behind the last.</param>
/// <param name="HoleBytes">What is free between them.</param>
public readonly record struct SparsePart(int First, int End, long HoleBytes);
