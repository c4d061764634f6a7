namespace Tidemark.Formats.Pprof;

/// <summary>How much a profile may hold; what is beyond is refused before it costs memory.</summary>
public sealed record PprofLimits
{
    public static PprofLimits Default { get; } = new();

    /// <summary>The unpacked file, in bytes. Half a million stacks take about 60 MB.</summary>
    public long MaxContentBytes { get; init; } = 1L << 30;

    /// <summary>One stack, in frames with inlined calls expanded.</summary>
    public int MaxStackDepth { get; init; } = 1 << 16;

    /// <summary>All stacks together, in frames; four bytes each.</summary>
    public int MaxStackFrames { get; init; } = 1 << 28;

    /// <summary>Columns.</summary>
    public int MaxSampleTypes { get; init; } = 64;
}
