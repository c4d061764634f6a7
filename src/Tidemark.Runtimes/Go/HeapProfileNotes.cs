using System.Globalization;
using Tidemark.Core.Allocation;

namespace Tidemark.Runtimes.Go;

/// <summary>Writes into a heap profile what only the live process could tell: what each allocation is for, and how the heap stands.</summary>
internal static class HeapProfileNotes
{
    /// <summary>The profile with the labels <see cref="AllocationLabels"/> on its stacks, and the heap's figures as a comment.</summary>
    /// <param name="profile">As the service gave it.</param>
    /// <param name="calls">The program's code; null where it is not at hand.</param>
    /// <param name="statistics">The heap's figures; null where they are not known.</param>
    public static AllocationProfile Add(AllocationProfile profile, AllocationCalls? calls, GoMemStats? statistics)
    {
        var known = new Dictionary<ulong, Label[]>();
        return profile.Annotate(
            stack => LabelsOf(profile, stack, calls, known),
            statistics is null ? [] : [Describe(statistics)]
        );
    }

    private static Label[] LabelsOf(
        AllocationProfile profile,
        int stack,
        AllocationCalls? calls,
        Dictionary<ulong, Label[]> known
    )
    {
        var frames = profile.Stack(stack);
        if (calls is null || frames.IsEmpty)
        {
            return [];
        }

        var frame = profile.Frames[frames[0]];
        if (frame.Module < 0 || frame.Address == 0)
        {
            return [];
        }

        if (!known.TryGetValue(frame.Address, out var labels))
        {
            // A profile holds the return address less one, so that it falls on the call.
            var module = profile.Modules[frame.Module];
            var call = calls.Before(frame.Address - module.Start + module.Offset + 1);
            labels = call is null ? [] : [.. Labels(call)];
            known.Add(frame.Address, labels);
        }

        return labels;
    }

    private static IEnumerable<Label> Labels(AllocationCall call)
    {
        yield return new Label(AllocationLabels.Operation, call.Operation);
        if (call.Type is { } type)
        {
            yield return new Label(AllocationLabels.Type, type);
        }

        if (call.Variable is { } variable)
        {
            yield return new Label(AllocationLabels.Variable, variable);
        }
    }

    /// <summary>A comment; pprof shows none that begins with a number sign.</summary>
    private static string Describe(GoMemStats s) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"#memstats HeapAlloc={s.HeapAlloc:0} HeapInuse={s.HeapInuse:0} HeapIdle={s.HeapIdle:0} HeapReleased={s.HeapReleased:0} StackInuse={s.StackInuse:0} Sys={s.Sys:0} NextGC={s.NextGc:0} NumGC={s.GcCount}"
        );
}
