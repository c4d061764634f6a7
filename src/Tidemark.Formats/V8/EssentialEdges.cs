using System.Runtime.CompilerServices;
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
    private readonly NativeArray<int> edgeStart;
    private readonly NativeArray<int> targets;
    private readonly Bits userObjects;
    private readonly int root;

    /// <param name="edgeStart">The first edge of each node, and the number of edges.</param>
    /// <param name="targets">The edges, packed as <see cref="V8EdgeTable.Targets"/> has them.</param>
    /// <param name="root">The root node.</param>
    /// <param name="isDomRoot">Tells the node that holds the DOM trees of a page's documents.</param>
    public EssentialEdges(NativeArray<int> edgeStart, NativeArray<int> targets, int root, Func<int, bool> isDomRoot)
    {
        this.root = root;
        this.edgeStart = edgeStart;
        this.targets = targets;
        userObjects = new Bits(edgeStart.Length - 1);
        for (var e = edgeStart[root]; e < edgeStart[root + 1]; e++)
        {
            var (to, type) = Unpack(targets[e]);
            if (type == V8EdgeType.Shortcut || (type == V8EdgeType.Element && isDomRoot(to)))
            {
                userObjects.Add(to);
            }
        }

        Spread(userObjects, edgeStart, targets);
    }

    /// <summary>
    /// Adds everything that is reached from the members by edges that are not weak. It goes through the nodes in their order, which is
    /// the order of memory: what lies ahead is only marked, what lies behind is gone to at once.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Spread(Bits members, NativeArray<int> edgeStart, NativeArray<int> targets)
    {
        var starts = edgeStart.Pointer;
        var edges = targets.Pointer;
        var count = (int)edgeStart.Length - 1;
        using var behind = new NativeList<int>();
        for (var ahead = members.Next(0); ahead < count; ahead = members.Next(ahead + 1))
        {
            var node = (int)ahead;
            while (true)
            {
                var end = starts[node + 1];
                for (var e = starts[node]; e < end; e++)
                {
                    var packed = edges[e];
                    var to = packed & V8EdgeTable.NodeMask;
                    if (packed >>> V8EdgeTable.NodeBits != (int)V8EdgeType.Weak && members.TryAdd(to) && to < ahead)
                    {
                        behind.Add(to);
                    }
                }

                if (behind.Count == 0)
                {
                    break;
                }

                node = behind.Pop();
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

    /// <summary>Moves the edges that hold their target together, in the place of all.</summary>
    /// <param name="rows">Takes how many of each node there are.</param>
    /// <param name="weak">Takes the weak edges.</param>
    /// <param name="held">Takes the targets of those that hold.</param>
    /// <returns>How many hold their target.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe int Separate(ReferenceRowsBuilder rows, List<WeakReferenceEdge> weak, Bits held)
    {
        const uint firstOfNone = (uint)V8EdgeType.Shortcut << V8EdgeTable.NodeBits; // no higher type holds
        var starts = edgeStart.Pointer;
        var edges = targets.Pointer;
        var users = userObjects;
        var count = (int)edgeStart.Length - 1;
        var (edge, kept) = (0, 0);
        for (var node = 0; node < count; node++)
        {
            var before = kept;
            var end = starts[node + 1];
            var isUsers = users[node];
            for (; edge < end; edge++)
            {
                var packed = edges[edge];
                var to = packed & V8EdgeTable.NodeMask;
                if (
                    node == root
                        ? Holds(node, to, Unpack(packed).Type)
                        : (uint)packed < firstOfNone && to != node && (isUsers || !users[to])
                )
                {
                    edges[kept++] = to;
                    held.Add(to);
                }
                else if (packed >>> V8EdgeTable.NodeBits == (int)V8EdgeType.Weak)
                {
                    weak.Add(new WeakReferenceEdge(node, to, ReferenceStrength.Weak));
                }
            }

            rows.EndRow(kept - before);
        }

        return kept;
    }

    public static (int To, V8EdgeType Type) Unpack(int packed) =>
        (packed & V8EdgeTable.NodeMask, (V8EdgeType)(packed >>> V8EdgeTable.NodeBits));
}
