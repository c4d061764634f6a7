using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats.V8;

namespace Tidemark.Formats.Tests.V8;

/// <summary>Strings of equal text, in all the ways in which V8 keeps strings.</summary>
public sealed class V8DuplicatesTests : IDisposable
{
    private readonly TemporaryFile file = new();
    private readonly V8SnapshotWriter writer = new();
    private readonly int root;
    private readonly int global;
    private readonly int map;

    public V8DuplicatesTests()
    {
        root = writer.AddNode("synthetic", "", 0);
        global = writer.AddNode("object", "global", 40);
        map = writer.AddNode("object shape", "system / Map", 80);
        writer.AddEdge(root, "shortcut", "1", global);
    }

    public void Dispose() => file.Dispose();

    [Fact]
    public void Equal_texts_are_copies_however_they_are_kept()
    {
        Flat("customer 17", 32);
        Flat("customer 17", 32);
        Concatenated(Flat("cust", 24), Concatenated(Flat("omer", 24), Flat(" 17", 24)));
        Flat("customer 18", 32);
        Flat("omer 17", 24); // the text of an inner piece that is concatenated itself

        var duplicates = Find();

        duplicates.Objects.ShouldBe(9);
        duplicates.Groups.ShouldBe(2);
        duplicates.Largest.Select(d => (d.Copies, d.WastedBytes)).ShouldBe([(3, 64), (2, 24)]);
        Graph().Describe(duplicates.Largest[0].Node).ShouldContain("customer 17");
    }

    [Fact]
    public void A_string_that_only_leads_to_another_one_is_no_copy()
    {
        var flat = Flat("customer 17", 32);
        Concatenated(flat, Flat("", 16)); // flattened: the first half is all of it
        var replaced = Flat("customer 17", 24);
        writer.AddEdge(replaced, "internal", "actual", flat);
        var part = Held(writer.AddNode("sliced string", "(sliced string)", 32));
        writer.AddEdge(part, "internal", "parent", flat);
        Concatenated(part, Flat("!", 16)); // nobody knows its text

        Find().Groups.ShouldBe(0);
    }

    [Fact]
    public void Texts_that_were_cut_off_must_have_equal_sizes_and_say_so()
    {
        var beginning = new string('x', 1024);
        Flat(beginning, 2056);
        Flat(beginning, 2056);
        Flat(beginning, 4104);
        Flat("short", 24);
        Flat("short", 24);

        var duplicates = Find();

        duplicates.Largest.Select(d => (d.Copies, d.WastedBytes)).ShouldBe([(2, 2056), (2, 24)]);
        duplicates.Largest.Select(d => Graph().Labels.IsContentWhole(d.Node)).ShouldBe([false, true]);
    }

    [Fact]
    public void Pieces_without_end_and_in_a_circle_are_no_texts()
    {
        var deep = Flat("a", 16);
        for (var i = 0; i < 20_000; i++)
        {
            deep = Concatenated(deep, Flat("b", 16));
        }

        var circle = Held(writer.AddNode("concatenated string", "(concatenated string)", 32));
        writer.AddEdge(circle, "internal", "first", circle);
        writer.AddEdge(circle, "internal", "second", deep);

        Find().Groups.ShouldBe(1); // the pieces
        Graph().Describe(circle).ShouldStartWith("(concatenated string)");
    }

    [Fact]
    public void The_fields_that_hold_the_copies_are_named()
    {
        var sessions = Held(writer.AddNode("object", "Array", 16));
        for (var i = 0; i < 300; i++)
        {
            var session = writer.AddNode("object", i % 3 == 0 ? "Guest" : "Session", 48);
            writer.AddEdge(sessions, "element", i, session);
            var city = writer.AddNode("string", "Llanfairpwllgwyngyll", 40);
            writer.AddEdge(session, "property", "city", city);
            writer.AddEdge(session, "property", "map", map);
        }

        var graph = Graph();
        var duplicates = DuplicateContents.Of(graph, 5).ShouldNotBeNull();
        var holders = ContentHolders.Of(graph, duplicates, new RuntimeKnowledge())[0];

        holders.Select(h => h.Holder).ShouldBe(["Session.city", "Guest.city"]);
        holders[0].Share.ShouldBe(2.0 / 3, 0.15);
    }

    /// <summary>A snapshot with strings of every kind and a detached element, to be damaged.</summary>
    internal static byte[] Strings()
    {
        using var all = new V8DuplicatesTests();
        all.Concatenated(all.Flat("left", 24), all.Concatenated(all.Flat("mid", 24), all.Flat("right", 24)));
        all.Concatenated(all.Flat("leftmid", 24), all.Flat("right", 24));
        all.Flat("right", 24);
        var element = all.Held(all.writer.AddNode("native", "<div>", 64, detachedness: 2));
        all.writer.AddEdge(element, "internal", "1", all.writer.AddNode("native", "Layout", 32));
        using var stream = new MemoryStream();
        all.writer.Write(stream);
        return stream.ToArray();
    }

    private int Flat(string text, long bytes)
    {
        var node = Held(writer.AddNode("string", text, bytes));
        writer.AddEdge(node, "internal", "map", map);
        return node;
    }

    private int Concatenated(int first, int second)
    {
        var node = Held(writer.AddNode("concatenated string", "(concatenated string)", 32));
        writer.AddEdge(node, "internal", "first", first);
        writer.AddEdge(node, "internal", "second", second);
        writer.AddEdge(node, "internal", "map", map);
        return node;
    }

    private int Held(int node)
    {
        writer.AddEdge(global, "property", $"p{node}", node);
        return node;
    }

    private DuplicateContents Find() => DuplicateContents.Of(Graph(), 10).ShouldNotBeNull();

    private HeapGraph Graph()
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        file.Write(stream.ToArray());
        return ((HeapSnapshot)new V8SnapshotFormat().Read(DumpFile.Open(file.Path), ReadContext.Quiet)).Graph;
    }
}
