using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;

namespace Tidemark.Diagnosis.Captures;

/// <summary>One list of suspects from the captures of several methods.</summary>
internal static class SuspectMerge
{
    // Both must explain most of the growth, or they may speak of different things.
    private const double Most = 0.5;

    // Sampled bytes, shallow and retained bytes of the same growth differ by this much at the most.
    private const double SameGrowth = 4;

    private const string OutsideAdvice =
        "The runtime's own objects do not explain this memory: it was taken by native code (an extension, a bound library, its caches) and not released. `tidemark diagnose --runtime native` on the same process samples malloc and names the function that takes it.";

    private const double LeastBesideOutside = 0.01;

    // Growth of mappings includes that of the heap in them.
    private const double FarMore = 4;

    /// <summary>
    /// Largest growth first. Where a heap graph and a profile each have one suspect that explains most of the growth, it is
    /// the same growth seen from both ends, and the two become one: held by this, allocated there.
    /// </summary>
    public static IReadOnlyList<Suspect> Of(
        IReadOnlyList<CaptureSeries> series,
        RuntimeKnowledge knowledge,
        bool isOutside
    )
    {
        // What a census counts is what the others name better: it speaks only where they are silent.
        var outside = isOutside ? OutsideHeap(series, knowledge) : [];
        if (series.Any(s => !s.IsCensus && s.Suspects.Count > 0))
        {
            series = [.. series.Where(s => !s.IsCensus)];
        }

        var all = StuckTasks.Absorb([.. series.SelectMany(s => s.Suspects)]).ToList();
        var (holder, allocator) = FirstOfBoth(series, all);
        if (holder is not null && allocator is not null && AreOne(holder, allocator))
        {
            all.Remove(allocator);
            all[all.IndexOf(holder)] = holder with
            {
                Site = holder.Site ?? allocator.Site,
                Stack = holder.Stack ?? allocator.Stack,
                Evidence = [.. holder.Evidence, .. allocator.Evidence],
            };
        }

        // Beside what grows outside of the heap, the small change of the runtime says nothing.
        var most = outside.Select(s => s.CertainBytes).DefaultIfEmpty().Max();
        all.RemoveAll(s =>
            s.CertainBytes < most * LeastBesideOutside || outside.Any(o => o.Fingerprint == s.Fingerprint)
        );
        return [.. outside.Except(all), .. all.OrderByDescending(s => Grown(s, series))];
    }

    /// <summary>
    /// The mappings that grew, where that is far more than what the heap's captures explain: what grows outside of the heap is
    /// none of those.
    /// </summary>
    private static IReadOnlyList<Suspect> OutsideHeap(IReadOnlyList<CaptureSeries> series, RuntimeKnowledge knowledge)
    {
        // An allocator takes arena after arena: between two captures some stand still, and over all of them they grow.
        var mappings = series
            .Where(s => s.Captures[^1].Format == "smaps" && s.Snapshots.Profiles.Count > 1)
            .SelectMany(s =>
                AllocationSuspects.Find(
                    ProfileDiff.Between([s.Snapshots.Profiles[0], s.Snapshots.Profiles[^1]]),
                    knowledge
                )
            )
            .Select(s => knowledge.Allocators.Count > 0 ? s : s with { Advice = OutsideAdvice });
        var others = series.Where(s => s.Captures[^1].Format != "smaps").SelectMany(s => s.Suspects);
        var explained = others.Select(s => s.CertainBytes).DefaultIfEmpty().Max();
        return [.. mappings.Where(m => m.CertainBytes > FarMore * explained).OrderByDescending(m => m.CertainBytes)];
    }

    /// <summary>
    /// How much of the growth is this. What only one heap graph shows is large and need not have grown: it is taken to have its
    /// share of the growth that a profile has seen.
    /// </summary>
    private static double Grown(Suspect suspect, IReadOnlyList<CaptureSeries> series)
    {
        if (!suspect.IsAtOneTime)
        {
            return suspect.CertainBytes;
        }

        var seen = series
            .Where(s => s.Captures.Count > 1 && s.Suspects.Any(x => !x.IsAtOneTime))
            .Select(s => s.Growth)
            .DefaultIfEmpty()
            .Max();
        return seen > 0 ? Math.Min(suspect.CertainBytes, suspect.Share * seen) : suspect.CertainBytes;
    }

    /// <summary>The first suspect that says who holds, and the first of another method that says only who allocates.</summary>
    private static (Suspect? Holder, Suspect? Allocator) FirstOfBoth(
        IReadOnlyList<CaptureSeries> series,
        List<Suspect> all
    )
    {
        var graph = series.FirstOrDefault(s => s.Suspects.Any(IsHolder));
        return (
            graph?.Suspects.First(IsHolder),
            series
                .Where(s => s != graph)
                .SelectMany(s => s.Suspects)
                .FirstOrDefault(x => x.RootPath is null && x.Site is not null && all.Contains(x))
        );
    }

    private static bool IsHolder(Suspect suspect) =>
        suspect.RootPath is not null && suspect.Pattern != StuckTasks.Pattern;

    private static bool AreOne(Suspect holder, Suspect allocator)
    {
        var larger = (double)Math.Max(holder.GrowthBytes, allocator.GrowthBytes);
        var smaller = (double)Math.Min(holder.GrowthBytes, allocator.GrowthBytes);
        return holder.Share >= Most && allocator.Share >= Most && smaller > 0 && larger / smaller <= SameGrowth;
    }
}
