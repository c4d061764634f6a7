using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>A place where objects pile up: a holder that stays as it is, while what it holds grows in number or size.</summary>
/// <param name="Path">The way on which the objects are held that pile up.</param>
/// <param name="Owner">The way to the collection (or object) that they pile up in; 0 where only the roots together hold them.</param>
/// <param name="Bytes">Bytes that the pile gained, or has where there is no base.</param>
/// <param name="Count">The same in objects.</param>
/// <param name="LoadedClass">The name of a class of which each object of the pile brings a copy: they are class loaders that stay; null elsewhere.</param>
internal sealed record Accumulation(int Path, int Owner, long Bytes, long Count, string? LoadedClass = null);

/// <summary>
/// Finds where objects pile up. On every step of the ways in which objects are held, the number of objects is compared with that of
/// their holders: what grew as its holders did is explained by them; what grew beyond that piles up here. Without a base, one
/// object a holder is what is expected.
/// </summary>
internal sealed class AccumulationSearch
{
    /// <summary>Two modules may each have brought the same library.</summary>
    private const int LeastCopies = 3;

    /// <summary>A holder has few of something where there are so many times more of the holders in one place.</summary>
    private const int FewBeside = 8;

    private readonly HoldingPaths paths;
    private readonly HoldingCensus? first;
    private readonly HoldingCensus now;
    private readonly IReadOnlyList<HoldingCensus> series;
    private readonly TypeRoles roles;
    private readonly Dictionary<int, (long Count, long Shallow)> growthOfLabel = [];
    private readonly Dictionary<int, (string Class, long Retained)> copies = [];

    /// <param name="series">Oldest first; with one alone, what is there counts as what grew.</param>
    /// <param name="roles">What is known of the types.</param>
    public AccumulationSearch(IReadOnlyList<HoldingCensus> series, TypeRoles roles)
    {
        now = series[^1];
        first = series.Count > 1 ? series[0] : null;
        this.series = series;
        paths = now.Paths;
        this.roles = roles;
        for (var path = 1; path < paths.Count; path++)
        {
            var (count, shallow) = growthOfLabel.GetValueOrDefault(paths.Label(path));
            growthOfLabel[paths.Label(path)] = (
                count + now.Count(path) - Before(path).Count,
                shallow + now.ShallowBytes(path) - Before(path).Shallow
            );
        }

        FindCopies();
    }

    /// <summary>Piles of at least so many bytes, largest first; what piles up inside of another pile is counted for itself only.</summary>
    /// <param name="minimumBytes">Smaller ones are left out.</param>
    /// <param name="isNoise">Piles of no interest: what piles up in them belongs to the pile around them.</param>
    public List<Accumulation> Find(long minimumBytes, Func<Accumulation, bool> isNoise)
    {
        var found = new Dictionary<int, List<Accumulation>>();
        for (var path = 1; path < paths.Count; path++)
        {
            if (IsWithinCopy(path))
            {
                continue;
            }

            var (bytes, count) = PiledUp(path);
            bytes = (long)(bytes * Steadiness(path));
            if (bytes < Math.Max(1, minimumBytes / 4))
            {
                continue;
            }

            var owner = OwnerOf(path);
            var key = owner == 0 ? path : owner;
            if (!found.TryGetValue(key, out var parts))
            {
                found.Add(key, parts = []);
            }

            parts.Add(new Accumulation(path, owner, bytes, count, copies.GetValueOrDefault(path).Class));
        }

        var collections = new CollectionOfPile(now);
        collections.LookAt([.. found.Values.Where(MayBeSeveral).SelectMany(parts => parts)]);
        List<Accumulation> piles =
        [
            .. found
                .Values.SelectMany(parts => parts.GroupBy(collections.Of).Select(Together))
                .Where(pile => !isNoise(pile)),
        ];
        return TakeApart(first is null ? WithoutParts(piles) : piles, minimumBytes);

        bool MayBeSeveral(List<Accumulation> parts) =>
            parts.Count > 1 && parts[0].Owner > 0 && now.Count(parts[0].Owner) > 1;
    }

