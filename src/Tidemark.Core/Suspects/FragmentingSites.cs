using System.Globalization;
using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>
/// Who fragments a heap: the functions of the user that allocate most small objects between two captures and keep few. A page goes back to
/// the system, or to objects of another size, only when the last object on it is gone, so that few that stay among many that go hold much.
/// </summary>
internal static class FragmentingSites
{
    public const string Pattern = "fragmentation";

    /// <summary>A larger object has pages to itself, which go when it goes.</summary>
    private const double MostBytes = 16 << 10;

    /// <summary>A site keeps so much at the most of what it allocates; what keeps more is growth, not fragmentation.</summary>
    private const double MostKept = 0.5;

    /// <summary>Who allocates less of all small objects is not what scatters them.</summary>
    private const double MinimumShare = 0.05;

    /// <summary>Likeliest first; empty where the profile does not tell what was allocated from what is live.</summary>
    public static IReadOnlyList<Suspect> Find(
        ProfileDiff diff,
        RuntimeKnowledge knowledge,
        AllocationSuspectOptions options
    )
    {
        var growth = diff.Growth;
        var live = growth.IndexOf(SampleType.InUseSpace.Name);
        var allocated = growth.IndexOf(SampleType.AllocSpace.Name);
        var count = growth.IndexOf(SampleType.AllocObjects.Name);
        if (live < 0 || allocated < 0 || count < 0)
        {
            return [];
        }

        var roles = new FrameRoles(growth, knowledge);
        var sites = new Dictionary<string, Site>(StringComparer.Ordinal);
        for (var s = 0; s < growth.StackCount; s++)
        {
            var stack = growth.Stack(s);
            var (bytes, objects) = (growth.Values(allocated)[s], growth.Values(count)[s]);
            if (stack.IsEmpty || bytes <= 0 || objects <= 0 || bytes > objects * MostBytes || roles.IsNoise(stack))
            {
                continue;
            }

            var user = roles.UserFrame(stack);
            if (roles.IsLibrary(stack[user]))
            {
                continue;
            }

            var function = roles.Name(stack[user]);
            if (!sites.TryGetValue(function, out var site))
            {
                sites.Add(function, site = new Site(function));
            }

            site.Add(s, bytes, objects, growth.Values(live)[s], diff.Now(live)[s]);
        }

        var whole = StackRows.Sum(sites.Values.Select(s => s.Allocated));
        return
        [
            .. sites
                .Values.Where(s =>
                    s.Allocated >= whole * Math.Max(MinimumShare, options.MinimumShare)
                    && s.Growth <= s.Allocated * MostKept
                )
                .OrderByDescending(s => s.Allocated)
                .ThenBy(s => s.Function, StringComparer.Ordinal)
                .Take(options.Most)
                .Select(s => Describe(s, growth, allocated, roles, whole)),
        ];
    }

    private static Suspect Describe(Site site, AllocationProfile growth, int allocated, FrameRoles roles, long whole)
    {
        var top = StackRows.Largest(growth.Values(allocated), site.Stacks);
        var stack = growth.Stack(top);
        var user = roles.UserFrame(stack);
        var type = CollectionIndex.TypeOf(growth, top) is { } name ? name : "small objects";
        var path = new CodeSite[stack.Length];
        for (var i = 0; i < path.Length; i++)
        {
            path[i] = roles.Site(stack[i]);
        }

        var (mean, smallest, largest) = (site.Allocated / site.Objects, site.Smallest, site.Largest);
        return new Suspect(
            $"{type} allocated in {site.Function}: most are freed, and those that stay keep their pages",
            Pattern,
            site.Growth,
            0,
            whole > 0 ? (double)site.Allocated / whole : 0,
            path[user],
            path,
            null,
            Fingerprint.Of(["fragmentation", site.Function]),
            "few objects that stay lie among many that go, and each keeps a whole page: copy what stays to memory of its own (one slice or arena for all of them), or take what goes from a pool, so that the two do not share pages"
        )
        {
            CertainBytes = site.Allocated,
            Evidence =
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Quantity.Bytes(site.Allocated)} were allocated here between the captures, in objects of {Quantity.Bytes(mean)} on average ({Quantity.Bytes(smallest)} to {Quantity.Bytes(largest)}); {Quantity.Bytes(Math.Max(0, site.Live))} of what it allocates is live"
                ),
            ],
        };
    }

    /// <summary>What one function of the user allocates in small objects.</summary>
    private sealed class Site(string function)
    {
        public string Function { get; } = function;

        public List<int> Stacks { get; } = [];

        /// <summary>Bytes and objects between the first and the last capture.</summary>
        public long Allocated { get; private set; }

        public long Objects { get; private set; }

        /// <summary>Live bytes gained.</summary>
        public long Growth { get; private set; }

        /// <summary>Live bytes in the last capture.</summary>
        public long Live { get; private set; }

        public long Smallest { get; private set; } = long.MaxValue;

        public long Largest { get; private set; }

        public void Add(int stack, long bytes, long objects, long growth, long live)
        {
            Stacks.Add(stack);
            Allocated += bytes;
            Objects += objects;
            Growth += growth;
            Live += live;
            Smallest = Math.Min(Smallest, bytes / objects);
            Largest = Math.Max(Largest, bytes / objects);
        }
    }
}
