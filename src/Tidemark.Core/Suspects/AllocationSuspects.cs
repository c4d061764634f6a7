using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>How <see cref="AllocationSuspects"/> looks and how much it tells.</summary>
public sealed record AllocationSuspectOptions
{
    /// <summary>At most so many suspects.</summary>
    public int Most { get; init; } = 12;

    /// <summary>Sites below this share of what grew are left out, 0 to 1.</summary>
    public double MinimumShare { get; init; } = 0.01;

    /// <summary>True where one capture is looked at, and what is live is not compared with what was.</summary>
    internal bool IsOneCapture { get; init; }
}

/// <summary>
/// Leak suspects from allocation profiles: the functions of the user whose allocations stay, in order of what they gained. A profile knows
/// who allocates and not who holds; where the captures tell which collection an allocation goes into, that is named too.
/// </summary>
public static class AllocationSuspects
{
    /// <summary>What one profile holds, largest first.</summary>
    public static IReadOnlyList<Suspect> Find(
        AllocationProfile profile,
        RuntimeKnowledge knowledge,
        AllocationSuspectOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(profile);
        var nothing = new AllocationProfileBuilder(profile.SampleTypes).Build();
        return Find(
            ProfileDiff.Between(nothing, profile),
            knowledge,
            (options ?? new AllocationSuspectOptions()) with
            {
                IsOneCapture = true,
            }
        );
    }

    /// <summary>What grew through a series of profiles, in order of its growth; of goroutines, where it is their profile.</summary>
    public static IReadOnlyList<Suspect> Find(
        ProfileDiff diff,
        RuntimeKnowledge knowledge,
        AllocationSuspectOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(diff);
        ArgumentNullException.ThrowIfNull(knowledge);
        options ??= new AllocationSuspectOptions();
        var roles = new FrameRoles(diff.Growth, knowledge);
        var tasks = diff.Growth.IndexOf(SampleType.Goroutines.Name);
        if (tasks >= 0)
        {
            return StuckTasks.Find(diff, tasks, roles, options);
        }

        // What is live, where the profile tells it apart from what was ever allocated.
        var live = diff.Growth.IndexOf(SampleType.InUseSpace.Name);
        var column = live >= 0 ? live : diff.Growth.DefaultIndex;
        return diff.Growth.BytesColumn(column) is not (>= 0 and var bytes) ? []
            : diff.Growth.Header.IsCensus ? new CensusSuspects(diff, bytes, knowledge).Find(options)
            : OfSites(diff, bytes, roles, options);
    }

    /// <summary>Who scatters objects that stay among many that go, for a heap that is known to be fragmented; empty where the profiles do not tell.</summary>
    public static IReadOnlyList<Suspect> FindFragmenting(
        ProfileDiff diff,
        RuntimeKnowledge knowledge,
        AllocationSuspectOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(diff);
        ArgumentNullException.ThrowIfNull(knowledge);
        return FragmentingSites.Find(diff, knowledge, options ?? new AllocationSuspectOptions());
    }

    private static List<Suspect> OfSites(
        ProfileDiff diff,
        int bytes,
        FrameRoles roles,
        AllocationSuspectOptions options
    )
    {
        var sites = new SiteSearch(diff, bytes, roles).Find();
        var whole = StackRows.Sum(sites.Select(s => Math.Max(0, s.Growth)));
        var telling = new SiteDescription(diff, bytes, roles, whole, options.IsOneCapture);
        return
        [
            .. sites
                .Where(s => s.Score > 0 && s.Growth >= whole * options.MinimumShare)
                .OrderByDescending(s => s.Score)
                .ThenBy(s => s.Function, StringComparer.Ordinal)
                .Take(options.Most)
                .Select(telling.Describe),
        ];
    }
}
