using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>What is known of the functions of a profile: each name is looked at once.</summary>
internal sealed class FrameRoles
{
    private readonly AllocationProfile profile;
    private readonly bool[] isLibrary;
    private readonly bool[] isNoise;
    private readonly bool[] isAllocator;

    public FrameRoles(AllocationProfile profile, RuntimeKnowledge knowledge)
    {
        this.profile = profile;
        Knowledge = knowledge;
        isLibrary = Match(knowledge.Library);
        MatchFiles(knowledge.Library);
        isAllocator = Match(knowledge.Allocators);
        for (var f = 0; f < isLibrary.Length; f++)
        {
            isLibrary[f] |= isAllocator[f];
        }

        isNoise = Match([.. knowledge.Noise, .. knowledge.BenignCaches]);
    }

    public RuntimeKnowledge Knowledge { get; }

    /// <summary>True where the function belongs to the runtime or its libraries rather than to the user.</summary>
    public bool IsLibrary(int frame) => isLibrary[profile.Frames[frame].Function];

    public string Name(int frame) => profile.Functions[profile.Frames[frame].Function].Name;

    public CodeSite Site(int frame)
    {
        var at = profile.Frames[frame];
        var function = profile.Functions[at.Function];
        return new CodeSite(
            function.Name,
            function.File.Length > 0 ? function.File : null,
            at.Line > 0 ? at.Line : null
        );
    }

    /// <summary>The place in the stack of the innermost frame that is the user's; the innermost frame of all where none is. -1 for an empty stack.</summary>
    public int UserFrame(ReadOnlySpan<int> stack)
    {
        for (var i = AllocatorDepth(stack); i < stack.Length; i++)
        {
            if (!IsLibrary(stack[i]) && Name(stack[i]).Length > 0)
            {
                return i;
            }
        }

        return stack.IsEmpty ? -1 : 0;
    }

    /// <summary>How many of the innermost frames are the allocator's: whatever a wrapper of it calls is part of it, with or without a name.</summary>
    private int AllocatorDepth(ReadOnlySpan<int> stack)
    {
        const int deepest = 8;
        for (var i = Math.Min(stack.Length, deepest) - 1; i >= 0; i--)
        {
            if (isAllocator[profile.Frames[stack[i]].Function])
            {
                return i + 1;
            }
        }

        return 0;
    }

    /// <summary>True where what is allocated belongs to the runtime itself, or to a cache that is bounded by design: a frame up to the user's says so.</summary>
    public bool IsNoise(ReadOnlySpan<int> stack)
    {
        var user = UserFrame(stack);
        var end = user >= 0 && !IsLibrary(stack[user]) ? user : stack.Length - 1;
        for (var i = 0; i <= end; i++)
        {
            if (isNoise[profile.Frames[stack[i]].Function])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first known culprit that a frame up to the user's matches; any frame, where none is the user's.</summary>
    public KnownCulprit? Culprit(ReadOnlySpan<int> stack)
    {
        var user = UserFrame(stack);
        var end = user >= 0 && IsLibrary(stack[user]) ? stack.Length - 1 : user;
        foreach (var culprit in Knowledge.Culprits)
        {
            for (var i = 0; i <= end; i++)
            {
                if (culprit.Match.IsMatch(Name(stack[i])))
                {
                    return culprit;
                }
            }
        }

        return null;
    }

    /// <summary>Scripts and modules are told by their files: the names of their functions say nothing.</summary>
    private void MatchFiles(IReadOnlyList<Regex> patterns)
    {
        var known = new Dictionary<string, bool>(StringComparer.Ordinal);
        for (var f = 0; f < isLibrary.Length; f++)
        {
            var file = profile.Functions[f].File;
            if (isLibrary[f] || file.Length == 0)
            {
                continue;
            }

            if (!known.TryGetValue(file, out var matches))
            {
                known[file] = matches = patterns.Any(p => p.IsMatch(file));
            }

            isLibrary[f] = matches;
        }
    }

    private bool[] Match(IReadOnlyList<Regex> patterns)
    {
        var functions = profile.Functions;
        var matches = new bool[functions.Length];
        for (var f = 0; f < matches.Length; f++)
        {
            var name = functions[f].Name;
            matches[f] = patterns.Any(p => p.IsMatch(name));
        }

        return matches;
    }
}
