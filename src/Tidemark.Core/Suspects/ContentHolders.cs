using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Who holds copies of one content.</summary>
/// <param name="Holder">In the field's words: <c>Session.token</c>, <c>static Acme.Names.ALL (HashMap)</c>.</param>
/// <param name="Share">The share of the copies that were looked at, 0 to 1.</param>
public sealed record ContentHolder(string Holder, double Share);

/// <summary>Finds the fields and variables in which the copies of equal contents are.</summary>
public sealed class ContentHolders
{
    /// <summary>Copies of each content that are looked at, about: drawn by a hash, as every so-manieth might always be the same field's.</summary>
    private const int Samples = 48;

    /// <summary>Steps from a copy to the field that says something: a string's array, the string, an entry, a table, the map.</summary>
    private const int MostSteps = 6;

    /// <summary>The parts of a collection may refer back to it, each segment of a cache for one.</summary>
    private const int MostReferrers = 24;

    /// <summary>So far up an object's dominators it is told whether it is a part of another one.</summary>
    private const int MostLevels = 8;

    private const int MostHolders = 3;

    private readonly HeapGraph graph;
    private readonly TypeRoles roles;
    private readonly ChainWording wording;

    private ContentHolders(HeapGraph graph, RuntimeKnowledge knowledge)
    {
        this.graph = graph;
        roles = new TypeRoles(knowledge);
        wording = new ChainWording(graph);
    }

    /// <summary>The holders of each of the largest duplicates, those of most copies first. Costs a pass over the dump and some over the references.</summary>
    /// <exception cref="OperationCanceledException" />
    public static IReadOnlyList<IReadOnlyList<ContentHolder>> Of(
        HeapGraph graph,
        DuplicateContents duplicates,
        RuntimeKnowledge knowledge,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(duplicates);
        ArgumentNullException.ThrowIfNull(knowledge);
        var copies = SampleCopies(graph, duplicates, cancellation);
        var holders = new ContentHolders(graph, knowledge).HoldersOf([.. copies.SelectMany(c => c)]);
        return
        [
            .. copies.Select(sample =>
                sample
                    .GroupBy(node => holders[node], StringComparer.Ordinal)
                    .Select(g => new ContentHolder(g.Key, (double)g.Count() / sample.Count))
                    .OrderByDescending(h => h.Share)
                    .ThenBy(h => h.Holder, StringComparer.Ordinal)
                    .Take(MostHolders)
                    .ToList()
            ),
        ];
    }

    /// <summary>Who holds each of some objects, such as collections; costs some passes over the references.</summary>
    public static IReadOnlyDictionary<int, string> Of(
        HeapGraph graph,
        IReadOnlyCollection<int> nodes,
        RuntimeKnowledge knowledge
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(knowledge);
        return new ContentHolders(graph, knowledge).HoldersOf(nodes);
    }

    private static List<List<int>> SampleCopies(
        HeapGraph graph,
        DuplicateContents duplicates,
        CancellationToken cancellation
    )
    {
        var indexes = duplicates.Largest.Select((d, i) => (d.Content, i)).ToDictionary(d => d.Content, d => d.i);
        var samples = duplicates.Largest.Select(_ => new List<int>()).ToList();
        graph.Labels.VisitContents(
            (node, content) =>
            {
                if (
                    indexes.TryGetValue(DuplicateContents.Key(graph, node, content), out var index)
                    && graph.Dominators.IsReachable(node)
                    && (
                        samples[index].Count == 0
                        || ((uint)node * 0x9E3779B1u >> 8) % Math.Max(1, duplicates.Largest[index].Copies / Samples)
                            == 0
                    )
                )
                {
                    samples[index].Add(node);
                }
            },
            cancellation
        );
        return samples;
    }

    /// <summary>Climbs from all objects at once: each step looks at all references.</summary>
    private Dictionary<int, string> HoldersOf(IReadOnlyCollection<int> nodes)
    {
        var found = new Dictionary<int, string>();
        var climbs = nodes.Distinct().ToDictionary(n => n, n => new Climb(n, Collection: null));
        for (var step = 0; step < MostSteps && climbs.Count > 0; step++)
        {
            var referrers = Referrers.Of(graph, [.. climbs.Values.Select(c => c.At)], MostReferrers);
            foreach (var (node, climb) in climbs.ToList())
            {
                var best = referrers[climb.At]
                    .Where(holder => !IsWithin(holder, climb.At))
                    .Select(holder => (Holder: holder, Label: wording.Label(holder, climb.At)))
                    .OrderByDescending(h => Worth(h.Holder, h.Label))
                    .ToList();
                if (best.Count == 0)
                {
                    found[node] = Worded(wording.RootName(climb.At) ?? "a root", climb.Collection);
                    climbs.Remove(node);
                }
                else if (Worth(best[0].Holder, best[0].Label) > 0)
                {
                    found[node] = Worded(wording.Step(best[0].Holder, best[0].Label).Text, climb.Collection);
                    climbs.Remove(node);
                }
                else
                {
                    climbs[node] = new Climb(best[0].Holder, CollectionOf(best[0].Holder) ?? climb.Collection);
                }
            }
        }

        foreach (var (node, climb) in climbs)
        {
            found[node] = Worded(graph.TypeNameOf(climb.At), climb.Collection);
        }

        return found;
    }

    private bool IsWithin(int part, int whole)
    {
        for (var levels = 0; levels < MostLevels && part >= 0; levels++)
        {
            if (part == whole)
            {
                return true;
            }

            part = graph.Dominators.ImmediateDominator(part);
        }

        return false;
    }

    /// <summary>How much a reference tells: a field of the user's most; nothing, where it is a part of a collection or of a text.</summary>
    private int Worth(int holder, string? label)
    {
        var type = wording.TypeText(holder);
        if (label is null or "" or "[]" || label[0] == '<' || roles.IsInner(type))
        {
            return 0;
        }

        return graph.TypeStoodFor(holder) >= 0 ? 4
            : roles.IsScope(type) ? 3
            : roles.IsUsers(type) ? 2
            // What refers to nothing else only wraps it, as a text does its characters.
            : roles.Role(type) is null && graph.References(holder).Length > 1 ? 1
            : 0;
    }

    private string? CollectionOf(int node) =>
        roles.Role(graph.TypeNameOf(node)) is not null and not CollectionRole.Inner ? graph.TypeNameOf(node) : null;

    private static string Worded(string holder, string? collection) =>
        collection is null || holder == collection ? holder : $"{holder} ({collection})";

    private readonly record struct Climb(int At, string? Collection);
}
