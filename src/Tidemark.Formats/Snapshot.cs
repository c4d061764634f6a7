using Tidemark.Core.Allocation;
using Tidemark.Core.Heap;
using Tidemark.Formats.Indexes;

namespace Tidemark.Formats;

/// <summary>What one capture holds: a heap graph or an allocation profile, and no third.</summary>
public abstract record Snapshot
{
    private protected Snapshot() { }

    /// <summary>The name of the format it was read from.</summary>
    public required string Format { get; init; }

    /// <summary>The runtime whose knowledge fits it (<c>go</c>, <c>jvm</c>, ...), where the format or its content tells.</summary>
    public string? Runtime { get; init; }

    /// <summary>When it was taken, where the file says so.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>What was left out or repaired while reading.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Objects and who holds whom.</summary>
public sealed record HeapSnapshot(HeapGraph Graph) : Snapshot
{
    /// <summary>Answers that were given before, where the capture has an index that keeps them.</summary>
    public IndexedAnswers? Answers { get; init; }

    /// <summary>What stands in the parts of the heap that are mostly free, most first; empty where the format does not tell.</summary>
    public IReadOnlyList<HoleKeepers> Holes { get; init; } = [];
}

/// <summary>Call stacks and what they allocated.</summary>
public sealed record ProfileSnapshot(AllocationProfile Profile) : Snapshot;
