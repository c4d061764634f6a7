namespace Tidemark.Formats.Tracemalloc;

/// <summary>How much a snapshot may hold; what is beyond is refused before it costs memory.</summary>
public sealed record TracemallocLimits
{
    public static TracemallocLimits Default { get; } = new();

    /// <summary>Traces: blocks of memory that were alive.</summary>
    public int MaxTraces { get; init; } = 200_000_000;

    /// <summary>One traceback, in frames; Python itself allows 65535.</summary>
    public int MaxFrames { get; init; } = 65_535;

    /// <summary>All different tracebacks together, in frames; four bytes each.</summary>
    public int MaxTracebackFrames { get; init; } = 1 << 28;

    /// <summary>One file name, in bytes.</summary>
    public int MaxStringBytes { get; init; } = 1 << 16;

    /// <summary>All texts together, in bytes: names of files, each of which Python writes once.</summary>
    public long MaxTextBytes { get; init; } = 1L << 29;

    /// <summary>Values that wait for their tuple or list. Python appends a thousand traces at a time.</summary>
    public int MaxStack { get; init; } = 1 << 20;

    /// <summary>Remembered values, eight bytes each; Python remembers every tuple that it writes.</summary>
    public int MaxMemo { get; init; } = 1 << 28;
}
