using System.Diagnostics;
using Tidemark.Core.Heap;
using Tidemark.Formats.Hprof;
using static Tidemark.Formats.Tests.Hprof.HprofSample;

namespace Tidemark.Formats.Tests.Hprof;

public class HprofDamageTests
{
    [Theory]
    [InlineData("1.0.1", false)]
    [InlineData("1.0.2", true)]
    public void A_dump_that_is_cut_off_anywhere_is_read_as_far_as_it_goes(string version, bool inSegments)
    {
        var whole = Shop(8, version, inSegments).ToArray();
        var all = Read(whole).Graph;
        var objects = 0;
        for (var length = 0; length < whole.Length; length++)
        {
            try
            {
                var snapshot = Read(whole.AsSpan(0, length));
                var graph = snapshot.Graph;
                graph.NodeCount.ShouldBeGreaterThanOrEqualTo(objects, $"{length} bytes");
                graph.NodeCount.ShouldBeLessThanOrEqualTo(all.NodeCount);
                objects = graph.NodeCount;
                for (var node = 0; node < graph.NodeCount - 12; node++)
                {
                    // What was read is right: the same object has the same type, and never holds more than in the whole dump.
                    var same = all.Find(graph.Id(node));
                    graph.TypeNameOf(node).ShouldBe(all.TypeNameOf(same));
                    graph.References(node).Length.ShouldBeLessThanOrEqualTo(all.References(same).Length);
                }

                Walk(graph);
                if (graph.NodeCount < all.NodeCount)
                {
                    snapshot.Warnings.ShouldNotBeEmpty($"{length} of {whole.Length} bytes");
                }
            }
            catch (MalformedDumpException refused)
            {
                objects.ShouldBe(0, "once there are objects, more bytes cannot be worse");
                refused.Offset.ShouldBeInRange(0, length);
                refused.Message.ShouldNotContain("\n");
            }
        }

        objects.ShouldBe(all.NodeCount);
    }

    [Fact]
    public void What_follows_a_damaged_segment_is_read_nevertheless()
    {
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        writer.Instance(0x20000, ObjectClass);
        writer.Garbage(0x55);
        writer.Instance(0x20010, ObjectClass);
        writer.EndSegment();
        writer.Instance(0x20020, ObjectClass);
        var snapshot = Read(writer.ToArray());

        snapshot.Warnings.Single().ShouldContain("unknown heap record 0x55");
        snapshot.Graph.Find(0x20000).ShouldBe(0);
        snapshot.Graph.Find(0x20010).ShouldBe(-1);
        snapshot.Graph.Find(0x20020).ShouldBe(1);
    }

    [Fact]
    public void Limits_are_kept_and_named()
    {
        var dump = Shop().ToArray();
        Should
            .Throw<MalformedDumpException>(() => Read(dump, new HprofLimits { MaxObjects = 20 }))
            .Message.ShouldContain("more than 20 objects");
        Read(dump, new HprofLimits { MaxObjects = 21 }).Graph.NodeCount.ShouldBe(21);
        Read(dump, new HprofLimits { MaxInstanceBytes = 16 }).Warnings.ShouldNotBeEmpty();
        var talkative = new HprofWriter();
        AddKnownClasses(talkative);
        AddString(talkative, Text, TextBytes, new string('x', 60));
        var texts = Read(talkative.ToArray(), new HprofLimits { MaxTextBytes = 40 }).Graph;
        texts.Labels.Describe(texts.Find(Text)).ShouldBe($"\"{new string('x', 40)}\"");
        var damaged = new HprofWriter();
        AddKnownClasses(damaged);
        for (var i = 0; i < 3; i++)
        {
            damaged.Garbage(0x55);
            damaged.EndSegment();
        }

        Should
            .Throw<MalformedDumpException>(() => Read(damaged.ToArray(), new HprofLimits { MaxDamages = 2 }))
            .Message.ShouldContain("damaged places");
    }

