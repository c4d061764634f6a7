using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Captures;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Tests;

public class VerdictRefinementTests
{
    [Theory]
    [InlineData(4_000, GrowthKind.WarmUp)]
    [InlineData(40_000_000, GrowthKind.UnboundedCache)]
    [InlineData(null, GrowthKind.Leak)]
    public void Growth_into_a_cache_that_evicts_in_time_is_a_warm_up(int? bound, GrowthKind expected)
    {
        var graphs = new GrowthVerdict(GrowthKind.Leak, GrowthShape.Linear, 0.9, null, null, []);
        // A thousand entries of a KiB each came, and the limit is at a GiB.
        var suspect = new Suspect("str in cache", "filling-cache", 1 << 20, 1 << 10, 0.9, null, null, null, "", "")
        {
            Bound = bound,
        };
        var history = new ProcessHistoryBuilder("service");
        history.Add(0, new SignalSample { [Signal.Footprint] = 100 << 20, [Signal.Limit] = 1 << 30 });

        var verdict = VerdictRefinement.Refine(graphs, history.ToHistory(), [], [suspect], null);

        verdict.Kind.ShouldBe(expected);
    }

    [Theory]
    [InlineData(0, null, GrowthKind.Inconclusive)]
    [InlineData(3, null, GrowthKind.Leak)]
    [InlineData(0, 5e6, GrowthKind.Leak)]
    [InlineData(null, null, GrowthKind.Leak)]
    public void What_grows_before_the_first_collection_may_be_garbage(
        int? collections,
        double? live,
        GrowthKind expected
    )
    {
        var graphs = new GrowthVerdict(GrowthKind.Leak, GrowthShape.Linear, 0.9, null, null, []);
        var history = new ProcessHistoryBuilder("service");
        foreach (var at in (double[])[0, 60])
        {
            var sample = new SignalSample { [Signal.Footprint] = 1e7 + at };
            sample[Signal.GcCount] = collections ?? double.NaN;
            sample[Signal.LiveHeap] = live ?? double.NaN;
            history.Add(at, sample);
        }

        var verdict = VerdictRefinement.Refine(graphs, history.ToHistory(), [], [], null);

        verdict.Kind.ShouldBe(expected);
        verdict.NeedsMore.ShouldBe(expected == GrowthKind.Inconclusive ? TimeSpan.FromMinutes(1) : null);
    }

    [Fact]
    public void How_a_fragmented_heap_is_divided_is_evidence_and_says_what_helps_first()
    {
        var graphs = new GrowthVerdict(GrowthKind.Fragmentation, GrowthShape.Flat, 0.9, null, null, []);
        var usual = new Remedy("restart it", "a gap in service");
        var fitting = new Remedy("MALLOC_ARENA_MAX=2", "threads wait");
        HeapDivision[] division = [new("9 arenas", 4 << 20, "bytes", fitting), new("3 holes", 1 << 20, "bytes")];
        var history = new ProcessHistoryBuilder("service");
        history.Add(
            0,
            new SignalSample
            {
                [Signal.Footprint] = 9e6,
                [Signal.LiveHeap] = 1e6,
                [Signal.CommittedHeap] = 8e6,
            }
        );

        var verdict = VerdictRefinement.Refine(graphs, history.ToHistory(), [], [], division);

        verdict.Evidence.Select(e => e.Finding).Skip(1).ShouldBe(["9 arenas", "3 holes"]);
        verdict.Evidence[0].Finding.ShouldStartWith("of ");
        FragmentationCase
            .Remedies(new RuntimeKnowledge { Fragmentation = [usual, fitting] }, division)
            .ShouldBe([
                "against fragmentation: MALLOC_ARENA_MAX=2 (threads wait)",
                "against fragmentation: restart it (a gap in service)",
            ]);
        VerdictRefinement
            .Refine(graphs with { Kind = GrowthKind.Leak }, history.ToHistory(), [], [], division)
            .Evidence.ShouldBeEmpty();
    }

    [Fact]
    public void A_cache_that_explains_little_of_the_growth_changes_nothing()
    {
        var graphs = new GrowthVerdict(GrowthKind.Leak, GrowthShape.Linear, 0.9, null, null, []);
        var suspect = new Suspect("str in cache", "filling-cache", 1 << 20, 1 << 10, 0.4, null, null, null, "", "")
        {
            Bound = 4000,
        };

        VerdictRefinement
            .Refine(graphs, new ProcessHistoryBuilder("service").ToHistory(), [], [suspect], null)
            .Kind.ShouldBe(GrowthKind.Leak);
    }
}
