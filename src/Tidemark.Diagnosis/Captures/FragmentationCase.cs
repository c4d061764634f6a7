using Tidemark.Core;
using Tidemark.Core.Allocation;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;

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
        return
        [
            .. fragmenting,
            .. grown.Where(g => g.Site is null || !fragmenting.Exists(f => f.Site?.Function == g.Site.Function)),
        ];
    }

    /// <summary>What the runtime's users can do, each with its price.</summary>
    public static IEnumerable<string> Remedies(RuntimeKnowledge knowledge) =>
        knowledge.Fragmentation.Select(r => $"against fragmentation: {r.Action} ({r.Price})");

    /// <summary>How the heap that was taken is divided at the end; null where the runtime does not tell.</summary>
    public static Evidence? Layout(ProcessHistory history)
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
