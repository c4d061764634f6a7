using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>One step of the way on which an object is held.</summary>
/// <param name="Text">In the field's words: <c>static Acme.Sessions.ById</c>, <c>Acme.App.pending</c>, <c>Acme.Session[]</c>.</param>
/// <param name="Type">The type whose field it is; null for a root that has only a name.</param>
/// <param name="IsField">True for a field with a name, a static one among them.</param>
/// <param name="IsStatic">True for a static field.</param>
internal sealed record HoldingStep(string Text, string? Type, bool IsField, bool IsStatic)
{
    /// <summary>What comes before the field in the text of a static one.</summary>
    private const string Static = "static ";

    /// <summary>The text without the word that says that the field is static.</summary>
    public string Plain => Text.StartsWith(Static, StringComparison.Ordinal) ? Text[Static.Length..] : Text;

    /// <summary>The field's own name, where it has one.</summary>
    public string? Field { get; init; }

    /// <summary>The file of the code that the field belongs to, where the dump tells.</summary>
    public string? File { get; init; }

    /// <summary>True for a variable that a function's scope holds.</summary>
    public bool IsVariable { get; init; }

    /// <summary>True where the field is one of many: the object is used as a dictionary.</summary>
    public bool IsKeyed { get; init; }

    /// <summary>True for what owns the pile whose way this is.</summary>
    public bool IsOwner { get; init; }

    /// <summary>True for the objects that pile up: what follows is what they hold.</summary>
    public bool IsPile { get; init; }

    /// <summary>The function of a closure.</summary>
    public CodeSite? Function { get; init; }

    /// <summary>True where both are told in the same words.</summary>
    public bool Says(HoldingStep other) =>
        (Text, Type, IsField, IsStatic) == (other.Text, other.Type, other.IsField, other.IsStatic);

    /// <summary>Adds a step to a way; what repeats is told once.</summary>
    public static void Add(List<HoldingStep> way, HoldingStep step)
    {
        if (way.Count > 0 && way[^1].Says(step))
        {
            way[^1] = way[^1] with
            {
                IsOwner = way[^1].IsOwner || step.IsOwner,
                IsKeyed = way[^1].IsKeyed || step.IsKeyed,
                IsPile = way[^1].IsPile || step.IsPile,
            };
        }
        else
        {
            way.Add(step);
        }
    }
}

/// <summary>One object's way from its root inwards; the last step is the object itself. What repeats (the nodes of a list) is told once.</summary>
internal sealed record HoldingChain(IReadOnlyList<HoldingStep> Steps)
{
    public IEnumerable<string> Texts => Steps.Select(s => s.Text);

    /// <summary>
    /// The same way with the parts of a collection told once where one leads to the next of its type: whether an entry is the first or the third
    /// of its bucket makes no difference, nor does how many levels of a tree or an index lie above it.
    /// </summary>
    public HoldingChain WithoutRounds(Func<string, bool> isInner)
    {
        var steps = new List<HoldingStep>();
        foreach (var step in Steps)
        {
            if (
                steps.Count > 0
                && steps[^1] is { IsStatic: false, IsVariable: false, Type: { } type } before
                && step is { IsStatic: false, IsVariable: false }
                && step.Type == type
                && isInner(type)
            )
            {
                steps[^1] = step with
                {
                    IsOwner = before.IsOwner || step.IsOwner,
                    IsKeyed = before.IsKeyed || step.IsKeyed,
                    IsPile = before.IsPile || step.IsPile,
                };
            }
            else
            {
                steps.Add(step);
            }
        }

        return steps.Count == Steps.Count ? this : new HoldingChain(steps);
    }

    /// <summary>The step of what owns the pile, or else the one before the objects themselves.</summary>
    public int Owner
    {
        get
        {
            var owner = Steps.ToList().FindLastIndex(s => s.IsOwner);
            return Math.Max(0, owner < 0 ? Steps.Count - 2 : Math.Min(owner, Steps.Count - 2));
        }
    }

    /// <summary>The step of the objects that pile up, or else the last one.</summary>
    public int Pile => Steps.ToList().FindIndex(s => s.IsPile) is > 0 and var pile ? pile : Steps.Count - 1;
}

