using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Who fragments a heap, told by what stands in the parts of it that are mostly free (<see cref="HoleKeepers"/>): pinned objects above all.</summary>
public static class HoleSuspects
{
    /// <summary>What keeps less of all that is free between objects is not told.</summary>
    private const double LeastShare = 0.1;

    /// <summary>Those first that keep most; empty where the capture does not tell of holes.</summary>
    /// <exception cref="OperationCanceledException" />
    public static IReadOnlyList<Suspect> Find(
        HeapGraph graph,
        IReadOnlyList<HoleKeepers> holes,
        RuntimeKnowledge knowledge,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(holes);
        ArgumentNullException.ThrowIfNull(knowledge);
        var all = holes.Sum(h => h.HoleBytes);
        var told = holes.Where(h => h.HoleBytes > 0 && h.HoleBytes >= LeastShare * all).ToList();
        if (told.Count == 0)
        {
            return [];
        }

        var roles = new TypeRoles(knowledge);
        var census = HoldingCensus.Of(graph, new HoldingPaths([graph]), cancellation);
        var chains = new HoldingChains(census, roles, cancellation);
        return
        [
            .. told.Select(h => Describe(h, [.. h.Sample.Select(graph.Dominators.RankOf).Where(r => r > 0)]))
                .OfType<Suspect>(),
        ];

        Suspect? Describe(HoleKeepers keepers, List<int> ranks)
        {
            if (ranks.Count == 0)
            {
                return null;
            }

            var (chain, share) = CommonChain.Of(chains.Of(ranks, pastHandles: true));
            var way = chain.Steps.SkipLast(1).ToList();
            var holder = (
                way.LastOrDefault(s => s.IsField && (s.IsStatic || roles.IsUsers(s.Type!))) ?? chain.Steps[0]
            ).Text;
            var pattern = keepers.IsPinned ? "pinned-objects" : "scattered-objects";
            List<string> evidence =
            [
                $"{Quantity.Count(keepers.Objects)} {(keepers.IsPinned ? "pinned " : "")}{keepers.Type} stand in {Quantity.Count(keepers.Regions)} parts of the heap of which more than half is free, with {Quantity.Bytes(keepers.HoleBytes)} of holes around them",
            ];
            if (share < 0.995)
            {
                evidence.Add(
                    $"{Quantity.Percent(share)} of a sample is held this way: {string.Join(" -> ", chain.Texts)}"
                );
            }

            return new Suspect(
                $"{keepers.Type} in {holder}",
                pattern,
                keepers.HoleBytes,
                keepers.Objects,
                Math.Min(1, (double)keepers.HoleBytes / Math.Max(1, all)),
                Site: null,
                Stack: null,
                ChainSummary.Of(chain, roles, holder),
                Fingerprint.Of([pattern, holder, .. chain.Texts]),
                keepers.IsPinned
                    ? "The collector cannot move them, and so cannot close the holes between them: pin for as short as can be, and allocate what stays pinned at the start, from a pool, or on the heap of pinned objects (GC.AllocateArray with pinned: true)."
                    : "They live on in parts of the heap that are mostly free: allocate what lives long together and early, reuse buffers of one size (ArrayPool), or let the collector close the holes (see the remedies)."
            )
            {
                Evidence = evidence,
                IsAtOneTime = true,
            };
        }
    }
}
