using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;

namespace Tidemark.Core.Tests.Allocation;

public class CallGraphTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Flat_and_cum_agree_with_counting_by_hand(int seed)
    {
        var profile = RandomProfiles.Draw(seed);
        var flat = new Dictionary<string, long>();
        var cum = new Dictionary<string, long>();
        for (var s = 0; s < profile.StackCount; s++)
        {
            var names = profile.Stack(s).ToArray().Select(f => RandomProfiles.NameOf(profile, f)).ToList();
            foreach (var name in names.Distinct())
            {
                cum[name] = cum.GetValueOrDefault(name) + profile.Values(1)[s];
            }

            if (names.Count > 0)
            {
                flat[names[0]] = flat.GetValueOrDefault(names[0]) + profile.Values(1)[s];
            }
        }

        var graph = CallGraph.Build(profile, new FunctionTable(profile), 1, GraphTrim.None);

        graph.Nodes.ToDictionary(n => n.Name.Text, n => n.Cum).ShouldBe(cum, ignoreOrder: true);
        graph
            .Nodes.ToDictionary(n => n.Name.Text, n => n.Flat)
            .ShouldBe(cum.Keys.ToDictionary(n => n, n => flat.GetValueOrDefault(n)), ignoreOrder: true);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void An_edge_weighs_what_the_stacks_with_that_call_weigh(int seed)
    {
        var profile = RandomProfiles.Draw(seed);
        var weights = new Dictionary<(string, string), long>();
        for (var s = 0; s < profile.StackCount; s++)
        {
            var names = profile.Stack(s).ToArray().Select(f => RandomProfiles.NameOf(profile, f)).Reverse().ToList();
            foreach (var call in names.Zip(names.Skip(1)).Where(c => c.First != c.Second).Distinct())
            {
                weights[call] = weights.GetValueOrDefault(call) + profile.Values(1)[s];
            }
        }

        var graph = CallGraph.Build(profile, new FunctionTable(profile), 1, GraphTrim.None);

        graph
            .Nodes.SelectMany(n => n.Callees)
            .ToDictionary(e => (e.From.Name.Text, e.To.Name.Text), e => e.Weight)
            .ShouldBe(weights, ignoreOrder: true);
    }

    [Fact]
    public void A_call_over_a_dropped_function_joins_its_neighbours()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        var (main, small, leaf) = (Frame("main"), Frame("small"), Frame("leaf"));
        builder.Add([leaf, main], [10_000]);
        builder.Add([leaf, small, main], [40]);
        var profile = builder.Build();

        var graph = CallGraph.Build(profile, new FunctionTable(profile), 0, new GraphTrim());

        graph.DroppedNodes.ShouldBe(1);
        graph.Nodes.Select(n => n.Name.Text).ShouldBe(["leaf", "main"]);
        graph.Nodes[0].Callers.ShouldHaveSingleItem().Weight.ShouldBe(10_040);

        int Frame(string name) => builder.AddFrame(name, "f.go", 1);
    }

    [Fact]
    public void The_total_of_a_difference_counts_what_grew_and_what_shrank()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        builder.Add([builder.AddFrame("a", "", 1)], [30]);
        builder.Add([builder.AddFrame("b", "", 1)], [-20]);
        var profile = builder.Build();

        CallGraph.Build(profile, new FunctionTable(profile), 0, GraphTrim.None).Total.ShouldBe(50);
    }

    [Fact]
    public void Lines_of_one_function_stand_together_and_recursion_counts_once_a_line()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        var (first, second) = (builder.AddFrame("f", "f.go", 20), builder.AddFrame("f", "f.go", 24));
        builder.Add([first, second, first], [8]);
        builder.Add([second], [2]);

        var listing = FunctionListing
            .Of(builder.Build(), 0, new System.Text.RegularExpressions.Regex("^f$"))
            .ShouldHaveSingleItem();

        listing.Lines.ShouldBe([new LineValue(20, 8, 8), new LineValue(24, 2, 10)]);
        (listing.Flat, listing.Cum, listing.FirstLine, listing.LastLine).ShouldBe((10, 18, 15, 29));
    }

    /// <summary>A damaged pprof file can hold them: the sums are absurd then, as pprof's are, but they are answers.</summary>
    [Fact]
    public void Figures_whose_sum_turns_over_get_an_answer()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseObjects, SampleType.InUseSpace]);
        foreach (var function in (string[])["main.a", "main.b", "main.c"])
        {
            builder.Add([builder.AddFrame(function, "a.go", 1)], [long.MaxValue, long.MaxValue]);
            builder.Add([builder.AddFrame(function, "a.go", 2)], [1, long.MaxValue]);
        }

        var profile = builder.Build();

        CallGraph.Build(profile, new FunctionTable(profile), 1, GraphTrim.None).Nodes.Count.ShouldBe(3);
        FunctionListing.Of(profile, 1, new Regex("main", RegexOptions.NonBacktracking)).Count.ShouldBe(3);
        AllocationSuspects.Find(profile, new RuntimeKnowledge()).Count.ShouldBeLessThanOrEqualTo(3);
    }
}
