using System.Globalization;
using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>Words a suspect: what is allocated where, called by whom, and as far as the captures tell what collection it goes into.</summary>
internal sealed class SiteDescription(ProfileDiff diff, int bytes, FrameRoles roles, long whole, bool isOneCapture)
{
    private const double MostlyKept = 0.5;

    private readonly AllocationProfile stacks = diff.Growth;
    private readonly CollectionIndex collections = new(diff, bytes, roles);

    public Suspect Describe(SiteGrowth site)
    {
        var top = StackRows.Largest(stacks.Values(bytes), site.Stacks);
        var stack = stacks.Stack(top);
        var user = roles.UserFrame(stack);
        var holder = collections.HolderOf(site.Stacks);
        var culprit = roles.Culprit(stack);
        var isCache = IsCache(stack, user, holder) || culprit is { IsCache: true };
        var pattern =
            culprit is not null ? culprit.Pattern
            : isCache ? "unbounded-cache"
            : holder is { IsMap: true } ? "unbounded-map"
            : holder is not null ? "growing-slice"
            : "allocation-site";
        return new Suspect(
            Subject(site, top, holder),
            pattern,
            site.Growth,
            site.Count,
            whole > 0 ? (double)site.Growth / whole : 0,
            roles.Site(stack[user]),
            Sites(stack),
            holder?.Path,
            Fingerprint.Of(["allocation", .. Names(stack, user)]),
            Advice(culprit, isCache, holder)
        )
        {
            CertainBytes = site.Score,
            Evidence = Evidence(site),
            IsCache = isCache,
        };
    }

    private string Subject(SiteGrowth site, int top, Collection? holder) =>
        holder is not null && holder.Function != site.Function
            ? $"{holder.Type} filled in {holder.Function}, with what {site.Function} allocates"
        : holder is not null ? $"{holder.Type} filled in {site.Function}"
        : CollectionIndex.TypeOf(stacks, top) is { } type ? $"{type} allocated in {site.Function}"
        : $"memory allocated in {site.Function}";

    /// <summary>The nearest frame outwards from the site that says what it is for: a cache or a register.</summary>
    private bool IsCache(ReadOnlySpan<int> stack, int user, Collection? holder)
    {
        if (holder is not null && Says(holder.Names) is { } said)
        {
            return said;
        }

        for (var i = user; i < stack.Length; i++)
        {
            var name = ShortName(roles.Name(stack[i]));
            // An address in a file without names: what the file is called says nothing of the function.
            if (
                !roles.IsLibrary(stack[i])
                && !name.Contains("+0x", StringComparison.Ordinal)
                && Says([name]) is { } says
            )
            {
                return says;
            }
        }

        return false;
    }

    private static bool? Says(IReadOnlyCollection<string> names) =>
        CacheWords.SayCache(names) ? true
        : CacheWords.SayRegister(names) ? false
        : null;

    /// <summary>Without the import path, in which every word of a company's vocabulary may stand.</summary>
    private static string ShortName(string function) => function[(function.LastIndexOf('/') + 1)..];

    private CodeSite[] Sites(ReadOnlySpan<int> stack)
    {
        var sites = new CodeSite[stack.Length];
        for (var i = 0; i < sites.Length; i++)
        {
            sites[i] = roles.Site(stack[i]);
        }

        return sites;
    }

    /// <summary>The user's functions on the stack from the site outwards.</summary>
    private List<string> Names(ReadOnlySpan<int> stack, int user)
    {
        var names = new List<string>();
        for (var i = user; i < stack.Length; i++)
        {
            if (i == user || !roles.IsLibrary(stack[i]))
            {
                names.Add(roles.Name(stack[i]));
            }
        }

        return names;
    }

    private static string Advice(KnownCulprit? culprit, bool isCache, Collection? holder) =>
        culprit is not null ? culprit.Advice
        : isCache ? "what is cached here is never dropped: give the cache a bound (least recently used) or a lifetime"
        : holder is { IsMap: true }
            ? $"entries are added to {holder.Type} and not taken out: look for the delete that is missing where their life ends"
        : holder is not null
            ? $"elements are appended to {holder.Type} and it is never cut: look for what should shorten or replace it"
        : "a profile tells who allocates and not who holds: look where what is allocated here is put, and for what should let go of it";

    private List<string> Evidence(SiteGrowth site)
    {
        var evidence = new List<string>
        {
            isOneCapture
                ? $"{Quantity.Bytes(site.Live[^1])} live"
                : $"{Quantity.Bytes(site.Live[0])} before, {Quantity.Bytes(site.Live[^1])} after"
                    + (site.Live.Length > 2 ? $" ({string.Join(", ", site.Live.Select(l => Quantity.Bytes(l)))})" : ""),
        };
        if (site.Allocated > 0)
        {
            var kept = (double)site.Growth / site.Allocated;
            evidence.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"of {Quantity.Bytes(site.Allocated)} allocated here{(isOneCapture ? "" : " meanwhile")}, {Math.Clamp(kept, 0, 1):0%} stayed{(kept >= MostlyKept ? "" : ": the rest is churn")}"
                )
            );
        }

        return evidence;
    }
}
