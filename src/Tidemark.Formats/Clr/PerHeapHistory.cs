using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>What one generation holds after a collection, in bytes.</summary>
/// <param name="Size">What it spans.</param>
/// <param name="Free">The holes in it, which only objects that fit can fill.</param>
public readonly record struct GenerationState(long Size, long Free)
{
    /// <summary>What is in use of it.</summary>
    public long Live => Size - Free;

    public static GenerationState operator +(GenerationState a, GenerationState b) =>
        new(a.Size + b.Size, a.Free + b.Free);
}

/// <summary>What a collection says of each heap that it collected (event GCPerHeapHistory).</summary>
public static class PerHeapHistory
{
    /// <summary>Generations 0 to 2, large objects, pinned objects.</summary>
    public const int Generations = 5;

    /// <summary>Each generation as the collection left it.</summary>
    public static GenerationState[] Read(EventPayload payload, int pointerSize)
    {
        payload.UInt16(); // the runtime's number in the process
        payload.Take((6 * pointerSize) + (6 * sizeof(uint)) + pointerSize);
        var states = new GenerationState[Generations];
        var count = Math.Min(payload.UInt32(), Generations);
        for (var generation = 0; generation < count; generation++)
        {
            payload.Take(3 * pointerSize); // as it was before
            var size = (long)payload.Pointer(pointerSize);
            var free = (long)payload.Pointer(pointerSize) + (long)payload.Pointer(pointerSize);
            payload.Take(4 * pointerSize); // flows
            states[generation] = new GenerationState(size, free);
        }

        return states;
    }
}
