namespace Tidemark.Core.Heap;

/// <summary>The objects' addresses or identities in their dump, and the way back.</summary>
public abstract class ObjectIds
{
    public abstract ulong Id(int node);

    /// <summary>The object with that identity, or -1. May cost a look at every object.</summary>
    public abstract int Find(ulong id);

    /// <summary>True where an object keeps its identity as long as it lives, and no other one ever gets it: then snapshots of one process can be compared object by object.</summary>
    public virtual bool AreStable => false;

    /// <summary>One identity an object, listed.</summary>
    public static ObjectIds Listed(NativeArray<ulong> ids, bool areStable = false) => new List(ids, areStable);

    private sealed class List(NativeArray<ulong> ids, bool areStable) : ObjectIds
    {
        public override bool AreStable => areStable;

        public override ulong Id(int node) => ids[node];

        public override int Find(ulong id)
        {
            for (long start = 0; start < ids.Length; start += 1 << 20)
            {
                var found = ids.Slice(start, (int)Math.Min(1 << 20, ids.Length - start)).IndexOf(id);
                if (found >= 0)
                {
                    return (int)start + found;
                }
            }

            return -1;
        }
    }
}
