using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Where several collections are held in the same way, tells which of them each pile is in: two lists with different things in them are two piles.</summary>
internal sealed class CollectionOfPile(HoldingCensus census)
{
    private const int Samples = 32;
    private readonly Dictionary<int, int> ownerOfPath = [];

    /// <summary>Looks at some objects of each pile, in one pass.</summary>
    public void LookAt(IReadOnlyList<Accumulation> piles)
    {
        if (piles.Count == 0)
        {
            return;
        }

        var drawn = census.Sample([.. piles.Select(p => p.Path).Distinct()], Samples);
        foreach (var pile in piles)
        {
            var owners = drawn[pile.Path].ConvertAll(rank => census.Above(rank, pile.Owner));
            if (
                owners.GroupBy(o => o).MaxBy(g => g.Count()) is { } most
                && most.Key > 0
                && most.Count() * 2 > owners.Count
            )
            {
                ownerOfPath[pile.Path] = most.Key;
            }
        }
    }

    /// <summary>The collection by its rank; 0 where it was not looked at, or where the pile is spread over many.</summary>
    public int Of(Accumulation pile) => ownerOfPath.GetValueOrDefault(pile.Path);
}
