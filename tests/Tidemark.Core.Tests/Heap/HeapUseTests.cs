using System.Text.RegularExpressions;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Core.Tests.Heap;

public class HeapUseTests
{
    [Fact]
    public void Groups_of_dominators_equal_those_of_the_tree_on_random_graphs()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var graph = RandomHeaps.Create(seed);
            var expected = Group([.. graph.Dominators.Children(-1)], 3);
            Flat(DominatorGroup.Top(graph, most: 1000, depth: 3)).ShouldBe(Flat(expected), $"seed {seed}");

            IReadOnlyList<DominatorGroup> Group(IReadOnlyList<int> nodes, int depth) =>
                depth == 0
                    ? []
                    :
                    [
                        .. nodes
                            .GroupBy(graph.TypeNameOf)
                            .Select(g => new DominatorGroup(
                                g.Key,
                                g.Count(),
                                g.Sum(graph.ShallowSize),
                                g.Sum(graph.Dominators.RetainedSize),
                                Group([.. g.SelectMany(n => graph.Dominators.Children(n))], depth - 1)
                            ))
                            .OrderByDescending(g => g.RetainedBytes)
                            .ThenBy(g => g.Type, StringComparer.Ordinal),
                    ];
        }

        static List<string> Flat(IReadOnlyList<DominatorGroup> groups) =>
            [
                .. groups.SelectMany(g =>
                    Flat(g.Children)
                        .Select(c => $"{g.Type} > {c}")
                        .Prepend($"{g.Type} {g.Count} {g.ShallowBytes} {g.RetainedBytes}")
                ),
            ];
    }

    [Fact]
    public void Contents_are_compared_with_type_and_size()
    {
        using var builder = new HeapGraphBuilder();
        var (text, bytes) = (builder.AddType("text"), builder.AddType("byte[]"));
        var random = new Random(1);
        var contents = new List<(int Type, long Size, ulong Content)>();
        for (var i = 0; i < 20_000; i++)
        {
            var one = (random.Next(2), 16L + 8 * random.Next(3), (ulong)random.Next(4000));
            builder.AddRoot(builder.AddNode(one.Item1 == 0 ? text : bytes, one.Item2, (ulong)i), RootKind.Static);
            contents.Add(one);
        }

        builder.AddNode(text, 16, 99_999); // not reachable
        contents.Add((0, 16, 1));
        var found = DuplicateContents.Of(builder.Build(new Contents(contents)), 5).ShouldNotBeNull();

        var groups = contents.SkipLast(1).GroupBy(c => c).Where(g => g.Count() > 1).ToList();
        found.Objects.ShouldBe(20_000);
        found.Groups.ShouldBe(groups.Count);
        found.WastedBytes.ShouldBe(groups.Sum(g => (g.Count() - 1) * g.Key.Size));
        found
            .Largest.Select(d => d.WastedBytes)
            .ShouldBe(groups.Select(g => (g.Count() - 1) * g.Key.Size).OrderDescending().Take(5));
        DuplicateContents.Of(RandomHeaps.Create(1), 5).ShouldBeNull();
    }

    [Fact]
    public void Where_the_content_tells_all_copies_of_other_sizes_are_copies_too()
    {
        using var builder = new HeapGraphBuilder();
        var (flat, pieces) = (builder.AddType("flat"), builder.AddType("pieces"));
        var contents = new List<(int Type, long Size, ulong Content)>();
        foreach (var size in new long[] { 32, 40, 24, 40, 32 })
        {
            var type = size == 32 ? pieces : flat;
            builder.AddRoot(builder.AddNode(type, size, (ulong)contents.Count), RootKind.Static);
            contents.Add((type, size, 7));
        }

        var found = DuplicateContents.Of(builder.Build(new Contents(contents, tellAll: true)), 5).ShouldNotBeNull();

        var one = found.Largest.ShouldHaveSingleItem();
        (one.Node, one.Copies, one.WastedBytes).ShouldBe((1, 5, 32 + 24 + 40 + 32));
        found.WastedBytes.ShouldBe(one.WastedBytes);
    }

    [Fact]
    public void Collections_are_measured_by_their_parts()
    {
        using var builder = new HeapGraphBuilder();
        var map = builder.AddType("Map");
        var table = builder.AddType("Entry[]");
        var entry = builder.AddType("Entry");
        var list = builder.AddType("List");
        var array = builder.AddType("Object[]");
        var value = builder.AddType("Value");
        var full = Map(entries: 20, places: 32);
        Map(entries: 1, places: 64);
        builder.AddRoot(builder.AddNode(map, 48, 900), RootKind.Static); // empty, without a table
        var elements = builder.AddNode(list, 24, 901);
        var storage = builder.AddNode(array, 16 + 4 * 100, 902);
        builder.AddReference(elements, storage);
        for (var i = 0; i < 80; i++)
        {
            builder.AddReference(storage, builder.AddNode(value, 16, (ulong)(1000 + i)));
        }

        builder.AddRoot(elements, RootKind.Static);
        var census = CollectionCensus.Of(builder.Build(), Knowledge, 2);

        census.Biggest.Count.ShouldBe(2);
        census.Biggest[0].ShouldBe(new CollectionUse(elements, 80, 100, 80, 24 + 416, 24 + 416 + 80 * 16));
        census
            .Biggest[1]
            .ShouldBe(new CollectionUse(full, 20, 32, 20, 48 + 16 + 128 + 20 * 32, 48 + 16 + 128 + 20 * (32 + 16)));
        var maps = census.Types.Single(t => t.Type == "Map");
        (maps.Count, maps.Empty, maps.Entries, maps.Slots, maps.UsedSlots).ShouldBe((3, 1, 21, 96, 21));
        maps.FillRatio.ShouldNotBeNull().ShouldBe(21.0 / 96);

        int Map(int entries, int places)
        {
            var owner = builder.AddNode(map, 48, (ulong)builder.NodeCount);
            var slots = builder.AddNode(table, 16 + 4 * places, (ulong)builder.NodeCount);
            builder.AddReference(owner, slots);
            for (var i = 0; i < entries; i++)
            {
                var one = builder.AddNode(entry, 32, (ulong)builder.NodeCount);
                builder.AddReference(slots, one);
                builder.AddReference(one, builder.AddNode(value, 16, (ulong)builder.NodeCount));
            }

            builder.AddRoot(owner, RootKind.Static);
            return owner;
        }
    }

    [Fact]
    public void Entries_are_what_was_put_in()
    {
        using var builder = new HeapGraphBuilder();
        var value = builder.AddType("Value");
        var set = New("Set");
        var map = New("Map");
        var table = New("Entry[]");
        builder.AddReference(set, map);
        builder.AddReference(map, table);
        for (var i = 0; i < 3; i++)
        {
            // Each entry stands behind an index, which is none itself.
            var (index, entry) = (New("Index"), New("Entry"));
            builder.AddReference(table, index);
            builder.AddReference(index, entry);
            builder.AddReference(entry, builder.AddNode(value, 16, (ulong)builder.NodeCount));
        }

        builder.AddReference(table, New("Entry")); // the first one of a queue, which holds nothing
        var pairs = New("PairMap");
        var turns = New("Object[]");
        builder.AddReference(pairs, turns);
        for (var i = 0; i < 7; i++)
        {
            builder.AddReference(turns, builder.AddNode(value, 16, (ulong)builder.NodeCount));
        }

        // A part that refers back to the whole is not who holds it.
        builder.AddReference(turns, pairs);
        var holder = New("Holder");
        builder.AddReference(holder, pairs);
        builder.AddRoot(set, RootKind.Static);
        builder.AddRoot(holder, RootKind.Static);
        var graph = builder.Build();
        var census = CollectionCensus.Of(graph, Knowledge, 9);

        // The map that the set is made of is not told of again.
        census.Biggest.Select(c => c.Node).ShouldBe([pairs, set]);
        census.Biggest.Select(c => c.Entries).ShouldBe([4, 3]);

        // Nothing has a field's name here: the ways end at what the roots hold.
        var holders = ContentHolders.Of(graph, [set, pairs], Knowledge);
        holders[set].ShouldBe(holders[pairs]);

        int New(string type) => builder.AddNode(builder.AddType(type), 16, (ulong)builder.NodeCount);
    }

    private static RuntimeKnowledge Knowledge { get; } =
        new()
        {
            EntriesReferToContent = true,
            Collections =
            [
                new(new Regex("^Index$"), CollectionRole.Inner) { Entries = 0 },
                new(new Regex(@"^Entry(\[\])?$"), CollectionRole.Inner),
                new(new Regex("^PairMap$"), CollectionRole.Map) { Entries = 0.5 },
                new(new Regex("^Set$"), CollectionRole.Set),
                new(new Regex("^Map$"), CollectionRole.Map),
                new(new Regex("^List$"), CollectionRole.List),
            ],
        };

    private sealed class Contents(List<(int Type, long Size, ulong Content)> contents, bool tellAll = false)
        : HeapLabels
    {
        public override bool ContentTellsAll => tellAll;

        public override string? Reference(int from, int ordinal) => null;

        public override string? Describe(int node) => null;

        public override bool VisitContents(ContentVisitor visit, CancellationToken cancellation)
        {
            for (var node = 0; node < contents.Count; node++)
            {
                visit(node, contents[node].Content);
            }

            return true;
        }
    }
}
