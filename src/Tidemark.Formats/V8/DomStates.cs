using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>
/// Carries over whether something is in a document from the nodes of which the embedder tells it to the native things that they hold, as
/// DevTools does: what a detached element holds is detached, unless something in the document holds it as well.
/// </summary>
/// <param name="edgeStart">The first edge of each node, and the number of edges.</param>
/// <param name="targets">The edges, packed as <see cref="V8EdgeTable.Targets"/> has them.</param>
internal sealed class DomStates(NativeArray<int> edgeStart, NativeArray<int> targets)
{
    /// <summary>The native things that turn out to be detached, those that were told to be not among them.</summary>
    /// <param name="told">What the embedder tells.</param>
    /// <param name="isNative">Tells native things, through which alone a state is carried.</param>
    public List<int> FoundDetached(IReadOnlyList<(int Node, bool IsDetached)> told, Func<int, bool> isNative)
    {
        var found = new List<int>();
        if (!told.Any(t => t.IsDetached))
        {
            return found;
        }

        var visited = new Bits(edgeStart.Length - 1);
        foreach (var (node, _) in told)
        {
            visited.Add(node);
        }

        foreach (var isDetached in new[] { false, true })
        {
            var pending = new Stack<int>(told.Where(t => t.IsDetached == isDetached).Select(t => t.Node));
            while (pending.TryPop(out var node))
            {
                foreach (var packed in targets.Slice(edgeStart[node], edgeStart[node + 1] - edgeStart[node]))
                {
                    var (to, type) = EssentialEdges.Unpack(packed);
                    if (type is V8EdgeType.Hidden or V8EdgeType.Weak || !visited.TryAdd(to) || !isNative(to))
                    {
                        continue;
                    }

                    pending.Push(to);
                    if (isDetached)
                    {
                        found.Add(to);
                    }
                }
            }
        }

        return found;
    }
}
