namespace Tidemark.Core.Heap;

/// <summary>The objects' addresses or identities in their dump, and the way back.</summary>
public abstract class ObjectIds
{
    public abstract ulong Id(int node);

    /// <summary>The object with that identity, or -1. May cost a look at every object.</summary>
    public abstract int Find(ulong id);

    /// <summary>One identity an object, listed.</summary>
    public static ObjectIds Listed(NativeArray<ulong> ids) => new List(ids);

    private sealed class List(NativeArray<ulong> ids) : ObjectIds
    {
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
