using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Says what a pile consists of: objects of one type, functions by where they are defined, plain objects by their fields.</summary>
internal sealed class PileContent(IReadOnlyList<HoldingCensus> series, TypeRoles roles)
{
    private const double LeastShare = 0.5;
    private const int LeastEntries = 32;
    private const int MostDictionaries = 4;

    private readonly HoldingCensus now = series[^1];
    private readonly HoldingPaths paths = series[^1].Paths;
    private readonly HeapGraph graph = series[^1].Graph;

    /// <summary>
    /// What the pile consists of in the user's words: the first type of the user's on the heaviest way down, else the variables of a
    /// scope, or the heaviest that is not a mere part of a collection.
    /// </summary>
    public int Path(int path)
    {
        var (first, scope) = (-1, -1);
        for (var at = path; at > 0; at = HeaviestChild(at))
        {
            var type = paths.Type(at);
            if (roles.IsScope(type))
            {
                scope = scope < 0 ? at : scope;
            }
            else if (roles.IsUsers(type))
            {
                return at;
            }
            else if (first < 0 && roles.Role(type) != CollectionRole.Inner)
            {
                first = at;
            }
        }

        return scope > 0 ? scope
            : first > 0 ? first
            : path;
    }

    private int HeaviestChild(int path)
    {
        var grown = Growth(path);
        for (var child = path + 1; child < paths.Count; child++)
        {
            if (paths.Parent(child) == path && Growth(child) * 2 >= grown)
            {
                return child;
            }
        }

        return -1;
    }

    private long Growth(int path) => now.RetainedBytes(path) - (series.Count > 1 ? series[0].RetainedBytes(path) : 0);

    /// <summary>Where the objects of a pile are few and large, the way on which most of what they hold stands by the dozen; -1 where there is none.</summary>
    public int FurtherIn(int path)
    {
        const int dozens = 32;
        var least = dozens * Math.Max(1, now.Count(path));
        for (var at = HeaviestChild(path); at > 0; at = HeaviestChild(at))
        {
            if (now.Count(at) >= least && roles.Role(paths.Type(at)) != CollectionRole.Inner)
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>The content in words.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="sample">Ranks of some of the objects.</param>
    public string Words(string type, IReadOnlyList<int> sample)
    {
        var entries = Entries(sample);
        return Commonest(
                entries.Count > 0
                    ? entries.Select(node => Fields(type, node))
                    : sample.Select(rank => Words(type, rank))
            )
            ?? roles.Spoken(type)?.Words
            ?? ChainWording.Short(type);
    }

    /// <summary>
    /// What one object holds that is used as a dictionary, where that is of its own type: it stands on one way with its entries. Empty
    /// where the sample is no such thing.
    /// </summary>
    public IReadOnlyList<int> Entries(IReadOnlyList<int> sample)
    {
        if (sample.Count is 0 or > MostDictionaries)
        {
            return [];
        }

        var node = graph.Dominators.NodeAt(sample[0]);
        var type = graph.TypeOf(node);
        if (
            !roles.IsLibrary(graph.TypeNameOf(node))
            || roles.Role(graph.TypeNameOf(node)) is not null
            || graph.Labels.IsFunction(node)
        )
        {
            return [];
        }

        var entries = new List<int>();
        foreach (var held in graph.References(node))
        {
            if (graph.TypeOf(held) == type && held != node)
            {
                entries.Add(held);
            }
        }

        return entries.Count < LeastEntries
            ? []
            : [.. entries.Where((_, i) => i % Math.Max(1, entries.Count / LeastEntries) == 0)];
    }

    /// <summary>Where the functions are defined that the pile consists of or whose variables it holds, the commonest one; null where there are none.</summary>
    public CodeSite? Code(IReadOnlyList<int> sample) =>
        sample
            .Select(FunctionOf)
            .OfType<CodeSite>()
            .CountBy(c => c)
            .OrderByDescending(c => c.Value)
            .Select(c => c.Key)
            .FirstOrDefault();

    private string? Words(string type, int rank)
    {
        var node = graph.Dominators.NodeAt(rank);
        if (graph.TypeNameOf(node) != type)
        {
            return null;
        }

        if (FunctionOf(rank) is { } function)
        {
            return $"{Named(function)} at {ChainWording.FileName(function.File!)}{(function.Line is { } line ? $":{line}" : "")}";
        }

        if (graph.Labels.ScopeOwner(node) is { } scope)
        {
            return graph.Labels.Describe(node) is { } variables
                ? $"variables {variables}{(scope.Function is null ? "" : $" of {scope.Function}()")}"
                : null;
        }

        return Fields(type, node);
    }

    private string? Fields(string type, int node) =>
        roles.IsLibrary(type) && graph.Labels.Describe(node) is ['{', ..] fields ? $"{type} {fields}" : null;

    /// <summary>A function itself, or the one that alone has captured a scope.</summary>
    private CodeSite? FunctionOf(int rank)
    {
        var tree = graph.Dominators;
        var node = tree.NodeAt(rank);
        var function =
            graph.Labels.ScopeOwner(node) is null ? node
            : tree.DominatorOfRank(rank) is > 0 and var above ? tree.NodeAt(above)
            : -1;
        return function >= 0 && graph.Labels.IsFunction(function) ? graph.Labels.Code(function) : null;
    }

    private static string Named(CodeSite function) =>
        function.Function.StartsWith('(') ? "closure" : $"closure {function.Function}()";

    private static string? Commonest(IEnumerable<string?> words)
    {
        var all = words.ToList();
        var most = all.OfType<string>()
            .CountBy(w => w, StringComparer.Ordinal)
            .OrderByDescending(w => w.Value)
            .FirstOrDefault();
        return most.Value >= LeastShare * all.Count ? most.Key : null;
    }
}
