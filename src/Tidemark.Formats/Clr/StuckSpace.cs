using Tidemark.Core;

namespace Tidemark.Formats.Clr;

/// <summary>Tells of free space in old generations: holes between objects that live on, which only objects that fit can fill.</summary>
internal static class StuckSpace
{
    private const int Generation2 = 2;
    private const int LargeObjects = 3;
    private const int PinnedObjects = 4;

    // Less is usual right after a collection.
    private const double WorthTelling = 0.2;
    private const long LeastBytes = 16 << 20;

    /// <summary>Where the space is; null where there is little of it.</summary>
    /// <param name="generations">Each generation as the collection left it.</param>
    public static string? Describe(IReadOnlyList<GenerationState> generations)
    {
        long heap = 0;
        foreach (var generation in generations)
        {
            heap += generation.Size;
        }

        var holes = new List<string>();
        Tell(Generation2, "generation 2");
        Tell(LargeObjects, "the large objects");
        Tell(PinnedObjects, "the pinned objects");
        return holes.Count > 0 ? string.Join("; ", holes) : null;

        void Tell(int number, string name)
        {
            var generation = generations[number];
            if (generation.Free >= LeastBytes && generation.Free >= WorthTelling * heap)
            {
                holes.Add(
                    $"{Quantity.Bytes(generation.Free)} of the {Quantity.Bytes(generation.Size)} of {name} are holes between objects that live on"
                );
            }
        }
    }
}
