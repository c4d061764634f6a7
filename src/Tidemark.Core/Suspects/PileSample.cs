using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Chooses the objects of a pile that are looked at one by one.</summary>
internal sealed class PileSample(IReadOnlyList<HoldingCensus> series, TypeRoles roles)
{
    /// <summary>Collections that are looked at one by one where several are held in the same way.</summary>
    public const int MostCollections = 4096;

    private readonly HoldingCensus now = series[^1];

    /// <summary>True where the pile is in one collection, or in none.</summary>
    public bool IsOne(Accumulation pile) => pile.Owner == 0 || pile.Owner == pile.Path || now.Count(pile.Owner) == 1;

    /// <summary>Ranks to look at: where several collections are held alike, from those that grew; where one field holds most of the pile, what it holds.</summary>
    public List<int> Of(Accumulation pile, int contentPath, List<int> sample, int most)
    {
        if (!IsOne(pile) && series.Count > 1)
        {
            var grown = MostGrown(BytesByField(now, pile.Owner), pile.Owner).Ranks.ToHashSet();
            var within = sample.Where(rank => grown.Contains(now.Above(rank, pile.Owner))).ToList();
            sample = within.Count > 0 ? within : sample;
        }

        // An object used as a dictionary stands on one way with its entries, and with other such objects. To name the fields of many
        // objects takes long: of those that hold less than half together, none holds it.
        if (
            sample.Count > 1
            && RetainedBytes(sample) * 2 > pile.Bytes
            && BytesByField(now, sample) is { Count: > 1 } fields
        )
        {
            var (bytes, ranks) = MostGrown(fields, contentPath);
            sample = bytes * 2 > pile.Bytes ? ranks : sample;
        }

        return [.. sample.Where((_, i) => i % Math.Max(1, sample.Count / most) == 0)];
    }

    private long RetainedBytes(List<int> sample)
    {
        long sum = 0;
        foreach (var rank in sample)
        {
            now.Graph.Look();
            sum += now.Graph.Dominators.RetainedAt(rank);
        }

        return sum;
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
                census.Graph.Look();
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
}
