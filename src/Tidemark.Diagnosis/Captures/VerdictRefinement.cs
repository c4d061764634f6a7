using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Captures;

/// <summary>What the captures add to the verdict of the graphs: they know what the memory is, the graphs know how it runs over time.</summary>
internal static class VerdictRefinement
{
    private const double MostOfGrowth = 0.8;

    // Where nothing limits the process, a cache that asks for more than this is no warm-up that anyone waits for.
    private const double MostWithoutLimit = 2L << 30;

    public static GrowthVerdict Refine(
        GrowthVerdict graphs,
        ProcessHistory history,
        IReadOnlyList<CaptureSeries> series,
        IReadOnlyList<Suspect> suspects,
        IReadOnlyList<HeapDivision>? division
    )
    {
        if (graphs.IsLeaking && HasNeverCollected(history))
        {
            return With(
                graphs,
                GrowthKind.Inconclusive,
                new Evidence(
                    Signal.GcCount.Describe().Name,
                    "its collector has not run yet, so nobody knows what of its heap is alive: watch it until it has run a few times"
                )
            ) with
            {
                OutOfMemory = null,
                NeedsMore = history.To - history.From,
            };
        }

        if (graphs.Kind == GrowthKind.Leak && suspects.Count > 0 && suspects[0].IsCache)
        {
            return With(
                graphs,
                GrowthKind.UnboundedCache,
                new Evidence("capture", $"the growth is in {suspects[0].Subject}, a keyed collection that never evicts")
            );
        }

        if (
            graphs.Kind is GrowthKind.Leak or GrowthKind.UnboundedCache
            && suspects.Count > 0
            && suspects[0] is { Share: >= MostOfGrowth, Bound: { } bound } filling
        )
        {
            return Bounded(graphs, history, filling, bound);
        }

        return graphs.Kind == GrowthKind.Fragmentation
            ? graphs with
            {
                Evidence = [.. graphs.Evidence, .. FragmentationCase.Layout(history, division ?? [])],
            }
            : graphs;
    }

    /// <summary>Where a runtime that collects by itself only, and seldom, had not done so by the end: all that it has taken may be garbage.</summary>
    private static bool HasNeverCollected(ProcessHistory history) =>
        history.Last(Signal.GcCount) is 0 && !history.Has(Signal.LiveHeap);

    /// <summary>A cache that evicts when it is full warms up and does not leak, unless it is full too late.</summary>
    private static GrowthVerdict Bounded(GrowthVerdict graphs, ProcessHistory history, Suspect filling, long bound)
    {
        var full = (double)filling.GrowthBytes / Math.Max(1, filling.GrowthCount) * bound;
        var limit = history.Last(Signal.HeapLimit) ?? history.Last(Signal.Limit) ?? MostWithoutLimit;
        var size = $"{filling.Subject} takes {Quantity.Count(bound)} entries, about {Quantity.Bytes((long)full)}";
        return full < limit
            ? With(
                graphs,
                GrowthKind.WarmUp,
                new Evidence("capture", $"the growth is in a cache that is not full yet: {size}, before it evicts")
            ) with
            {
                OutOfMemory = null,
            }
            : With(
                graphs,
                GrowthKind.UnboundedCache,
                new Evidence(
                    "capture",
                    $"the growth is in a cache whose bound comes too late: {size}, beyond the limit"
                )
            );
    }

    private static GrowthVerdict With(GrowthVerdict graphs, GrowthKind kind, Evidence evidence) =>
        graphs with
        {
            Kind = kind,
            Evidence = [evidence, .. graphs.Evidence],
        };
}
