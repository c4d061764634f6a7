using Tidemark.Core.Allocation;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats;

namespace Tidemark.Diagnosis.Captures;

/// <summary>Snapshots of one process and one kind, oldest first, with what can be asked of them together; each question is computed once.</summary>
public sealed class SnapshotSeries
{
    private readonly Lazy<HeapDiff?> heap;
    private readonly Lazy<ProfileDiff?> profile;

    /// <exception cref="ArgumentException">There is none, or heap graphs and profiles are mixed.</exception>
    public SnapshotSeries(IReadOnlyList<Snapshot> snapshots, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        Graphs = [.. snapshots.OfType<HeapSnapshot>().Select(s => s.Graph)];
        Holes = snapshots.OfType<HeapSnapshot>().LastOrDefault()?.Holes ?? [];
        Profiles = [.. snapshots.OfType<ProfileSnapshot>().Select(s => s.Profile)];
        if (snapshots.Count == 0 || (Graphs.Count > 0 && Profiles.Count > 0))
        {
            throw new ArgumentException("a series needs snapshots of one kind", nameof(snapshots));
        }

        heap = new(() => Graphs.Count > 1 ? HeapDiff.Between(Graphs, cancellation) : null);
        profile = new(() => Profiles.Count > 1 ? ProfileDiff.Between(Profiles) : null);
    }

    /// <summary>The heap graphs; empty for profiles.</summary>
    public IReadOnlyList<HeapGraph> Graphs { get; }

    /// <summary>What stands in the parts of the last heap that are mostly free; empty where that is not told.</summary>
    public IReadOnlyList<HoleKeepers> Holes { get; }

    /// <summary>The allocation profiles; empty for heap graphs.</summary>
    public IReadOnlyList<AllocationProfile> Profiles { get; }

    /// <summary>What changed between the first and the last heap graph; null for a single one and for profiles.</summary>
    public HeapDiff? HeapDiff => heap.Value;

    /// <summary>What changed between the first and the last profile; null for a single one and for heap graphs.</summary>
    /// <exception cref="IncomparableProfilesException">They have no column in common.</exception>
    public ProfileDiff? ProfileDiff => profile.Value;

    /// <summary>What each snapshot says is live, in bytes; 0 for a profile that counts something else, such as goroutines.</summary>
    public IReadOnlyList<long> LiveBytes =>
        Graphs.Count > 0 ? [.. Graphs.Select(g => g.Dominators.TotalBytes)] : [.. Profiles.Select(Sum)];

    /// <summary>What grew, likeliest first; for a single snapshot, what holds the most.</summary>
    public IReadOnlyList<Suspect> FindSuspects(RuntimeKnowledge knowledge) =>
        HeapDiff is { } heapDiff ? HeapSuspects.Find(heapDiff, knowledge)
        : ProfileDiff is { } profileDiff ? AllocationSuspects.Find(profileDiff, knowledge)
        : Graphs.Count > 0 ? HeapSuspects.Find(Graphs[0], knowledge)
        : AllocationSuspects.Find(Profiles[0], knowledge);

    private static long Sum(AllocationProfile profile)
    {
        var bytes = profile.BytesColumn(profile.DefaultIndex);
        long sum = 0;
        if (bytes >= 0)
        {
            foreach (var value in profile.Values(bytes))
            {
                sum += value;
            }
        }

        return sum;
    }
}
