using System.Text.RegularExpressions;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Core.Tests.Suspects;

public class MergedRootPathTests
{
    /// <summary>The oracle puts every single way into words and merges by those.</summary>
    [Fact]
    public void Ways_are_merged_by_their_words()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var graph = Draw(new Random(seed));
            int[] nodes = [.. Enumerable.Range(0, graph.NodeCount)];

            var merged = MergedRootPath.Of(graph, nodes);

            merged.Select(Told).Order().ShouldBe(OneByOne(graph, nodes).Order(), $"seed {seed}");
            merged.Select(m => m.Count).ShouldBeInOrder(SortDirection.Descending);
        }
    }

    [Fact]
    public void What_differs_in_numbers_alone_is_one_way()
    {
        var sketch = new HeapSketch();
        var map = sketch.Static("App.byName", "Lib.Map");
        for (var i = 0; i < 1000; i++)
        {
            sketch.Refer(map, $"user{i}", sketch.Node("Session"));
        }

        var graph = sketch.Graph();
        var merged = MergedRootPath.Of(graph, [.. Enumerable.Range(0, graph.NodeCount).Where(n => n != map)]);

        merged.Single().Elements.ShouldBe(["static App.byName", "Lib.Map.user0", "Session"]);
        merged[0].Count.ShouldBe(1000);
    }

    [Fact]
    public void Whether_an_entry_is_the_first_of_its_bucket_makes_no_difference()
    {
        var sketch = new HeapSketch();
        var table = sketch.Static("App.byName", "Table");
        var sessions = new List<int>();
        for (var bucket = 0; bucket < 10; bucket++)
        {
            var before = table;
            for (var place = 0; place <= bucket % 3; place++)
            {
                var (entry, session) = (sketch.Node("Entry"), sketch.Node("Session"));
                sketch.Refer(before, before == table ? "buckets" : "next", entry);
                sketch.Refer(entry, "value", session);
                sessions.Add(session);
                before = entry;
            }
        }

        var knowledge = new RuntimeKnowledge { Collections = [new(new Regex("^Entry$"), CollectionRole.Inner)] };

        MergedRootPath
            .Of(sketch.Graph(), sessions, knowledge)
            .Single()
            .Elements.ShouldBe(["static App.byName", "Table.buckets", "Entry.value", "Session"]);
    }

    /// <summary>With a way for each node, as long as the list up to there, this would take hours.</summary>
    [Fact]
    public void A_long_list_is_one_way()
    {
        var sketch = new HeapSketch();
        var last = sketch.Static("App.queue", "Lib.List");
        var nodes = new List<int>();
        for (var i = 0; i < 300_000; i++)
        {
            var next = sketch.Node("Lib.Node");
            sketch.Refer(last, "next", next);
            nodes.Add(last = next);
        }

        var merged = MergedRootPath.Of(sketch.Graph(), nodes);

        merged
            .Select(m => (string.Join(' ', m.Elements), m.Count))
            .ShouldBe([
                ("static App.queue Lib.List.next Lib.Node.next Lib.Node", 299_999),
                ("static App.queue Lib.List.next Lib.Node", 1),
            ]);
    }

    private static IEnumerable<string> OneByOne(HeapGraph graph, int[] nodes)
    {
        var wording = new ChainWording(graph);
        using var paths = RootPaths.FromRoots(graph, nodes);
        return
        [
            .. nodes
                .Select(n => (Node: n, Way: paths.To(n)))
                .Where(n => n.Way.Count > 0)
                .GroupBy(n => string.Join(" -> ", wording.Word(n.Way).Texts))
                .Select(g =>
                    $"{g.Key}: {g.Count()} {g.Sum(n => graph.ShallowSize(n.Node))} {g.Sum(n => graph.Dominators.RetainedSize(n.Node))}"
                ),
        ];
    }

    private static string Told(MergedRootPath way) =>
        $"{string.Join(" -> ", way.Elements)}: {way.Count} {way.ShallowBytes} {way.RetainedBytes}";

    private static HeapGraph Draw(Random random)
    {
        var sketch = new HeapSketch();
        var nodes = new List<int>();
        var count = random.Next(1, 80);
        for (var i = 0; i < count; i++)
        {
            var type = $"{(char)('A' + random.Next(4))}";
            nodes.Add(
                random.Next(15) == 0
                    ? sketch.Static($"Root.{(char)('a' + random.Next(3))}", type, 8 * random.Next(1, 20))
                    : sketch.Node(type, 8 * random.Next(1, 20))
            );
        }

        for (var i = 0; i < 3 * count; i++)
        {
            // Some objects hold very many others.
            var from = random.Next(3) == 0 ? nodes[0] : nodes[random.Next(count)];
            sketch.Refer(from, $"{(char)('a' + random.Next(3))}", nodes[random.Next(count)]);
        }

        return sketch.Graph();
    }
}
