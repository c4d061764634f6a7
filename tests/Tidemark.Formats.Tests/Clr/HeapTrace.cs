using System.Text;
using Tidemark.Core.Heap;
using Tidemark.Formats.Clr;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Tests.Clr;

/// <summary>Builds traces with heap dumps as the runtime writes them, and reads them.</summary>
internal sealed class HeapTrace
{
    public const long Thread = 7;
    private const int Module = 0x100;

    private readonly List<(ClrEvent Kind, byte[] Payload, int Dropped)> events = [];
    private readonly Dictionary<ClrEvent, int> numbers = [];
    private readonly List<(ulong Address, long Size, ulong Type, ulong[] Edges)> objects = [];
    private readonly List<Action<BinaryWriter>> types = [];
    private readonly List<Action<BinaryWriter>> roots = [];
    private readonly List<Action<BinaryWriter>> statics = [];
    private readonly List<Action<BinaryWriter>> pairs = [];

    /// <summary>Names that travel with the capture.</summary>
    public ClrMetadata? Names { get; set; }

    /// <summary>Events of the dump's thread that are said to have been dropped before its objects.</summary>
    public int DroppedBeforeObjects { get; set; }

    /// <summary>The objects' references are announced, but this many of them are left out.</summary>
    public int EdgesLeftOut { get; set; }

    public bool LeavesOutTheEnd { get; set; }

    public HeapTrace Type(ulong id, string name, uint token = 0, bool isArray = false, params ulong[] parameters)
    {
        types.Add(w =>
        {
            w.Write(id);
            w.Write((ulong)Module);
            w.Write(token);
            w.Write(isArray ? 8u : 0u);
            w.Write((byte)0);
            Utf16(w, name);
            w.Write(parameters.Length);
            parameters.ToList().ForEach(w.Write);
        });
        return this;
    }

    public HeapTrace Object(ulong address, ulong type, long size = 24, params ulong[] edges)
    {
        objects.Add((address, size, type, edges));
        return this;
    }

    public HeapTrace Root(ulong address, byte source = 2, int flags = 0, ulong id = 0x900)
    {
        roots.Add(w =>
        {
            w.Write(address);
            w.Write(source);
            w.Write(flags);
            w.Write(id);
        });
        return this;
    }

    public HeapTrace Static(ulong root, ulong address, ulong type, string field)
    {
        statics.Add(w =>
        {
            w.Write(root);
            w.Write(address);
            w.Write(type);
            w.Write(0);
            Utf16(w, field);
        });
        return this;
    }

    public HeapTrace Dependent(ulong key, ulong value)
    {
        pairs.Add(w =>
        {
            w.Write(key);
            w.Write(value);
            w.Write(0x999ul);
        });
        return this;
    }

    public HeapTrace Method(ulong id, string type, string name)
    {
        Add(
            ClrEvent.RundownMethod,
            w =>
            {
                w.Write(id);
                w.Write(new byte[28]);
                Utf16(w, type);
                Utf16(w, name);
                Utf16(w, "void ()");
            }
        );
        return this;
    }

