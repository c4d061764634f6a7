using Tidemark.Core;
using Tidemark.Core.Allocation;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Captures;

/// <summary>What a fragmented heap is made of, who fragments it, and what helps.</summary>
internal static class FragmentationCase
{
    /// <summary>By what was allocated and freed between the captures, where they tell it, before those that grew: growth alone would name what is innocent.</summary>
    public static IReadOnlyList<Suspect> Suspects(
        IReadOnlyList<CaptureSeries> series,
        RuntimeKnowledge knowledge,
        IReadOnlyList<Suspect> grown
    )
    {
        var fragmenting = series
            .Select(s => s.Snapshots.ProfileDiff)
            .OfType<ProfileDiff>()
            .SelectMany(d => AllocationSuspects.FindFragmenting(d, knowledge))
            .ToList();
        if (fragmenting.Count == 0)
        {
            // No profile: the last heap tells what stands between the holes.
            fragmenting.AddRange(
                series
                    .Select(s => s.Snapshots)
                    .Where(s => s.Holes.Count > 0)
                    .Take(1)
                    .SelectMany(s => HoleSuspects.Find(s.Graphs[^1], s.Holes, knowledge))
            );
        }

        return
        [
            .. fragmenting,
            .. grown.Where(g => g.Site is null || !fragmenting.Exists(f => f.Site?.Function == g.Site.Function)),
        ];
    }

    /// <summary>What helps against what was found, and then what the runtime's users can do in any case, each with its price.</summary>
    public static IEnumerable<string> Remedies(RuntimeKnowledge knowledge, IReadOnlyList<HeapDivision> division) =>
        division
            .Select(d => d.Remedy)
            .OfType<Remedy>()
            .Concat(knowledge.Fragmentation)
            .Distinct()
            .Select(r => $"against fragmentation: {r.Action} ({r.Price})");

    /// <summary>How the heap that was taken is divided at the end, as far as the runtime tells.</summary>
    public static IEnumerable<Evidence> Layout(ProcessHistory history, IReadOnlyList<HeapDivision> division)
    {
        var parts = division.Select(d => new Evidence(
            Signal.CommittedHeap.Describe().Name,
            d.Finding,
            d.Value,
            d.Unit
        ));
        return Whole(history) is { } whole ? parts.Prepend(whole) : parts;
    }

    private static Evidence? Whole(ProcessHistory history)
    {
        if (
            history.Last(Signal.CommittedHeap) is not { } committed
            || history.Last(Signal.LiveHeap) is not { } live
            || committed <= live
        )
        {
            return null;
        }

        var reusable = history.Last(Signal.ReusableHeap);
        var held = committed - live - (reusable ?? 0);
        var rest = reusable is { } r
            ? $"{Bytes(r)} is garbage or free and used again, and {Bytes(held)} lies unused beside what is live"
            : $"{Bytes(held)} is not";
        return new Evidence(
            Signal.CommittedHeap.Describe().Name,
            $"of {Bytes(committed)} that the heap has taken {Bytes(live)} is live, {rest}",
            held,
            "bytes"
        );
    }

    private static string Bytes(double bytes) => Quantity.Bytes((long)Math.Max(0, bytes));
}
