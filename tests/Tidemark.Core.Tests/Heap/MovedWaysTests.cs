using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

/// <summary>What has moved is compared elsewhere: nothing is lost on the way, and nothing else moves.</summary>
public class MovedWaysTests
{
    [Fact]
    public void Every_object_stands_on_one_way_before_and_after()
    {
        var moves = 0;
        for (var seed = 0; seed < 2000; seed++)
        {
            var (first, last) = (RandomHeaps.Create(seed), RandomHeaps.Create(50_000 + seed));
            var alone = HoldingCensus.Of(first, new HoldingPaths());
            var diff = HeapDiff.Between([first, last]);
            var before = diff.Censuses[0];
            var paths = Enumerable.Range(0, diff.Paths.Count).ToList();

            paths.Sum(before.Count).ShouldBe(first.Dominators.Count);
            paths.Sum(before.ShallowBytes).ShouldBe(first.Dominators.TotalBytes);
            before.RetainedBytes(0).ShouldBe(alone.RetainedBytes(0));
            for (var rank = 1; rank <= first.Dominators.Count; rank++)
            {
                // It goes with what holds it, and its type stays.
                var path = before.PathOfRank(rank);
                diff.Paths.Type(path).ShouldBe(alone.Paths.Type(alone.PathOfRank(rank)));
                before.Count(path).ShouldBeGreaterThan(0);
            }

            var shared = new HoldingPaths();
            moves += MovedWays.Between(HoldingCensus.Of(first, shared), HoldingCensus.Of(last, shared)) is null ? 0 : 1;
        }

        moves.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Between_a_snapshot_and_itself_nothing_moves()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var graph = RandomHeaps.Create(seed);
            var paths = new HoldingPaths();
            MovedWays.Between(HoldingCensus.Of(graph, paths), HoldingCensus.Of(graph, paths)).ShouldBeNull();
        }
    }
}
