using System.Text.RegularExpressions;

namespace Tidemark.Core.Allocation;

/// <summary>Takes out of the stacks what the profile itself calls uninteresting, such as the allocator's own frames.</summary>
public static class FramePruning
{
    /// <summary>The stacks without the frames that <see cref="ProfileHeader.DropFrames"/> names, and without what these called.</summary>
    /// <remarks>
    /// As pprof does it: a stack is cut at the outermost such frame that has a frame of another name above it.
    /// Rows are not merged, so sums over rows stay what they were.
    /// </remarks>
    public static AllocationProfile Prune(AllocationProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (profile.Header.DropFrames.Length == 0)
        {
            return profile;
        }

        var isDropped = Match(profile);
        if (isDropped is null)
        {
            return profile;
        }

        var starts = new int[profile.StackCount + 1];
        var stacks = new List<int>();
        var kept = new List<int>();
        for (var s = 0; s < profile.StackCount; s++)
        {
            kept.Clear();
            Cut(profile, profile.Stack(s), isDropped, kept);
            kept.Reverse();
            stacks.AddRange(kept);
            starts[s + 1] = stacks.Count;
        }

        return profile.WithStacks(starts, [.. stacks]);
    }

    /// <summary>For each frame whether its function is to be dropped; null where none is or the expression cannot be read.</summary>
    private static bool[]? Match(AllocationProfile profile)
    {
        if (Compile(profile.Header.DropFrames) is not { } drop)
        {
            return null;
        }

        var keep = profile.Header.KeepFrames.Length > 0 ? Compile(profile.Header.KeepFrames) : null;
        var functions = profile.Functions;
        var dropped = new bool[functions.Length];
        for (var f = 0; f < dropped.Length; f++)
        {
            var name = Simplify(functions[f].Name);
            dropped[f] = name.Length > 0 && drop.IsMatch(name) && keep?.IsMatch(name) != true;
        }

        return dropped.Contains(true) ? dropped : null;
    }

    /// <summary>Expressions from a file are matched in linear time, whatever they say.</summary>
    private static Regex? Compile(string expression)
    {
        try
        {
            return new Regex($"^(?:{expression})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Walks from the root inwards, one location (a frame with what was inlined into it) at a time.</summary>
    private static void Cut(AllocationProfile profile, ReadOnlySpan<int> stack, bool[] isDropped, List<int> kept)
    {
        var foundUser = false;
        var frames = profile.Frames;
        for (var end = stack.Length; end > 0; )
        {
            var start = end - 1;
            while (start > 0 && frames[stack[start - 1]].IsInlined)
            {
                start--;
            }

            var match = end - 1;
            while (match >= start && !isDropped[frames[stack[match]].Function])
            {
                match--;
            }

            var isWhole = match == end - 1;
            if (isWhole && foundUser)
            {
                return;
            }

            // Of a location that only holds such a call, the call goes wherever it stands; a whole one stays where nothing else is above it.
            var innermost = isWhole ? start : match + 1;
            for (var i = end - 1; i >= innermost; i--)
            {
                kept.Add(stack[i]);
            }

            if (match >= start && foundUser)
            {
                return;
            }

            foundUser |= match < start;
            end = start;
        }
    }

    /// <summary>The name without its argument list: up to the first parenthesis that is not part of a name.</summary>
    private static string Simplify(string name)
    {
        var simple = name.StartsWith('.') ? name[1..] : name;
        for (var at = simple.IndexOf('('); at >= 0; at = simple.IndexOf('(', at + 1))
        {
            var isName =
                simple.AsSpan(at).StartsWith("(anonymous namespace)")
                || simple.AsSpan(0, at + 1).EndsWith("operator(") && simple.AsSpan(at).StartsWith("()");
            if (!isName)
            {
                return simple[..at];
            }
        }

        return simple;
    }
}
