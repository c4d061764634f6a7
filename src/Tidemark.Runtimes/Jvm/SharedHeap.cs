using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Jvm;

/// <summary>The heap of ZGC, which lies in a file in memory (a memfd) and not in anonymous memory.</summary>
/// <remarks>
/// Before it had generations (the only kind up to JDK 20, the default up to 22, gone in 24) it mapped this file at three addresses, one for
/// each colour of its pointers. A page counts in the resident set at each address where it was touched: a JVM of 190 MiB shows 490.
/// What is beyond the committed heap is counted again, because the file holds no more than that.
/// </remarks>
internal sealed class SharedHeap
{
    private double? inFootprint;
    private double? live;

    /// <summary>Takes what is counted again out of the footprint.</summary>
    /// <param name="sample">With the resident set as its footprint.</param>
    /// <param name="counters">The JVM's counters as of now.</param>
    /// <param name="shared">Shared memory in the resident set, in bytes.</param>
    public void Correct(SignalSample sample, PerfData counters, long shared)
    {
        if (!JvmSignals.IsZgc(counters) || JvmSignals.Capacity(counters) is not (> 0 and var committed))
        {
            return;
        }

        inFootprint = Math.Min(shared, committed);
        if (IsMappedSeveralTimes(counters) && sample.Has(Signal.Footprint))
        {
            sample[Signal.Footprint] -= shared - inFootprint.Value;
        }
    }

    /// <summary>
    /// Has as the committed heap only what of it is in the footprint: the file holds its pages from the start, while the mappings are
    /// touched little by little, and that would look like memory outside of the heap.
    /// </summary>
    /// <param name="sample">The sample whose footprint was corrected, with its live heap where that is known; unchanged where there was nothing to correct.</param>
    public void Add(SignalSample sample)
    {
        if (inFootprint is not { } resident)
        {
            return;
        }

        sample[Signal.CommittedHeap] = resident;
        live = sample.Has(Signal.LiveHeap) ? sample[Signal.LiveHeap] : live;
        if (live is { } bytes)
        {
            sample[Signal.ReusableHeap] = Math.Max(0, resident - bytes);
        }
    }

    /// <summary>The kind without generations publishes its heap as the old generation alone.</summary>
    private static bool IsMappedSeveralTimes(PerfData counters) =>
        counters.Number("sun.gc.generation.0.capacity") is null;
}
