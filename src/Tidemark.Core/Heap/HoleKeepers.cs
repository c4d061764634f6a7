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
);