/// <summary>Finds and words the ways on which sample objects are held.</summary>
internal sealed class HoldingChains(HoldingCensus census, TypeRoles roles, CancellationToken cancellation)
{
    private const int MostReferrers = 12;

    /// <summary>Those are chosen from so many: scopes of functions first, whose variables are what people know.</summary>
    private const int MostCandidates = 128;

    /// <summary>So many objects are looked at before the whole heap is.</summary>
    private const int NearbyObjects = 4096;

    /// <summary>In a larger heap the shortest way has to do where a search of all of it can be avoided.</summary>
    private const int MostNodesToScore = 4 << 20;

    private readonly HeapGraph graph = census.Graph;
    private readonly ChainWording wording = new(census.Graph);
    private RootPaths? lastSearch;
    private int lastFrom;
    private int steps;

    /// <summary>The chains of some ranks, each as short as can be; what several objects hold goes through the holder that says most.</summary>
    /// <param name="ranks">The objects.</param>
    /// <param name="pastHandles">True to look past handles of the runtime for what else holds an object: a handle alone does not tell whose it is.</param>
    /// <param name="owners">The object that owns the pile which each belongs to; -1 where there is none, null where that is of no interest.</param>
    /// <param name="piles">The object of each pile that holds it, or is it; as with <paramref name="owners"/>.</param>
    public List<HoldingChain> Of(
        IReadOnlyList<int> ranks,
        bool pastHandles = false,
        IReadOnlyList<int>? owners = null,
        IReadOnlyList<int>? piles = null
    )
    {
        var climbs = ranks.Select(Climb).ToList();
        var tops = climbs.Select(c => c[0]).ToHashSet();
        lastSearch?.Dispose();
        lastSearch = null;
        var ways = WaysFromRoots([
            .. tops.Where(t => (!wording.IsRoot(t) || IsPassed(t)) && (graph.TypeStoodFor(t) < 0 || IsCopy(t))),
        ]);
        return
        [
            .. climbs.Select(
                (c, i) =>
                {
                    graph.Rest();
                    return wording
                        .Word(
                            ways.TryGetValue(c[0], out var way) ? [.. way, .. c.Skip(1)] : c,
                            owners is null ? -1 : owners[i],
                            piles is null ? -1 : piles[i]
                        )
                        .WithoutRounds(roles.IsInner);
                }
            ),
        ];

        bool IsPassed(int top) => pastHandles && wording.KindOf(top) == RootKind.Handle;
    }

    /// <summary>The object and its dominators, topmost first; of those on one way only the last and the first.</summary>
    private List<int> Climb(int rank)
    {
        graph.Rest(); // each look brings a few hundred KiB of mapped files into memory
        var tree = graph.Dominators;
        var chain = new List<int> { tree.NodeAt(rank) };
        var path = census.PathOfRank(rank);
        var top = rank;
        for (var above = tree.DominatorOfRank(rank); above != 0; above = tree.DominatorOfRank(above))
        {
            graph.Pace(++steps, cancellation);
            var abovePath = census.PathOfRank(above);
            if (abovePath == path)
            {
                top = above;
            }
            else if (IsAbove(abovePath, path))
            {
                AddTop();
                chain.Add(tree.NodeAt(above));
                path = abovePath;
                top = above;
            }
            else if (census.Paths.Holder(path) is not null && graph.TypeStoodFor(tree.NodeAt(above)) >= 0)
            {
                // A static field: whoever holds the class is of no interest.
                AddTop();
                chain.Add(tree.NodeAt(above));
                top = above;
                break;
            }
        }

        AddTop();
        chain.Reverse();
        return FillGaps(chain);

        void AddTop()
        {
            if (chain[^1] != tree.NodeAt(top))
            {
                chain.Add(tree.NodeAt(top));
            }
        }
    }

    /// <summary>True for a class that was loaded several times: who holds its objects, and so it, is what people want to know.</summary>
    private bool IsCopy(int top) => census.Namesakes.Contains(graph.TypeName(graph.TypeStoodFor(top)));

    private bool IsAbove(int above, int path)
    {
        while (path > above)
        {
            path = census.Paths.Parent(path);
        }

        return path == above;
    }

