using Tidemark.Core.Heap;
using Tidemark.Formats.Hprof;

namespace Tidemark.Formats.Tests.Hprof;

/// <summary>Small dumps that hold a bit of everything, and what reads them.</summary>
internal static class HprofSample
{
    public const ulong ObjectClass = 0x10000;
    public const ulong ClassClass = 0x10100;
    public const ulong StringClass = 0x10200;
    public const ulong ThreadClass = 0x10300;
    public const ulong ReferenceClass = 0x10400;
    public const ulong SoftClass = 0x10500;
    public const ulong WeakClass = 0x10600;
    public const ulong PhantomClass = 0x10700;
    public const ulong FinalClass = 0x10800;
    public const ulong OrderClass = 0x10900;
    public const ulong OrdersClass = 0x10a00;
    public const ulong BaseClass = 0x10b00;

    public const ulong Orders = 0x20000;
    public const ulong FirstOrder = 0x20100;
    public const ulong SecondOrder = 0x20200;
    public const ulong Text = 0x20300;
    public const ulong TextBytes = 0x20400;
    public const ulong ThreadObject = 0x20500;
    public const ulong ThreadName = 0x20600;
    public const ulong ThreadNameBytes = 0x20700;
    public const ulong Local = 0x20800;

    /// <summary>Numbers in pieces of a length, ascending inside of each; the pieces in any order.</summary>
    public static int[] InPieces(int count, int length, Random random)
    {
        var pieces = Enumerable.Range(0, count).Chunk(length).ToArray();
        random.Shuffle(pieces);
        return [.. pieces.SelectMany(p => p)];
    }

    /// <summary>The JDK's classes that the reader knows.</summary>
    public static void AddKnownClasses(HprofWriter writer)
    {
        writer.Class(ObjectClass, "java.lang.Object");
        writer.Class(ClassClass, "java.lang.Class", ObjectClass);
        writer.Class(
            StringClass,
            "java.lang.String",
            ObjectClass,
            fields: [("value", BasicType.Object), ("coder", BasicType.Byte), ("hash", BasicType.Int)]
        );
        writer.Class(ThreadClass, "java.lang.Thread", ObjectClass, fields: [("name", BasicType.Object)]);
        writer.Class(
            ReferenceClass,
            "java.lang.ref.Reference",
            ObjectClass,
            fields: [("queue", BasicType.Object), ("referent", BasicType.Object), ("next", BasicType.Object)]
        );
        writer.Class(SoftClass, "java.lang.ref.SoftReference", ReferenceClass, fields: [("stamp", BasicType.Long)]);
        writer.Class(WeakClass, "java.lang.ref.WeakReference", ReferenceClass);
        writer.Class(PhantomClass, "java.lang.ref.PhantomReference", ReferenceClass);
        writer.Class(FinalClass, "java.lang.ref.FinalReference", ReferenceClass);
    }

    /// <summary>A static array with two orders, a string, and a thread that holds an order in a local variable.</summary>
    public static HprofWriter Shop(int idSize = 8, string version = "1.0.2", bool inSegments = false)
    {
        var writer = new HprofWriter(idSize, version);
        AddKnownClasses(writer);
        writer.Class(
            BaseClass,
            "com.acme.Base",
            ObjectClass,
            fields: [("id", BasicType.Long), ("note", BasicType.Object)]
        );
        var order = writer.Class(
            OrderClass,
            "com.acme.Order",
            BaseClass,
            fields: [("open", BasicType.Boolean), ("next", BasicType.Object), ("amount", BasicType.Double)],
            statics: [("ALL", BasicType.Object, Orders), ("count", BasicType.Int, 2)]
        );
        writer.Class(OrdersClass, "[Lcom.acme.Order;", ObjectClass);
        writer.Root(HeapTag.RootStickyClass, OrderClass);
        End();
        writer.ObjectArray(Orders, OrdersClass, FirstOrder, 0, SecondOrder);
        writer.Instance(FirstOrder, OrderClass, 1, SecondOrder, 0, 7, Text);
        writer.Instance(SecondOrder, OrderClass, 0, 0, 0, 8, 0);
        End();
        AddString(writer, Text, TextBytes, "hello");
        writer.Instance(ThreadObject, ThreadClass, ThreadName);
        AddString(writer, ThreadName, ThreadNameBytes, "pool-1");
        writer.Instance(Local, OrderClass, 1, 0, 0, 9, 0);
        writer.Trace(5, 3, order, "inner", "run");
        writer.Root(HeapTag.RootThreadObject, ThreadObject, thread: 3, number: 5);
        writer.Root(HeapTag.RootJavaFrame, Local, thread: 3, number: 1);
        return writer;

        void End()
        {
            if (inSegments)
            {
                writer.EndSegment();
            }
        }
    }

