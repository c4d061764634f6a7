using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

public class RootPathsTests
{
    [Fact]
    public void Paths_are_as_short_as_can_be_and_go_along_references()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var graph = RandomHeaps.Create(seed);
            var targets = Enumerable.Range(0, graph.NodeCount).ToList();
            using var paths = RootPaths.FromRoots(graph, targets);
            foreach (var target in targets)
            {
                var path = paths.To(target);
                (path.Count > 0).ShouldBe(graph.Dominators.IsReachable(target), $"seed {seed}, object {target}");
                for (var i = 1; i < path.Count; i++)
                {
                    Holds(graph, path[i - 1], path[i]).ShouldBeTrue($"seed {seed}, object {target}");
                }

                var expected = Distance(graph, target);
                path.Count.ShouldBe(expected, $"seed {seed}, object {target}");
            }
        }
    }

    [Fact]
    public void What_a_soft_reference_alone_keeps_begins_a_way_of_its_own()
    {
        using var builder = new HeapGraphBuilder();
        var type = builder.AddType("Object");
        var soft = builder.AddNode(type, 16, 1);
        var a = builder.AddNode(type, 16, 2);
        var both = builder.AddNode(type, 16, 3);
        var softOnly = builder.AddNode(type, 16, 4);
        builder.AddRoot(soft, RootKind.Static);
        builder.AddReference(soft, both, ReferenceStrength.Soft);
        builder.AddReference(soft, softOnly, ReferenceStrength.Soft);
        builder.AddReference(soft, a);
        builder.AddReference(a, both);
        var graph = builder.Build();
        using var paths = RootPaths.FromRoots(graph, [both, softOnly]);

        paths.To(both).ShouldBe([soft, a, both]);
        paths.To(softOnly).ShouldBe([softOnly]);
    }

    private static bool Holds(HeapGraph graph, int from, int to) =>
        graph.References(from).Contains(to) || graph.TypeObject(graph.TypeOf(from)) == to;

    /// <summary>Objects on the shortest way from a root, or from what is held weakly where no root leads there; 0 where there is none.</summary>
    private static int Distance(HeapGraph graph, int target)
    {
        List<int> roots = [.. graph.Roots.Select(r => r.Node)];
        var distance = Distance(graph, [.. roots], [.. roots], target);
        if (distance > 0)
        {
            return distance;
        }

        var held = Reached(graph, roots);
        return Distance(
            graph,
            [.. graph.Dominators.HeldWeakly.Select(e => e.To).Where(n => !held.Contains(n))],
            held,
            target
        );
    }

    private static HashSet<int> Reached(HeapGraph graph, List<int> roots)
    {
        var seen = roots.ToHashSet();
        _ = Distance(graph, [.. roots], seen, target: -1);
        return seen;
    }

    private static int Distance(HeapGraph graph, HashSet<int> layer, HashSet<int> seen, int target)
    {
        for (var distance = 1; layer.Count > 0; distance++)
        {
            if (layer.Contains(target))
            {
                return distance;
            }

            var following = new HashSet<int>();
            foreach (var node in layer)
            {
                foreach (var next in graph.References(node))
                {
                    if (seen.Add(next))
                    {
                        following.Add(next);
                    }
                }

                if (graph.TypeObject(graph.TypeOf(node)) is >= 0 and var typeObject && seen.Add(typeObject))
                {
                    following.Add(typeObject);
                }
            }

            layer = following;
        }

        return 0;
    }
}
