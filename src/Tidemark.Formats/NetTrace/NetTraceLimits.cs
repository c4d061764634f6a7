namespace Tidemark.Formats.NetTrace;

/// <summary>What a nettrace stream may ask for before it is refused.</summary>
public sealed record NetTraceLimits
{
    public static NetTraceLimits Default { get; } = new();

    /// <summary>The largest block, in bytes. The runtime writes blocks of about 100 KiB, and a single event of at most 64 KiB.</summary>
    public int MaxBlockBytes { get; init; } = 64 << 20;

    /// <summary>The longest name of an object type in the stream, in bytes.</summary>
    public int MaxNameBytes { get; init; } = 256;

    /// <summary>The largest number of event definitions.</summary>
    public int MaxDefinitions { get; init; } = 100_000;

    /// <summary>The largest number of fields of one event definition, nested ones included.</summary>
    public int MaxFields { get; init; } = 1000;

    /// <summary>The largest number of threads whose sequence numbers are followed.</summary>
    public int MaxThreads { get; init; } = 1_000_000;
}
