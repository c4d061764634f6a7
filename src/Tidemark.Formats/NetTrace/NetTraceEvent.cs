namespace Tidemark.Formats.NetTrace;

/// <summary>What the trace says of itself at its beginning.</summary>
/// <param name="StartedAt">When the trace was started, UTC.</param>
/// <param name="StartTimestamp">The same instant on the clock of the events' timestamps, in ticks.</param>
/// <param name="TicksPerSecond">How fast that clock runs.</param>
/// <param name="PointerSize">Bytes in a pointer of the traced process: 4 or 8.</param>
/// <param name="ProcessId">The traced process, as it numbers itself.</param>
public sealed record NetTraceHeader(
    DateTimeOffset StartedAt,
    long StartTimestamp,
    long TicksPerSecond,
    int PointerSize,
    int ProcessId
)
{
    /// <summary>The time between two timestamps.</summary>
    public TimeSpan Elapsed(long from, long to) => TimeSpan.FromSeconds((to - from) / (double)TicksPerSecond);

    /// <summary>When an event happened.</summary>
    public DateTimeOffset TimeOf(long timestamp) => StartedAt + Elapsed(StartTimestamp, timestamp);
}

/// <summary>One field of a self-describing event.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Fields">The fields inside of it, where it is a structure.</param>
public sealed record NetTraceField(string Name, TypeCode Type, IReadOnlyList<NetTraceField> Fields);

/// <summary>What an event is; defined once in a stream and referred to by number.</summary>
public sealed record NetTraceDefinition(
    string Provider,
    int EventId,
    string Name,
    int Version,
    IReadOnlyList<NetTraceField> Fields
);

/// <summary>One event, valid while it is being visited.</summary>
public readonly ref struct NetTraceEvent
{
    public required NetTraceDefinition Definition { get; init; }

    /// <summary>The operating system's number of the thread that wrote it.</summary>
    public required long ThreadId { get; init; }

    /// <summary>When it happened, on the trace's own clock.</summary>
    public required long Timestamp { get; init; }

    public required EventPayload Payload { get; init; }
}

/// <summary>Receives the events of a stream in the order in which it holds them: in time within a thread, not across threads.</summary>
public delegate void NetTraceVisitor(in NetTraceEvent happened);
