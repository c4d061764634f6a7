namespace Tidemark.Formats.ClassHistogram;

/// <summary>How much a histogram may hold; what is beyond is refused before it costs memory.</summary>
public sealed record ClassHistogramLimits
{
    public static ClassHistogramLimits Default { get; } = new();

    /// <summary>The file, in bytes. A hundred thousand classes take about 10 MB.</summary>
    public long MaxContentBytes { get; init; } = 256 << 20;
}