    /// <summary>Puts in what stands between two objects where one dominates the other without holding it directly.</summary>
    private List<int> FillGaps(List<int> chain)
    {
        var filled = new List<int> { chain[0] };
        for (var i = 1; i < chain.Count; i++)
        {
            var (from, to) = (chain[i - 1], chain[i]);
            if (graph.TypeOf(from) != graph.TypeOf(to) && wording.Label(from, to) is null)
            {
                if (
                    i == 1
                    && graph.NodeCount <= MostNodesToScore
                    && roles.Knowledge.Scopes.Count > 0
                    && wording.IsRoot(from)
                )
                {
                    // The root of everything: which of the ways is told is a matter of what they say.
                    filled.Clear();
                    filled.Add(to);
                    continue;
                }

                filled.AddRange(Between(from, to).Skip(1));
            }
            else
            {
                filled.Add(to);
            }
        }

        return filled;
    }

    /// <summary>The way from a dominator to what it dominates: in most heaps a few steps, in the worst a search of all it holds, which is kept for the next one.</summary>
    private IReadOnlyList<int> Between(int from, int to)
    {
        if (RootPaths.Nearby(graph, from, to, NearbyObjects) is { } near)
        {
            return near;
        }

        if (lastSearch is null || lastFrom != from || lastSearch.To(to).Count == 0)
        {
            lastSearch?.Dispose();
            lastSearch = RootPaths.Between(graph, [from], [to], cancellation);
            lastFrom = from;
        }

        return lastSearch.To(to);
    }

    /// <summary>For objects that only the roots together dominate: of the ways through each of their referrers, the one that says most.</summary>
    private Dictionary<int, IReadOnlyList<int>> WaysFromRoots(IReadOnlyCollection<int> targets)
    {
        var best = new Dictionary<int, IReadOnlyList<int>>();
        if (targets.Count == 0)
        {
            return best;
        }

        var referrers = Referrers
            .Of(graph, targets, MostCandidates)
            .ToDictionary(
                r => r.Key,
                r => r.Value.OrderByDescending(n => roles.IsScope(graph.TypeNameOf(n))).Take(MostReferrers).ToList()
            );
        using var paths = RootPaths.FromRoots(
            graph,
            [.. targets, .. referrers.Values.SelectMany(r => r)],
            cancellation
        );
        foreach (var target in targets)
        {
            IReadOnlyList<int> chosen = paths.To(target);
            var score = Score(chosen);
            foreach (var referrer in referrers[target])
            {
                var through = paths.To(referrer);
                if (through.Count == 0 || through.Contains(target))
                {
                    continue;
                }

                IReadOnlyList<int> way = [.. through, target];
                if (Score(way) > score)
                {
                    chosen = way;
                    score = Score(way);
                }
            }

            best[target] = chosen;
        }

        return best;
    }

    /// <summary>How much a way tells: a static field or a collection of the user's is what people look for, a stack frame is passing by.</summary>
    private double Score(IReadOnlyList<int> way)
    {
        if (way.Count == 0)
        {
            return double.NegativeInfinity;
        }

        var kind = wording.KindOf(way[0]);
        var score = -0.1 * way.Count;
        score += kind switch
        {
            RootKind.Static => 3,
            RootKind.Stack or RootKind.Thread or RootKind.Monitor => -2,
            RootKind.FinalizerQueue => -4,
            _ => 0,
        };
        var isUsers = false;
        var isCollection = false;
        foreach (var node in way.SkipLast(1))
        {
            var type = wording.TypeText(node);
            isUsers |= roles.IsUsers(type);
            isCollection |= roles.Role(type) is not null and not CollectionRole.Inner;
            score -= (roles.IsNoise(type) && !roles.IsInner(type)) || roles.IsDetour(type) ? 5 : 0;
        }

        // A variable of one of the user's own modules is what they know.
        var first = wording.Word(way).Steps[0];
        var isModules = first is { IsVariable: true, File: { } file } && !roles.IsLibrary(file);
        return score + (isUsers ? 3 : 0) + (isCollection ? 2 : 0) + (isModules ? 4 : 0);
    }
}