    /// <summary>
    /// A table that grows with its entries, and keys beside their values, belong to one pile. Where segments and what is in them
    /// both became more, one holds the other: together they are no more than what their owner gained.
    /// </summary>
    private Accumulation Together(IEnumerable<Accumulation> parts)
    {
        var all = parts.ToList();
        var largest = all.MaxBy(p => p.Bytes)!;
        var sum = all.Sum(p => p.Bytes);
        if (all.Count > 1 && largest.Owner > 0)
        {
            var gained = now.RetainedBytes(largest.Owner) - Before(largest.Owner).Retained;
            sum = Math.Max(largest.Bytes, Math.Min(sum, gained));
        }

        return largest with
        {
            Bytes = sum,
            Count = all.Max(p => p.Count),
        };
    }

    /// <summary>
    /// Finds the steps on which what is held brings a copy of a class with it: what such a class holds in its static fields
    /// piles up because its loader stays.
    /// </summary>
    private void FindCopies()
    {
        for (var path = 1; path < paths.Count; path++)
        {
            const string prefix = "class ";
            if (
                now.Count(path) < LeastCopies
                || now.Count(path) <= Before(path).Count
                || !paths.Type(path).StartsWith(prefix, StringComparison.Ordinal)
                || !now.Namesakes.Contains(paths.Type(path)[prefix.Length..])
            )
            {
                continue;
            }

            var step = path;
            while (paths.Parent(step) > 0 && now.Count(paths.Parent(step)) >= now.Count(path))
            {
                step = paths.Parent(step);
            }

            // Of several classes the one whose static fields hold most.
            if (now.RetainedBytes(path) > copies.GetValueOrDefault(step).Retained)
            {
                copies[step] = (paths.Type(path)[prefix.Length..], now.RetainedBytes(path));
            }
        }
    }

