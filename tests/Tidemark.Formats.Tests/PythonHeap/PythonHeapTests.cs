using Tidemark.Core.Heap;
using Tidemark.Formats.PythonHeap;
using static Tidemark.Formats.PythonHeap.PythonHeapWriter;

namespace Tidemark.Formats.Tests.PythonHeap;

public class PythonHeapTests
{
    private static readonly PythonHeapFormat Format = new();

    [Fact]
    public void A_module_variable_is_a_root_with_its_name()
    {
        var graph = Read(Shop());

        var root = graph.Roots.Single(r => r.Name == "module shop.ACTIVE");
        root.Kind.ShouldBe(RootKind.Static);
        graph.TypeNameOf(root.Node).ShouldBe("dict");
        var session = graph.References(root.Node)[0];
        graph.TypeNameOf(session).ShouldBe("shop.Session");
    }

    [Fact]
    public void An_attribute_dict_is_part_of_its_owner()
    {
        var graph = Read(Shop());
        var session = graph.Find(100);

        graph.Find(101).ShouldBe(-1);
        graph.ShallowSize(session).ShouldBe(48 + 104);
        graph.Labels.Reference(session, 0).ShouldBe("user");
        graph.TypeNameOf(graph.References(session)[0]).ShouldBe("str");
    }

    [Fact]
    public void Items_of_a_list_are_named_by_their_index_although_they_come_last_first()
    {
        var graph = Read(Shop());
        var list = graph.Find(103);

        graph.Id(graph.References(list)[0]).ShouldBe(105UL);
        graph.Labels.Reference(list, 0).ShouldBe("[1]");
        graph.Labels.Reference(list, 1).ShouldBe("[0]");
    }

    [Fact]
    public void Slots_are_named_by_the_layout_of_their_type()
    {
        var graph = Read(Shop());
        graph.Labels.Reference(graph.Find(105), 0).ShouldBe("left");
    }

    [Fact]
    public void What_more_refer_to_than_was_found_is_held_from_outside()
    {
        var graph = Read(Shop());
        graph.Roots.ShouldContain(r => r.Node == graph.Find(111) && r.Kind == RootKind.Handle);
    }

    [Theory]
    [InlineData(true, "not collected yet")]
    [InlineData(false, "gc is disabled")]
    public void A_circle_that_nothing_holds_is_uncollected_garbage(bool collectorIsOn, string because)
    {
        var graph = Read(Shop(collectorIsOn));
        var root = graph.Roots.Single(r => r.Kind == RootKind.FinalizerQueue);

        root.Name.ShouldBe($"uncollected cycles ({because})");
        graph.References(root.Node).ToArray().Select(graph.Id).ShouldBe([120UL, 121UL], ignoreOrder: true);
    }

    [Fact]
    public void An_allocation_stack_names_the_function()
    {
        var graph = Read(Shop());
        var stack = graph.Labels.AllocationStack(graph.Find(100)).ShouldNotBeNull();
        stack[0].Function.ShouldBe("shop.login");
        stack[0].Line.ShouldBe(12);
        graph.Labels.AllocationStack(graph.Find(103)).ShouldBeNull();
    }

    [Fact]
    public void Strings_are_not_in_the_capture_except_names()
    {
        var graph = Read(Shop());
        graph.Labels.Describe(graph.Find(102)).ShouldBeNull();
    }

    [Fact]
    public void A_capture_cut_short_gives_what_was_written_with_a_warning()
    {
        using var file = new TemporaryFile();
        var whole = Shop();
        file.Write(whole.AsSpan(0, whole.Length - 10));
        var snapshot = Format.Read(DumpFile.Open(file.Path), ReadContext.Quiet);

        snapshot.Warnings.Single().ShouldContain("cut short");
        ((HeapSnapshot)snapshot).Graph.NodeCount.ShouldBe(Read(whole).NodeCount);
    }

    [Fact]
    public void A_newer_version_of_the_format_is_told_as_such()
    {
        using var file = new TemporaryFile();
        file.Write("tidemark python heap 7\n"u8);
        var dump = DumpFile.Open(file.Path);
        DumpFormats.Detect(dump).ShouldBeOfType<PythonHeapFormat>();
        Should
            .Throw<MalformedDumpException>(() => Format.Read(dump, ReadContext.Quiet))
            .Message.ShouldContain("version 1");
    }

    [Fact]
    public void More_objects_or_references_than_the_limit_are_refused()
    {
        Refuses(new PythonHeapLimits { MaxObjects = 3 }, "3 objects");
        Refuses(new PythonHeapLimits { MaxReferences = 3 }, "3 references");
        Refuses(new PythonHeapLimits { MaxBlockBytes = 30 }, "at most 30");

        static void Refuses(PythonHeapLimits limits, string because)
        {
            using var file = new TemporaryFile();
            file.Write(Shop());
            Should
                .Throw<MalformedDumpException>(() =>
                    new PythonHeapFormat(limits).Read(DumpFile.Open(file.Path), ReadContext.Quiet)
                )
                .Message.ShouldContain(because);
        }
    }

    [Fact]
    public void A_damaged_capture_gets_an_answer_or_a_clear_refusal() => Mutations.MustNotHurt(Format, Shop());

    [Fact]
    public void Any_cut_gives_an_answer_or_a_clear_refusal() => Mutations.MustNotHurtCutShort(Format, Shop());

    private static HeapGraph Read(byte[] capture)
    {
        using var file = new TemporaryFile();
        file.Write(capture);
        return ((HeapSnapshot)Format.Read(DumpFile.Open(file.Path), ReadContext.Quiet)).Graph;
    }

    /// <summary>Module shop: ACTIVE is a dict with one Session, whose user is a string and whose items are a list with a slotted pair; an object held from outside; a circle.</summary>
    internal static byte[] Shop(bool collectorIsOn = true)
    {
        using var stream = new MemoryStream();
        var writer = new PythonHeapWriter(stream, collectorIsOn);
        writer.Type(0, 1, "dict", "dict");
        writer.Type(1, 2, "module", "module");
        writer.Type(2, 3, "shop.Session", "instance", hasDict: true);
        writer.Type(3, 4, "str", "str");
        writer.Type(4, 5, "list", "list");
        writer.Type(5, 6, "shop.Pair", "instance");
        writer.Text(50, "ACTIVE");
        writer.Text(51, "user");
        writer.Text(52, "items");
        writer.Layout(5, "left");
        writer.Root("module", 10, "shop", 11);
        writer.Objects(
            new Item(10, 1, 72, 1, [11]),
            new Item(100, 2, 48, 1, [101]),
            new Item(103, 4, 72, 1, [105, 102]),
            new Item(105, 5, 40, 1, [110]),
            new Item(110, 5, 40, 5, []),
            new Item(111, 5, 40, 2, []),
            new Item(120, 5, 40, 1, [121]),
            new Item(121, 5, 40, 1, [120])
        );
        writer.Dicts(
            new Item(11, 0, 232, 1, [60], [50]),
            new Item(60, 0, 232, 1, [100], [70]),
            new Item(101, 0, 104, 1, [102, 103], [51, 52])
        );
        writer.Leaves(
            new Item(50, 3, 55, 0, []),
            new Item(51, 3, 53, 0, []),
            new Item(52, 3, 54, 0, []),
            new Item(70, 3, 60, 0, []),
            new Item(102, 3, 58, 0, [])
        );
        writer.Site(100, 1, ("/srv/shop.py", 12, "shop.login"), ("/srv/app.py", 3, "app.main"));
        writer.End();
        return stream.ToArray();
    }
}
