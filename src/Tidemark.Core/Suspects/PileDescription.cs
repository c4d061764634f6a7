using System.Globalization;
using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>A suspect with what its subject is put together from: objects, who holds them, and the collection that they are in, if any.</summary>
internal sealed record DescribedPile(Suspect Suspect, string Content, string Holder, string? Collection);

/// <summary>Turns a pile of objects into a suspect: names it, finds how it is held, tells its pattern and what to do.</summary>
internal sealed class PileDescription(
    IReadOnlyList<HoldingCensus> series,
    TypeRoles roles,
    CancellationToken cancellation
)
{
    /// <summary>Collections that are looked at one by one where several are held in the same way.</summary>
    private const int MostCollections = 4096;

    /// <summary>So many fields of the user's on the way to a collection are names of it.</summary>
    private const int NearSteps = 3;

    /// <summary>The share of a pile that must be held in one way, where nothing but the roots together holds it.</summary>
    private const double LeastInOnePlace = 0.15;

    private readonly HoldingCensus now = series[^1];
    private readonly HoldingPaths paths = series[^1].Paths;
    private readonly HoldingChains chains = new(series[^1], roles, cancellation);
    private readonly PileEvidence telling = new(series);

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

        for (var path = pile.Path; path > 0; path = paths.Parent(path))
        {
            if (roles.IsNoise(paths.Type(path)) || (paths.Holder(path) is { } holder && roles.IsNoise(holder)))
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
    public IEnumerable<DescribedPile> Describe(IReadOnlyList<Accumulation> piles, long whole, int samples)
    {
        var contents = piles.Select(p => p.LoadedClass is null ? ContentPath(p.Path) : p.Path).ToList();
        var most = new Dictionary<int, int>();
        for (var i = 0; i < piles.Count; i++)
        {
            var wanted = IsOne(piles[i]) ? PileEvidence.MostTexts : MostCollections;
            most[contents[i]] = Math.Max(wanted, most.GetValueOrDefault(contents[i]));
        }

        var drawn = now.Sample(most);
        var chosen = piles.Select((p, i) => SampleOf(p, contents[i], drawn[contents[i]], samples)).ToList();
        List<int> ranks = [.. chosen.SelectMany(c => c).Distinct()];
        var chainOf = ranks.Zip(chains.Of(ranks)).ToDictionary(c => c.First, c => c.Second);
        var variables = new WeakKeyNames(now, roles).Of(chosen);
        return piles
            .Select((p, i) => Describe(p, contents[i], chosen[i], drawn[contents[i]], chainOf, variables[i], whole))
            .OfType<DescribedPile>();
    }

    /// <summary>Null where it is no place: what the process has from its start on, or what one snapshot shows in many places of which none is told.</summary>
    private DescribedPile? Describe(
        Accumulation pile,
        int contentPath,
        List<int> sample,
        List<int> drawn,
        Dictionary<int, HoldingChain> chainOf,
        string? variable,
        long whole
    )
    {
        now.Graph.Rest();
        var (chain, share) = CommonChain.Of([.. sample.Select(rank => chainOf[rank])]);
        if (series.Count == 1 && (chain.Texts.Any(roles.IsBaseline) || IsScattered(pile, share)))
        {
            return null;
        }

        var stack = AllocationStack(sample);
        var content = paths.Type(contentPath);
        var collection = pile.Owner > 0 ? paths.Type(pile.Owner) : null;
        List<string> names = [.. StepsThatTell(chain, pile).Select(s => s.Text), content];
        var texts = telling.EqualTexts(contentPath, drawn);
        var outside = telling.Outside(pile);
        var place =
            pile.Count > 1 ? telling.PlaceOfThreads([.. sample.Select(r => OwnerRank(r, pile.Path))], roles) : null;
        var marks = Marks(pile, texts, outside, place).ToList();
        var culprit =
            roles.Knowledge.Culprits.FirstOrDefault(c => marks.Any(c.Match.IsMatch))
            ?? roles.Knowledge.Culprits.FirstOrDefault(c => names.TakeLast(c.Within).Any(c.Match.IsMatch));
        var holder = Holder(chain, content, variable, culprit, OwnerStep(chain, pile, contentPath));
        // A collection that grows by itself: what it holds is not told, such as texts and numbers in Python.
        var filled = pile.Count <= 1 && (collection is null || roles.Role(collection) is null) ? content : collection;
        var role = filled is null ? null : roles.Role(filled);
        var isCache =
            culprit?.IsCache
            ?? (
                role is CollectionRole.Map or CollectionRole.Set
                && CacheWords.NearestSaysCache(NamesNear(chain, content, filled!))
            );
        var pattern = culprit?.Pattern ?? Pattern(role, chain, isCache, pile);
        var suspect = new Suspect(
            place is null || pile.LoadedClass is not null
                ? Subject(content, holder, collection)
                : $"{paths.Type(pile.Path)} in {chain.Steps[0].Text}, at {place}",
            pattern,
            pile.Bytes,
            pile.Count,
            whole <= 0 ? 0 : Math.Min(1, (double)pile.Bytes / whole),
            Site: stack?.FirstOrDefault(s => s.File is null || !roles.IsLibrary(s.File)) ?? stack?[0],
            Stack: stack,
            ChainSummary.Of(chain, roles, holder),
            Fingerprint.Of([pattern, holder, .. chain.Texts]),
            culprit?.Advice ?? Advice(holder, content, collection, isCache)
        )
        {
            Evidence =
            [
                .. Evidence(pile, contentPath, chain, share),
                .. telling.Of(pile, texts, outside),
                .. telling.OfThreads(sample, culprit?.Thread),
            ],
            IsCache = isCache,
            Bound = culprit is null ? null : Bound(culprit, names),
            IsAtOneTime = series.Count == 1,
        };
        return new DescribedPile(suspect, content, holder, collection);
    }

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

    /// <summary>True where the pile is in one collection, or in none.</summary>
    private bool IsOne(Accumulation pile) => pile.Owner == 0 || pile.Owner == pile.Path || now.Count(pile.Owner) == 1;

    /// <summary>Ranks to look at: where several collections are held alike, from those that grew; where one field holds most of the pile, what it holds.</summary>
    private List<int> SampleOf(Accumulation pile, int contentPath, List<int> sample, int most)
    {
        if (!IsOne(pile) && series.Count > 1)
        {
            var grown = MostGrown(BytesByField(now, pile.Owner), pile.Owner).Ranks.ToHashSet();
            var within = sample.Where(rank => grown.Contains(OwnerRank(rank, pile.Owner))).ToList();
            sample = within.Count > 0 ? within : sample;
        }

        // An object used as a dictionary stands on one way with its entries, and with other such objects. To name the fields of many
        // objects takes long: of those that hold less than half together, none holds it.
        if (
            sample.Count > 1
            && sample.Sum(now.Graph.Dominators.RetainedAt) * 2 > pile.Bytes
            && BytesByField(now, sample) is { Count: > 1 } fields
        )
        {
            var (bytes, ranks) = MostGrown(fields, contentPath);
            sample = bytes * 2 > pile.Bytes ? ranks : sample;
        }

        return [.. sample.Where((_, i) => i % Math.Max(1, sample.Count / most) == 0)];
    }

    private int OwnerRank(int rank, int owner)
    {
        while (rank > 0 && now.PathOfRank(rank) != owner)
        {
            rank = now.Graph.Dominators.DominatorOfRank(rank);
        }

        return rank;
    }

    /// <summary>Of what fields hold on one way, what the one holds that gained most.</summary>
    private (long Bytes, List<int> Ranks) MostGrown(Dictionary<string, (long Bytes, List<int> Ranks)> fields, int path)
    {
        var before = series.Count > 1 ? BytesByField(series[0], path) : [];
        return fields
            .Select(f => (f.Value.Bytes - before.GetValueOrDefault(f.Key).Bytes, f.Value.Ranks))
            .MaxBy(f => f.Item1);
    }

    private Dictionary<string, (long Bytes, List<int> Ranks)> BytesByField(HoldingCensus census, int path) =>
        BytesByField(census, census.Sample([path], MostCollections)[path]);

    private Dictionary<string, (long Bytes, List<int> Ranks)> BytesByField(HoldingCensus census, List<int> sample)
    {
        var labels = new ChainWording(census.Graph);
        var tree = census.Graph.Dominators;
        var bytes = new Dictionary<string, (long Bytes, List<int> Ranks)>(StringComparer.Ordinal);
        foreach (var rank in sample)
        {
            var field = "";
            var below = rank;
            for (var above = tree.DominatorOfRank(rank); above > 0; above = tree.DominatorOfRank(above))
            {
                field = $"{labels.Label(tree.NodeAt(above), tree.NodeAt(below))} {field}";
                if (!roles.IsInner(census.Graph.TypeNameOf(tree.NodeAt(above))))
                {
                    break;
                }

                below = above;
            }

            var (sum, ranks) = bytes.GetValueOrDefault(field, (0, []));
            ranks.Add(rank);
            bytes[field] = (sum + tree.RetainedAt(rank), ranks);
        }

        return bytes;
    }

    /// <summary>
    /// What the pile consists of in the user's words: the first type of the user's on the heaviest way down, else the variables of a
    /// scope, or the heaviest that is not a mere part of a collection.
    /// </summary>
    private int ContentPath(int path)
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

    /// <summary>True for what only the roots together hold, here one way and there another.</summary>
    private bool IsScattered(Accumulation pile, double share) =>
        share < LeastInOnePlace && paths.Parent(pile.Path) == 0 && paths.Holder(pile.Path) is null;

    /// <summary>
    /// Who owns the pile, in the user's words: the last field of one of the user's types on the way, static or not. Where there is
    /// none, the variable that threads keep it for, what the known fault is told by, or the library's field that holds the
    /// collection; else the root.
    /// </summary>
    private string Holder(HoldingChain chain, string content, string? variable, KnownCulprit? culprit, int ownerStep)
    {
        var way = chain.Steps.SkipLast(1).ToList();
        return way.LastOrDefault(s => IsUsersField(s, content))?.Text
            ?? variable
            ?? way.LastOrDefault(s => culprit?.Match.IsMatch(s.Text) == true)?.Text
            ?? LibrarysField(chain, ownerStep)
            ?? way.LastOrDefault(s => s.IsStatic)?.Text
            ?? chain.Steps[0].Text;
    }

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

    /// <summary>The last field with a name up to a step that is of no collection; what a stack holds is told by its function.</summary>
    private string? LibrarysField(HoldingChain chain, int last)
    {
        const string local = ".<local of ";
        var field = chain
            .Steps.Take(last + 1)
            .LastOrDefault(s =>
                s.IsField
                && s.Type is { } type
                && roles.Role(type) is null
                && !roles.IsArray(type)
                && (!s.Text.Contains('<', StringComparison.Ordinal) || s.Text.Contains(local, StringComparison.Ordinal))
            );
        return field is null ? null
            : field.Text.IndexOf(local, StringComparison.Ordinal) is >= 0 and var at
                ? $"local of {field.Text[(at + local.Length)..].TrimEnd('>')} in {chain.Steps[0].Text}"
            : field.Text;
    }

    private bool IsUsersField(HoldingStep step, string content)
    {
        const string isStatic = "static ";
        return step.IsStatic && step.Text.StartsWith(isStatic, StringComparison.Ordinal)
            ? !roles.IsLibrary(step.Text[isStatic.Length..])
            : step.IsStatic
                || (
                    step.IsField
                    && (step.Type != content || roles.IsScope(content))
                    && roles.IsUsers(step.Type!)
                    && !step.Text.EndsWith(".<class>", StringComparison.Ordinal)
                    // The object whose method a closure belongs to: no name that anyone gave to the pile.
                    && !(roles.IsScope(step.Type!) && step.Text.EndsWith(".this", StringComparison.Ordinal))
                );
    }

    /// <summary>
    /// The names that people gave to the collection: its own, that of what it holds, and the last fields on the way to it. What
    /// stands further off (a queue of a pool of threads, a server's list of handlers) says nothing of it.
    /// </summary>
    private List<string> NamesNear(HoldingChain chain, string content, string collection) =>
        [
            .. chain
                .Steps.SkipLast(1)
                .Where(s => s.IsStatic || (s.IsField && !roles.IsLibrary(s.Type!) && roles.Role(s.Type!) is null))
                .TakeLast(NearSteps)
                .Select(s => s.Text),
            collection,
            content,
        ];

    private static string Subject(string content, string holder, string? collection) =>
        collection is null || holder.Contains(collection, StringComparison.Ordinal) || content == collection
            ? $"{content} in {holder}"
            : $"{content} in {holder} ({collection})";

    private string Pattern(CollectionRole? role, HoldingChain chain, bool isCache, Accumulation pile)
    {
        var isStatic = chain.Steps[0].IsStatic;
        var what = role switch
        {
            CollectionRole.Map => "map",
            CollectionRole.Set => "set",
            CollectionRole.List => "list",
            CollectionRole.Queue => "queue",
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

    /// <summary>Where the objects of a pile are few and large, the way on which most of what they hold stands by the dozen; -1 where there is none.</summary>
    private int FurtherIn(int path)
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
            evidence.Add($"they are there for {content}");
        }

        if (FurtherIn(contentPath) is > 0 and var inner)
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
