using Tidemark.Core.Heap;
using Tidemark.Formats.Hprof;
using Tidemark.Formats.Indexes;
using static Tidemark.Formats.Tests.Hprof.HprofSample;

namespace Tidemark.Formats.Tests.Hprof;

public sealed class HprofIndexTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-index-").FullName;

    private string Dump => Path.Combine(folder, "heap.hprof");

    private string Index => Dump + IndexFile.Suffix;

    public void Dispose()
    {
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_000_000);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(8, 16UL, 2000)]
    [InlineData(8, 8UL, 40)]
    [InlineData(4, 16UL, 1)]
    [InlineData(8, 7UL, 1)]
    public void The_second_reading_tells_the_same_as_the_first(int idSize, ulong spread, int piece)
    {
        File.WriteAllBytes(Dump, Heap(idSize, spread, piece));
        var first = ReadIndexed(out var wasIndexed);
        wasIndexed.ShouldBeFalse();
        (File.GetUnixFileMode(Index) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)).ShouldBe(UnixFileMode.None);
        var second = ReadIndexed(out wasIndexed);
        wasIndexed.ShouldBeTrue();

        second.Warnings.ShouldBe(first.Warnings);
        second.TakenAt.ShouldBe(first.TakenAt);
        var (a, b) = (first.Graph, second.Graph);
        b.NodeCount.ShouldBe(a.NodeCount);
        b.Roots.ShouldBe(a.Roots);
        b.WeakReferences.ShouldBe(a.WeakReferences);
        b.Dominators.TotalBytes.ShouldBe(a.Dominators.TotalBytes);
        b.Dominators.HeldWeakly.ShouldBe(a.Dominators.HeldWeakly);
        for (var node = 0; node < a.NodeCount; node++)
        {
            b.Id(node).ShouldBe(a.Id(node));
            b.Find(a.Id(node)).ShouldBe(a.Find(a.Id(node)));
            b.Describe(node).ShouldBe(a.Describe(node));
            b.ShallowSize(node).ShouldBe(a.ShallowSize(node));
            b.References(node).SequenceEqual(a.References(node)).ShouldBeTrue();
            b.Dominators.ImmediateDominator(node).ShouldBe(a.Dominators.ImmediateDominator(node));
            b.Dominators.RetainedSize(node).ShouldBe(a.Dominators.RetainedSize(node));
            for (var i = 0; i < a.References(node).Length; i++)
            {
                b.Labels.Reference(node, i).ShouldBe(a.Labels.Reference(node, i));
            }
        }
    }

    [Fact]
    public void An_index_of_another_dump_is_not_used_and_is_written_anew()
    {
        File.WriteAllBytes(Dump, Heap(8, 16, piece: 2000));
        ReadIndexed(out _);
        var changed = File.GetLastWriteTimeUtc(Dump);

        File.SetLastWriteTimeUtc(Dump, changed.AddSeconds(1));
        ReadIndexed(out var wasIndexed);
        wasIndexed.ShouldBeFalse("another time");
        ReadIndexed(out wasIndexed);
        wasIndexed.ShouldBeTrue();

        var bytes = File.ReadAllBytes(Dump);
        bytes[^20] ^= 1;
        File.WriteAllBytes(Dump, bytes);
        File.SetLastWriteTimeUtc(Dump, changed.AddSeconds(1));
        ReadIndexed(out wasIndexed);
        wasIndexed.ShouldBeFalse("another content");
    }

    [Fact]
    public void Answers_are_kept_with_the_index_and_go_with_it()
    {
        File.WriteAllBytes(Dump, Heap(8, 16, piece: 2000));
        var answers = ReadIndexed(out _).Answers.ShouldNotBeNull();
        answers.Recall("how many").ShouldBeNull();
        answers.Remember("how many", "2024");
        answers.Remember("how large", new string('x', 10_000));
        var second = ReadIndexed(out var wasIndexed);
        wasIndexed.ShouldBeTrue();
        second.Answers!.Recall("how many").ShouldBe("2024");
        second.Answers.Recall("how large").ShouldBe(new string('x', 10_000));
        second.Answers.Recall("how old").ShouldBeNull();
        second.Graph.NodeCount.ShouldBeGreaterThan(1000);

        for (var i = 0; i < 100; i++)
        {
            answers.Remember($"question {i}", "answer"); // more than there is room for
        }

        ReadIndexed(out wasIndexed);
        wasIndexed.ShouldBeTrue();
        var bytes = File.ReadAllBytes(Index);
        bytes.AsSpan().Replace((byte)'x', (byte)'y');
        File.Delete(Index);
        File.WriteAllBytes(Index, bytes);
        answers.Recall("how large").ShouldBeNull("another content than was written, or an index that others may read");
        File.Delete(Index);
        answers.Recall("how many").ShouldBeNull();
        answers.Remember("how many", "2024");
        File.Exists(Index).ShouldBeFalse();
    }

    [Fact]
    public void An_index_that_others_may_write_is_not_trusted()
    {
        File.WriteAllBytes(Dump, Heap(8, 16, piece: 2000));
        ReadIndexed(out _);
        File.SetUnixFileMode(Index, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        ReadIndexed(out var wasIndexed);
        wasIndexed.ShouldBeFalse();
    }

    [Fact]
    public void Without_leave_no_index_is_written_or_used_and_small_or_packed_dumps_have_none()
    {
        File.WriteAllBytes(Dump, Heap(8, 16, piece: 2000));
        Read(Dump);
        new HprofFormat().Read(DumpFile.Open(Dump), new ReadContext { UsesIndex = true });
        Directory.GetFiles(folder).ShouldBe([Dump]);
    }

    [Fact]
    public void A_dump_of_whose_index_nothing_can_be_written_is_read_all_the_same()
    {
        File.WriteAllBytes(Dump, Heap(8, 16, piece: 2000));
        Directory.CreateDirectory(Index); // root writes everywhere, but not over a folder
        ReadIndexed(out var wasIndexed).Graph.NodeCount.ShouldBeGreaterThan(1000);
        wasIndexed.ShouldBeFalse();
        Directory.GetFiles(folder).ShouldBe([Dump]);
    }

    [Fact]
    public void A_damaged_index_does_no_harm()
    {
        File.WriteAllBytes(Dump, Heap(8, 16, piece: 1));
        ReadIndexed(out _);
        var whole = File.ReadAllBytes(Index);
        var random = new Random(3);
        for (var round = 0; round < 300; round++)
        {
            var damaged = (byte[])whole.Clone();
            for (var i = random.Next(1, 40); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var length = round % 10 == 0 ? random.Next(damaged.Length) : damaged.Length;
            // A new file: the old one may be mapped by a graph that was not collected yet.
            File.Delete(Index);
            File.WriteAllBytes(Index, damaged.AsSpan(0, length));
            File.SetUnixFileMode(Index, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var graph = ReadIndexed(out _).Graph;
            for (var node = 0; node < graph.NodeCount; node += 7)
            {
                graph.Dominators.RetainedSize(node);
                graph.Find(0x7_0000_0000 + (ulong)node * 8).ShouldBeLessThan(graph.NodeCount);
                graph.References(node).Length.ShouldBeGreaterThanOrEqualTo(0);
            }
        }
    }

    /// <summary>Reads with leave to use the index, and tells whether it was used: then nothing new was written.</summary>
    private HeapSnapshot ReadIndexed(out bool wasIndexed)
    {
        var before = File.Exists(Index) ? File.GetLastWriteTimeUtc(Index) : DateTime.MinValue;
        if (before != DateTime.MinValue)
        {
            before = before.AddSeconds(-10);
            File.SetLastWriteTimeUtc(Index, before);
            before = File.GetLastWriteTimeUtc(Index);
        }

        var snapshot = (HeapSnapshot)
            new HprofFormat(new HprofLimits { LeastIndexed = 0, LeastShared = 0 }).Read(
                DumpFile.Open(Dump),
                new ReadContext { UsesIndex = true }
            );
        wasIndexed = before != DateTime.MinValue && File.GetLastWriteTimeUtc(Index) == before;
        return snapshot;
    }

    private static byte[] Heap(int idSize, ulong spread, int piece)
    {
        const int count = 2000;
        var order = InPieces(count, piece, new Random(5));
        var writer = Shop(idSize, inSegments: true);
        writer.Class(0x30000, "Pair", ObjectClass, fields: [("a", BasicType.Object), ("b", BasicType.Object)]);
        foreach (var i in order)
        {
            writer.Instance(Address(i), 0x30000, Address(i * 2 % count), i % 3 == 0 ? 0 : Address(i / 2));
        }

        writer.Instance(0x70000, WeakClass, 0, Address(5), 0);
        writer.ObjectArray(0x71000, OrdersClass, [.. order.Take(700).Select(Address)]);
        writer.Root(HeapTag.RootJniGlobal, 0x71000);
        writer.Root(HeapTag.RootUnknown, Address(1));
        writer.Garbage(0x99);
        return writer.ToArray();

        ulong Address(int i) => 0x7000_0000 + (ulong)i * spread;
    }
}