    /// <summary>Writes the dump that was described, and begins another.</summary>
    public HeapTrace Dump(int collection = 3)
    {
        numbers.Clear();
        Add(ClrEvent.GcSuspendBegin, w => w.Write(1));
        Add(
            ClrEvent.GcStart,
            w =>
            {
                w.Write(collection);
                w.Write(2);
            }
        );
        Add(
            ClrEvent.BulkType,
            w =>
            {
                w.Write(types.Count);
                w.Write((ushort)0);
                types.ForEach(t => t(w));
            }
        );
        Add(
            ClrEvent.BulkRootStaticVar,
            w =>
            {
                w.Write(statics.Count);
                w.Write(0ul);
                w.Write((ushort)0);
                statics.ForEach(s => s(w));
            }
        );

        // More than one event of each, as in a real dump.
        foreach (var some in objects.Chunk(3))
        {
            Bulk(
                ClrEvent.BulkNode,
                some,
                (w, o) =>
                {
                    w.Write(o.Address);
                    w.Write(o.Size);
                    w.Write(o.Type);
                    w.Write((ulong)o.Edges.Length);
                },
                DroppedBeforeObjects
            );
            DroppedBeforeObjects = 0;
        }

        foreach (var some in objects.SelectMany(o => o.Edges).SkipLast(EdgesLeftOut).Chunk(2))
        {
            Bulk(
                ClrEvent.BulkEdge,
                some,
                (w, edge) =>
                {
                    w.Write(edge);
                    w.Write(0);
                }
            );
        }

        Bulk(ClrEvent.BulkRootEdge, [.. roots], (w, root) => root(w));
        Bulk(ClrEvent.BulkRootConditionalWeakTableElementEdge, [.. pairs], (w, pair) => pair(w));
        if (!LeavesOutTheEnd)
        {
            Add(
                ClrEvent.GcEnd,
                w =>
                {
                    w.Write(collection);
                    w.Write(2);
                }
            );
            Add(ClrEvent.GcRestartEnd, _ => { });
        }

        objects.Clear();
        roots.Clear();
        statics.Clear();
        pairs.Clear();
        return this;
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        var header = new NetTraceHeader(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), 1000, 1_000_000, 8, 42);
        using (var writer = NetTraceWriter.Begin(stream, header))
        {
            var timestamp = header.StartTimestamp;
            foreach (var (kind, payload, dropped) in events)
            {
                writer.Write(Definition(kind), Thread, timestamp += 1000, payload, dropped);
            }

            if (Names is not null)
            {
                foreach (var chunk in Names.ToBytes().Chunk(100))
                {
                    writer.Write(new NetTraceDefinition(ClrMetadata.Provider, 1, "Names", 1, []), 0, timestamp, chunk);
                }
            }

            writer.End();
        }

        return stream.ToArray();
    }

    public HeapSnapshot Read() => Read(ToBytes());

    public static HeapSnapshot Read(byte[] bytes)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            return new NetTraceFormat().Read(DumpFile.Open(path), ReadContext.Quiet).ShouldBeOfType<HeapSnapshot>();
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Shows a trace's events to a visitor.</summary>
    public static NetTraceReader Visit(byte[] bytes, NetTraceVisitor visitor)
    {
        var reader = new NetTraceReader(new MemoryStream(bytes), "test");
        while (reader.ReadBlock(visitor))
        {
            // The visitor looks.
        }

        return reader;
    }

    private void Add(ClrEvent kind, Action<BinaryWriter> write, int dropped = 0)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        write(writer);
        writer.Flush();
        events.Add((kind, buffer.ToArray(), dropped));
    }

    private void Bulk<T>(ClrEvent kind, T[] rows, Action<BinaryWriter, T> write, int dropped = 0) =>
        Add(
            kind,
            w =>
            {
                var number = numbers.GetValueOrDefault(kind);
                numbers[kind] = number + 1;
                w.Write(number);
                w.Write(rows.Length);
                w.Write((ushort)0);
                foreach (var row in rows)
                {
                    write(w, row);
                }
            },
            dropped
        );

    private static NetTraceDefinition Definition(ClrEvent kind) =>
        (int)kind > 1000
            ? new NetTraceDefinition(ClrProvider.Rundown, (int)kind - 1000, "", 1, [])
            : new NetTraceDefinition(ClrProvider.Runtime, (int)kind, "", 1, []);

    private static void Utf16(BinaryWriter writer, string text) => writer.Write(Encoding.Unicode.GetBytes(text + '\0'));
}

/// <summary>Words for what a graph holds.</summary>
internal static class HeapGraphWords
{
    /// <summary>The object at an address.</summary>
    public static int At(this HeapGraph graph, ulong address)
    {
        var node = graph.Find(address);
        node.ShouldBeGreaterThanOrEqualTo(0);
        return node;
    }

    /// <summary>What an object holds, as <c>field -> type</c>.</summary>
    public static IReadOnlyList<string> Holds(this HeapGraph graph, ulong address)
    {
        var node = graph.At(address);
        var held = graph.References(node).ToArray();
        return [.. held.Select((to, i) => $"{graph.Labels.Reference(node, i)} -> {graph.TypeNameOf(to)}")];
    }

    /// <summary>Why an object is alive.</summary>
    public static IReadOnlyList<string?> RootsOf(this HeapGraph graph, ulong address) =>
        [.. graph.Roots.Where(r => r.Node == graph.At(address)).Select(r => r.Name)];
}
