using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>A collection that the profile shows being filled.</summary>
/// <param name="Type">Its type, such as <c>map[string]*main.Session</c>.</param>
/// <param name="Function">The function of the user that fills it.</param>
/// <param name="Variable">The variable that holds it, where the capture tells.</param>
/// <param name="IsMap">True for a keyed one.</param>
internal sealed record Collection(string Type, string Function, string? Variable, bool IsMap)
{
    /// <summary>From the variable inwards, as far as it is known.</summary>
    public IReadOnlyList<string> Path =>
        Variable is null ? [$"{Type} filled in {Function}"] : [Variable, $"{Type} filled in {Function}"];

    public IReadOnlyCollection<string> Names => Variable is null ? [Type, Function] : [Type, Function, Variable];
}

/// <summary>
/// The collections that a profile shows being filled, by the types of what goes into them. Captures label allocations with what they are for
/// (<see cref="AllocationLabels"/>): a map that grows is an allocation of its own, and its type names the type of its elements.
/// </summary>
internal sealed class CollectionIndex
{
    private readonly AllocationProfile stacks;
    private readonly Dictionary<int, Collection> byStack = [];
    private readonly List<(Collection Collection, long Live)> all = [];

    public CollectionIndex(ProfileDiff diff, int bytes, FrameRoles roles)
    {
        stacks = diff.Growth;
        var live = diff.Now(bytes);
        for (var s = 0; s < stacks.StackCount; s++)
        {
            if (live[s] <= 0 || Read(s, roles) is not { } collection)
            {
                continue;
            }

            byStack.Add(s, collection);
            all.Add((collection, live[s]));
        }
    }

    /// <summary>The type that is allocated, where the capture tells.</summary>
    public static string? TypeOf(AllocationProfile stacks, int stack) =>
        Text(stacks.Labels(stack), AllocationLabels.Type);

    /// <summary>The collection that stacks of one site fill, or else the largest one whose elements are of a type that they make.</summary>
    public Collection? HolderOf(IReadOnlyList<int> site)
    {
        var own = site.Where(byStack.ContainsKey).Select(s => byStack[s]).ToList();
        if (own.Count > 0)
        {
            return own.Find(c => c.IsMap) ?? own[0];
        }

        var types = site.Select(s => TypeOf(stacks, s)).OfType<string>().Where(IsNamed).ToHashSet();
        return all.Where(c => types.Any(t => HoldsType(c.Collection.Type, t)))
            .OrderByDescending(c => c.Live)
            .Select(c => c.Collection)
            .FirstOrDefault();
    }

    private Collection? Read(int stack, FrameRoles roles)
    {
        var labels = stacks.Labels(stack);
        var operation = Text(labels, AllocationLabels.Operation);
        var frames = stacks.Stack(stack);
        if (
            operation is not (AllocationLabels.MapAssignment or AllocationLabels.Append)
            || Text(labels, AllocationLabels.Type) is not { } type
            || frames.IsEmpty
            || roles.IsLibrary(frames[0])
        )
        {
            // What a library fills is its own affair: the user's collection is not among it.
            return null;
        }

        var isMap = operation == AllocationLabels.MapAssignment;
        var variable = Text(labels, AllocationLabels.Variable);
        return new Collection(type, roles.Name(frames[0]), variable, isMap);
    }

    private static string? Text(ReadOnlySpan<Label> labels, string key)
    {
        foreach (var label in labels)
        {
            if (label.Key == key)
            {
                return label.Text;
            }
        }

        return null;
    }

    /// <summary>True for a type that a package declares; any number of collections hold strings.</summary>
    private static bool IsNamed(string type) => type.Contains('.', StringComparison.Ordinal);

    /// <summary>True where the type stands in the collection's as a whole word.</summary>
    private static bool HoldsType(string collection, string type)
    {
        var at = collection.IndexOf(type, StringComparison.Ordinal);
        return at >= 0
            && (at == 0 || !IsWord(collection[at - 1]))
            && (at + type.Length == collection.Length || !IsWord(collection[at + type.Length]));
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '/';
}
