namespace Tidemark.Core.Allocation;

/// <summary>Interned call stacks with their values: frozen arrays, one row a distinct stack with its labels.</summary>
public sealed class AllocationProfile
{
    /// <summary>Stands for "no module" and "no labels".</summary>
    public const int None = -1;

    private readonly Function[] functions;
    private readonly Frame[] frames;
    private readonly int[] stackStart;
    private readonly int[] stackFrames;
    private readonly int[] stackLabels;
    private readonly Label[][] labelSets;
    private readonly long[][] values;

    internal AllocationProfile(
        ProfileHeader header,
        SampleType[] sampleTypes,
        IReadOnlyList<Module> modules,
        Function[] functions,
        Frame[] frames,
        int[] stackStart,
        int[] stackFrames,
        int[] stackLabels,
        Label[][] labelSets,
        long[][] values
    )
    {
        Header = header;
        SampleTypes = sampleTypes;
        Modules = modules;
        this.functions = functions;
        this.frames = frames;
        this.stackStart = stackStart;
        this.stackFrames = stackFrames;
        this.stackLabels = stackLabels;
        this.labelSets = labelSets;
        this.values = values;
    }

    public ProfileHeader Header { get; }

    /// <summary>The columns.</summary>
    public IReadOnlyList<SampleType> SampleTypes { get; }

    /// <summary>The mapped files; the first one is the program itself.</summary>
    public IReadOnlyList<Module> Modules { get; }

    public ReadOnlySpan<Function> Functions => functions;

    public ReadOnlySpan<Frame> Frames => frames;

    /// <summary>How many stacks there are.</summary>
    public int StackCount => stackStart.Length - 1;

    /// <summary>The stack's frames as numbers into <see cref="Frames"/>, innermost first, inlined calls expanded.</summary>
    public ReadOnlySpan<int> Stack(int stack) =>
        stackFrames.AsSpan(stackStart[stack], stackStart[stack + 1] - stackStart[stack]);

    /// <summary>The stack's labels; empty where it has none.</summary>
    public ReadOnlySpan<Label> Labels(int stack) => stackLabels[stack] is var set and >= 0 ? labelSets[set] : [];

    /// <summary>One value a stack.</summary>
    public ReadOnlySpan<long> Values(int sampleType) => values[sampleType];

    /// <summary>The column of that name, or -1. Profiles that know live memory only call <c>inuse_space</c> just <c>space</c>; that is found too.</summary>
    public int IndexOf(string sampleType)
    {
        ArgumentNullException.ThrowIfNull(sampleType);
        var shortName = sampleType.StartsWith("inuse_", StringComparison.Ordinal) ? sampleType[6..] : sampleType;
        for (var t = 0; t < SampleTypes.Count; t++)
        {
            if (SampleTypes[t].Name == sampleType || SampleTypes[t].Name == shortName)
            {
                return t;
            }
        }

        return None;
    }

    /// <summary>The column that is shown unless another is asked for.</summary>
    public int DefaultIndex =>
        Header.DefaultSampleType is { Length: > 0 } name && IndexOf(name) is var t and >= 0 ? t : SampleTypes.Count - 1;

    /// <summary>The column that counts bytes of what this one counts: itself, or <c>inuse_space</c> for <c>inuse_objects</c>; -1 where there is none.</summary>
    public int BytesColumn(int sampleType) =>
        SampleTypes[sampleType].Unit == "bytes" ? sampleType : IndexOf($"{Stem(sampleType)}_space");

    /// <summary>The column that counts the pieces of what this one counts: itself, or <c>inuse_objects</c> for <c>inuse_space</c>; -1 where there is none.</summary>
    public int CountColumn(int sampleType)
    {
        if (SampleTypes[sampleType].Unit == "count")
        {
            return sampleType;
        }

        var objects = IndexOf($"{Stem(sampleType)}_objects");
        return objects >= 0 ? objects
            : IndexOf(Stem(sampleType)) is >= 0 and var named && SampleTypes[named].Unit == "count" ? named
            : -1;
    }

    /// <summary>What the column is of: <c>inuse</c> for both <c>inuse_space</c> and <c>inuse_objects</c>, and for the short names <c>space</c> and <c>objects</c>.</summary>
    private string Stem(int sampleType)
    {
        var name = SampleTypes[sampleType].Name;
        var end = name.LastIndexOf('_');
        return name is "space" or "objects" ? "inuse"
            : end > 0 && name[(end + 1)..] is "space" or "objects" ? name[..end]
            : name;
    }

    /// <summary>The same profile with more labels on its stacks and more comments.</summary>
    /// <param name="labels">The labels to add to a stack.</param>
    /// <param name="comments">The comments to add.</param>
    public AllocationProfile Annotate(Func<int, IEnumerable<Label>> labels, IEnumerable<string> comments)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var builder = new AllocationProfileBuilder(SampleTypes, StackCount)
        {
            Header = Header with { Comments = [.. Header.Comments, .. comments] },
        };
        // Everything is distinct already, so that it gets the numbers it had.
        foreach (var module in Modules)
        {
            builder.AddModule(module);
        }

        foreach (var function in functions)
        {
            builder.AddFunction(function);
        }

        foreach (var frame in frames)
        {
            builder.AddFrame(frame);
        }

        for (var s = 0; s < StackCount; s++)
        {
            var row = builder.AddStack(Stack(s), builder.AddLabels([.. Labels(s), .. labels(s)]));
            for (var t = 0; t < values.Length; t++)
            {
                builder.Add(row, t, values[t][s]);
            }
        }

        return builder.Build();
    }

    /// <summary>The same stacks with other values.</summary>
    internal AllocationProfile WithValues(SampleType[] types, long[][] newValues) =>
        new(Header, types, Modules, functions, frames, stackStart, stackFrames, stackLabels, labelSets, newValues);

    /// <summary>The same values on other stacks, row by row.</summary>
    internal AllocationProfile WithStacks(int[] newStackStart, int[] newStackFrames) =>
        new(
            Header,
            [.. SampleTypes],
            Modules,
            functions,
            frames,
            newStackStart,
            newStackFrames,
            stackLabels,
            labelSets,
            values
        );

    /// <summary>The set of labels as the profile numbers it, -1 for none.</summary>
    internal int LabelSet(int stack) => stackLabels[stack];

    internal ReadOnlySpan<Label[]> LabelSets => labelSets;
}
