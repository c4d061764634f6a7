using Tidemark.Core.Series;
using Tidemark.Formats.Clr;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Runtimes.DotNet;

/// <summary>Keeps the newest figures out of the runtime's events: those of its collections and its counters.</summary>
/// <remarks>
/// The live heap is what is left after a collection of the whole heap, without the holes. A younger collection leaves
/// the dead of the older generations in place; what it reports is an upper bound that rises between full collections
/// even where nothing leaks, so it is not taken. What a collection leaves is told once: between two collections nothing is
/// known, and a figure repeated there would look like growth that has stopped. With it goes how the heap that was taken is
/// divided: live, holes between what lives on in the old generations, and the rest, which is used again. Events come thread by thread, and a
/// collection may run on several: they are put together by their times.
/// </remarks>
internal sealed class LiveSignals
{
    private const int FullCollection = 2;
    private const int MostPending = 1000;
    private const double Megabyte = 1e6; // the runtime's counters count in these

    private readonly Lock gate = new();
    private readonly GcLog collections = new();
    private readonly List<(long At, GenerationState[] Generations)> heaps = [];
    private readonly Dictionary<string, double> counters = new(StringComparer.Ordinal);
    private GenerationState[]? lastFull;
    private int collectionCount = -1;
    private int fullCollections;
    private int toldFull;
    private double pauseSeconds;
    private readonly List<(long At, double Bytes)> committed = [];
    private double committedByCounter;
    private double? untold;
    private double? requests;
    private double reusable = double.NaN;

    /// <summary>The state after the last collection of the whole heap, by generation: 0 to 2, large objects, pinned objects; null before the first.</summary>
    public IReadOnlyList<GenerationState>? LastFull
    {
        get
        {
            lock (gate)
            {
                Settle();
                return lastFull;
            }
        }
    }

    /// <summary>Collections of the whole heap that were seen, and the time for which threads stood still for collections.</summary>
    public (int Full, TimeSpan Paused) Collected
    {
        get
        {
            lock (gate)
            {
                Settle();
                return (fullCollections, TimeSpan.FromSeconds(pauseSeconds));
            }
        }
    }

    /// <summary>The most that the heap may commit, in bytes; 0 where it has no bound.</summary>
    public long HeapHardLimit { get; set; }

    /// <summary>What the heap holds: as the last full collection left it, or as the counter tells before there was one; null before either.</summary>
    public long? HeapBytes
    {
        get
        {
            lock (gate)
            {
                Settle();
                return lastFull is not null ? lastFull.Sum(g => g.Live)
                    : counters.TryGetValue("gc-heap-size", out var size) ? (long)(size * Megabyte)
                    : null;
            }
        }
    }

    /// <summary>Takes in an event.</summary>
    public void Visit(NetTraceHeader header, in NetTraceEvent happened)
    {
        lock (gate)
        {
            if (happened.Definition.Name == "EventCounters")
            {
                AddCounter(happened);
                return;
            }

            var kind = ClrProvider.Of(happened.Definition);
            if (kind == ClrEvent.GcPerHeapHistory)
            {
                heaps.Add((happened.Timestamp, PerHeapHistory.Read(happened.Payload, header.PointerSize)));
            }
            else if (kind == ClrEvent.GcDynamic && CommittedUsage.Read(happened.Payload) is { } usage)
            {
                committed.Add((happened.Timestamp, usage));
            }

            collections.Visit(kind, happened.Timestamp, happened.Payload);
            foreach (var pause in collections.TakePauses())
            {
                pauseSeconds += header.Elapsed(pause.Begin, pause.End).TotalSeconds;
            }
        }
    }

    /// <summary>Sets the signals that are known.</summary>
    public void Sample(SignalSample sample)
    {
        lock (gate)
        {
            Settle();
            if (lastFull is not null && fullCollections > toldFull)
            {
                toldFull = fullCollections;
                sample[Signal.LiveHeap] = lastFull.Sum(g => g.Live);
                if (!double.IsNaN(reusable))
                {
                    sample[Signal.ReusableHeap] = reusable;
                }
            }

            if (untold is { } bytes)
            {
                untold = null;
                sample[Signal.CommittedHeap] = bytes;
            }

            if (HeapHardLimit is > 0 and var limit)
            {
                sample[Signal.HeapLimit] = limit;
            }

            if (requests is { } served)
            {
                requests = null; // told every two seconds: repeated, it would look like pauses and bursts
                sample[Signal.Requests] = served;
            }

            if (collectionCount >= 0)
            {
                sample[Signal.GcCount] = collectionCount;
            }

            sample[Signal.GcPause] = pauseSeconds;
        }
    }

    /// <summary>Gives each collection that is over what the heaps reported during it, and forgets both.</summary>
    private void Settle()
    {
        foreach (var collection in collections.Collections.Where(c => c.End is not null).ToList())
        {
            // A background collection has younger ones inside of it, which report for themselves.
            var own = heaps.FindAll(h => collections.During(h.At) == collection);
            if (own.Count == 0)
            {
                continue;
            }

            collectionCount = Math.Max(collectionCount, collection.Number);
            heaps.RemoveAll(own.Contains);
            collections.Forget(collection);
            if (collection.Generation >= FullCollection)
            {
                fullCollections++;
                lastFull =
                [
                    .. Enumerable
                        .Range(0, PerHeapHistory.Generations)
                        .Select(g => own.Aggregate(default(GenerationState), (sum, heap) => sum + heap.Generations[g])),
                ];
                Divide(CommittedAfter(collection));
            }
            else if (lastFull is null)
            {
                untold = CommittedAfter(collection);
            }

            committed.RemoveAll(c => c.At <= collection.End);
        }

        if (heaps.Count > MostPending)
        {
            committed.Clear();
            heaps.Clear(); // their collections were not told of: before our session began, or in lost events
        }
    }

    /// <summary>What the heap had taken at the end of a collection; null where that is not known.</summary>
    private double? CommittedAfter(Collection collection) =>
        committed.FindLast(c => c.At >= collection.Start && c.At <= collection.End) is { Bytes: > 0 } told ? told.Bytes
        : committedByCounter > 0 ? committedByCounter
        : null;

    private void Divide(double? taken)
    {
        untold = taken;
        reusable = taken is { } bytes
            ? Math.Max(0, bytes - lastFull!.Sum(g => g.Live) - lastFull!.Skip(FullCollection).Sum(g => g.Free))
            : double.NaN;
    }

    private void AddCounter(in NetTraceEvent happened)
    {
        var values = EventFields.Read(happened.Definition, happened.Payload);
        if (values.TryGetValue("Name", out var name) && values.Number("Mean") is var mean && !double.IsNaN(mean))
        {
            counters[(string)name] = mean;
            if ((string)name == "gc-committed")
            {
                committedByCounter = mean * Megabyte; // before .NET 7 collections did not tell
            }
            else if ((string)name == "total-requests")
            {
                requests = mean;
            }
        }
    }
}
