using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>
/// Names the user's code behind suspects that are a library's own, such as the goroutines of an HTTP client's connections: no stack leads from
/// one to the other, but what the user's code allocates in the library on the way shows who goes there.
/// </summary>
public static class HiddenCallers
{
    /// <summary>More callers than this say nothing any more.</summary>
    private const int Most = 3;

    /// <summary>The suspects, those that are a library's own with the functions of the user that lead there.</summary>
    public static IReadOnlyList<Suspect> Name(
        IReadOnlyList<Suspect> suspects,
        ProfileDiff allocations,
        RuntimeKnowledge knowledge
    )
    {
        ArgumentNullException.ThrowIfNull(suspects);
        ArgumentNullException.ThrowIfNull(allocations);
        ArgumentNullException.ThrowIfNull(knowledge);
        return [.. suspects.Select(s => Named(s, allocations, knowledge))];
    }

    private static Suspect Named(Suspect suspect, ProfileDiff allocations, RuntimeKnowledge knowledge)
    {
        if (
            suspect.Stack is not { } stack
            || knowledge.Culprits.FirstOrDefault(c => stack.Any(f => c.Match.IsMatch(f.Function)))
                is not { CalledBy: not null } culprit
            || stack.Any(f => !knowledge.Library.Any(l => l.IsMatch(f.Function)))
        )
        {
            return suspect;
        }

        var callers = Find(allocations, knowledge, culprit).Take(Most).ToList();
        return callers.Count == 0
            ? suspect
            : suspect with
            {
                Subject = $"{suspect.Subject}, on behalf of {string.Join(" or ", callers.Select(c => c.Function))}",
                Evidence = [.. suspect.Evidence, "who it is for is told by what the callers allocate on the way there"],
            };
    }

    /// <summary>Those whose allocations stay first, then those that allocate most.</summary>
    private static IEnumerable<CodeSite> Find(ProfileDiff diff, RuntimeKnowledge knowledge, KnownCulprit culprit)
    {
        var growth = diff.Growth;
        var live = growth.IndexOf(SampleType.InUseSpace.Name);
        var allocated = growth.IndexOf(SampleType.AllocSpace.Name);
        var roles = new FrameRoles(growth, knowledge);
        var isEntry = new bool[growth.Functions.Length];
        for (var f = 0; f < isEntry.Length; f++)
        {
            isEntry[f] = culprit.CalledBy!.IsMatch(growth.Functions[f].Name);
        }

        var callers = new Dictionary<string, (CodeSite Site, long Live, long Allocated)>(StringComparer.Ordinal);
        for (var s = 0; s < growth.StackCount; s++)
        {
            var stack = growth.Stack(s);
            if (CallerIn(stack, growth, isEntry, roles) is not (>= 0 and var at))
            {
                continue;
            }

            var site = roles.Site(stack[at]);
            var known = callers.GetValueOrDefault(site.Function, (site, 0, 0));
            callers[site.Function] = (
                known.Item1,
                known.Item2 + (live >= 0 ? growth.Values(live)[s] : 0),
                known.Item3 + (allocated >= 0 ? growth.Values(allocated)[s] : 0)
            );
        }

        return callers
            .Values.OrderByDescending(c => Math.Max(0, c.Live))
            .ThenByDescending(c => c.Allocated)
            .ThenBy(c => c.Site.Function, StringComparer.Ordinal)
            .Select(c => c.Site);
    }

    /// <summary>The first frame of the user's outwards of an entry into the library; -1 where there is none.</summary>
    private static int CallerIn(ReadOnlySpan<int> stack, AllocationProfile profile, bool[] isEntry, FrameRoles roles)
    {
        var entered = false;
        for (var i = 0; i < stack.Length; i++)
        {
            if (!roles.IsLibrary(stack[i]))
            {
                return entered ? i : -1;
            }

            entered |= isEntry[profile.Frames[stack[i]].Function];
        }

        return -1;
    }
}
