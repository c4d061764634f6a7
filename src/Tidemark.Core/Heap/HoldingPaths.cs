namespace Tidemark.Core.Heap;

/// <summary>
/// The ways in which objects are held, as a tree: under each way, one branch a label (the type of what is held, and the static field
/// or root where there is one). The nodes of a linked list fall together, and so does what repeats in any other way, after a few
/// rounds: collections of collections stay apart. One such tree is shared by all snapshots that are compared: equal ways have equal
/// numbers.
/// </summary>
public sealed class HoldingPaths
{
    /// <summary>A label may stand so often on one way.</summary>
    private const int MostRepetitions = 3;

    /// <summary>The same for a label that comes again by another way each time.</summary>
    private const int MostCarriers = 8;

    /// <summary>With so many ways, labels that repeat lead back at once: trees of many types would have any number of ways.</summary>
    private const int MostPaths = 200_000;

    private readonly Dictionary<(string? Holder, string Type), int> labelNumbers = [];
    private readonly List<(string? Holder, string Type)> labels = [];
    private readonly Dictionary<long, int> transitions = [];
    private readonly List<int> parents = [-1];
    private readonly List<int> labelOfPath = [-1];
    private long lastKey = -1;
    private int lastPath;

    /// <summary>General names of types that were made up by the dozen.</summary>
    private readonly HashSet<string> numbered = new(StringComparer.Ordinal);

    /// <summary>Ways for any snapshot.</summary>
    public HoldingPaths() { }

    /// <summary>
    /// Ways for these snapshots: types whose names differ in numbers only, and of which one of the snapshots has dozens (scripts that
    /// were compiled, accessors that were generated), count as one type on all of them.
    /// </summary>
    public HoldingPaths(IEnumerable<HeapGraph> snapshots)
    {
        const int dozens = 32;
        ArgumentNullException.ThrowIfNull(snapshots);
        foreach (var graph in snapshots)
        {
            numbered.UnionWith(
                Enumerable
                    .Range(0, graph.TypeCount)
                    .Select(graph.TypeName)
                    .Where(n => n.AsSpan().IndexOfAnyInRange('0', '9') >= 0)
                    .Distinct(StringComparer.Ordinal)
                    .CountBy(HolderNaming.GeneralName, StringComparer.Ordinal)
                    .Where(n => n.Value >= dozens)
                    .Select(n => n.Key)
            );
        }
    }

    /// <summary>A type's name as it stands on ways.</summary>
    internal string GeneralTypeName(string name)
    {
        if (numbered.Count > 0 && name.AsSpan().IndexOfAnyInRange('0', '9') >= 0)
        {
            var general = HolderNaming.GeneralName(name);
            if (numbered.Contains(general))
            {
                return general;
            }
        }

        return HolderNaming.GeneralTypeName(name);
    }

    /// <summary>How many ways there are; 0 is the virtual one that holds the roots, and every other one has a higher number than its parent.</summary>
    public int Count => parents.Count;

    public int Parent(int path) => parents[path];

    /// <summary>The type of what is held on that way.</summary>
    public string Type(int path) => labels[labelOfPath[path]].Type;

    /// <summary>What holds it, where that has a name of its own: <c>static Acme.Sessions.ById</c>, a thread, the finalizer queue; null elsewhere.</summary>
    public string? Holder(int path) => labels[labelOfPath[path]].Holder;

    /// <summary>The label's number; paths of equal types (and holders) have equal ones.</summary>
    public int Label(int path) => labelOfPath[path];

    internal int LabelNumber(string? holder, string type)
    {
        if (!labelNumbers.TryGetValue((holder, type), out var label))
        {
            labelNumbers.Add((holder, type), label = labels.Count);
            labels.Add((holder, type));
        }

        return label;
    }

    /// <summary>Where the way leads on with that label.</summary>
    internal int Follow(int path, int label)
    {
        var key = ((long)path << 32) | (uint)label;
        if (key == lastKey)
        {
            return lastPath;
        }

        if (!transitions.TryGetValue(key, out var following))
        {
            following = LeadBack(path, label);
            if (following < 0)
            {
                following = parents.Count;
                parents.Add(path);
                labelOfPath.Add(label);
            }

            transitions.Add(key, following);
        }

        lastKey = key;
        lastPath = following;
        return following;
    }

    /// <summary>The place on the way that a repeated label leads back to, or -1 where the way goes on.</summary>
    private int LeadBack(int path, int label)
    {
        var allowed = parents.Count < MostPaths ? MostRepetitions : 1;
        var nearest = -1;
        var before = -1;
        var repetitions = 0;
        for (var above = path; above > 0; above = parents[above])
        {
            if (labelOfPath[above] == label)
            {
                before = nearest >= 0 && before < 0 ? above : before;
                nearest = nearest < 0 ? above : nearest;
                repetitions++;
            }
        }

        if (nearest == path)
        {
            return nearest;
        }

        // Types that carry anything (closures, dictionaries) come again on ways that are new at every step.
        var isRound = allowed == 1 || before < 0 || IsSameWay(path, nearest, before);
        return repetitions >= (isRound ? allowed : MostCarriers) ? nearest : -1;
    }

    /// <summary>True where the way from the nearest place to the end is the one that led to that place from the one before.</summary>
    private bool IsSameWay(int end, int nearest, int before)
    {
        var (late, early) = (end, parents[nearest]);
        while (late != nearest && early != before && labelOfPath[late] == labelOfPath[early])
        {
            late = parents[late];
            early = parents[early];
        }

        return late == nearest && early == before;
    }
}

/// <summary>What one snapshot holds on each of the <see cref="HoldingPaths"/>.</summary>
public sealed class HoldingCensus
{
    private readonly PathOfRank pathOfRank;
    private readonly long[] count;
    private readonly long[] shallow;
    private readonly long[] retained;
    private readonly long[] outside;

