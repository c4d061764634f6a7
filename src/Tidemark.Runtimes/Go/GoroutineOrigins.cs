using Tidemark.Core.Allocation;

namespace Tidemark.Runtimes.Go;

/// <summary>Which function's <c>go</c> statement starts which goroutines: the profile does not tell, the dear dump of all stacks does.</summary>
/// <remarks>Learned while there are few goroutines, and kept: a leak starts the same function over and over.</remarks>
internal sealed class GoroutineOrigins
{
    private const int Many = 10;
    private readonly Dictionary<string, (Function Function, int Line)> creators = new(StringComparer.Ordinal);

    /// <summary>True where all goroutines of a profile that come in numbers begin in functions that are known.</summary>
    public bool Know(AllocationProfile goroutines)
    {
        for (var s = 0; s < goroutines.StackCount; s++)
        {
            if (
                goroutines.Values(0)[s] >= Many
                && Entry(goroutines, goroutines.Stack(s)) is { } entry
                && !creators.ContainsKey(entry.Name)
            )
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes from stacks with their creators as outermost frames which function creates which.</summary>
    public void Learn(AllocationProfile stacks)
    {
        for (var s = 0; s < stacks.StackCount; s++)
        {
            var stack = stacks.Stack(s);
            if (stack.Length < 2)
            {
                continue;
            }

            var entry = stacks.Functions[stacks.Frames[stack[^2]].Function].Name;
            var frame = stacks.Frames[stack[^1]];
            var creator = stacks.Functions[frame.Function];
            if (creator.Name != "main.main" || !creators.ContainsKey(entry))
            {
                // The main goroutine has no creator: what it calls looks as if it were one, and must not hide the true one.
                creators[entry] = (creator, frame.Line);
            }
        }
    }

    /// <summary>The goroutines of a profile with their creators as outermost frames and the memory of their stacks as a second column.</summary>
    /// <param name="goroutines">Counts by stack.</param>
    /// <param name="stackBytes">What all stacks take together.</param>
    public AllocationProfile Complete(AllocationProfile goroutines, double stackBytes)
    {
        var counts = goroutines.Values(0);
        var total = 0L;
        foreach (var count in counts)
        {
            total += count;
        }

        var each = total > 0 ? stackBytes / total : 0;
        var builder = new AllocationProfileBuilder([SampleType.Goroutines, SampleType.GoroutineSpace])
        {
            Header = goroutines.Header with { DefaultSampleType = SampleType.Goroutines.Name },
        };
        foreach (var module in goroutines.Modules)
        {
            builder.AddModule(module);
        }

        var frames = new List<int>();
        for (var s = 0; s < goroutines.StackCount; s++)
        {
            frames.Clear();
            foreach (var number in goroutines.Stack(s))
            {
                var frame = goroutines.Frames[number];
                var function = builder.AddFunction(goroutines.Functions[frame.Function]);
                frames.Add(builder.AddFrame(frame with { Function = function }));
            }

            if (
                Entry(goroutines, goroutines.Stack(s)) is { } entry
                && creators.TryGetValue(entry.Name, out var creator)
            )
            {
                frames.Add(builder.AddFrame(new Frame(builder.AddFunction(creator.Function), creator.Line)));
            }

            builder.Add(
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(frames),
                [counts[s], (long)(counts[s] * each)],
                builder.AddLabels(goroutines.Labels(s))
            );
        }

        return builder.Build();
    }

    /// <summary>The function that a goroutine began in; null for the main one, which nobody starts.</summary>
    private static Function? Entry(AllocationProfile profile, ReadOnlySpan<int> stack)
    {
        for (var i = stack.Length - 1; i >= 0; i--)
        {
            var function = profile.Functions[profile.Frames[stack[i]].Function];
            switch (function.Name)
            {
                case "runtime.goexit":
                    continue;
                case "runtime.main" or "":
                    return null;
                default:
                    return function;
            }
        }

        return null;
    }
}
