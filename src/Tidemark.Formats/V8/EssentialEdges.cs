using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>
/// Tells the edges that keep their target alive from the others, as DevTools does for its dominators:
/// weak edges do not count, nor does a WeakMap's table for the values in it (the keys hold them),
/// nor a shortcut except from the root, nor what the engine's own objects hold of the user's.
/// </summary>
/// <remarks>The user's objects are those that can be reached from the global objects, which the root points to by shortcuts.</remarks>
internal sealed class EssentialEdges
{
    private readonly Bits userObjects;
    private readonly int root;

    /// <param name="edgeStart">The first edge of each node, and the number of edges.</param>
    /// <param name="targets">The edges, packed as <see cref="V8EdgeTable.Targets"/> has them.</param>
    /// <param name="root">The root node.</param>
    /// <param name="isDomRoot">Tells the node that holds the DOM trees of a page's documents.</param>
    public EssentialEdges(NativeArray<int> edgeStart, NativeArray<int> targets, int root, Func<int, bool> isDomRoot)
    {
        this.root = root;
        userObjects = new Bits(edgeStart.Length - 1);
        var pending = new Stack<int>();
        for (var e = edgeStart[root]; e < edgeStart[root + 1]; e++)
        {
            var (to, type) = Unpack(targets[e]);
            if (type == V8EdgeType.Shortcut || (type == V8EdgeType.Element && isDomRoot(to)))
            {
                userObjects.Add(to);
                pending.Push(to);
            }
        }

        while (pending.TryPop(out var node))
        {
            foreach (var packed in targets.Slice(edgeStart[node], edgeStart[node + 1] - edgeStart[node]))
            {
                if (packed >>> V8EdgeTable.NodeBits == (int)V8EdgeType.Weak)
                {
                    continue;
                }

                var to = packed & V8EdgeTable.NodeMask;
                if (userObjects.TryAdd(to))
                {
                    pending.Push(to);
                }
            }
        }
    }

    /// <summary>True where the edge holds its target.</summary>
    public bool Holds(int from, int to, V8EdgeType type)
    {
        if (type is V8EdgeType.Weak or V8EdgeType.EphemeronTable || from == to)
        {
            return false;
        }

        if (from == root)
        {
            return true;
        }

        return type != V8EdgeType.Shortcut && (userObjects[from] || !userObjects[to]);
    }

    public static (int To, V8EdgeType Type) Unpack(int packed) =>
        (packed & V8EdgeTable.NodeMask, (V8EdgeType)(packed >>> V8EdgeTable.NodeBits));
}
