using Tidemark.Core.Series;
using Tidemark.Formats.Clr;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Runtimes.DotNet;

/// <summary>What one generation holds after a collection, all heaps together. Bytes.</summary>
/// <param name="Size">What it spans.</param>
/// <param name="Free">The holes in it, which only objects that fit can fill.</param>
public readonly record struct GenerationState(long Size, long Free)
{
    public static GenerationState operator +(GenerationState a, GenerationState b) =>
        new(a.Size + b.Size, a.Free + b.Free);
}

/// <summary>Keeps the newest figures out of the runtime's events: those of its collections and its counters.</summary>
/// <remarks>
/// The live heap is what is left after a collection of the whole heap, without the holes. A younger collection leaves
/// the dead of the older generations in place; what it reports is an upper bound that rises between full collections
/// even where nothing leaks, so it is not taken.
/// </remarks>
internal sealed class LiveSignals
{
    /// <summary>Generations 0 to 2, large objects, pinned objects.</summary>
    public const int Generations = 5;
    private const int FullCollection = 2;

    private readonly Lock gate = new();
    private readonly GcLog collections = new();
    private readonly Dictionary<long, GenerationState[]> heapsOfThread = [];
    private readonly Dictionary<string, double> counters = new(StringComparer.Ordinal);
    private GenerationState[]? lastFull;
    private int collectionCount = -1;
    private double pauseSeconds;

    /// <summary>The state after the last collection of the whole heap; null before the first.</summary>
    public IReadOnlyList<GenerationState>? LastFull
    {
        get
        {
            lock (gate)
            {
                return lastFull;
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
            switch (kind)
            {
                case ClrEvent.GcStart:
                    heapsOfThread.Remove(happened.ThreadId);
                    var payload = happened.Payload;
                    collectionCount = Math.Max(collectionCount, payload.Int32());
                    break;
                case ClrEvent.GcPerHeapHistory:
                    AddHeap(happened.ThreadId, happened.Payload, header.PointerSize);
                    break;
                default:
                    break;
            }

            var ended = collections.Visit(kind, happened.Timestamp, happened.Payload);
            if (
                ended is not null
                && heapsOfThread.Remove(happened.ThreadId, out var heaps)
                && ended.Generation >= FullCollection
            )
            {
                lastFull = heaps;
            }

            foreach (var (begin, end) in collections.Pauses)
            {
                pauseSeconds += header.Elapsed(begin, end).TotalSeconds;
            }

            collections.Trim();
        }
    }

    /// <summary>Sets the signals that are known.</summary>
    public void Sample(SignalSample sample)
    {
        const double Megabyte = 1e6; // the runtime's counters count in these
        lock (gate)
        {
            if (lastFull is not null)
            {
                sample[Signal.LiveHeap] = lastFull.Sum(g => g.Size - g.Free);
            }

            if (counters.TryGetValue("gc-committed", out var committed) && committed > 0)
            {
                sample[Signal.CommittedHeap] = committed * Megabyte;
            }

            if (counters.TryGetValue("total-requests", out var requests))
            {
                sample[Signal.Requests] = requests;
            }

            if (collectionCount >= 0)
            {
                sample[Signal.GcCount] = collectionCount;
            }

            sample[Signal.GcPause] = pauseSeconds;
        }
    }

    /// <summary>The heap's size with its holes as the runtime's counter tells it; null before it came.</summary>
    public long? HeapBytes
    {
        get
        {
            lock (gate)
            {
                return lastFull is not null ? lastFull.Sum(g => g.Size - g.Free)
                    : counters.TryGetValue("gc-heap-size", out var size) ? (long)(size * 1e6)
                    : null;
            }
        }
    }

    private void AddCounter(in NetTraceEvent happened)
    {
        var values = EventFields.Read(happened.Definition, happened.Payload);
        if (values.TryGetValue("Name", out var name) && values.Number("Mean") is var mean && !double.IsNaN(mean))
        {
            counters[(string)name] = mean;
        }
    }

    private void AddHeap(long thread, EventPayload payload, int pointerSize)
    {
        payload.UInt16(); // the runtime's number in the process
        payload.Take((6 * pointerSize) + (6 * sizeof(uint)) + pointerSize);
        var count = Math.Min(payload.UInt32(), Generations);
        if (!heapsOfThread.TryGetValue(thread, out var heaps))
        {
            heapsOfThread.Add(thread, heaps = new GenerationState[Generations]);
        }

        for (var generation = 0; generation < count; generation++)
        {
            payload.Take(3 * pointerSize); // as it was before
            var size = (long)payload.Pointer(pointerSize);
            var free = (long)payload.Pointer(pointerSize) + (long)payload.Pointer(pointerSize);
            payload.Take(4 * pointerSize); // flows
            heaps[generation] += new GenerationState(size, free);
        }
    }
}
