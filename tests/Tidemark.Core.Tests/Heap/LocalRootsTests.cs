using Tidemark.Core.Heap;

namespace Tidemark.Core.Tests.Heap;

public class LocalRootsTests
{
    [Fact]
    public void Everything_is_held_as_before_and_no_local_stays_that_others_make_up_for()
    {
        var left = 0;
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var nodes = random.Next(1, 14);
            var edges = Enumerable
                .Range(0, random.Next(0, nodes * 2))
                .Select(_ => (From: random.Next(nodes), To: random.Next(nodes)))
                .ToList();
            var roots = Enumerable
                .Range(0, random.Next(0, 6))
                .Select(_ => new HeapRoot(
                    random.Next(nodes),
                    random.Next(3) == 0 ? RootKind.Static : RootKind.Stack,
                    null
                ))
                .ToList();

            var kept = LocalRoots.LeaveOutPassing(Rows(nodes, edges), roots);

            Reachable(edges, kept).ShouldBe(Reachable(edges, roots), ignoreOrder: true, $"seed {seed}");
            kept.Where(r => r.Kind == RootKind.Static).ShouldBe(roots.Where(r => r.Kind == RootKind.Static));
            foreach (var local in kept.Where(r => r.Kind == RootKind.Stack).Select(r => r.Node).Distinct())
            {
                var others = kept.Where(r => r.Node != local || r.Kind != RootKind.Stack).ToList();
                Reachable(edges, others).ShouldNotContain(local, $"seed {seed}");
            }

            left += roots.Count - kept.Count;
        }

        left.ShouldBeGreaterThan(500);
    }

    private static ReferenceRows Rows(int nodes, List<(int From, int To)> edges)
    {
        using var rows = new ReferenceRowsBuilder(nodes);
        for (var node = 0; node < nodes; node++)
        {
            edges.Where(e => e.From == node).ToList().ForEach(e => rows.Add(e.To));
            rows.EndRow();
        }

        return rows.Build();
    }

    private static HashSet<int> Reachable(List<(int From, int To)> edges, IEnumerable<HeapRoot> roots)
    {
        var reached = roots.Select(r => r.Node).ToHashSet();
        while (edges.Any(e => reached.Contains(e.From) && reached.Add(e.To))) { }

        return reached;
    }
}
