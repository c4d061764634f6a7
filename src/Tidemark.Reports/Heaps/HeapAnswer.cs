using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats;

namespace Tidemark.Reports.Heaps;

/// <summary>What was asked of one heap graph, and found; null for what was not asked.</summary>
public sealed record HeapAnswer(HeapSnapshot Snapshot)
{
    public TypeHistogram? Histogram { get; init; }

    public IReadOnlyList<DominatorBranch>? Dominators { get; init; }

    /// <summary>The dominator tree with objects of one type taken together.</summary>
    public IReadOnlyList<DominatorGroup>? DominatorGroups { get; init; }

    public DuplicateContents? Duplicates { get; init; }

    /// <summary>Who holds each of the largest <see cref="Duplicates"/>.</summary>
    public IReadOnlyList<IReadOnlyList<ContentHolder>> ContentHolders { get; init; } = [];

    public CollectionCensus? Collections { get; init; }

    /// <summary>Who holds each of the biggest <see cref="Collections"/>, by its object.</summary>
    public IReadOnlyDictionary<int, string> CollectionHolders { get; init; } = new Dictionary<int, string>();

    public IReadOnlyList<Suspect>? Suspects { get; init; }

    public IReadOnlyList<MergedRootPath>? Paths { get; init; }
}
