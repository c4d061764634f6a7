namespace Tidemark.Formats.V8;

/// <summary>What a heap snapshot may ask of its reader; beyond it the file is refused.</summary>
public sealed record V8SnapshotLimits
{
    /// <summary>Objects. The default is what the reader's packed references can address.</summary>
    public long MaxNodes { get; init; } = (1 << 29) - 1;

    /// <summary>References.</summary>
    public long MaxEdges { get; init; } = Array.MaxLength - 1;

    /// <summary>Bytes of the <c>snapshot</c> member, which describes the columns of the others.</summary>
    public int MaxHeaderBytes { get; init; } = 1 << 20;

    /// <summary>Columns of a table.</summary>
    public int MaxColumns { get; init; } = 32;

    /// <summary>How deep the members that are passed over may nest.</summary>
    public int MaxDepth { get; init; } = 4096;

    /// <summary>Bytes of a single string that are looked at; V8 itself cuts strings off at 1024 characters.</summary>
    public int MaxStringBytes { get; init; } = 1 << 16;

    /// <summary>Refuses limits that the reader cannot keep.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive or beyond what can be addressed.</exception>
    public V8SnapshotLimits Validated()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxNodes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxNodes, (1 << 29) - 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxEdges);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxEdges, Array.MaxLength - 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxHeaderBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxColumns, 5);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxDepth);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxStringBytes, 256);
        return this;
    }
}
