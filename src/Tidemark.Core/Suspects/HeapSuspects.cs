using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>How <see cref="HeapSuspects"/> looks and how much it tells.</summary>
public sealed record HeapSuspectOptions
{
    /// <summary>At most so many suspects.</summary>
    public int Most { get; init; } = 12;

    /// <summary>Piles below this share of what grew (or of the heap, where there is one snapshot) are left out, 0 to 1.</summary>
    public double MinimumShare { get; init; } = 0.005;
}

/// <summary>
/// Leak suspects from heap graphs: the places where objects pile up, each named by the field, thread or queue that holds the pile,
/// with its way from a GC root in the field's own words. From one snapshot: the largest piles. From two or more: those that grow.
/// </summary>
public static class HeapSuspects
{
    /// <summary>Objects that are looked at for the way in which a pile is held.</summary>
    private const int Samples = 48;

    /// <summary>The piles in one snapshot, largest first.</summary>
    /// <exception cref="OperationCanceledException" />
    public static IReadOnlyList<Suspect> Find(
        HeapGraph graph,
        RuntimeKnowledge knowledge,
        HeapSuspectOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(knowledge);
        var census = HoldingCensus.Of(graph, new HoldingPaths([graph]), cancellation);
        return Find(
            [census],
            graph.Dominators.TotalBytes + census.OutsideTotal,
            knowledge,
            options ?? new HeapSuspectOptions(),
            cancellation
        );
    }

    /// <summary>The piles that grew through a series of snapshots, in order of their growth.</summary>
    /// <exception cref="OperationCanceledException" />
    public static IReadOnlyList<Suspect> Find(
        HeapDiff diff,
        RuntimeKnowledge knowledge,
        HeapSuspectOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(diff);
        ArgumentNullException.ThrowIfNull(knowledge);
        var outside = Math.Max(0, diff.Censuses[^1].OutsideTotal - diff.Censuses[0].OutsideTotal);
        return Find(
            diff.Censuses,
            diff.TotalGrowth + outside,
            knowledge,
            options ?? new HeapSuspectOptions(),
            cancellation
        );
    }

    private static List<Suspect> Find(
        IReadOnlyList<HoldingCensus> series,
        long total,
        RuntimeKnowledge knowledge,
        HeapSuspectOptions options,
        CancellationToken cancellation
    )
    {
        ProgramPages.LetGo();
        var roles = new TypeRoles(knowledge);
        var telling = new PileDescription(series, roles, cancellation);
        var piles = new AccumulationSearch(series, roles).Find(
            (long)(Math.Max(total, 0) * options.MinimumShare),
            telling.IsNoise
        );
        var whole = Math.Max(total, piles.Sum(p => p.Bytes));
        return
        [
            .. Merged(telling.Describe([.. piles.Take(options.Most * 2)], whole, Samples).Where(p => !p.IsNobodys))
                .OrderByDescending(s => s.GrowthBytes)
                .Take(options.Most),
        ];
    }

    /// <summary>
    /// Piles of the same objects with the same holder are one suspect: objects come to one holder by several ways (some of them are
    /// held from elsewhere as well), and nobody wants to be told of it twice. What was found of the largest one stands. Two
    /// collections of one holder stay two.
    /// </summary>
    private static IEnumerable<Suspect> Merged(IEnumerable<DescribedPile> described)
    {
        var piles = described.OrderByDescending(p => p.Suspect.GrowthBytes).ToList();
        // Keys, and a collection's own tables, beside what people see in it.
        var mainOf = piles.Where(p => !p.IsPart).GroupBy(p => p.Holder).ToDictionary(g => g.Key, g => g.First());
        return piles
            .Select(p =>
                p.IsPart && mainOf.TryGetValue(p.Holder, out var main)
                    ? p with
                    {
                        Content = main.Content,
                        Collection = main.Collection,
                    }
                    : p
            )
            .GroupBy(p => (p.Content, p.Holder))
            .SelectMany(alike =>
            {
                var largest = alike.FirstOrDefault(p => p.Collection is not null)?.Collection;
                return alike.GroupBy(p => p.Collection ?? largest, p => p.Suspect, StringComparer.Ordinal);
            })
            .Select(same =>
            {
                var largest = same.First();
                return same.Count() == 1
                    ? largest
                    : largest with
                    {
                        GrowthBytes = same.Sum(s => s.GrowthBytes),
                        CertainBytes = same.Sum(s => s.CertainBytes),
                        GrowthCount = same.Max(s => s.GrowthCount), // entries of one pile may be those of the other
                        Share = Math.Min(1, same.Sum(s => s.Share)),
                    };
            });
    }
}
