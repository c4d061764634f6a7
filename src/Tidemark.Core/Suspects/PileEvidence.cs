using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Texts of which few are different.</summary>
/// <param name="Seen">So many were looked at.</param>
/// <param name="Different">So many were different.</param>
/// <param name="Example">The commonest one, in quotation marks.</param>
internal sealed record EqualTexts(int Seen, int Different, string Example);

/// <summary>The part of a pile that lies outside of the heap.</summary>
/// <param name="Type">The type that stands for most of it.</param>
/// <param name="Bytes">What it gained.</param>
/// <param name="IsMost">True where that is most of the pile.</param>
internal sealed record OutsidePart(string Type, long Bytes, bool IsMost);

/// <summary>Figures and stacks that tell what a pile is: what the holding chain does not say.</summary>
internal sealed class PileEvidence(IReadOnlyList<HoldingCensus> series)
{
    /// <summary>Texts that are compared.</summary>
    public const int MostTexts = 400;

    private const int LeastTexts = 100;

    /// <summary>Texts are equal where on average so many are the same.</summary>
    private const int EqualAtLeast = 5;

    private const int MostFrames = 8;

    private readonly HoldingCensus now = series[^1];
    private readonly HeapGraph graph = series[^1].Graph;
    private int steps;

    /// <summary>Whether what is on a way is texts of which few are different; null where it is something else.</summary>
    /// <param name="path">The way.</param>
    /// <param name="sample">Ranks of some of what is on it.</param>
    public EqualTexts? EqualTexts(int path, IReadOnlyList<int> sample)
    {
        if (now.Count(path) < LeastTexts)
        {
            return null;
        }

        var stride = Math.Max(1, sample.Count / MostTexts);
        var nodes = sample.Where((_, i) => i % stride == 0).Select(graph.Dominators.NodeAt).Order().ToList();
        if (nodes.Count < LeastTexts || !IsText(nodes[0]))
        {
            return null;
        }

        var texts = nodes
            .Select(graph.Labels.Describe)
            .OfType<string>()
            .GroupBy(t => t, StringComparer.Ordinal)
            .ToList();
        var seen = texts.Sum(t => t.Count());
        return seen >= LeastTexts && texts.Count * EqualAtLeast <= seen
            ? new EqualTexts(seen, texts.Count, texts.MaxBy(t => t.Count())!.Key)
            : null;
    }

    /// <summary>What of a pile lies outside of the heap; null where nothing does.</summary>
    public OutsidePart? Outside(Accumulation pile)
    {
        var isWithin = new bool[now.Paths.Count];
        var (most, mostPath, sum) = (0L, -1, 0L);
        for (var path = pile.Path; path < isWithin.Length; path++)
        {
            isWithin[path] = path == pile.Path || isWithin[now.Paths.Parent(path)];
            var grown = isWithin[path] ? now.OutsideBytes(path) - Before(path) : 0;
            if (grown > 0)
            {
                sum += grown;
                (most, mostPath) = grown > most ? (grown, path) : (most, mostPath);
            }
        }

        return mostPath < 0 ? null : new OutsidePart(now.Paths.Type(mostPath), sum, sum * 2 > pile.Bytes);

        long Before(int path) => series.Count > 1 ? series[0].OutsideBytes(path) : 0;
    }

    /// <summary>What was found, in sentences.</summary>
    public IEnumerable<string> Of(Accumulation pile, EqualTexts? texts, OutsidePart? outside)
    {
        if (pile.LoadedClass is { } copied)
        {
            yield return $"each of them holds a class loader with a copy of class {copied}: {Quantity.Count(graph.TypesNamed(copied))} copies are loaded";
        }

        if (outside is not null)
        {
            yield return $"{Quantity.Bytes(outside.Bytes)} of it lie outside of the heap, behind {outside.Type}";
        }

        if (texts is not null)
        {
            yield return $"of {texts.Seen} that were looked at only {texts.Different} are different, the commonest is {texts.Example}";
        }
    }

    /// <summary>Where the threads are that hold the sample, and the one whose stack tells why.</summary>
    public IEnumerable<string> OfThreads(IReadOnlyList<int> sample, string? telling)
    {
        var threads = sample.Select(Top).Distinct().Where(n => graph.Labels.ThreadStack(n).Count > 0).ToList();
        if (threads.Count > 0)
        {
            var others =
                threads.Count > 1 ? $"{threads.Count} threads hold it, one of them is" : "the thread that holds it is";
            yield return $"{others} {Name(threads[0])} at {Stack(threads[0])}";
        }

        if (
            telling is not null
            && graph.Roots.FirstOrDefault(r => r.Name == $"thread {telling}") is { Name: not null } root
            && graph.Labels.ThreadStack(root.Node).Count > 0
        )
        {
            yield return $"the thread {telling} is at {Stack(root.Node)}";
        }
    }

    /// <summary>Where most of a pile of threads is: the innermost function of the user's on their stacks, or else of all; null where they are no threads.</summary>
    public string? PlaceOfThreads(IReadOnlyList<int> sample, TypeRoles roles)
    {
        var stacks = sample
            .Where(rank => rank > 0)
            .Select(rank => graph.Labels.ThreadStack(graph.Dominators.NodeAt(rank)))
            .Where(stack => stack.Count > 0)
            .ToList();
        return stacks.Count * 2 <= sample.Count
            ? null
            : stacks
                .Select(stack => stack.FirstOrDefault(f => !roles.IsLibrary(f)) ?? stack[^1])
                .GroupBy(frame => frame, StringComparer.Ordinal)
                .MaxBy(g => g.Count())!
                .Key;
    }

    private bool IsText(int node) => graph.Labels.Describe(node) is ['"', ..];

    private string Name(int thread) => graph.Labels.Describe(thread) is { } name ? $"\"{name}\"" : "one";

    private string Stack(int thread) => string.Join(" <- ", graph.Labels.ThreadStack(thread).Take(MostFrames));

    /// <summary>The topmost object that dominates a rank.</summary>
    private int Top(int rank)
    {
        var tree = graph.Dominators;
        for (var above = tree.DominatorOfRank(rank); above > 0; above = tree.DominatorOfRank(above))
        {
            rank = above;
            graph.Pace(++steps);
        }

        return tree.NodeAt(rank);
    }
}