    private bool IsWithinCopy(int path)
    {
        for (var above = paths.Parent(path); above > 0 && copies.Count > 0; above = paths.Parent(above))
        {
            if (copies.ContainsKey(above))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The collection or object that holds what is on a way: the first one up that is not a mere part of a collection, or the way itself where a static field or a root holds it directly.</summary>
    private int OwnerOf(int path)
    {
        if (paths.Holder(path) is not null)
        {
            return path;
        }

        var owner = paths.Parent(path);
        while (owner > 0 && paths.Holder(owner) is null && roles.IsInner(paths.Type(owner)))
        {
            owner = paths.Parent(owner);
        }

        return owner;
    }

    private (long Bytes, long Count) PiledUp(int path)
    {
        var count = now.Count(path);
        var holders = paths.Parent(path) == 0 ? 1 : now.Count(paths.Parent(path));
        if (count == 0)
        {
            return (0, 0);
        }

        var before = Before(path);
        var grown = now.RetainedBytes(path) - before.Retained;
        double expected =
            first is null ? Math.Min(count, holders)
            : paths.Parent(path) == 0 ? before.Count
            : before.Count == 0 && first.Count(paths.Parent(path)) == 0 ? count
            : before.Count * Math.Max(1.0, (double)holders / Math.Max(1, first.Count(paths.Parent(path))));
        var typeGrowth = growthOfLabel[paths.Label(path)];
        var excess = Math.Min(count - expected, typeGrowth.Count);
        var byCount = excess > 0 && grown > 0 ? grown * Math.Min(1, excess / (count - before.Count)) : 0;
        var bySize = GrownInPlace(path, before, typeGrowth.Shallow);
        return ((long)Math.Min(byCount + bySize, Math.Max(grown, 0)), (long)Math.Max(0, excess));
    }

    /// <summary>Bytes by which objects grew that did not become more: buffers and tables.</summary>
    private double GrownInPlace(int path, (long Count, long Shallow, long Retained) before, long typeGrowth)
    {
        var shallow = now.ShallowBytes(path);
        if (first is null)
        {
            // Alone, a snapshot shows single large objects at most.
            return now.Count(path) <= 4 ? shallow : 0;
        }

        if (before.Count == 0)
        {
            return 0;
        }

        var asBefore = (double)before.Shallow * Math.Max(now.Count(path), before.Count) / before.Count;
        return Math.Clamp(shallow - asBefore, 0, Math.Max(0, typeGrowth));
    }

    /// <summary>The share of the steps of a series in which a way grew: churn goes up and down, a leak only up.</summary>
    private double Steadiness(int path)
    {
        if (series.Count < 3)
        {
            return 1;
        }

        var up = 0;
        for (var i = 1; i < series.Count; i++)
        {
            up += series[i].RetainedBytes(path) > series[i - 1].RetainedBytes(path) ? 1 : 0;
        }

        var share = (double)up / (series.Count - 1);
        return share * share;
    }

    /// <summary>
    /// Without what the objects in a collection have each a few of, such as a row its cells: one snapshot does not tell which of the two
    /// grows, and it is what there is many of in one place. Where a fault is told by
    /// its types, all stays.
    /// </summary>
    private List<Accumulation> WithoutParts(List<Accumulation> piles)
    {
        var ofHolder = new Dictionary<int, double>();
        var holdsFault = new HashSet<int>();
        foreach (var pile in piles)
        {
            if (pile.Owner > 0 && roles.Role(paths.Type(pile.Owner)) is not (null or CollectionRole.Inner))
            {
                ofHolder[pile.Path] = Math.Max(ofHolder.GetValueOrDefault(pile.Path), OfHolder(pile));
            }

            for (var path = roles.IsCulprit(paths.Type(pile.Path)) ? pile.Path : 0; path > 0; path = paths.Parent(path))
            {
                holdsFault.Add(path);
            }
        }

        return piles.FindAll(p => p.LoadedClass is not null || !IsPart(p));

        bool IsPart(Accumulation pile)
        {
            var few = OfHolder(pile) * FewBeside;
            for (var path = paths.Parent(pile.Path); path > 0; path = paths.Parent(path))
            {
                if (ofHolder.TryGetValue(path, out var many) && few <= many && !holdsFault.Contains(path))
                {
                    return true;
                }
            }

            return false;
        }

        double OfHolder(Accumulation pile) =>
            (double)now.Count(pile.Path)
            / Math.Max(1, pile.Owner == 0 || pile.Owner == pile.Path ? 1 : now.Count(pile.Owner));
    }

    /// <summary>Takes the bytes of inner piles out of the outer ones.</summary>
    private List<Accumulation> TakeApart(List<Accumulation> piles, long minimumBytes)
    {
        var pileAt = piles.ToDictionary(p => p.Path);
        var within = piles.ToDictionary(p => p.Path, _ => 0L);
        foreach (var pile in piles.OrderByDescending(p => p.Path)) // inner ones first
        {
            // What lies between two piles may tell less than what lies further in: that is no part of the outermost either.
            var claimed = Math.Max(pile.Bytes, within[pile.Path]);
            for (var path = paths.Parent(pile.Path); path > 0; path = paths.Parent(path))
            {
                if (pileAt.ContainsKey(path))
                {
                    within[path] += claimed;
                    break;
                }
            }
        }

        return
        [
            .. piles
                .Select(p => p with { Bytes = Math.Max(0, p.Bytes - within[p.Path]) })
                .Where(p => p.Bytes >= minimumBytes)
                .OrderByDescending(p => p.Bytes)
                .ThenBy(p => p.Path),
        ];
    }

    private (long Count, long Shallow, long Retained) Before(int path) =>
        first is null ? (0, 0, 0) : (first.Count(path), first.ShallowBytes(path), first.RetainedBytes(path));
}
