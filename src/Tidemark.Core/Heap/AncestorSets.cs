namespace Tidemark.Core.Heap;

/// <summary>
/// For each rank of a dominator tree the set of labels (types, mostly) on its way up, its own among them. Sets are interned as nodes
/// of a tree of their own, so that a rank costs one number, and whether a label is among those above costs one look-up.
/// Objects that share a set share the way in which they are held, repetitions apart: all entries of a linked list fall together.
/// </summary>
internal sealed class AncestorSets(int ranks) : IDisposable
{
    private readonly NativeArray<int> setOfRank = new(ranks + 1L);
    private readonly Dictionary<long, int> transitions = [];
    private readonly List<(int Parent, int Label)> sets = [(-1, -1)];
    private long lastKey = -1;
    private int lastSet;

    /// <summary>How many sets there are; set 0 is the empty one, and every other one comes behind its parent.</summary>
    public int Count => sets.Count;

    /// <summary>The set that this one extends, and by what.</summary>
    public (int Parent, int Label) this[int set] => sets[set];

    public int SetOf(int rank) => setOfRank[rank];

    /// <summary>Ranks come in ascending order.</summary>
    /// <returns>True where none of the rank's dominators has its label.</returns>
    public bool Enter(int rank, int dominator, int label)
    {
        var above = setOfRank[dominator];
        var key = ((long)above << 32) | (uint)label;
        if (key != lastKey)
        {
            lastKey = key;
            if (!transitions.TryGetValue(key, out lastSet))
            {
                lastSet = Contains(above, label) ? above : Add(above, label);
                transitions.Add(key, lastSet);
            }
        }

        setOfRank[rank] = lastSet;
        return lastSet != above;
    }

    public void Dispose() => setOfRank.Dispose();

    private int Add(int parent, int label)
    {
        sets.Add((parent, label));
        return sets.Count - 1;
    }

    private bool Contains(int set, int label)
    {
        for (; set > 0; set = sets[set].Parent)
        {
            if (sets[set].Label == label)
            {
                return true;
            }
        }

        return false;
    }
}
