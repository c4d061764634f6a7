using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;

namespace Tidemark.Core.Tests.Suspects;

public class AllocationSuspectsTests
{
    private const long Period = 512 * 1024;
    private const long Mebibyte = 1 << 20;

    private static readonly RuntimeKnowledge Knowledge = new()
    {
        Library = [new Regex("^(lib|runtime)[.]")],
        Noise = [new Regex("^runtime[.]malg$")],
        Waits = [new WaitReason(new Regex("^runtime[.]chansend"), "wait to send on a channel")],
        Culprits = [new KnownCulprit("list-element", new Regex("^lib[.]PushBack$"), "remove it")],
    };

    [Fact]
    public void The_innermost_function_of_the_user_is_the_site_and_its_callers_are_the_stack()
    {
        var suspect = Find(
                Capture(("lib.Copy < main.Put < main.handle", 0, 0)),
                Capture(("lib.Copy < main.Put < main.handle", 20 * Mebibyte, 20 * Mebibyte))
            )
            .ShouldHaveSingleItem();

        suspect.Site.ShouldNotBeNull().Function.ShouldBe("main.Put");
        suspect.Stack.ShouldNotBeNull().Select(s => s.Function).ShouldBe(["lib.Copy", "main.Put", "main.handle"]);
        suspect.GrowthBytes.ShouldBe(20 * Mebibyte);
        suspect.Share.ShouldBe(1);
    }

    [Fact]
    public void A_site_that_frees_what_it_allocates_is_churn_and_not_the_leak()
    {
        // Both gained eight megabytes by the look of it; one of them allocated two thousand to get there.
        var suspects = Find(
            Capture(("main.churn", 100 * Mebibyte, 0), ("main.leak", 0, 0)),
            Capture(("main.churn", 109 * Mebibyte, 2000 * Mebibyte), ("main.leak", 8 * Mebibyte, 8 * Mebibyte))
        );

        suspects[0].Subject.ShouldContain("main.leak");
        suspects.ShouldNotContain(s => s.Subject.Contains("main.churn", StringComparison.Ordinal));
    }

    [Fact]
    public void What_goes_up_and_down_again_ranks_behind_what_only_grows()
    {
        var suspects = Find(
            Capture(("main.wave", 10 * Mebibyte, 0), ("main.leak", 0, 0)),
            Capture(("main.wave", 5 * Mebibyte, 0), ("main.leak", 4 * Mebibyte, 4 * Mebibyte)),
            Capture(("main.wave", 20 * Mebibyte, 0), ("main.leak", 8 * Mebibyte, 8 * Mebibyte))
        );

        suspects[0].Site!.Function.ShouldBe("main.leak");
    }

    [Fact]
    public void What_the_runtime_keeps_for_itself_is_no_suspect() =>
        Find(Capture(("runtime.malg", 0, 0)), Capture(("runtime.malg", 9 * Mebibyte, 9 * Mebibyte))).ShouldBeEmpty();

    [Fact]
    public void A_known_culprit_on_the_way_to_the_site_names_the_pattern()
    {
        var suspect = Find(
            Capture(("lib.PushBack < main.Add", 0, 0)),
            Capture(("lib.PushBack < main.Add", 9 * Mebibyte, 9 * Mebibyte))
        )[0];

        (suspect.Pattern, suspect.Advice).ShouldBe(("list-element", "remove it"));
    }

    [Theory]
    [InlineData("main.compute < main.(*priceCache).Lookup < main.(*Server).handleOrder", true)]
    [InlineData("main.newSession < main.(*Sessions).Open < main.(*Cache).Get", false)]
    [InlineData("main.compute < main.run", false)]
    public void The_nearest_name_that_says_so_makes_it_a_cache(string stack, bool isCache) =>
        Find(Capture((stack, 0, 0)), Capture((stack, 9 * Mebibyte, 9 * Mebibyte)))[0].IsCache.ShouldBe(isCache);