    [Theory]
    [InlineData("")]
    [InlineData("JAVA PROFILE 1.0.9\0\0\0\0\u0008\0\0\0\0\0\0\0\0")]
    [InlineData("JAVA PROFILE 1.0.2\0\0\0\0\u0007\0\0\0\0\0\0\0\0")]
    [InlineData("JAVA PROFILE 1.0.2\0\0\0\0\u0008\0\0\0\0\0\0\0\0")]
    [InlineData("JAVA PROFILE 1.0.2\0\0\0\0\u0008\0\0\0\0\0\0\0\0\u0001\0\0\0\0\u00ff\u00ff\u00ff\u00ff")]
    public void What_is_no_dump_or_holds_nothing_is_refused_in_one_line(string content)
    {
        var refused = Should.Throw<MalformedDumpException>(() => Read(System.Text.Encoding.Latin1.GetBytes(content)));
        refused.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void Classes_that_extend_themselves_end_nowhere_and_cost_little()
    {
        var writer = new HprofWriter();
        var fields = Enumerable.Range(0, 2000).Select(i => ("f", BasicType.Object)).ToArray();
        writer.Class(0x10000, "A", super: 0x10000, fields: fields[..10]);
        writer.Class(0x10100, "B", super: 0x10200, fields: fields[..10]);
        writer.Class(0x10200, "C", super: 0x10100, fields: fields[..10]);
        writer.RawInstance(0x20000, 0x10000, new byte[80]);
        writer.RawInstance(0x20100, 0x10200, new byte[160]);
        var snapshot = Read(writer.ToArray());
        snapshot.Warnings.ShouldContain(w => w.Contains("extend themselves"));
        Walk(snapshot.Graph);
    }

    [Fact]
    public void A_tower_of_classes_with_many_fields_costs_no_more_than_the_file_weighs()
    {
        var writer = new HprofWriter();
        var fields = Enumerable.Range(0, 20_000).Select(i => ("f", BasicType.Object)).ToArray();
        writer.Class(0x10000, "Base", fields: fields);
        for (ulong i = 1; i < 1500; i++)
        {
            writer.Class(0x10000 + i * 16, "Sub", super: 0x10000);
        }

        var dump = writer.ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var snapshot = Read(dump);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100 << 20);
        snapshot.Warnings.ShouldContain(w => w.Contains("fields"));
    }

    [Fact]
    public void Many_thread_roots_with_one_number_and_many_locals_do_not_multiply()
    {
        var writer = new HprofWriter();
        AddKnownClasses(writer);
        writer.Instance(0x20000, ObjectClass);
        for (ulong i = 0; i < 5000; i++)
        {
            writer.Instance(0x30000 + i * 16, ThreadClass);
            writer.Instance(0x30000, ThreadClass); // one identity again and again
            writer.Root(HeapTag.RootThreadObject, 0x30000 + i * 16, thread: 1);
            writer.Root(HeapTag.RootJavaFrame, 0x20000, thread: 1);
        }

        Read(writer.ToArray()).Graph.ReferenceCount.ShouldBeLessThan(20_000);
    }

    [Theory]
    [InlineData(8, "1.0.2", true)]
    [InlineData(4, "1.0.1", false)]
    public void Mutations_end_in_a_graph_or_in_a_plain_complaint(int idSize, string version, bool inSegments)
    {
        var whole = Shop(idSize, version, inSegments).ToArray();
        var random = new Random(4711);
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("TIDEMARK_MUTATIONS"), out var more) ? more : 800;
        var read = 0;
        for (var round = 0; round < rounds; round++)
        {
            var damaged = Mutations.Mutate(whole, random);
            try
            {
                Walk(Read(damaged).Graph);
                read++;
            }
            catch (MalformedDumpException refused)
            {
                refused.Message.ShouldNotContain("\n");
                refused.Offset.ShouldBeInRange(0, damaged.Length);
            }
        }

        read.ShouldBeGreaterThan(rounds / 10);
        using var self = Process.GetCurrentProcess();
        self.WorkingSet64.ShouldBeLessThan(3L << 30);
    }

    /// <summary>Asks for everything that can be asked.</summary>
    private static void Walk(HeapGraph graph)
    {
        graph.Dominators.TotalBytes.ShouldBeGreaterThanOrEqualTo(0);
        for (var node = 0; node < graph.NodeCount; node++)
        {
            graph.Describe(node).ShouldNotBeNull();
            for (var i = 0; i < Math.Min(50, graph.References(node).Length); i++)
            {
                graph.Labels.Reference(node, i);
            }
        }
    }
}
