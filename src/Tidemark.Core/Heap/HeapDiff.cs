namespace Tidemark.Core.Heap;

/// <summary>One type in each snapshot of a series, oldest first; growth is from the first to the last.</summary>
public sealed record TypeGrowth(
    string Name,
    IReadOnlyList<long> Count,
    IReadOnlyList<long> ShallowBytes,
    IReadOnlyList<long> RetainedBytes
)
{
    public long CountGrowth => Count[^1] - Count[0];

    public long ShallowGrowth => ShallowBytes[^1] - ShallowBytes[0];

    public long RetainedGrowth => RetainedBytes[^1] - RetainedBytes[0];
}

/// <summary>Two or more heap graphs of one process, oldest first: by type, and by the way in which objects are held. Needs no stable identities.</summary>
public sealed class HeapDiff
{
    private HeapDiff(
        IReadOnlyList<HeapGraph> snapshots,
        IReadOnlyList<TypeGrowth> types,
        HoldingPaths paths,
        IReadOnlyList<HoldingCensus> censuses
    )
    {
        Snapshots = snapshots;
        Types = types;
        Paths = paths;
        Censuses = censuses;
    }

    public IReadOnlyList<HeapGraph> Snapshots { get; }

    public HeapGraph Base => Snapshots[0];

    public HeapGraph Now => Snapshots[^1];

    /// <summary>Types of any of the snapshots, those first whose retained size grew most.</summary>
    public IReadOnlyList<TypeGrowth> Types { get; }

    public HoldingPaths Paths { get; }

    /// <summary>What each snapshot holds on each of the <see cref="Paths"/>.</summary>
    public IReadOnlyList<HoldingCensus> Censuses { get; }

    /// <summary>Bytes that reachable objects gained.</summary>
    public long TotalGrowth => Now.Dominators.TotalBytes - Base.Dominators.TotalBytes;

    /// <summary>Compares snapshots, oldest first.</summary>
    /// <exception cref="ArgumentException">There are fewer than two.</exception>
    public static HeapDiff Between(IReadOnlyList<HeapGraph> snapshots, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        if (snapshots.Count < 2)
        {
            throw new ArgumentException("a comparison needs two snapshots", nameof(snapshots));
        }

        var paths = new HoldingPaths(snapshots);
        var censuses = snapshots.Select(s => HoldingCensus.Of(s, paths, cancellation)).ToList();
        for (var i = 0; i < censuses.Count - 1; i++)
        {
            censuses[i] = censuses[i].ComparableWith(censuses[^1], cancellation);
        }

        return new HeapDiff(snapshots, CompareTypes([.. snapshots.Select(TypeHistogram.Of)]), paths, censuses);
    }

    private static List<TypeGrowth> CompareTypes(List<TypeHistogram> histograms)
    {
        var rows = new Dictionary<string, TypeRow?[]>(StringComparer.Ordinal);
        for (var i = 0; i < histograms.Count; i++)
        {
            foreach (var row in histograms[i].Rows)
            {
                if (!rows.TryGetValue(row.Name, out var series))
                {
                    rows.Add(row.Name, series = new TypeRow?[histograms.Count]);
                }

                series[i] = row;
            }
        }

        return
        [
            .. rows.Select(r => new TypeGrowth(
                    r.Key,
                    [.. r.Value.Select(row => row?.Count ?? 0)],
                    [.. r.Value.Select(row => row?.ShallowBytes ?? 0)],
                    [.. r.Value.Select(row => row?.RetainedBytes ?? 0)]
                ))
                .OrderByDescending(t => t.RetainedGrowth)
                .ThenByDescending(t => t.ShallowGrowth)
                .ThenBy(t => t.Name, StringComparer.Ordinal),
        ];
    }
}
