using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats;

namespace Tidemark.Reports.Heaps;

/// <summary>What was asked of one heap graph, and found; null for what was not asked.</summary>
public sealed record HeapAnswer(HeapSnapshot Snapshot)
{
    public TypeHistogram? Histogram { get; init; }

    public IReadOnlyList<DominatorBranch>? Dominators { get; init; }

    public IReadOnlyList<Suspect>? Suspects { get; init; }

    public IReadOnlyList<MergedRootPath>? Paths { get; init; }
}
