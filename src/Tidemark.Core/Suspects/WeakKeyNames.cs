using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>
/// Entries that are told by what their weak reference leads to (<see cref="RuntimeKnowledge.WeakKeys"/>): a value that a thread keeps
/// for a variable hangs from the thread, and it is the variable that people look for.
/// </summary>
internal sealed class WeakKeyNames(HoldingCensus census, TypeRoles roles)
{
    private const int Samples = 8;
    private const int MostReferrers = 6;

    private readonly HeapGraph graph = census.Graph;
    private readonly Dictionary<int, WeakKey?> keyOfType = [];
    private int steps;

    /// <summary>For each sample of ranks the name of the variable that most of it is kept for; null where there is none. Two passes over the references for all of them.</summary>
    public string?[] Of(IReadOnlyList<IReadOnlyList<int>> samples)
    {
        var entries = samples.Select(s => s.Take(Samples).Select(EntryAbove).Where(n => n >= 0).ToList()).ToList();
        var wanted = entries.SelectMany(e => e).ToHashSet();
        if (wanted.Count == 0)
        {
            return new string?[samples.Count];
        }

        var variable = new Dictionary<int, int>();
        foreach (var edge in graph.WeakReferences)
        {
            if (wanted.Contains(edge.From))
            {
                variable[edge.From] = edge.To;
            }
        }

        var referrers = Referrers.Of(graph, [.. variable.Values.Distinct()], MostReferrers);
        var wording = new ChainWording(graph);
        return
        [
            .. entries.Select(some => some.Select(Name).OfType<string>().GroupBy(n => n).MaxBy(g => g.Count())?.Key),
        ];

        string? Name(int entry) =>
            variable.TryGetValue(entry, out var target)
            && referrers[target]
                .OrderByDescending(r => graph.TypeStoodFor(r) >= 0)
                .Select(r => wording.Step(r, wording.Label(r, target)))
                .FirstOrDefault(s => s.IsField && !s.Text.Contains('<', StringComparison.Ordinal))
                is { } field
                ? $"{KeyOf(graph.TypeOf(entry))!.Word} {field.Plain}"
                : null;
    }

    /// <summary>The nearest entry that dominates an object, -1 where there is none.</summary>
    private int EntryAbove(int rank)
    {
        var tree = graph.Dominators;
        for (var above = rank; above > 0; above = tree.DominatorOfRank(above))
        {
            graph.Pace(++steps);
            if (KeyOf(graph.TypeOf(tree.NodeAt(above))) is not null)
            {
                return tree.NodeAt(above);
            }
        }

        return -1;
    }

    private WeakKey? KeyOf(int type)
    {
        if (!keyOfType.TryGetValue(type, out var key))
        {
            key = roles.Knowledge.WeakKeys.FirstOrDefault(k => k.Entry.IsMatch(graph.TypeName(type)));
            keyOfType.Add(type, key);
        }

        return key;
    }
}
