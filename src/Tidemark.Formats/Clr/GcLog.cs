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

/// <summary>An interval in which the managed threads stood still for a collection, on the trace's clock.</summary>
public readonly record struct GcPause(long Begin, long End);

/// <summary>Follows the collections of a trace and how long the threads stood still for them.</summary>
/// <remarks>The threads that tell of a begin and of its end may differ, and a trace has its threads one after the other: begins and ends are put together by number and by time.</remarks>
public sealed class GcLog
{
    private const int SuspendForGc = 1;
    private const int SuspendForGcPreparation = 6;
    private const int MostPending = 1000;
    private readonly List<Collection> collections = [];
    private readonly Dictionary<int, long> ends = [];
    private readonly SortedDictionary<long, bool> suspensions = [];
    private readonly SortedSet<long> restarts = [];

    /// <summary>The collections that have started and were not forgotten.</summary>
    public IReadOnlyList<Collection> Collections => collections;

    /// <summary>Looks at an event and leaves those alone that are not about collections.</summary>
    public void Visit(ClrEvent kind, long timestamp, EventPayload payload)
    {
        switch (kind)
        {
            case ClrEvent.GcSuspendBegin:
                suspensions[timestamp] = payload.Int32() is SuspendForGc or SuspendForGcPreparation;
                break;
            case ClrEvent.GcRestartEnd:
                restarts.Add(timestamp);
                break;
            case ClrEvent.GcStart:
                Started(payload.Int32(), payload.Int32(), timestamp);
                break;
            case ClrEvent.GcEnd:
                Ended(payload.Int32(), timestamp);
                break;
            default:
                break;
        }
    }

    /// <summary>The collection that was going on at a time: of several, the one that began last; null where none was.</summary>
    public Collection? During(long time)
    {
        Collection? found = null;
        foreach (var collection in collections)
        {
            if (collection.Start <= time && !(collection.End < time) && !(found?.Start > collection.Start))
            {
                found = collection;
            }
        }

        return found;
    }

    /// <summary>Forgets a collection; for a session that runs for days.</summary>
    public void Forget(Collection collection) => collections.Remove(collection);

    /// <summary>The pauses that are over, oldest first; each is given out once.</summary>
    public IReadOnlyList<GcPause> TakePauses()
    {
        if (restarts.Count == 0)
        {
            return [];
        }

        var pauses = new List<GcPause>();
        var begins = suspensions.Keys.ToArray();
        for (var i = 0; i < begins.Length; i++)
        {
            var next = i + 1 < begins.Length ? begins[i + 1] : long.MaxValue;
            if (restarts.GetViewBetween(begins[i], next) is { Count: > 0 } between)
            {
                if (suspensions[begins[i]])
                {
                    pauses.Add(new GcPause(begins[i], between.Min));
                }

                suspensions.Remove(begins[i]);
                restarts.Remove(between.Min);
            }
        }

        // What is left alone for long has lost its other half.
        if (suspensions.Count + restarts.Count > MostPending)
        {
            suspensions.Clear();
            restarts.Clear();
        }

        return pauses;
    }

    private void Started(int number, int generation, long timestamp)
    {
        var started = new Collection(number, generation, timestamp);
        if (ends.Remove(number, out var end))
        {
            started.End = end;
        }

        if (collections.Count >= MostPending)
        {
            collections.RemoveAt(0);
        }

        collections.Add(started);
    }

    private void Ended(int number, long timestamp)
    {
        if (collections.FindLast(c => c.Number == number && c.End is null) is { } started)
        {
            started.End = timestamp;
        }
        else if (ends.Count < MostPending)
        {
            ends[number] = timestamp;
        }
    }
}
