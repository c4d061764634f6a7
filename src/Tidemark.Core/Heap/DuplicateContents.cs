namespace Tidemark.Core.Heap;

/// <summary>Equal content that is there several times.</summary>
/// <param name="Node">One of the objects.</param>
/// <param name="Copies">How many objects there are with this content, from 2.</param>
/// <param name="WastedBytes">Shallow bytes of all of them but one, the largest.</param>
/// <param name="Content">The hash by which it was told, to find the others again.</param>
public sealed record DuplicateContent(int Node, long Copies, long WastedBytes, ulong Content = 0);

/// <summary>Receives objects whose content can be compared: texts and arrays of primitives.</summary>
/// <param name="node">The object.</param>
/// <param name="content">A 64-bit hash of its content.</param>
public delegate void ContentVisitor(int node, ulong content);

/// <summary>
/// Texts and arrays of primitives with equal content. Objects of one type, size and 64-bit hash count as equal (of one hash where a text
/// is told by nothing else, see <see cref="HeapLabels.ContentTellsAll"/>): one pair in 2^64 is not.
/// </summary>
public sealed class DuplicateContents
{
    private DuplicateContents(IReadOnlyList<DuplicateContent> largest, long objects, long wasted, long groups)
    {
        Largest = largest;
        Objects = objects;
        WastedBytes = wasted;
        Groups = groups;
    }

    /// <summary>Those first that waste most.</summary>
    public IReadOnlyList<DuplicateContent> Largest { get; }

    /// <summary>Reachable objects whose content was compared.</summary>
    public long Objects { get; }

    /// <summary>Shallow bytes that one object for each content would save.</summary>
    public long WastedBytes { get; }

    /// <summary>How many different contents are there more than once.</summary>
    public long Groups { get; }

    /// <summary>Compares, in one pass over the dump; null where the format does not keep contents.</summary>
    /// <exception cref="OperationCanceledException" />
    public static DuplicateContents? Of(HeapGraph graph, int most, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(graph);
        using var table = new ContentTable(graph);
        long objects = 0;
        var isKnown = graph.Labels.VisitContents(
            (node, content) =>
            {
                if (graph.Dominators.IsReachable(node))
                {
                    objects++;
                    table.Add(Key(graph, node, content), node);
                }
            },
            cancellation
        );
        if (!isKnown)
        {
            return null;
        }

        long wasted = 0;
        long groups = 0;
        var largest = new PriorityQueue<DuplicateContent, long>();
        foreach (var (content, node, copies, bytes) in table.Repeated())
        {
            wasted += bytes;
            groups++;
            if (largest.Count < most)
            {
                largest.Enqueue(new DuplicateContent(node, copies, bytes, content), bytes);
            }
            else
            {
                largest.EnqueueDequeue(new DuplicateContent(node, copies, bytes, content), bytes);
            }
        }

        return new DuplicateContents(
            [
                .. largest
                    .UnorderedItems.Select(i => i.Element)
                    .OrderByDescending(d => d.WastedBytes)
                    .ThenBy(d => d.Node),
            ],
            objects,
            wasted,
            groups
        );
    }

    /// <summary>A hash of all that must be equal; never 0.</summary>
    internal static ulong Key(HeapGraph graph, int node, ulong content)
    {
        var shape = graph.Labels.ContentTellsAll ? 0 : graph.Shapes[node];
        var mixed = (content ^ ((ulong)shape * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93;
        mixed ^= mixed >> 32;
        return mixed == 0 ? 1 : mixed;
    }

    /// <summary>Hash, largest object and number of copies, in open addressing: 16 bytes a slot.</summary>
    private sealed class ContentTable(HeapGraph graph) : IDisposable
    {
        /// <summary>Where copies differ in their size: what they take less than if all were as large as the largest.</summary>
        private readonly Dictionary<ulong, long> saved = [];
        private NativeArray<Slot> slots = new(1 << 12);
        private long used;

        public void Add(ulong hash, int node)
        {
            if (used * 3 > slots.Length * 2)
            {
                Grow();
            }

            ref var slot = ref Find(slots, hash);
            if (slot.Hash == 0)
            {
                slot.Hash = hash;
                slot.Node = node;
                used++;
            }
            else if (graph.ShallowSize(node) - graph.ShallowSize(slot.Node) is not 0 and var more)
            {
                saved[hash] = saved.GetValueOrDefault(hash) + (more > 0 ? more * slot.Copies : -more);
                slot.Node = more > 0 ? node : slot.Node;
            }

            slot.Copies++;
        }

        /// <summary>What is there more than once, with the bytes of all copies but the largest.</summary>
        public IEnumerable<(ulong Hash, int Node, int Copies, long Bytes)> Repeated()
        {
            for (long i = 0; i < slots.Length; i++)
            {
                var slot = slots[i];
                if (slot.Copies > 1)
                {
                    var bytes = (slot.Copies - 1L) * graph.ShallowSize(slot.Node) - saved.GetValueOrDefault(slot.Hash);
                    yield return (slot.Hash, slot.Node, slot.Copies, bytes);
                }
            }
        }

        public void Dispose() => slots.Dispose();

        private static ref Slot Find(NativeArray<Slot> slots, ulong hash)
        {
            var at = (long)(hash & (ulong)(slots.Length - 1));
            while (slots[at].Hash != 0 && slots[at].Hash != hash)
            {
                at = (at + 1) & (slots.Length - 1);
            }

            return ref slots[at];
        }

        private void Grow()
        {
            var larger = new NativeArray<Slot>(slots.Length * 2);
            for (long i = 0; i < slots.Length; i++)
            {
                if (slots[i].Hash != 0)
                {
                    Find(larger, slots[i].Hash) = slots[i];
                }
            }

            slots.Dispose();
            slots = larger;
        }

        private struct Slot
        {
            public ulong Hash;
            public int Node;
            public int Copies;
        }
    }
}
