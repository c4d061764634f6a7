using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Core.Tests.Suspects;

public class SurvivorsTests
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(1UL << 40)] // too far apart for a bit each
    public void Objects_are_told_apart_by_when_they_came_on_random_graphs(ulong spread)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var sets = new List<HashSet<int>>();
            var alive = new HashSet<int>();
            var next = 1;
            for (var snapshot = 0; snapshot < 2 + seed % 3; snapshot++)
            {
                alive.RemoveWhere(_ => random.Next(5) == 0);
                for (var i = random.Next(1, 30); i > 0; i--)
                {
                    alive.Add(next++);
                }

                sets.Add([.. alive]);
            }

            var diff = HeapDiff.Between([.. sets.Select(s => Graph(s, spread))]);
            var survivors = Survivors.Of(diff, new RuntimeKnowledge(), 100).ShouldNotBeNull();

            for (var cohort = 0; cohort < sets.Count; cohort++)
            {
                var expected = sets[^1].Count(id => sets.FindIndex(s => s.Contains(id)) == cohort);
                survivors.Cohorts[cohort].Objects.ShouldBe(expected + (cohort == 0 ? 1 : 0), $"seed {seed}");
            }

            survivors.Gone.ShouldBe(sets[0].Count(id => !sets[^1].Contains(id)));
            var lasting = sets.Count == 2 ? 1 : sets.Count - 2;
            var inQuestion = sets[^1].Where(id => sets.FindIndex(s => s.Contains(id)) is > 0 and var c && c <= lasting);
            survivors.Groups.Sum(g => g.Bytes).ShouldBe(inQuestion.Sum(id => 8L * (id % 7 + 1)));
        }
    }

    [Fact]
    public void What_comes_together_is_counted_with_the_topmost_and_told_by_its_holder()
    {
        var before = Sessions(0);
        var between = Sessions(100);
        var after = Sessions(150);
        var survivors = Survivors.Of(HeapDiff.Between([before, between, after]), new RuntimeKnowledge(), 10)!;

        survivors.Groups.Count.ShouldBe(1);
        survivors
            .Groups[0]
            .ShouldBe(new SurvivorGroup("Session", survivors.Groups[0].RootPath, Objects: 100, Bytes: 100 * (32 + 48)));
        survivors.Groups[0].RootPath[0].ShouldBe("static App.sessions");
        survivors.Cohorts.Select(c => c.Objects).ShouldBe([1, 200, 100]);
    }

    [Fact]
    public void Without_stable_identities_there_is_no_answer()
    {
        using var builder = new HeapGraphBuilder();
        builder.AddRoot(builder.AddNode(builder.AddType("T"), 8, 1), RootKind.Static);
        var graph = builder.Build();
        Survivors.Of(HeapDiff.Between([graph, graph]), new RuntimeKnowledge(), 10).ShouldBeNull();
    }

    /// <summary>A list of sessions with a buffer each.</summary>
    private static HeapGraph Sessions(int count)
    {
        using var builder = new HeapGraphBuilder { HasStableIds = true };
        var (list, session, buffer) = (builder.AddType("List"), builder.AddType("Session"), builder.AddType("Buffer"));
        var holder = builder.AddNode(list, 24, 1);
        for (var i = 0; i < count; i++)
        {
            var one = builder.AddNode(session, 32, (ulong)(10 + 2 * i));
            builder.AddReference(holder, one);
            builder.AddReference(one, builder.AddNode(buffer, 48, (ulong)(11 + 2 * i)));
        }

        builder.AddRoot(holder, RootKind.Static, "static App.sessions");
        return builder.Build();
    }

    private static HeapGraph Graph(HashSet<int> ids, ulong spread)
    {
        using var builder = new HeapGraphBuilder { HasStableIds = true };
        var type = builder.AddType("T");
        var root = builder.AddNode(builder.AddType("Root"), 8, 0);
        foreach (var id in ids)
        {
            builder.AddReference(root, builder.AddNode(type, 8 * (id % 7 + 1), (ulong)id * spread));
        }

        builder.AddRoot(root, RootKind.Static, "static R");
        return builder.Build();
    }
}
