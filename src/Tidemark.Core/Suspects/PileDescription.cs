using System.Globalization;
using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>A suspect with what its subject is put together from: objects, who holds them, and the collection that they are in, if any.</summary>
internal sealed record DescribedPile(Suspect Suspect, string Content, string Holder, string? Collection)
{
    /// <summary>True for what no field, variable or code of the user's leads to.</summary>
    public bool IsNobodys { get; init; }

    /// <summary>True for what may be a collection's keys or its own tables: texts, arrays.</summary>
    public bool IsPart { get; init; }
}

/// <summary>Turns a pile of objects into a suspect: names it, finds how it is held, tells its pattern and what to do.</summary>
internal sealed class PileDescription(
    IReadOnlyList<HoldingCensus> series,
    TypeRoles roles,
    CancellationToken cancellation
)
{
    /// <summary>So many fields of the user's on the way to a collection are names of it.</summary>
    private const int NearSteps = 3;

    /// <summary>The share of a pile that must be held in one way, where nothing but the roots together holds it.</summary>
    private const double LeastInOnePlace = 0.25;

    /// <summary>An object without a role of its own that so many of the pile's objects are fields of is used as a dictionary.</summary>
    private const int LeastOfDictionary = 32;

    private readonly HoldingCensus now = series[^1];
    private readonly HoldingPaths paths = series[^1].Paths;
    private readonly HoldingChains chains = new(series[^1], roles, cancellation);
    private readonly PileEvidence telling = new(series);
    private readonly PileHolder holders = new(roles);
    private readonly PileContent contents = new(series, roles);
    private readonly PileSample samples = new(series, roles);

    /// <summary>True for the runtime's own tables. What the program's own variables hold is never: whoever holds those is of no interest.</summary>
    public bool IsNoise(Accumulation pile)
    {
        const string typeObject = "class ";
        if (
            pile.LoadedClass is null
            && paths.Type(pile.Path).StartsWith(typeObject, StringComparison.Ordinal)
            && roles.IsLibrary(paths.Type(pile.Path)[typeObject.Length..])
        )
        {
            return true;
        }

        if (roles.IsNoise(paths.Type(pile.Path)) && roles.IsNoise(paths.Type(contents.Path(pile.Path))))
        {
            return true;
        }

        for (var path = pile.Path; path > 0; path = paths.Parent(path))
        {
            // What the engine keeps for a promise that was not settled is a part of its own, and holds what waits for it.
            if (
                (roles.IsNoise(paths.Type(path)) && !roles.IsInner(paths.Type(path)))
                || (paths.Holder(path) is { } holder && roles.IsNoise(holder))
            )
            {
                return true;
            }

            if (roles.IsScope(paths.Type(path)))
            {
                break;
            }
        }

        return false;
    }

    /// <summary>Describes piles; what costs a pass over the heap is done once for all of them.</summary>
    public IEnumerable<DescribedPile> Describe(IReadOnlyList<Accumulation> piles, long whole, int looks)
    {
        var contentPaths = piles.Select(p => p.LoadedClass is null ? contents.Path(p.Path) : p.Path).ToList();
        var most = new Dictionary<int, int>();
        for (var i = 0; i < piles.Count; i++)
        {
            var wanted = samples.IsOne(piles[i]) ? PileEvidence.MostTexts : PileSample.MostCollections;
            most[contentPaths[i]] = Math.Max(wanted, most.GetValueOrDefault(contentPaths[i]));
        }

        var drawn = now.Sample(most);
        var chosen = piles
            .Select((p, i) => samples.Of(p, contentPaths[i], drawn[contentPaths[i]], most: looks))
            .ToList();
        List<(int Rank, int Owner, int Pile)> wantedChains =
        [
            .. piles.SelectMany((p, i) => chosen[i].Select(r => Key(r, p))).Distinct(),
        ];
        var chainOf = wantedChains
            .Zip(
                chains.Of(
                    [.. wantedChains.Select(c => c.Rank)],
                    owners: [.. wantedChains.Select(c => c.Owner)],
                    piles: [.. wantedChains.Select(c => c.Pile)]
                )
            )
            .ToDictionary(c => c.First, c => c.Second);
        var variables = new WeakKeyNames(now, roles).Of(chosen);
        ProgramPages.LetGo();
        return piles
            .Select(
                (p, i) => Describe(p, contentPaths[i], chosen[i], drawn[contentPaths[i]], chainOf, variables[i], whole)
            )
            .OfType<DescribedPile>();
    }

    /// <summary>Null where it is no place: what the process has from its start on, or what one snapshot shows in many places of which none is told.</summary>
    private DescribedPile? Describe(
        Accumulation pile,
        int contentPath,
        List<int> sample,
        List<int> drawn,
        Dictionary<(int Rank, int Owner, int Pile), HoldingChain> chainOf,
        string? variable,
        long whole
    )
    {
        now.Graph.Rest();
        var (chain, share) = CommonChain.Of([.. sample.Select(rank => chainOf[Key(rank, pile)])]);
        if (series.Count == 1 && (chain.Texts.Any(roles.IsBaseline) || IsScattered(pile, share)))
        {
            return null;
        }

        var stack = AllocationStack(sample);
        var content = paths.Type(contentPath);
        var isDictionary = roles.TellsCode && pile.Count >= LeastOfDictionary && contents.Entries(sample).Count > 0;
        var collection = isDictionary ? null : CollectionOf(pile, chain);
        List<string> names = [.. StepsThatTell(chain, pile).Select(s => s.Text), content];
        List<string> near = [.. holders.Telling(chain, content).Select(s => s.Text)];
        var isExact = holders.IsExact(chain, content);
        var texts = telling.EqualTexts(contentPath, drawn);
        var outside = telling.Outside(pile);
        var place =
            pile.Count > 1 ? telling.PlaceOfThreads([.. sample.Select(r => now.Above(r, pile.Path))], roles) : null;
        var marks = Marks(pile, texts, outside, place).ToList();
        var culprit =
            roles.Knowledge.Culprits.FirstOrDefault(c => marks.Any(c.Match.IsMatch))
            ?? roles.Knowledge.Culprits.FirstOrDefault(c =>
                (isExact && c.Within < int.MaxValue ? near : names.TakeLast(c.Within)).Any(c.Match.IsMatch)
            )
            ?? Held(pile);
        var holder = holders.Name(chain, content, variable, culprit, OwnerStep(chain, pile, contentPath));
        // A collection that grows by itself: what it holds is not told, such as texts and numbers in Python.
        var filled = pile.Count <= 1 && (collection is null || roles.Role(collection) is null) ? content : collection;
        var role =
            isDictionary || (filled is not null && IsDictionary(pile, chain, filled)) ? CollectionRole.Map
            : filled is null ? null
            : roles.Role(filled);
        var isCache =
            culprit?.IsCache
            ?? (
                role is CollectionRole.Map or CollectionRole.Set
                && CacheWords.NearestSaysCache(NamesNear(chain, content, filled ?? content))
            );
        var pattern = culprit?.Pattern ?? Pattern(role, chain, isCache, pile, content);
        // The parts of a collection are nothing that anybody has put into it.
        var isPart = roles.TellsCode && roles.IsInner(content) && roles.Spoken(content) is null;
        collection = collection is null ? null : ChainWording.Short(collection);
        var words =
            isPart && collection is not null && holders.IsCollection(collection)
                ? collection
                : contents.Words(content, sample);
        var code = contents.Code(sample);
        var suspect = new Suspect(
            place is null || pile.LoadedClass is not null
                ? Subject(words, holder, collection)
                : $"{paths.Type(pile.Path)} in {chain.Steps[0].Text}, at {place}",
            pattern,
            pile.Bytes,
            pile.Count,
            whole <= 0 ? 0 : Math.Min(1, (double)pile.Bytes / whole),
            Site: stack?.FirstOrDefault(s => s.File is null || !roles.IsLibrary(s.File)) ?? stack?[0],
            Stack: stack,
            ChainSummary.Of(chain, roles, holder),
            Fingerprint.Of([pattern, holder, .. chain.Texts]),
            culprit?.Advice ?? Advice(holder, words, collection, isCache)
        )
        {
            Evidence =
            [
                .. Evidence(pile, contentPath, chain, share),
                .. Defined(code ?? chain.Steps.LastOrDefault(s => s.Function is not null)?.Function),
                .. telling.Of(pile, texts, outside),
                .. telling.OfThreads(sample, culprit?.Thread),
            ],
            IsCache = isCache,
            Bound = culprit is null ? null : Bound(culprit, names),
            IsAtOneTime = series.Count == 1,
        };
        return new DescribedPile(suspect, words, holder, collection)
        {
            IsNobodys = culprit is null && roles.TellsCode && holders.IsNobodys(chain, content),
            IsPart = roles.TellsCode && (isPart || roles.Spoken(content) is { IsText: true }),
        };
    }

    /// <summary>The fault that is told by what most objects of a pile hold.</summary>
    private KnownCulprit? Held(Accumulation pile)
    {
        var culprits = roles.Knowledge.Culprits.Where(c => c.IsHeld).ToList();
        if (culprits.Count == 0)
        {
            return null;
        }

        var isWithin = new bool[paths.Count];
        for (var path = pile.Path; path < paths.Count; path++)
        {
            isWithin[path] = path == pile.Path || isWithin[paths.Parent(path)];
            if (
                isWithin[path]
                && (now.Count(path) - (series.Count > 1 ? series[0].Count(path) : 0)) * 2 >= pile.Count
                && culprits.Find(c => c.Match.IsMatch(paths.Type(path))) is { } culprit
            )
            {
                return culprit;
            }
        }

        return null;
    }

    private static IEnumerable<string> Defined(CodeSite? code) =>
        code is null
            ? []
            : [$"the function is {code.Function}, defined at {code.File}{(code.Line is { } line ? $":{line}" : "")}"];

    private (int Rank, int Owner, int Pile) Key(int rank, Accumulation pile) =>
        (
            rank,
            OwnerNode(rank, pile),
            now.Above(rank, pile.Path) is > 0 and var top ? now.Graph.Dominators.NodeAt(top) : -1
        );

    /// <summary>The object that owns the pile which a rank belongs to; -1 where the roots alone do.</summary>
    private int OwnerNode(int rank, Accumulation pile) =>
        pile.Owner > 0 && pile.Owner != pile.Path && now.Above(rank, pile.Owner) is > 0 and var owner
            ? now.Graph.Dominators.NodeAt(owner)
            : -1;

    /// <summary>The collection that the pile is in: its owner, or where that is none the last one on the way. Null where there is none.</summary>
    private string? CollectionOf(Accumulation pile, HoldingChain chain)
    {
        var owner = pile.Owner > 0 ? paths.Type(pile.Owner) : null;
        if (!roles.TellsCode)
        {
            return owner;
        }

        if (owner is null || roles.Role(owner) is not null || roles.IsArray(owner) || !roles.IsLibrary(owner))
        {
            return owner is not null && (roles.IsScope(owner) || (roles.IsInner(owner) && !roles.IsArray(owner)))
                ? InWay()
                : owner;
        }

        return InWay()
            ?? (chain.Steps[chain.Owner].Type == owner && chain.Steps[chain.Owner].Field is null ? owner : null);

        string? InWay() =>
            chain.Steps[holders.Reach(chain)].Type is { } type && holders.IsCollection(type) ? type : null;
    }

    /// <summary>True where the pile's objects are fields of one object, each under a name of its own.</summary>
    private bool IsDictionary(Accumulation pile, HoldingChain chain, string filled) =>
        pile.Count >= LeastOfDictionary
        && roles.Role(filled) is null
        && !roles.IsArray(filled)
        && roles.IsLibrary(filled)
        && chain.Steps[chain.Owner] is { IsKeyed: true };

    /// <summary>The steps by which a known fault is told: where variables of a scope hold the pile, how the scope is reached says nothing of it.</summary>
    private IEnumerable<HoldingStep> StepsThatTell(HoldingChain chain, Accumulation pile)
    {
        var scope =
            pile.Owner > 0 && roles.IsScope(paths.Type(pile.Owner))
                ? chain.Steps.ToList().FindLastIndex(s => s.Type == paths.Type(pile.Owner))
                : 0;
        return chain.Steps.Skip(Math.Max(0, scope));
    }

    private static long? Bound(KnownCulprit culprit, List<string> names) =>
        names
            .Select(n => culprit.Match.Match(n).Groups["bound"])
            .Where(g => g.Success)
            .Select(g =>
                long.TryParse(g.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var b) ? b : (long?)null
            )
            .FirstOrDefault(b => b is not null);

    /// <summary>What the names do not say: a class that is there several times, equal texts, memory outside of the heap.</summary>
    private static IEnumerable<string> Marks(
        Accumulation pile,
        EqualTexts? texts,
        OutsidePart? outside,
        string? placeOfThreads
    )
    {
        if (pile.LoadedClass is not null)
        {
            yield return CulpritMarks.CopiesOfClass;
        }

        if (outside is { IsMost: true })
        {
            yield return CulpritMarks.Outside(outside.Type);
        }

        if (texts is not null)
        {
            yield return CulpritMarks.EqualTexts;
        }

        if (placeOfThreads is not null)
        {
            yield return CulpritMarks.Threads;
        }
    }

    /// <summary>The call stack that allocated most of the sample, where the snapshot tells that of some.</summary>
    private IReadOnlyList<CodeSite>? AllocationStack(IReadOnlyList<int> sample) =>
        sample
            .Select(rank => now.Graph.Labels.AllocationStack(now.Graph.Dominators.NodeAt(rank)))
            .OfType<IReadOnlyList<CodeSite>>()
            .GroupBy(stack => string.Join('\n', stack))
            .MaxBy(group => group.Count())
            ?.First();

    /// <summary>True for what only the roots together hold, here one way and there another.</summary>
    private bool IsScattered(Accumulation pile, double share) =>
        share < LeastInOnePlace && paths.Parent(pile.Path) == 0 && paths.Holder(pile.Path) is null;

    /// <summary>The step at which the pile's collection stands.</summary>
    private int OwnerStep(HoldingChain chain, Accumulation pile, int contentPath)
    {
        var step = chain.Steps.Count - 2;
        if (pile.Owner == 0 || pile.Owner == pile.Path)
        {
            return step;
        }

        // Collections within the collection may be of its type.
        var type = paths.Type(pile.Owner);
        var within = 0;
        for (var path = paths.Parent(contentPath); path > pile.Owner; path = paths.Parent(path))
        {
            within += paths.Type(path) == type ? 1 : 0;
        }

        for (; step >= 0; step--)
        {
            if (chain.Steps[step].Type == type && (step == 0 || chain.Steps[step - 1].Type != type) && within-- == 0)
            {
                break;
            }
        }

        return step < 0 ? chain.Steps.Count - 2 : step;
    }

    /// <summary>
    /// The names that people gave to the collection: its own, that of what it holds, and the last fields on the way to it. What
    /// stands further off (a queue of a pool of threads, a server's list of handlers) says nothing of it.
    /// </summary>
    private List<string> NamesNear(HoldingChain chain, string content, string collection) =>
        [
            .. chain
                .Steps.SkipLast(1)
                .Where(s =>
                    s.IsStatic
                    || s.Type is null // a variable of a module, where it is a root
                    || (s.IsField && (s.IsVariable || !roles.IsLibrary(s.Type!)) && roles.Role(s.Type!) is null)
                )
                .TakeLast(NearSteps)
                .Select(s => s.Text),
            collection,
            content,
        ];

    private static string Subject(string content, string holder, string? collection) =>
        collection is null || holder.Contains(collection, StringComparison.Ordinal) || content == collection
            ? $"{content} in {holder}"
            : $"{content} in {holder} ({collection})";

    private string Pattern(CollectionRole? role, HoldingChain chain, bool isCache, Accumulation pile, string content)
    {
        var isStatic = chain.Steps[0].IsStatic;
        var what = role switch
        {
            CollectionRole.Map => "map",
            CollectionRole.Set => "set",
            CollectionRole.List => "list",
            CollectionRole.Queue => "queue",
            _ when roles.Spoken(content) is { IsText: true } => "text",
            _ when pile.Count <= 1 => "large-object",
            _ when pile.Owner > 0 && roles.IsArray(paths.Type(pile.Owner)) => "array",
            _ => "references",
        };
        return chain.Steps[0].Text == HolderNaming.FinalizerQueue ? "finalizer-queue"
            : isCache ? "unbounded-cache"
            : isStatic ? $"static-{what}"
            : $"growing-{what}";
    }

    private static string Advice(string holder, string content, string? collection, bool isCache) =>
        isCache
            ? $"{holder} keeps one entry for every key it ever saw: give it a maximum size or an expiry."
            : $"Look for where {content} is added to {holder} and make sure that each one is removed again when it is done with{(collection is null ? "" : ", or bound the collection")}.";

    private List<string> Evidence(Accumulation pile, int contentPath, HoldingChain chain, double share)
    {
        var content = paths.Type(contentPath);
        var evidence = new List<string>();
        var type = paths.Type(pile.Path);
        if (series.Count > 1)
        {
            evidence.Add(
                $"{string.Join(" -> ", series.Select(s => Quantity.Count(s.Count(pile.Path))))} {type} on this path, while their holders went {string.Join(" -> ", series.Select(s => Quantity.Count(pile.Owner == 0 ? 1 : s.Count(pile.Owner))))}"
            );
        }
        else
        {
            evidence.Add(
                $"{Quantity.Count(now.Count(pile.Path))} {type} retain {Quantity.Bytes(now.RetainedBytes(pile.Path))} on this path"
            );
        }

        if (content != type)
        {
            evidence.Add($"they are there for {roles.Spoken(content)?.Words ?? content}");
        }

        if (contents.FurtherIn(contentPath) is > 0 and var inner)
        {
            evidence.Add($"most of it are {Quantity.Count(now.Count(inner))} {paths.Type(inner)} further in");
        }

        if (share < 0.995)
        {
            evidence.Add($"{Quantity.Percent(share)} of a sample is held this way: {string.Join(" -> ", chain.Texts)}");
        }

        return evidence;
    }
}
