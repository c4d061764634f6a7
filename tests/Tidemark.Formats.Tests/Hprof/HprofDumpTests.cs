using System.Buffers.Binary;
using System.IO.Compression;
using Tidemark.Core.Heap;
using Tidemark.Formats.Hprof;
using static Tidemark.Formats.Tests.Hprof.HprofSample;

namespace Tidemark.Formats.Tests.Hprof;

public class HprofDumpTests
{
    private const int HeaderBytes = 19 + 4 + 8;

    /// <summary>Where the records of the top level begin.</summary>
    private static IEnumerable<int> Records(byte[] dump)
    {
        for (var at = HeaderBytes; at < dump.Length; )
        {
            yield return at;
            at += 9 + (int)BinaryPrimitives.ReadUInt32BigEndian(dump.AsSpan(at + 5));
        }
    }

    [Theory]
    [InlineData(4, "1.0.1", false)]
    [InlineData(8, "1.0.1", false)]
    [InlineData(4, "1.0.2", true)]
    [InlineData(8, "1.0.2", false)]
    [InlineData(8, "1.0.2", true)]
    [InlineData(4, "1.0.3", true)]
    [InlineData(8, "1.0.3", false)]
    public void Every_version_and_width_tells_the_same(int idSize, string version, bool inSegments)
    {
        var snapshot = Read(Shop(idSize, version, inSegments).ToArray());
        var graph = snapshot.Graph;

        snapshot.Warnings.ShouldBeEmpty();
        snapshot.Runtime.ShouldBe("jvm");
        snapshot.TakenAt.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));
        graph.NodeCount.ShouldBe(9 + 12);
        graph.TypeNameOf(graph.Find(FirstOrder)).ShouldBe("com.acme.Order");
        graph.TypeNameOf(graph.Find(Orders)).ShouldBe("com.acme.Order[]");
        Held(graph, OrderClass).ShouldBe(["<super>: java.lang.Class", "ALL: com.acme.Order[]"]);
        Held(graph, Orders).ShouldBe(["[0]: com.acme.Order", "[2]: com.acme.Order"]);
        Held(graph, FirstOrder).ShouldBe(["next: com.acme.Order", "note: java.lang.String"]);
        Held(graph, SecondOrder).ShouldBeEmpty();
        Held(graph, ThreadObject).ShouldBe(["name: java.lang.String", "<local of com.acme.Order.run>: com.acme.Order"]);
        graph.Describe(graph.Find(Text)).ShouldBe($"java.lang.String \"hello\" @ 0x{Text:x}");
        graph.Describe(graph.Find(OrderClass)).ShouldBe("class com.acme.Order");
        graph
            .Roots.Select(r => (r.Kind, r.Name))
            .ShouldBe([(RootKind.SystemClass, null), (RootKind.Thread, "thread pool-1")]);
        for (var node = 0; node < graph.NodeCount; node++)
        {
            graph.Find(graph.Id(node)).ShouldBe(node);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gzipped_dumps_are_read_in_one_piece_or_in_many_as_the_JVM_writes_them(bool inMembers)
    {
        var dump = Shop(inSegments: true).ToArray();
        using var packed = new MemoryStream();
        foreach (var part in inMembers ? dump.Chunk(100) : [dump])
        {
            using var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true);
            gzip.Write(part);
        }

        using var file = new TemporaryFile();
        file.Write(packed.ToArray());
        DumpFormats.Detect(DumpFile.Open(file.Path)).ShouldBeOfType<HprofFormat>();
        Read(file.Path).Graph.NodeCount.ShouldBe(21);

        file.Write(packed.ToArray().AsSpan(0, (int)packed.Length * 3 / 4));
        var cut = Read(file.Path);
        cut.Warnings.ShouldNotBeEmpty();
        cut.Graph.NodeCount.ShouldBeInRange(1, 20);
    }

    public static TheoryData<byte, RootKind> RootKinds() =>
        new()
        {
            { (byte)HeapTag.RootUnknown, RootKind.Other },
            { (byte)HeapTag.RootJniGlobal, RootKind.Handle },
            { (byte)HeapTag.RootJniLocal, RootKind.Stack },
            { (byte)HeapTag.RootJavaFrame, RootKind.Stack },
            { (byte)HeapTag.RootNativeStack, RootKind.Stack },
            { (byte)HeapTag.RootStickyClass, RootKind.SystemClass },
            { (byte)HeapTag.RootThreadBlock, RootKind.Stack },
            { (byte)HeapTag.RootMonitorUsed, RootKind.Monitor },
            { (byte)HeapTag.RootThreadObject, RootKind.Thread },
            { (byte)HeapTag.RootInternedString, RootKind.Runtime },
            { (byte)HeapTag.RootFinalizing, RootKind.FinalizerQueue },
            { (byte)HeapTag.RootDebugger, RootKind.Other },
            { (byte)HeapTag.RootReferenceCleanup, RootKind.Runtime },
            { (byte)HeapTag.RootVmInternal, RootKind.Runtime },
            { (byte)HeapTag.RootJniMonitor, RootKind.Monitor },
        };

    [Theory]
    [MemberData(nameof(RootKinds))]
    public void Every_kind_of_root_keeps_its_object(byte tag, RootKind kind)
    {
        foreach (var idSize in (int[])[4, 8])
        {
            var writer = new HprofWriter(idSize);
            writer.Class(ObjectClass, "java.lang.Object", loader: 0x77);
            writer.Instance(0x20000, ObjectClass);
            writer.Instance(0x20010, ObjectClass);
            writer.Root((HeapTag)tag, 0x20010, thread: 1, number: 2);
            writer.Instance(0x20020, ObjectClass);
            var graph = Read(writer.ToArray()).Graph;

            graph.Roots.Single().ShouldBe(new HeapRoot(graph.Find(0x20010), kind, graph.Roots[0].Name));
            graph.Dominators.IsReachable(graph.Find(0x20010)).ShouldBeTrue();
            graph.Dominators.IsReachable(graph.Find(0x20000)).ShouldBeFalse();
            graph.Dominators.IsReachable(graph.Find(0x20020)).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(8, 0UL)]
    [InlineData(4, 0UL)]
    [InlineData(8, 4UL)]
    public void Every_kind_of_record_is_read_without_a_complaint(int idSize, ulong shift)
    {
        var snapshot = Read(Everything(idSize, shift).ToArray());
        snapshot.Warnings.ShouldBeEmpty();
        var graph = snapshot.Graph;
        graph.NodeCount.ShouldBe(13 + 12 + 2 + 4 + 1 + 4 + 8 + 1 + 1);
        var held = graph.Find(0x40000 + shift);
        graph.TypeNameOf(held).ShouldBe("com.acme.Holder");
        graph.References(held).ToArray().ShouldBe([graph.Find(0x40080 + shift)]);
        graph.WeakReferences.Select(e => e.Strength).Distinct().Count().ShouldBe(4);
        graph.Labels.OutsideBytes(graph.Find(0x50000)).ShouldBe(1 << 20);
    }

    [Fact]
    public void Locals_of_a_thread_that_is_in_the_dump_are_held_by_it_and_others_are_roots()
    {
        var writer = Shop();
        writer.Instance(0x30000, OrderClass, 1);
        writer.Root(HeapTag.RootJniLocal, 0x30000, thread: 99, number: 0);
        var graph = Read(writer.ToArray()).Graph;

        graph.Dominators.ImmediateDominator(graph.Find(Local)).ShouldBe(graph.Find(ThreadObject));
        graph.Roots.ShouldContain(r => r.Node == graph.Find(0x30000) && r.Kind == RootKind.Stack);
    }

    [Fact]
    public void Android_dumps_have_records_of_their_own()
    {
        var writer = new HprofWriter(4, "1.0.3");
        AddKnownClasses(writer);
        writer.HeapInfo('A', "app");
        writer.PrimitiveArray(0x20000, BasicType.Byte, 5000, tag: HeapTag.PrimitiveArrayNoData);
        writer.Root(HeapTag.Unreachable, 0x20000);
        writer.HeapInfo('Z', "zygote");
        AddString(writer, Text, TextBytes, "zygote's");
        writer.Root(HeapTag.RootVmInternal, Text);
        writer.Root(HeapTag.RootDebugger, 0x20000);
        var snapshot = Read(writer.ToArray());

        snapshot.Warnings.ShouldBeEmpty();
        var graph = snapshot.Graph;
        graph.ShallowSize(graph.Find(0x20000)).ShouldBe(5016);
        graph.TypeNameOf(graph.Find(0x20000)).ShouldBe("byte[]");
        graph.Labels.Describe(graph.Find(Text)).ShouldBe("\"zygote's\"");
        graph.Roots.Select(r => r.Kind).ShouldContain(RootKind.Runtime);
    }

    [Fact]
    public void References_to_what_is_not_in_the_dump_are_left_out()
    {
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        writer.Class(
            0x30000,
            "Pair",
            ObjectClass,
            fields: [("a", BasicType.Object), ("b", BasicType.Object), ("c", BasicType.Object)]
        );
        writer.Instance(0x20000, 0x30000, 0xdead0, 0x20040, 0xbeef8);
        writer.Instance(0x20040, 0x31337, 1, 2);
        writer.ObjectArray(0x20080, 0x31338, 0xdead0, 0x20040);
        writer.Root(HeapTag.RootUnknown, 0xdead0);
        writer.Root(HeapTag.RootUnknown, 0x20000);
        var graph = Read(writer.ToArray()).Graph;

        Held(graph, 0x20000).ShouldBe(["b: (unknown class)"]);
        Held(graph, 0x20080).ShouldBe(["[1]: (unknown class)"]);
        graph.TypeNameOf(graph.Find(0x20080)).ShouldBe("(unknown class)[]");
        graph.Roots.Count(r => r.Kind == RootKind.Other).ShouldBe(1);
    }

    [Fact]
    public void Referents_are_held_as_firmly_as_their_reference_says()
    {
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        ulong[] classes = [SoftClass, WeakClass, PhantomClass, FinalClass];
        for (ulong i = 0; i < 4; i++)
        {
            var values =
                classes[i] == SoftClass
                    ? new ulong[] { 1, 0x21000, 0x20000 + i * 64, 0 }
                    : [0x21000, 0x20000 + i * 64, 0];
            writer.Instance(0x20000 + i * 64, ObjectClass);
            writer.Instance(0x22000 + i * 64, classes[i], values);
            writer.Root(HeapTag.RootUnknown, 0x22000 + i * 64);
        }

        writer.Instance(0x21000, ObjectClass);
        var graph = Read(writer.ToArray()).Graph;

        graph
            .WeakReferences.Select(e => (graph.Id(e.From), graph.Id(e.To), e.Strength))
            .ShouldBe([
                (0x22000ul, 0x20000ul, ReferenceStrength.Soft),
                (0x22040ul, 0x20040ul, ReferenceStrength.Weak),
                (0x22080ul, 0x20080ul, ReferenceStrength.Phantom),
                (0x220c0ul, 0x200c0ul, ReferenceStrength.Finalizer),
            ]);
        for (ulong i = 0; i < 4; i++)
        {
            Held(graph, 0x22000 + i * 64).ShouldBe(["queue: java.lang.Object"]);
        }

        graph.Dominators.IsReachable(graph.Find(0x20000)).ShouldBeTrue();
        graph.Dominators.IsReachable(graph.Find(0x20040)).ShouldBeFalse();
        graph.Dominators.IsReachable(graph.Find(0x20080)).ShouldBeFalse();
        graph.Dominators.IsReachable(graph.Find(0x200c0)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Addresses_in_any_order_and_of_any_kind_are_found(int seed)
    {
        // Ascending, in pieces that stand anywhere, shuffled, odd, and too far apart for a bit each: the same graph must come out.
        foreach (var spread in (ulong[])[8, 24, 7, 1UL << 40])
        {
            foreach (var piece in (int[])[3000, 40, 1])
            {
                var random = new Random(seed);
                const int count = 3000;
                var order = InPieces(count, piece, random);
                var writer = new HprofWriter();
                AddKnownClasses(writer);
                writer.Class(0x30000, "Pair", ObjectClass, fields: [("a", BasicType.Object), ("b", BasicType.Object)]);
                foreach (var i in order)
                {
                    writer.Instance(Address(i), 0x30000, Address((i * 7 + 1) % count), i % 3 == 0 ? 0 : Address(i / 2));
                    if (random.Next(100) == 0)
                    {
                        writer.EndSegment();
                    }
                }

                var graph = Read(writer.ToArray()).Graph;
                for (var i = 0; i < count; i++)
                {
                    var node = graph.Find(Address(i));
                    graph.Id(node).ShouldBe(Address(i));
                    var held = graph.References(node).ToArray().Select(graph.Id);
                    held.ShouldBe(
                        i % 3 == 0 ? [Address((i * 7 + 1) % count)] : [Address((i * 7 + 1) % count), Address(i / 2)]
                    );
                }

                ulong Address(int i) => 0x7_0000_0000 + (ulong)i * spread;
            }
        }
    }

    [Fact]
    public void An_array_of_a_million_references_is_read_in_portions()
    {
        const int count = 100_000;
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        for (ulong i = 0; i < count; i++)
        {
            writer.Instance(0x100000 + i * 16, ObjectClass);
        }

        writer.ObjectArray(
            0x9000000,
            OrdersClass,
            [.. Enumerable.Range(0, count).Select(i => i % 10 == 3 ? 0 : 0x100000 + (ulong)i * 16)]
        );
        var graph = Read(writer.ToArray()).Graph;
        var array = graph.Find(0x9000000);

        graph.References(array).Length.ShouldBe(count * 9 / 10);
        graph.Id(graph.References(array)[^1]).ShouldBe(0x100000ul + (count - 1) * 16);
        graph.Labels.Reference(array, count * 9 / 10 - 1).ShouldBe($"[{count - 1}]");
        graph.Labels.Reference(array, 3).ShouldBe("[4]");
    }

    [Fact]
    public void A_heap_dump_in_one_record_of_more_than_4_GB_and_an_array_of_5_GB_are_read()
    {
        // Written with a hole: the array's content takes no place on the disk.
        const uint elements = 640_000_000;
        var writer = new HprofWriter(8, "1.0.1");
        AddKnownClasses(writer);
        writer.PrimitiveArray(0x7_0000_0000, BasicType.Long, 0);
        var before = writer.ToArray();
        var record = Records(before).Single(at => before[at] == (byte)RecordTag.HeapDump);
        var after = new HprofWriter(8, "1.0.1");
        after.Instance(0x9_0000_0000, ObjectClass);
        after.Root(HeapTag.RootUnknown, 0x7_0000_0000);
        var tail = after.ToArray()[(HeaderBytes + 9)..];
        BinaryPrimitives.WriteUInt32BigEndian(before.AsSpan(before.Length - 5), elements);
        var length = before.Length + elements * 8L + tail.Length;
        BinaryPrimitives.WriteUInt32BigEndian(before.AsSpan(record + 5), (uint)(length - record - 9));
        using var file = new TemporaryFile();
        file.Write(before);
        using (var stream = File.OpenWrite(file.Path))
        {
            stream.Position = length - tail.Length;
            stream.Write(tail);
        }

        var snapshot = Read(file.Path);
        snapshot.Warnings.ShouldBeEmpty();
        var graph = snapshot.Graph;
        graph.Find(0x9_0000_0000).ShouldBeGreaterThan(0);
        graph.ShallowSize(graph.Find(0x7_0000_0000)).ShouldBe(24 + elements * 8L);
        graph.Dominators.RetainedSize(graph.Find(0x7_0000_0000)).ShouldBe(24 + elements * 8L);
    }

    [Fact]
    public void Strings_are_told_in_every_way_in_which_Java_has_kept_them()
    {
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        writer.Instance(0x20000, StringClass, 0x21000, 1, 0);
        writer.PrimitiveArray(0x21000, BasicType.Byte, 6, [0x42, 0x04, 0x3e, 0x04, 0x34, 0x04]);
        writer.Instance(0x20100, StringClass, 0x21100, 0, 0);
        writer.PrimitiveArray(0x21100, BasicType.Char, 2, [0x04, 0x42, 0x04, 0x3e]);
        writer.Instance(0x20200, StringClass, 0, 0, 0);
        writer.Instance(0x20300, StringClass, 0xdead8, 0, 0);
        AddString(writer, 0x20400, 0x21400, new string('x', 500));
        var graph = Read(writer.ToArray()).Graph;

        graph.Labels.Describe(graph.Find(0x20000)).ShouldBe("\"тод\"");
        graph.Labels.Describe(graph.Find(0x20100)).ShouldBe("\"то\"");
        graph.Labels.Describe(graph.Find(0x20200)).ShouldBeNull();
        graph.Labels.Describe(graph.Find(0x20300)).ShouldBeNull();
        graph.Labels.Describe(graph.Find(0x20400)).ShouldBe($"\"{new string('x', 80)}\"");
    }

    [Theory]
    [InlineData(24, 8, 0, 12)] // 64 bits, compressed references and class pointers
    [InlineData(24, 4, 0, 8)] // 32 bits
    public void Instances_and_arrays_have_the_sizes_that_the_JVM_gives_them(ulong step, int idSize, int _, int header)
    {
        var writer = new HprofWriter(idSize);
        AddKnownClasses(writer);
        writer.Class(
            0x30000,
            "Fields",
            ObjectClass,
            fields: [("a", BasicType.Object), ("b", BasicType.Byte), ("c", BasicType.Short)]
        );
        writer.Class(0x30100, "Long", ObjectClass, fields: [("a", BasicType.Long)]);
        writer.Class(0x30200, "[LFields;", ObjectClass);
        for (ulong i = 0; i < 10; i++)
        {
            writer.Instance(0x20000 + i * step, 0x30000);
        }

        writer.ObjectArray(0x40000, 0x30200, 0, 0, 0, 0, 0);
        writer.Instance(0x40028, 0x30100, 1);
        writer.PrimitiveArray(0x50000, BasicType.Int, 5);
        writer.PrimitiveArray(0x60000, BasicType.Double, 5);
        var graph = Read(writer.ToArray()).Graph;

        graph.ShallowSize(graph.Find(0x20000)).ShouldBe(Up(header + 4 + 3));
        graph.ShallowSize(graph.Find(0x40028)).ShouldBe(Up(header == 12 ? 16 + 8 : 8 + 8));
        graph.ShallowSize(graph.Find(0x40000)).ShouldBe(Up(header + 4 + 20));
        graph.ShallowSize(graph.Find(0x50000)).ShouldBe(Up(header + 4 + 20));
        graph.ShallowSize(graph.Find(0x60000)).ShouldBe(Up(header + 4) + 40);

        static long Up(long bytes) => (bytes + 7) / 8 * 8;
    }

    /// <summary>Several pieces, each at lower addresses than the one before, as ZGC and Shenandoah write their regions.</summary>
    [Fact]
    public void An_array_at_the_end_of_a_piece_says_nothing_of_the_next_piece()
    {
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        writer.Class(0x30200, "[LPair;", ObjectClass);
        var elements = new ulong[2000];
        const int arrays = 200;
        for (ulong i = 0; i < arrays; i++)
        {
            writer.ObjectArray(0x7000_0000 - (i * 0x10000), 0x30200, elements);
        }

        var graph = Read(writer.ToArray()).Graph;

        graph.ShallowSize(graph.Find(0x7000_0000)).ShouldBe(24 + (elements.Length * 8));
    }

    /// <summary>The sizes that a JVM of version 17 gives the same fields (jcmd GC.class_histogram), one instance far from any other.</summary>
    [Theory]
    [InlineData(true, 24)]
    [InlineData(false, 32)]
    public void Fields_fill_the_holes_of_a_super_class_where_the_JVM_is_seen_to_do_so(bool isSeen, int size)
    {
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        writer.Class(0x30000, "A", ObjectClass, fields: [("a", BasicType.Byte)]);
        writer.Class(0x30100, "B", 0x30000, fields: [("b", BasicType.Byte), ("c", BasicType.Byte)]);
        writer.Class(
            0x30200,
            "C",
            0x30100,
            fields: [("d", BasicType.Byte), ("e", BasicType.Int), ("f", BasicType.Int)]
        );
        writer.Class(0x30300, "[LA;", ObjectClass);
        writer.Class(0x30400, "D", 0x30000, fields: [("g", BasicType.Byte), ("h", BasicType.Byte)]);
        writer.ObjectArray(0x40000, 0x30300, 0, 0, 0, 0, 0);
        writer.Instance(0x40028, 0x30200);
        writer.Instance(0x50000, 0x30400);
        writer.Instance(isSeen ? 0x50010UL : 0x51000, 0x30400);
        var graph = Read(writer.ToArray()).Graph;

        graph.ShallowSize(graph.Find(0x40028)).ShouldBe(size);
    }

    [Fact]
    public void Without_compression_references_take_eight_bytes()
    {
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        writer.Class(0x30000, "Pair", ObjectClass, fields: [("a", BasicType.Object), ("b", BasicType.Object)]);
        writer.Class(0x30200, "[LPair;", ObjectClass);
        for (ulong i = 0; i < 10; i++)
        {
            writer.Instance(0x20000 + i * 32, 0x30000);
        }

        writer.ObjectArray(0x40000, 0x30200, 0, 0, 0, 0);
        writer.Instance(0x40000 + 16 + 8 + 32, 0x30000);
        var graph = Read(writer.ToArray()).Graph;

        graph.ShallowSize(graph.Find(0x20000)).ShouldBe(32);
        graph.ShallowSize(graph.Find(0x40000)).ShouldBe(24 + 32);
    }
}