    private HoldingCensus(
        HeapGraph graph,
        HoldingPaths paths,
        PathOfRank pathOfRank,
        IReadOnlySet<string> namesakes,
        CancellationToken cancellation
    )
    {
        Graph = graph;
        Paths = paths;
        Namesakes = namesakes;
        this.pathOfRank = pathOfRank;
        count = new long[paths.Count];
        shallow = new long[paths.Count];
        for (var rank = 1; rank <= graph.Dominators.Count; rank++)
        {
            var path = pathOfRank[rank];
            count[path]++;
            shallow[path] += graph.ShallowSize(graph.Dominators.NodeAt(rank));
            graph.Pace(rank, cancellation);
        }

        outside = new long[paths.Count];
        foreach (var (rank, bytes) in OutsideMemory.Of(graph, cancellation))
        {
            outside[pathOfRank[rank]] += bytes;
            OutsideTotal += bytes;
        }

        retained = [.. shallow.Zip(outside, (own, beside) => own + beside)];
        for (var path = paths.Count - 1; path > 0; path--)
        {
            retained[paths.Parent(path)] += retained[path];
        }
    }

    public HeapGraph Graph { get; }

    public HoldingPaths Paths { get; }

    /// <summary>Names of types that were loaded more than once.</summary>
    public IReadOnlySet<string> Namesakes { get; }

    /// <summary>Bytes outside of the heap that its objects stand for.</summary>
    public long OutsideTotal { get; }

    /// <summary>Reachable objects on that way.</summary>
    public long Count(int path) => path < count.Length ? count[path] : 0;

    /// <summary>Their own bytes.</summary>
    public long ShallowBytes(int path) => path < shallow.Length ? shallow[path] : 0;

    /// <summary>Bytes outside of the heap that they stand for themselves.</summary>
    public long OutsideBytes(int path) => path < outside.Length ? outside[path] : 0;

    /// <summary>Their own bytes and those of all that they hold, outside of the heap as well.</summary>
    public long RetainedBytes(int path) => path < retained.Length ? retained[path] : 0;

    /// <summary>The object of a way that dominates a rank, or is it; 0 where there is none.</summary>
    public int Above(int rank, int path)
    {
        while (rank > 0 && PathOfRank(rank) != path)
        {
            Graph.Look();
            rank = Graph.Dominators.DominatorOfRank(rank);
        }

        return rank;
    }

    /// <summary>The way on which an object is held, by its rank in the dominator tree.</summary>
    public int PathOfRank(int rank) => pathOfRank[rank];

    /// <summary>Counts one snapshot, in two passes over its dominator tree.</summary>
    public static HoldingCensus Of(HeapGraph graph, HoldingPaths paths, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(paths);
        var tree = graph.Dominators;
        using var naming = new HolderNaming(graph, paths);
        var pathOfRank = new PathOfRank(tree.Count);
        for (var rank = 1; rank <= tree.Count; rank++)
        {
            var above = tree.DominatorOfRank(rank);
            var label = naming.Label(rank, above, out var startsAnew);
            pathOfRank[rank] = paths.Follow(startsAnew ? 0 : pathOfRank[above], label);
            graph.Pace(rank, cancellation);
        }

        return new HoldingCensus(graph, paths, pathOfRank, naming.Namesakes, cancellation);
    }

    /// <summary>This census as if what a later one holds elsewhere had been held there before (<see cref="MovedWays"/>). Takes this one's place.</summary>
    internal HoldingCensus ComparableWith(HoldingCensus later, CancellationToken cancellation)
    {
        if (MovedWays.Between(this, later) is not { } moved)
        {
            return this;
        }

        for (var rank = 1; rank <= Graph.Dominators.Count; rank++)
        {
            pathOfRank[rank] = moved[pathOfRank[rank]];
            Graph.Pace(rank, cancellation);
        }

        return new HoldingCensus(Graph, Paths, pathOfRank, Namesakes, cancellation);
    }

    /// <summary>
    /// Up to so many of the objects through which each way is entered (those whose dominator is on another one), spread evenly.
    /// </summary>
    public Dictionary<int, List<int>> Sample(IReadOnlyCollection<int> wanted, int most)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return Sample(wanted.ToDictionary(path => path, _ => most));
    }

    /// <summary>The same for as many ways as are wanted, with a number for each; in one pass.</summary>
    public Dictionary<int, List<int>> Sample(IReadOnlyDictionary<int, int> mostOfPath)
    {
        ArgumentNullException.ThrowIfNull(mostOfPath);
        var samples = mostOfPath.Keys.ToDictionary(path => path, _ => new List<int>());
        var strides = mostOfPath.Keys.ToDictionary(path => path, _ => 1);
        var seen = mostOfPath.Keys.ToDictionary(path => path, _ => 0);
        var isWanted = new bool[Paths.Count];
        foreach (var path in mostOfPath.Keys)
        {
            isWanted[path] = true;
        }

        var tree = Graph.Dominators;
        for (var rank = 1; rank <= tree.Count; rank++)
        {
            Graph.Pace(rank);
            var path = pathOfRank[rank];
            if (!isWanted[path] || pathOfRank[tree.DominatorOfRank(rank)] == path || seen[path]++ % strides[path] != 0)
            {
                continue;
            }

            var sample = samples[path];
            sample.Add(rank);
            if (sample.Count == 2 * mostOfPath[path])
            {
                // Every second one is enough from here on.
                samples[path] = [.. sample.Where((_, i) => i % 2 == 0)];
                strides[path] *= 2;
            }
        }

        return samples;
    }
}
