using System.Globalization;
using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>Suspects from profiles of goroutines: those that start and never end, by where they wait and who starts them.</summary>
public static class StuckTasks
{
    /// <summary>The pattern of such a suspect.</summary>
    public const string Pattern = "goroutine-leak";

    // Fewer come and go with connections and timers.
    private const int FewTasks = 10;
    private const double SmallShare = 0.05;

    // A stack is never smaller; asked for where the profile does not know what the stacks take.
    private const long LeastStackBytes = 2048;

    // Objects and goroutines that belong together are as many, give or take what sampling adds.
    private const double SameCount = 0.35;
    private const double LeastRelatedCount = 0.2;

    /// <summary>
    /// Puts what stuck tasks hold on their account: allocations of the functions that they run or that start them, and those of which there
    /// are as many as of them.
    /// </summary>
    public static IReadOnlyList<Suspect> Absorb(IReadOnlyList<Suspect> suspects)
    {
        ArgumentNullException.ThrowIfNull(suspects);
        var left = suspects.ToList();
        foreach (var tasks in suspects.Where(s => s.Pattern == Pattern))
        {
            var held = left.FindAll(s => s.Pattern != Pattern && s.RootPath is null && BelongsTo(s, tasks));
            if (held.Count == 0)
            {
                continue;
            }

            left.RemoveAll(held.Contains);
            left[left.IndexOf(tasks)] = tasks with
            {
                GrowthBytes = tasks.GrowthBytes + StackRows.Sum(held.Select(h => h.GrowthBytes)),
                CertainBytes = tasks.CertainBytes + held.Sum(h => h.CertainBytes),
                Share = Math.Max(tasks.Share, held.Sum(h => h.Share)),
                Evidence =
                [
                    .. tasks.Evidence,
                    .. held.Select(h =>
                        $"they hold {Quantity.Bytes(h.GrowthBytes)} in {h.GrowthCount:N0} objects: {h.Subject}"
                    ),
                ],
            };
        }

        return left;
    }

    internal static IReadOnlyList<Suspect> Find(
        ProfileDiff diff,
        int column,
        FrameRoles roles,
        AllocationSuspectOptions options
    )
    {
        var stacks = diff.Growth;
        var groups = Enumerable
            .Range(0, stacks.StackCount)
            .Where(s => !stacks.Stack(s).IsEmpty && !roles.IsNoise(stacks.Stack(s)))
            .GroupBy(s => Key(stacks.Stack(s), roles))
            .Select(g => new TaskGroup(diff, column, [.. g]))
            .Where(g => g.Growth >= FewTasks && g.Growth >= g.Before * SmallShare && g.OnlyGrows)
            .OrderByDescending(g => g.Growth)
            .Take(options.Most)
            .ToList();
        var whole = StackRows.Sum(groups.Select(g => g.Growth));
        return [.. groups.Select(g => Describe(g, stacks, roles, whole))];
    }

    /// <summary>Where it waits and where it began: calls in between come and go.</summary>
    private static (string Waits, string Entry, string Creator) Key(ReadOnlySpan<int> stack, FrameRoles roles) =>
        (
            roles.Name(stack[SiteFrame(stack, roles)]),
            stack.Length > 1 ? roles.Name(stack[^2]) : "",
            roles.Name(stack[^1])
        );

    /// <summary>The innermost frame of the user's; of a task that is a library's own, the function that it was started with.</summary>
    private static int SiteFrame(ReadOnlySpan<int> stack, FrameRoles roles)
    {
        var user = roles.UserFrame(stack);
        return roles.IsLibrary(stack[user]) ? Math.Max(0, stack.Length - 2) : user;
    }

    private static Suspect Describe(TaskGroup group, AllocationProfile stacks, FrameRoles roles, long whole)
    {
        var stack = stacks.Stack(group.Top);
        var site = roles.Site(stack[SiteFrame(stack, roles)]);
        var creator = roles.Site(stack[^1]);
        var wait = Wait(stack, roles);
        var culprit = roles.Culprit(stack);
        var sites = new CodeSite[stack.Length];
        for (var i = 0; i < sites.Length; i++)
        {
            sites[i] = roles.Site(stack[i]);
        }

        return new Suspect(
            $"goroutines that {wait} in {site.Function}, started by {creator.Function}",
            Pattern,
            group.Bytes,
            group.Growth,
            whole > 0 ? (double)group.Growth / whole : 0,
            site,
            sites,
            [$"goroutine started by {creator.Function}", .. UserNames(stack, roles)],
            Fingerprint.Of(["tasks", site.Function, creator.Function]),
            culprit?.Advice
                ?? $"each of them waits for something that never comes: give {site.Function} a way out (a context that ends, a channel that is closed or has room for the answer)"
        )
        {
            Evidence =
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{group.Before:N0} goroutines before, {group.Before + group.Growth:N0} after; their stacks gained {Quantity.Bytes(group.Bytes)}"
                ),
            ],
        };
    }

    private static string Wait(ReadOnlySpan<int> stack, FrameRoles roles)
    {
        foreach (var frame in stack)
        {
            var name = roles.Name(frame);
            if (roles.Knowledge.Waits.FirstOrDefault(w => w.Function.IsMatch(name)) is { } wait)
            {
                return wait.Words;
            }
        }

        return "stay";
    }

    /// <summary>The user's functions between the creator and where it waits, outermost first.</summary>
    private static List<string> UserNames(ReadOnlySpan<int> stack, FrameRoles roles)
    {
        var names = new List<string>();
        foreach (var frame in stack[..^1])
        {
            if (!roles.IsLibrary(frame))
            {
                names.Add(roles.Name(frame));
            }
        }

        names.Reverse();
        return names;
    }

    private static bool BelongsTo(Suspect allocation, Suspect tasks)
    {
        if (allocation.Stack is null || tasks.Stack is null)
        {
            return false;
        }

        var ratio = (double)allocation.GrowthCount / Math.Max(1, tasks.GrowthCount);
        if (Math.Abs(ratio - 1) <= SameCount)
        {
            return true;
        }

        var theirs = new[]
        {
            tasks.Site!.Function,
            tasks.Stack[^1].Function,
            tasks.Stack[^Math.Min(2, tasks.Stack.Count)].Function,
        };
        return ratio >= LeastRelatedCount && allocation.Stack.Any(s => theirs.Contains(s.Function));
    }

    /// <summary>Tasks that wait in one place and were started in one.</summary>
    private sealed class TaskGroup
    {
        public TaskGroup(ProfileDiff diff, int column, int[] rows)
        {
            var counts = Enumerable
                .Range(0, diff.Captures.Count)
                .Select(c => StackRows.Sum(diff.At(c, column), rows))
                .ToList();
            Before = counts[0];
            Growth = counts[^1] - counts[0];
            OnlyGrows = counts.Zip(counts.Skip(1)).All(p => p.Second > p.First);
            Top = StackRows.Largest(diff.Growth.Values(column), rows);
            var space = diff.Growth.BytesColumn(column);
            Bytes = space >= 0 ? StackRows.Sum(diff.Growth.Values(space), rows) : Growth * LeastStackBytes;
        }

        public long Before { get; }

        public long Growth { get; }

        public bool OnlyGrows { get; }

        public long Bytes { get; }

        /// <summary>The row that grew most.</summary>
        public int Top { get; }
    }
}
