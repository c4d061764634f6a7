using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

public class DominatorTreeTests
{
    [Fact]
    public void Dominators_and_retained_sizes_equal_their_definition_on_random_graphs()
    {
        for (var seed = 0; seed < 600; seed++)
        {
            var graph = RandomHeaps.Create(seed);
            var oracle = new DominatorOracle(graph);
            var tree = graph.Dominators;
            tree.Count.ShouldBe(oracle.Reachable.Count, $"seed {seed}");
            for (var node = 0; node < graph.NodeCount; node++)
            {
                var reachable = oracle.Reachable.Contains(node);
                tree.IsReachable(node).ShouldBe(reachable, $"seed {seed}, object {node}");
                tree.RetainedSize(node)
                    .ShouldBe(reachable ? oracle.RetainedBytes(node) : 0, $"seed {seed}, object {node}");
                tree.ImmediateDominator(node)
                    .ShouldBe(reachable ? oracle.ImmediateDominator(node) : -1, $"seed {seed}, object {node}");
            }
        }
    }

    [Fact]
    public void Dense_and_larger_graphs_agree_with_the_definition_too()
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var graph = RandomHeaps.Create(100_000 + seed, maxNodes: 150);
            var oracle = new DominatorOracle(graph);
            for (var node = 0; node < graph.NodeCount; node++)
            {
                var expected = oracle.Reachable.Contains(node) ? oracle.RetainedBytes(node) : 0;
                graph.Dominators.RetainedSize(node).ShouldBe(expected, $"seed {seed}, object {node}");
            }
        }
    }

    [Fact]
    public void A_list_of_a_million_nodes_whose_elements_are_shared_takes_no_stack_and_no_quadratic_time()
    {
        const int length = 1_000_000;
        using var builder = new HeapGraphBuilder();
        var nodeType = builder.AddType("Node");
        var itemType = builder.AddType("Item");
        var mapType = builder.AddType("Map");
        for (var i = 0; i < length; i++)
        {
            builder.AddNode(nodeType, 24, (ulong)i);
        }

        for (var i = 0; i < length; i++)
        {
            builder.AddNode(itemType, 16, (ulong)(length + i));
        }

        var map = builder.AddNode(mapType, 32, 2 * length);
        for (var i = 0; i < length; i++)
        {
            builder.AddReference(i, length + i);
            if (i + 1 < length)
            {
                builder.AddReference(i, i + 1);
            }

            builder.AddReference(map, length + i);
        }

        builder.AddRoot(0, RootKind.Static, "static List.head");
        builder.AddRoot(map, RootKind.Static, "static Map.all");
        var tree = builder.Build().Dominators;

        tree.RetainedSize(0).ShouldBe(24L * length);
        tree.RetainedSize(length - 1).ShouldBe(24);
        tree.ImmediateDominator(length - 1).ShouldBe(length - 2);
        tree.ImmediateDominator(2 * length - 1).ShouldBe(-1);
        tree.RetainedSize(map).ShouldBe(32);
        tree.Children(-1).Count.ShouldBe(length + 2);
    }

    [Fact]
    public void Sizes_past_two_to_the_31st_and_the_32nd_add_up()
    {
        using var builder = new HeapGraphBuilder();
        var type = builder.AddType("byte[]");
        var holder = builder.AddNode(type, 24, 1);
        for (var i = 0; i < 5; i++)
        {
            builder.AddReference(holder, builder.AddNode(type, int.MaxValue - 7L, (ulong)(2 + i)));
        }

        builder.AddReference(holder, builder.AddNode(type, 40_000_000_000_000, 7));
        builder.AddRoot(holder, RootKind.Static);
        var graph = builder.Build();

        graph.Dominators.RetainedSize(holder).ShouldBe(24 + 5 * (int.MaxValue - 7L) + 40_000_000_000_000);
        graph.Dominators.TotalBytes.ShouldBe(graph.Dominators.RetainedSize(holder));
    }

    [Fact]
    public void Sizes_that_add_up_to_more_than_two_to_the_63rd_are_refused()
    {
        using var builder = new HeapGraphBuilder();
        var type = builder.AddType("byte[]");
        builder.AddNode(type, long.MaxValue, 1);
        builder.AddNode(type, long.MaxValue, 2);
        var graph = builder.Build();

        Should.Throw<ArgumentException>(() => graph.Dominators);
    }

    [Fact]
    public void What_only_a_finalizer_waits_for_is_held_by_the_queue_and_takes_no_share_of_the_rest()
    {
        using var builder = new HeapGraphBuilder();
        var type = builder.AddType("Object");
        var queue = builder.AddNode(type, 16, 1);
        var live = builder.AddNode(type, 16, 2);
        var owner = builder.AddNode(type, 16, 3);
        var stuck = builder.AddNode(type, 16, 4);
        var payload = builder.AddNode(type, 1000, 5);
        builder.AddRoot(queue, RootKind.Static);
        builder.AddRoot(owner, RootKind.Static);
        builder.AddReference(owner, live);
        builder.AddReference(stuck, payload);
        builder.AddReference(stuck, live);
        builder.AddReference(queue, live, ReferenceStrength.Finalizer);
        builder.AddReference(queue, stuck, ReferenceStrength.Finalizer);
        var graph = builder.Build();

        graph.Dominators.ImmediateDominator(live).ShouldBe(owner);
        graph.Dominators.RetainedSize(stuck).ShouldBe(1016);
        graph.Dominators.HeldWeakly.ShouldBe([new WeakReferenceEdge(queue, stuck, ReferenceStrength.Finalizer)]);
    }

    [Fact]
    public void An_object_keeps_the_object_of_its_type_alive()
    {
        using var builder = new HeapGraphBuilder();
        var plugin = builder.AddType("Plugin");
        var classes = builder.AddType("java.lang.Class");
        var instance = builder.AddNode(plugin, 16, 1);
        var pluginClass = builder.AddNode(classes, 100, 2);
        var statics = builder.AddNode(plugin, 16, 3);
        builder.SetTypeObject(plugin, pluginClass);
        builder.AddReference(pluginClass, statics);
        builder.AddRoot(instance, RootKind.Static);
        var graph = builder.Build();

        graph.Dominators.ImmediateDominator(pluginClass).ShouldBe(instance);
        graph.Dominators.RetainedSize(instance).ShouldBe(132);
    }
}
