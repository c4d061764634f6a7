namespace Tidemark.Core.Growth;

/// <summary>What the analysis is told beside the history.</summary>
public sealed record GrowthOptions
{
    public static GrowthOptions Default { get; } = new();

    /// <summary>The memory limit in bytes where the history has none; its own signal goes before this.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>With fewer samples than this nothing is said.</summary>
    public int MinimumSamples { get; init; } = 24;
}
