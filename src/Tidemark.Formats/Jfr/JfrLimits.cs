namespace Tidemark.Formats.Jfr;

/// <summary>How much a recording may hold; what is beyond is refused before it costs memory.</summary>
public sealed record JfrLimits
{
    public static JfrLimits Default { get; } = new();

    /// <summary>The file, in bytes. A JVM keeps 250 MB of a recording unless it is told otherwise.</summary>
    public long MaxContentBytes { get; init; } = 1L << 30;

    /// <summary>One stack, in frames. The JVM cuts them at 64 unless it is told otherwise, and at 2048 at the most.</summary>
    public int MaxStackDepth { get; init; } = 2048;
}