    /// <summary>Every kind of record that the reader knows, weak references of each kind, native memory behind objects, equal texts, and objects in disorder.</summary>
    /// <param name="idSize">Bytes of an identifier.</param>
    /// <param name="shift">Added to the addresses of plain objects: what is no multiple of 8 is found by hashing.</param>
    public static HprofWriter Everything(int idSize = 8, ulong shift = 0)
    {
        var writer = new HprofWriter(idSize);
        foreach (
            var tag in (RecordTag[])
                [
                    RecordTag.UnloadClass,
                    RecordTag.AllocationSites,
                    RecordTag.HeapSummary,
                    RecordTag.StartThread,
                    RecordTag.EndThread,
                    RecordTag.CpuSamples,
                    RecordTag.ControlSettings,
                ]
        )
        {
            writer.Record(tag, body => body.Write(new byte[24]));
        }

        AddKnownClasses(writer);
        writer.HeapInfo(1, "app");
        var holder = writer.Class(
            OrdersClass,
            "com.acme.Holder",
            ObjectClass,
            loader: 0x40000 + shift,
            fields: [.. Enumerable.Range(4, 8).Select(t => ($"f{t}", (byte)t)), ("next", BasicType.Object)],
            statics:
            [
                .. Enumerable.Range(4, 8).Select(t => ($"s{t}", (byte)t, 7UL)),
                ("ALL", BasicType.Object, Orders),
            ],
            constants: [Orders, 0]
        );
        writer.Class(OrderClass, "[Lcom.acme.Holder;", ObjectClass);
        writer.Class(
            BaseClass,
            "java.nio.DirectByteBuffer",
            ObjectClass,
            fields: [("capacity", BasicType.Int), ("cleaner", BasicType.Object), ("att", BasicType.Object)]
        );
        writer.Class(
            BaseClass + 0x100,
            "java.util.zip.Inflater",
            ObjectClass,
            fields: [("zsRef", BasicType.Object), ("strm", BasicType.Long)]
        );
        writer.EndSegment();
        for (ulong i = 0; i < 12; i++)
        {
            // Each second one stands before the one ahead of it.
            var at = 0x40000 + shift + 0x40 * (i ^ 1);
            writer.Instance(at, OrdersClass, 1, 2, 3, 4, 5, 6, 7, 8, 0x40000 + shift + 0x40 * (i + 1));
        }

        writer.Instance(0x50000, BaseClass, 1 << 20, 0x40040 + shift, 0);
        writer.Instance(0x50040, BaseClass + 0x100, 0, 1);
        writer.EndSegment();
        AddString(writer, Text, TextBytes, "the same text");
        AddString(writer, Text + 0x40, TextBytes + 0x40, "the same text");
        writer.ObjectArray(Orders, OrderClass, 0x40000 + shift, Text, Text + 0x40, 0x50000, 0x50040, 0xdead0);
        writer.Instance(0x51000, SoftClass, 1, 0, 0x40080 + shift, 0);
        writer.Instance(0x51040, WeakClass, 0, Text, 0);
        writer.Instance(0x51080, PhantomClass, 0, Text, 0);
        writer.Instance(0x510c0, FinalClass, 0, 0x400c0 + shift, 0);
        for (byte type = 4; type < 12; type++)
        {
            writer.PrimitiveArray(0x52000 + 0x40UL * type, type, 3);
        }

        writer.PrimitiveArray(0x53000, BasicType.Int, 9, tag: HeapTag.PrimitiveArrayNoData);
        writer.Instance(ThreadObject, ThreadClass, Text);
        writer.Trace(5, 3, holder, "take", "run");
        writer.Root(HeapTag.RootThreadObject, ThreadObject, thread: 3, number: 5);
        foreach (var tag in Enum.GetValues<HeapTag>())
        {
            if (
                HeapRecord.FixedLength(tag, idSize) > 0
                && tag is not (HeapTag.HeapDumpInfo or HeapTag.RootThreadObject)
            )
            {
                writer.Root(tag, tag == HeapTag.RootStickyClass ? OrdersClass : 0x51000 + (uint)tag % 4 * 0x40, 3, 1);
            }
        }

        return writer;
    }

    public static void AddString(HprofWriter writer, ulong id, ulong bytes, string text)
    {
        writer.Instance(id, StringClass, bytes, 0, 0);
        writer.PrimitiveArray(bytes, BasicType.Byte, (uint)text.Length, System.Text.Encoding.Latin1.GetBytes(text));
    }

    public static HeapSnapshot Read(ReadOnlySpan<byte> dump, HprofLimits? limits = null)
    {
        using var file = new TemporaryFile();
        file.Write(dump);
        return Read(file.Path, limits);
    }

    public static HeapSnapshot Read(string path, HprofLimits? limits = null) =>
        new HprofFormat((limits ?? new HprofLimits()) with { LeastShared = 0 })
            .Read(DumpFile.Open(path), ReadContext.Quiet)
            .ShouldBeOfType<HeapSnapshot>();

    /// <summary>What an object holds, as <c>field: type</c>.</summary>
    public static IEnumerable<string> Held(HeapGraph graph, ulong id)
    {
        var node = graph.Find(id);
        for (var i = 0; i < graph.References(node).Length; i++)
        {
            yield return $"{graph.Labels.Reference(node, i)}: {graph.TypeNameOf(graph.References(node)[i])}";
        }
    }
}
