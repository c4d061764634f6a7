using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>One garbage collection.</summary>
/// <param name="Number">The runtime's count of collections when it started.</param>
/// <param name="Generation">The oldest generation that it collected.</param>
/// <param name="Start">When it started, on the trace's clock.</param>
public sealed record Collection(int Number, int Generation, long Start)
{
    /// <summary>When it ended; null while it runs.</summary>
    public long? End { get; internal set; }
}

/// <summary>Follows the collections of a trace and how long the threads stood still for them.</summary>
public sealed class GcLog
{
    private const int SuspendForGc = 1;
    private const int SuspendForGcPreparation = 6;
    private readonly List<Collection> collections = [];
    private readonly List<(long Begin, long End)> pauses = [];
    private long suspendedAt = -1;

    /// <summary>The collections that have started, oldest first.</summary>
    public IReadOnlyList<Collection> Collections => collections;

    /// <summary>The intervals in which the managed threads stood still for a collection.</summary>
    public IReadOnlyList<(long Begin, long End)> Pauses => pauses;

    /// <summary>Keeps only what the next events may still refer to; for a session that runs for days.</summary>
    public void Trim()
    {
        collections.RemoveAll(c => c.End is not null);
        pauses.Clear();
    }

    /// <summary>Looks at an event and leaves those alone that are not about collections.</summary>
    /// <returns>The collection that ended with this event, or null.</returns>
    public Collection? Visit(ClrEvent kind, long timestamp, EventPayload payload)
    {
        switch (kind)
        {
            case ClrEvent.GcSuspendBegin:
                suspendedAt = payload.Int32() is SuspendForGc or SuspendForGcPreparation ? timestamp : -1;
                return null;
            case ClrEvent.GcRestartEnd:
                if (suspendedAt >= 0)
                {
                    pauses.Add((suspendedAt, timestamp));
                    suspendedAt = -1;
                }

                return null;
            case ClrEvent.GcStart:
                collections.Add(new Collection(payload.Int32(), payload.Int32(), timestamp));
                return null;
            case ClrEvent.GcEnd:
                var number = payload.Int32();
                var ended = collections.FindLast(c => c.Number == number && c.End is null);
                ended?.End = timestamp;
                return ended;
            default:
                return null;
        }
    }
}
