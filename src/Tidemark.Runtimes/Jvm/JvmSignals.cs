using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Jvm;

/// <summary>Turns a HotSpot JVM's counters into signals, sample by sample.</summary>
/// <remarks>
/// The live heap is what a collection of the whole heap left over; a collection of the young generation alone leaves garbage
/// behind that it has promoted, which looks like a leak until the old generation is collected. So a value is given only in
/// the sample after a collection that looked at everything:
/// after a full one at once; after a concurrent cycle, whose garbage goes little by little (with G1 in the mixed collections that
/// follow), when the use of the heap has reached its lowest point. That is known only at the next rise, and where that comes
/// late in relation to the watch, the value would be one of another time and is left out.
/// </remarks>
internal sealed class JvmSignals
{
    /// <summary>A value that is older than this share of the watch is not of now.</summary>
    private const double Stale = 0.02;

    private long? fullCollections;
    private long? markingPauses;
    private long? allCollections;
    private (double Bytes, double At)? lowestSinceMarking;
    private double? firstReading;

    /// <summary>The last known live heap in bytes; null before the first collection that tells.</summary>
    public double? LiveHeap { get; private set; }

    /// <summary>Sets what the counters tell.</summary>
    public void Read(PerfData counters, SignalSample sample)
    {
        double pauses = 0;
        long collections = 0;
        for (var collector = 0; collector < 8; collector++)
        {
            pauses += Seconds(counters, $"sun.gc.collector.{collector}.time") ?? 0;
            collections += counters.Number($"sun.gc.collector.{collector}.invocations") ?? 0;
        }

        sample[Signal.GcPause] = pauses;
        sample[Signal.GcCount] = collections;
        sample[Signal.CommittedHeap] = Capacity(counters);
        if (HeapLimit(counters) is { } limit)
        {
            sample[Signal.HeapLimit] = limit;
        }

        if (LiveAfterWholeCollection(counters, collections) is { } live)
        {
            LiveHeap = live;
            sample[Signal.LiveHeap] = live;
        }
    }

    /// <summary>Heap in use after the last collection of any kind, garbage in the old generation included: never less than what is live. Bytes.</summary>
    public static double UsedAfterCollection(PerfData counters)
    {
        // Eden is left out: some collectors keep its counter up to date between collections.
        var used = OldGeneration(counters);
        for (var space = 1; space <= 2; space++)
        {
            used += counters.Number($"sun.gc.generation.0.space.{space}.used") ?? 0;
        }

        return used;
    }

    /// <summary>Time that the application stood still at safepoints since the start; null where this JVM does not count it.</summary>
    public static TimeSpan? Stopped(PerfData counters) =>
        Seconds(counters, "sun.rt.safepointTime") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Collections of the whole heap since the start, concurrent ones by their pauses.</summary>
    public static long WholeCollections(PerfData counters) =>
        IsConcurrent(counters)
            ? Enumerable.Range(0, 8).Sum(c => counters.Number($"sun.gc.collector.{c}.invocations") ?? 0)
            : counters.Number("sun.gc.collector.1.invocations") ?? 0;

    /// <summary>ZGC and Shenandoah count each pause of their concurrent cycles, and keep the heap's use up to date in between.</summary>
    public static bool IsConcurrent(PerfData counters)
    {
        for (var collector = 0; collector <= 2; collector++)
        {
            if (counters.Text($"sun.gc.collector.{collector}.name") is ['Z', ..] or ['S', 'h', ..])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>ZGC of any kind: its heap is shared memory that only it maps.</summary>
    public static bool IsZgc(PerfData counters) =>
        Enumerable.Range(0, 3).Any(c => counters.Text($"sun.gc.collector.{c}.name") is ['Z', ..]);

    /// <summary>Metaspace: what the classes take, outside of the heap. Bytes.</summary>
    public static double ClassMetadata(PerfData counters) => counters.Number("sun.gc.metaspace.used") ?? 0;

    /// <summary>A counter of the JVM's clock.</summary>
    private static double? Seconds(PerfData counters, string name) =>
        counters.Number(name) / (double?)(counters.Number("sun.os.hrt.frequency") ?? 1_000_000_000);

    private static double OldGeneration(PerfData counters) => counters.Number("sun.gc.generation.1.space.0.used") ?? 0;

    private double? LiveAfterWholeCollection(PerfData counters, long collections)
    {
        var used = UsedAfterCollection(counters);
        var full = counters.Number("sun.gc.collector.1.invocations") ?? 0;
        var marking = counters.Number("sun.gc.collector.2.invocations") ?? 0;
        var isConcurrent = IsConcurrent(counters);
        var sawFull = full > fullCollections;
        var sawMarking = marking > markingPauses;
        var sawAny = collections > allCollections;
        (fullCollections, markingPauses, allCollections) = (full, marking, collections);

        var now = Seconds(counters, "sun.os.hrt.ticks") ?? 0;
        firstReading ??= now;

        if (isConcurrent ? sawAny : sawMarking)
        {
            lowestSinceMarking = (used, now);
        }
        else if (sawFull)
        {
            // It leaves all that is live in the old generation; the survivors are of a young collection that came after it.
            lowestSinceMarking = null;
            return OldGeneration(counters);
        }
        else if (lowestSinceMarking is { } lowest && (sawAny || isConcurrent))
        {
            if (used > lowest.Bytes)
            {
                lowestSinceMarking = null;
                return now - lowest.At <= Stale * (now - firstReading) ? lowest.Bytes : null;
            }

            lowestSinceMarking = (used, now);
        }

        return null;
    }

    /// <summary>Taken from the operating system, touched or not. Bytes.</summary>
    public static double Capacity(PerfData counters) =>
        (counters.Number("sun.gc.generation.0.capacity") ?? 0) + (counters.Number("sun.gc.generation.1.capacity") ?? 0);

    /// <summary>-Xmx or its default: G1 gives the whole heap's as that of each generation, the others share it out.</summary>
    private static double? HeapLimit(PerfData counters)
    {
        var young = counters.Number("sun.gc.generation.0.maxCapacity") ?? 0;
        var old = counters.Number("sun.gc.generation.1.maxCapacity") ?? 0;
        var isG1 = counters.Text("sun.gc.collector.0.name")?.StartsWith("G1", StringComparison.Ordinal) ?? false;
        var limit = isG1 ? old : young + old;
        return limit > 0 ? limit : null;
    }
}
