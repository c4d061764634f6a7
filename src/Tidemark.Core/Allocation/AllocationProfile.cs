namespace Tidemark.Core.Allocation;

/// <summary>What one column of a profile counts, such as <c>inuse_space</c> in <c>bytes</c>.</summary>
public sealed record SampleType(string Name, string Unit);

/// <summary>One function at one line, as a call stack shows it.</summary>
/// <param name="Function">The function's full name.</param>
/// <param name="File">Its source file, empty where unknown.</param>
/// <param name="Line">The line in it, 0 where unknown.</param>
public readonly record struct Frame(string Function, string File, int Line);

/// <summary>Interned call stacks with their values: frozen arrays, one row a stack.</summary>
public sealed class AllocationProfile
{
    private readonly Frame[] frames;
    private readonly int[] stackStart;
    private readonly int[] stackFrames;
    private readonly long[][] values;

    internal AllocationProfile(
        SampleType[] sampleTypes,
        Frame[] frames,
        int[] stackStart,
        int[] stackFrames,
        long[][] values
    )
    {
        SampleTypes = sampleTypes;
        this.frames = frames;
        this.stackStart = stackStart;
        this.stackFrames = stackFrames;
        this.values = values;
    }

    /// <summary>The columns.</summary>
    public IReadOnlyList<SampleType> SampleTypes { get; }

    /// <summary>How many stacks there are.</summary>
    public int StackCount => stackStart.Length - 1;

    public IReadOnlyList<Frame> Frames => frames;

    /// <summary>The stack's frames as numbers into <see cref="Frames"/>, innermost first, inlined calls expanded.</summary>
    public ReadOnlySpan<int> Stack(int stack) =>
        stackFrames.AsSpan(stackStart[stack], stackStart[stack + 1] - stackStart[stack]);

    /// <summary>One value a stack.</summary>
    public ReadOnlySpan<long> Values(int sampleType) => values[sampleType];
}
