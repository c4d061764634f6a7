using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>What one function of the user allocates, through a series of profiles.</summary>
internal sealed class SiteGrowth(string function, int captures)
{
    public string Function { get; } = function;

    /// <summary>Its stacks, as rows of the diff.</summary>
    public List<int> Stacks { get; } = [];

    /// <summary>Live bytes in each capture.</summary>
    public long[] Live { get; } = new long[captures];

    /// <summary>Bytes gained from the first capture to the last.</summary>
    public long Growth => Live[^1] - Live[0];

    /// <summary>Objects gained.</summary>
    public long Count { get; set; }

    /// <summary>Bytes allocated from the first capture to the last, freed ones among them; -1 where the profile does not count them.</summary>
    public long Allocated { get; set; } = -1;

    /// <summary>The growth less what chance may account for, and only as far as it goes on: what the rank is made by.</summary>
    public double Score { get; set; }
}

/// <summary>Adds up growth by the function of the user that allocates, and weighs it against chance.</summary>
internal sealed class SiteSearch(ProfileDiff diff, int bytes, FrameRoles roles)
{
    /// <summary>So many standard deviations of the sampling error are taken off.</summary>
    private const double Doubt = 1.5;

    private readonly AllocationProfile stacks = diff.Growth;
    private readonly int count = diff.Growth.CountColumn(bytes);
    private readonly int allocated =
        diff.Growth.SampleTypes[bytes] == SampleType.InUseSpace
            ? diff.Growth.IndexOf(SampleType.AllocSpace.Name)
            : AllocationProfile.None;

    public IReadOnlyCollection<SiteGrowth> Find()
    {
        var sites = new Dictionary<string, SiteGrowth>(StringComparer.Ordinal);
        for (var s = 0; s < stacks.StackCount; s++)
        {
            var stack = stacks.Stack(s);
            if (stack.IsEmpty || roles.IsNoise(stack))
            {
                continue;
            }

            var function = roles.Name(stack[roles.UserFrame(stack)]);
            if (!sites.TryGetValue(function, out var site))
            {
                site = new SiteGrowth(function, diff.Captures.Count);
                sites.Add(function, site);
            }

            Add(site, s);
        }

        foreach (var site in sites.Values)
        {
            site.Score = Score(site);
        }

        return sites.Values;
    }

    private void Add(SiteGrowth site, int stack)
    {
        site.Stacks.Add(stack);
        for (var c = 0; c < site.Live.Length; c++)
        {
            site.Live[c] += diff.At(c, bytes)[stack];
        }

        if (count >= 0)
        {
            site.Count += stacks.Values(count)[stack];
        }

        if (allocated >= 0)
        {
            site.Allocated = Math.Max(0, site.Allocated) + stacks.Values(allocated)[stack];
        }
    }

    private double Score(SiteGrowth site)
    {
        var certain = site.Growth - (Doubt * SamplingError(site));
        return certain > 0 ? certain * Steadiness(site.Live) : 0;
    }

    /// <summary>
    /// The standard deviation of the growth, in bytes, that comes from looking at one allocation in many. Objects that stay are the same
    /// samples in both captures and add nothing; those that were replaced meanwhile were sampled anew.
    /// </summary>
    private double SamplingError(SiteGrowth site)
    {
        var period = Math.Max(0, stacks.Header.Period);
        if (allocated < 0 || period <= 1)
        {
            return 0;
        }

        var freed = Math.Max(0, site.Allocated - site.Growth);
        var replaced = site.Live[0] > 0 ? Math.Min(1, (double)freed / site.Live[0]) : 0;
        return Math.Sqrt(period * replaced * ((double)site.Live[0] + site.Live[^1]));
    }

    /// <summary>The share of the steps of a series that went up, squared: churn goes up and down, a leak only up.</summary>
    private static double Steadiness(long[] live)
    {
        var up = 0;
        for (var c = 1; c < live.Length; c++)
        {
            up += live[c] > live[c - 1] ? 1 : 0;
        }

        var share = (double)up / (live.Length - 1);
        return share * share;
    }
}