    [Fact]
    public void A_map_that_holds_what_the_site_makes_is_named_with_who_fills_it()
    {
        var labels = new Dictionary<string, Label[]>
        {
            ["main.newSession"] = [new("operation", "new object"), new("type", "main.Session")],
            ["main.Put"] =
            [
                new("operation", "map assignment"),
                new("type", "map[string]*main.Session"),
                new("variable", "main.sessions"),
            ],
        };

        var suspect = Find(
            Capture(labels, ("main.newSession < main.handle", 0, 0), ("main.Put < main.handle", Mebibyte, 0)),
            Capture(
                labels,
                ("main.newSession < main.handle", 9 * Mebibyte, 9 * Mebibyte),
                ("main.Put < main.handle", Mebibyte, 0)
            )
        )[0];

        suspect.Subject.ShouldBe("map[string]*main.Session filled in main.Put, with what main.newSession allocates");
        suspect.RootPath.ShouldBe(["main.sessions", "map[string]*main.Session filled in main.Put"]);
        suspect.Pattern.ShouldBe("unbounded-map");
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_fault_and_not_of_the_build()
    {
        var one = Find(
            Capture(("main.f.func1 < main.g", 0, 0)),
            Capture(("main.f.func1 < main.g", Mebibyte, Mebibyte))
        )[0];
        var other = Find(
            Capture(("main.f.func2 < main.g", 0, 0)),
            Capture(("main.f.func2 < main.g", 7 * Mebibyte, 7 * Mebibyte))
        )[0];

        one.Fingerprint.ShouldBe(other.Fingerprint);
    }

    [Fact]
    public void Goroutines_that_pile_up_are_told_by_where_they_wait_and_who_starts_them()
    {
        const string stuck = "runtime.chansend1 < main.ask < main.Best";
        const string idle = "main.serve < main.main";

        var suspect = Find(
                Tasks((stuck, 10), (idle, 50)),
                Tasks((stuck, 300), (idle, 51)),
                Tasks((stuck, 700), (idle, 49))
            )
            .ShouldHaveSingleItem();

        suspect.Subject.ShouldBe("goroutines that wait to send on a channel in main.ask, started by main.Best");
        suspect.Pattern.ShouldBe("goroutine-leak");
        (suspect.GrowthCount, suspect.GrowthBytes).ShouldBe((690, 690 * 4096));
        suspect.RootPath.ShouldBe(["goroutine started by main.Best", "main.ask"]);
    }

    [Fact]
    public void What_stuck_goroutines_hold_is_put_on_their_account()
    {
        const string stuck = "runtime.chansend1 < main.ask < main.Best";
        var tasks = Find(Tasks((stuck, 0)), Tasks((stuck, 1000)));
        var allocations = Find(
            Capture(("main.load < main.ask", 0, 0), ("main.other", 0, 0)),
            Capture(
                ("main.load < main.ask", 16 * Mebibyte, 16 * Mebibyte),
                ("main.other", 40 * Mebibyte, 40 * Mebibyte)
            )
        );

        var all = StuckTasks.Absorb([.. allocations, .. tasks]);

        all.Select(s => s.Site!.Function).ShouldBe(["main.other", "main.ask"], ignoreOrder: true);
        all.First(s => s.Pattern == StuckTasks.Pattern).GrowthBytes.ShouldBe((16 * Mebibyte) + (1000 * 4096));
    }

    [Fact]
    public void Tasks_of_a_library_are_told_with_the_user_s_function_that_leads_there()
    {
        var knowledge = Knowledge with
        {
            Culprits =
            [
                new KnownCulprit("unread", new Regex("^lib[.]readLoop$"), "close it")
                {
                    CalledBy = new Regex("^lib[.]Get$"),
                },
            ],
        };
        var tasks = AllocationSuspects.Find(
            ProfileDiff.Between(
                Tasks(("runtime.gopark < lib.readLoop < lib.dial", 1)),
                Tasks(("runtime.gopark < lib.readLoop < lib.dial", 900))
            ),
            knowledge
        );
        var allocations = ProfileDiff.Between(
            Capture(("lib.new < lib.Get < main.fetch < main.run", 0, 0), ("lib.new < lib.Get < main.poll", 0, 0)),
            Capture(
                ("lib.new < lib.Get < main.fetch < main.run", Mebibyte, 2 * Mebibyte),
                ("lib.new < lib.Get < main.poll", 0, 9 * Mebibyte)
            )
        );

        var suspect = HiddenCallers.Name(tasks, allocations, knowledge).ShouldHaveSingleItem();

        suspect.Site!.Function.ShouldBe("lib.readLoop");
        suspect.Subject.ShouldEndWith(", on behalf of main.fetch or main.poll");
        suspect.Advice.ShouldBe("close it");
    }

    [Fact]
    public void A_heap_is_fragmented_by_who_allocates_much_in_small_pieces_and_keeps_little()
    {
        var diff = ProfileDiff.Between(
            Capture(("lib.New < main.decode", 0, 0), ("main.keep", 0, 0), ("main.rarely", 0, 0)),
            Capture(
                ("lib.New < main.decode", 2 * Mebibyte, 200 * Mebibyte),
                ("main.keep", 9 * Mebibyte, 9 * Mebibyte),
                ("main.rarely", 0, 2 * Mebibyte)
            )
        );

        var suspect = AllocationSuspects.FindFragmenting(diff, Knowledge).ShouldHaveSingleItem();

        suspect.Site!.Function.ShouldBe("main.decode");
        suspect.Pattern.ShouldBe("fragmentation");
        suspect.GrowthBytes.ShouldBe(2 * Mebibyte);
        suspect.Evidence[0].ShouldStartWith("200 MiB were allocated here");
    }

    private static IReadOnlyList<Suspect> Find(params AllocationProfile[] captures) =>
        AllocationSuspects.Find(ProfileDiff.Between(captures), Knowledge);

    private static AllocationProfile Capture(params (string Stack, long Live, long Allocated)[] stacks) =>
        Capture([], stacks);

    /// <summary>Live bytes and, since the first capture, allocated ones; objects are of 16 KiB.</summary>
    private static AllocationProfile Capture(
        Dictionary<string, Label[]> labels,
        params (string Stack, long Live, long Allocated)[] stacks
    )
    {
        var builder = new AllocationProfileBuilder([
            SampleType.AllocObjects,
            SampleType.AllocSpace,
            SampleType.InUseObjects,
            SampleType.InUseSpace,
        ])
        {
            Header = new ProfileHeader { Period = Period },
        };
        foreach (var (stack, live, allocated) in stacks)
        {
            var functions = stack.Split(" < ");
            builder.Add(
                [.. functions.Select(f => builder.AddFrame(f, "main.go", 1))],
                [allocated >> 14, allocated, live >> 14, live],
                builder.AddLabels(labels.GetValueOrDefault(functions[0], []))
            );
        }

        return builder.Build();
    }

    private static AllocationProfile Tasks(params (string Stack, long Count)[] stacks)
    {
        var builder = new AllocationProfileBuilder([SampleType.Goroutines, SampleType.GoroutineSpace]);
        foreach (var (stack, count) in stacks)
        {
            builder.Add([.. stack.Split(" < ").Select(f => builder.AddFrame(f, "main.go", 1))], [count, count * 4096]);
        }

        return builder.Build();
    }
}
