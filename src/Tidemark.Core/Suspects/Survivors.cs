using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Objects of the last snapshot that were allocated in the same stretch of time.</summary>
/// <param name="Objects">How many are still there.</param>
/// <param name="Bytes">Their own bytes.</param>
public readonly record struct Cohort(long Objects, long Bytes);

/// <summary>Objects that came in the same stretch of time and are held in the same way.</summary>
/// <param name="Type">Their type: that of the topmost of them; what they hold themselves and came with them is counted with them.</param>
/// <param name="RootPath">What holds them, from the GC root inwards.</param>
/// <param name="Objects">How many topmost ones there are.</param>
/// <param name="Bytes">Bytes of them and of what came with them below them.</param>
public sealed record SurvivorGroup(string Type, IReadOnlyList<string> RootPath, long Objects, long Bytes);

/// <summary>
/// Which objects are new and which have survived, object by object, in snapshots of a runtime whose identities are stable. With three
/// or more snapshots what counts is what was allocated after the first one and before the last but one: it has outlived at least one
/// stretch of work, and what works with it should be done (the three-snapshot technique of DevTools and memlab).
/// </summary>
public sealed class Survivors
{
    private const int Samples = 24;

    private Survivors(IReadOnlyList<Cohort> cohorts, long gone, IReadOnlyList<SurvivorGroup> groups)
    {
        Cohorts = cohorts;
        Gone = gone;
        Groups = groups;
    }

    /// <summary>For each snapshot the objects of the last one that it was the first to have.</summary>
    public IReadOnlyList<Cohort> Cohorts { get; }

    /// <summary>Objects of the first snapshot that are not in the last one.</summary>
    public long Gone { get; }

    /// <summary>The objects in question by type and way, most bytes first.</summary>
    public IReadOnlyList<SurvivorGroup> Groups { get; }

    /// <summary>Compares object by object; null where identities are not stable.</summary>
    /// <param name="diff">Two snapshots or more.</param>
    /// <param name="knowledge">What is known of the runtime.</param>
    /// <param name="most">At most so many groups.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException" />
    public static Survivors? Of(
        HeapDiff diff,
        RuntimeKnowledge knowledge,
        int most,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(diff);
        ArgumentNullException.ThrowIfNull(knowledge);
        if (!diff.Snapshots.All(s => s.HasStableIds) || diff.Snapshots.Count > byte.MaxValue)
        {
            return null;
        }

        var tree = diff.Now.Dominators;
        using var cohortOfRank = new NativeArray<byte>(tree.Count + 1L);
        var (cohorts, inFirst) = Count(diff, cohortOfRank, cancellation);
        var groups = Group(diff, knowledge, cohortOfRank, most, cancellation);
        return new Survivors(cohorts, diff.Base.Dominators.Count - inFirst, groups);
    }

    private static (Cohort[] Cohorts, long InFirst) Count(
        HeapDiff diff,
        NativeArray<byte> cohortOfRank,
        CancellationToken cancellation
    )
    {
        var graph = diff.Now;
        var earlier = new List<IdSet>();
        try
        {
            earlier.AddRange(diff.Snapshots.SkipLast(1).Select(s => new IdSet(s)));
            var cohorts = new Cohort[diff.Snapshots.Count];
            for (var rank = 1; rank <= graph.Dominators.Count; rank++)
            {
                var node = graph.Dominators.NodeAt(rank);
                var id = graph.Id(node);
                var cohort = 0;
                while (cohort < earlier.Count && !earlier[cohort].Contains(id))
                {
                    cohort++;
                }

                cohortOfRank[rank] = (byte)cohort;
                cohorts[cohort] = new Cohort(
                    cohorts[cohort].Objects + 1,
                    cohorts[cohort].Bytes + graph.ShallowSize(node)
                );
                if ((rank & 0xFFFFF) == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }
            }

            return (cohorts, cohorts[0].Objects);
        }
        finally
        {
            earlier.ForEach(s => s.Dispose());
        }
    }

    private static List<SurvivorGroup> Group(
        HeapDiff diff,
        RuntimeKnowledge knowledge,
        NativeArray<byte> cohortOfRank,
        int most,
        CancellationToken cancellation
    )
    {
        var census = diff.Censuses[^1];
        var graph = diff.Now;
        var tree = graph.Dominators;
        var last = diff.Snapshots.Count == 2 ? 1 : diff.Snapshots.Count - 2;
        using var top = new NativeArray<int>(tree.Count + 1L);
        var groups = new Dictionary<int, (long Objects, long Bytes, List<int> Sample)>();
        for (var rank = 1; rank <= tree.Count; rank++)
        {
            int cohort = cohortOfRank[rank];
            if (cohort == 0 || cohort > last)
            {
                continue;
            }

            var above = tree.DominatorOfRank(rank);
            var isTop = top[above] == 0 || cohortOfRank[above] != cohort;
            top[rank] = isTop ? rank : top[above];
            var path = census.PathOfRank(top[rank]);
            var (objects, bytes, sample) = groups.GetValueOrDefault(path, (0, 0, []));
            if (isTop && sample.Count < Samples)
            {
                sample.Add(rank);
            }

            groups[path] = (objects + (isTop ? 1 : 0), bytes + graph.ShallowSize(tree.NodeAt(rank)), sample);
        }

        var shown = groups.OrderByDescending(g => g.Value.Bytes).ThenBy(g => g.Key).Take(most).ToList();
        var ranks = shown.SelectMany(g => g.Value.Sample).ToList();
        var chains = new HoldingChains(census, new TypeRoles(knowledge), cancellation).Of(ranks);
        var chainOf = ranks.Zip(chains).ToDictionary(c => c.First, c => c.Second);
        return
        [
            .. shown.Select(g => new SurvivorGroup(
                census.Paths.Type(g.Key),
                MostCommon(g.Value.Sample.Select(r => chainOf[r])),
                g.Value.Objects,
                g.Value.Bytes
            )),
        ];
    }

    private static List<string> MostCommon(IEnumerable<HoldingChain> chains) =>
        [
            .. chains
                .GroupBy(c => HolderNaming.GeneralName(string.Join('\n', c.Texts)), StringComparer.Ordinal)
                .OrderByDescending(g => g.Count())
                .First()
                .First()
                .Texts,
        ];
}
