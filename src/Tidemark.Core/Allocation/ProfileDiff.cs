namespace Tidemark.Core.Allocation;

/// <summary>The profiles cannot be compared; the message is one line and says why.</summary>
public sealed class IncomparableProfilesException(string message) : Exception(message);

/// <summary>Two or more profiles of one process side by side: every stack with its values in each of them, oldest first.</summary>
public sealed class ProfileDiff
{
    private readonly AllocationProfile union;

    private ProfileDiff(AllocationProfile union, SampleType[] sampleTypes, IReadOnlyList<AllocationProfile> captures)
    {
        this.union = union;
        SampleTypes = sampleTypes;
        Captures = captures;
        Growth = union.WithValues(sampleTypes, [.. sampleTypes.Select((_, t) => Subtract(Now(t), Base(t)))]);
    }

    /// <summary>The profiles as they were given.</summary>
    public IReadOnlyList<AllocationProfile> Captures { get; }

    /// <summary>The columns that all profiles have.</summary>
    public IReadOnlyList<SampleType> SampleTypes { get; }

    /// <summary>The stacks of all profiles with the last one's values less the first one's: what <c>pprof -base</c> shows.</summary>
    public AllocationProfile Growth { get; }

    /// <summary>One value a stack of <see cref="Growth"/>, in the first profile.</summary>
    public ReadOnlySpan<long> Base(int sampleType) => At(0, sampleType);

    /// <summary>One value a stack of <see cref="Growth"/>, in the last profile.</summary>
    public ReadOnlySpan<long> Now(int sampleType) => At(Captures.Count - 1, sampleType);

    /// <summary>One value a stack of <see cref="Growth"/>, in one of the profiles.</summary>
    public ReadOnlySpan<long> At(int capture, int sampleType) => union.Values(capture * SampleTypes.Count + sampleType);

    /// <summary>Lays profiles over one another.</summary>
    /// <param name="captures">At least two, oldest first.</param>
    /// <exception cref="IncomparableProfilesException">They have no column in common.</exception>
    public static ProfileDiff Between(params IReadOnlyList<AllocationProfile> captures)
    {
        ArgumentNullException.ThrowIfNull(captures);
        ArgumentOutOfRangeException.ThrowIfLessThan(captures.Count, 2, nameof(captures));
        var types = CommonTypes(captures);
        var columns = Enumerable.Repeat(types, captures.Count).SelectMany(t => t);
        var builder = new AllocationProfileBuilder(columns, captures.Max(c => c.StackCount))
        {
            Header = captures[^1].Header,
        };
        var modules = new ModuleMerge(builder);
        for (var c = 0; c < captures.Count; c++)
        {
            Lay(captures[c], c * types.Length, types, builder, modules);
        }

        return new ProfileDiff(builder.Build(), types, captures);
    }

    private static SampleType[] CommonTypes(IReadOnlyList<AllocationProfile> captures)
    {
        var common = captures[0].SampleTypes.Where(t => captures.All(c => c.SampleTypes.Contains(t))).ToArray();
        return common.Length > 0
            ? common
            : throw new IncomparableProfilesException(
                "the profiles have no column in common: "
                    + string.Join(
                        " against ",
                        captures.Select(c => string.Join(", ", c.SampleTypes.Select(t => OneLine.Of(t.Name))))
                    )
            );
    }

    private static void Lay(
        AllocationProfile profile,
        int firstColumn,
        SampleType[] types,
        AllocationProfileBuilder builder,
        ModuleMerge modules
    )
    {
        var source = types
            .Select(t => Enumerable.Range(0, profile.SampleTypes.Count).First(i => profile.SampleTypes[i] == t))
            .ToArray();
        var frameNumbers = TranslateFrames(profile, builder, modules);
        var labelNumbers = new int[profile.LabelSets.Length];
        for (var l = 0; l < labelNumbers.Length; l++)
        {
            labelNumbers[l] = builder.AddLabels(profile.LabelSets[l]);
        }

        var buffer = new int[64];
        for (var s = 0; s < profile.StackCount; s++)
        {
            var stack = profile.Stack(s);
            if (stack.Length > buffer.Length)
            {
                buffer = new int[stack.Length * 2];
            }

            for (var i = 0; i < stack.Length; i++)
            {
                buffer[i] = frameNumbers[stack[i]];
            }

            var set = profile.LabelSet(s);
            var row = builder.AddStack(buffer.AsSpan(0, stack.Length), set >= 0 ? labelNumbers[set] : set);
            for (var t = 0; t < source.Length; t++)
            {
                builder.Add(row, firstColumn + t, profile.Values(source[t])[s]);
            }
        }
    }

    private static int[] TranslateFrames(
        AllocationProfile profile,
        AllocationProfileBuilder builder,
        ModuleMerge modules
    )
    {
        var functionNumbers = new int[profile.Functions.Length];
        for (var f = 0; f < functionNumbers.Length; f++)
        {
            functionNumbers[f] = builder.AddFunction(profile.Functions[f]);
        }

        var moduleNumbers = profile.Modules.Select(modules.Find).ToArray();
        var frameNumbers = new int[profile.Frames.Length];
        for (var f = 0; f < frameNumbers.Length; f++)
        {
            var frame = profile.Frames[f] with { Function = functionNumbers[profile.Frames[f].Function] };
            if (frame.Module >= 0)
            {
                var (number, start) = moduleNumbers[frame.Module];
                var address = unchecked(frame.Address - profile.Modules[frame.Module].Start + start);
                frame = frame with { Module = number, Address = frame.Address == 0 ? 0 : address };
            }

            frameNumbers[f] = builder.AddFrame(frame);
        }

        return frameNumbers;
    }

    private static long[] Subtract(ReadOnlySpan<long> now, ReadOnlySpan<long> before)
    {
        var growth = new long[now.Length];
        for (var s = 0; s < growth.Length; s++)
        {
            growth[s] = now[s] - before[s];
        }

        return growth;
    }

    /// <summary>Takes modules for the same that are the same file, wherever it was mapped (address space randomisation moves it).</summary>
    private sealed class ModuleMerge(AllocationProfileBuilder builder)
    {
        private const ulong PageMask = 0xfff;
        private readonly Dictionary<(string, ulong, ulong), (int Number, ulong Start)> known = [];

        public (int Number, ulong Start) Find(Module module)
        {
            var identity = module.BuildId.Length > 0 ? module.BuildId : module.File;
            var key = (identity, unchecked(module.Limit - module.Start + PageMask) & ~PageMask, module.Offset);
            if (!known.TryGetValue(key, out var found))
            {
                found = (builder.AddModule(module), module.Start);
                known.Add(key, found);
            }

            return found;
        }
    }
}
