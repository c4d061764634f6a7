using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

public class TypeHistogramTests
{
    [Fact]
    public void Counts_and_sizes_of_types_equal_their_definition_on_random_graphs()
    {
        for (var seed = 0; seed < 250; seed++)
        {
            var graph = RandomHeaps.Create(seed);
            var oracle = new DominatorOracle(graph);
            var histogram = TypeHistogram.Of(graph);

            histogram.UnreachableCount.ShouldBe(graph.NodeCount - oracle.Reachable.Count, $"seed {seed}");
            histogram.Rows.Sum(r => r.Count).ShouldBe(oracle.Reachable.Count, $"seed {seed}");
            foreach (var row in histogram.Rows)
            {
                var members = oracle.Reachable.Where(n => graph.TypeNameOf(n) == row.Name).ToList();
                row.Count.ShouldBe(members.Count, $"seed {seed}, {row.Name}");
                row.ShallowBytes.ShouldBe(members.Sum(graph.ShallowSize), $"seed {seed}, {row.Name}");

                // Each object's retained set, united: what two of them hold only together is not counted.
                var united = oracle.Reachable.Where(n => members.Exists(m => m == n || oracle.Dominates(m, n)));
                row.RetainedBytes.ShouldBe(united.Sum(graph.ShallowSize), $"seed {seed}, {row.Name}");
            }
        }
    }

    [Fact]
    public void A_class_that_two_loaders_have_loaded_is_one_row()
    {
        using var builder = new HeapGraphBuilder();
        builder.AddRoot(builder.AddNode(builder.AddType("Plugin"), 16, 1), RootKind.Static);
        builder.AddRoot(builder.AddNode(builder.AddType("Plugin"), 16, 2), RootKind.Static);

        TypeHistogram.Of(builder.Build()).Rows.ShouldBe([new TypeRow("Plugin", 2, 32, 32)]);
    }
}
