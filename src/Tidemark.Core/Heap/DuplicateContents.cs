namespace Tidemark.Core.Heap;

/// <summary>Equal content that is there several times.</summary>
/// <param name="Node">One of the objects.</param>
/// <param name="Copies">How many objects there are with this content, from 2.</param>
/// <param name="WastedBytes">Shallow bytes of all of them but one.</param>
public sealed record DuplicateContent(int Node, long Copies, long WastedBytes);

/// <summary>Receives objects whose content can be compared: texts and arrays of primitives.</summary>
/// <param name="node">The object.</param>
/// <param name="content">A 64-bit hash of its content.</param>
public delegate void ContentVisitor(int node, ulong content);

/// <summary>Texts and arrays of primitives with equal content. Objects of one type, size and 64-bit hash count as equal: one pair in 2^64 is not.</summary>
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
        using var table = new ContentTable();
        long objects = 0;
        var isKnown = graph.Labels.VisitContents(
            (node, content) =>
            {
                if (graph.Dominators.IsReachable(node))
                {
                    objects++;
                    table.Add(Mix(content, graph.Shapes[node]), node);
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
        foreach (var (node, copies) in table.Repeated())
        {
            var bytes = (copies - 1L) * graph.ShallowSize(node);
            wasted += bytes;
            groups++;
            if (largest.Count < most)
            {
                largest.Enqueue(new DuplicateContent(node, copies, bytes), bytes);
            }
            else
            {
                largest.EnqueueDequeue(new DuplicateContent(node, copies, bytes), bytes);
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

    /// <summary>A hash that type and size are part of; never 0.</summary>
    private static ulong Mix(ulong content, int shape)
    {
        var mixed = (content ^ ((ulong)shape * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93;
        mixed ^= mixed >> 32;
        return mixed == 0 ? 1 : mixed;
    }

    /// <summary>Hash, first object and number of copies, in open addressing: 16 bytes a slot.</summary>
    private sealed class ContentTable : IDisposable
    {
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

            slot.Copies++;
        }

        public IEnumerable<(int Node, int Copies)> Repeated()
        {
            for (long i = 0; i < slots.Length; i++)
            {
                if (slots[i].Copies > 1)
                {
                    yield return (slots[i].Node, slots[i].Copies);
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
