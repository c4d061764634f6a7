using Tidemark.Core.Growth;
using Tidemark.Worlds;

namespace Tidemark.Core.Tests.Growth;

/// <summary>A small generated world, the same for ever: the bounds lie a little below what the engine reaches on it (docs/growth.md).</summary>
public class GeneratedWorldsTests
{
    private const int Count = 500;
    private const ulong Seed = 7_000_001;

    [Theory]
    [InlineData("all", 0.97, 0.93, 0.90)]
    [InlineData("footprint", 0.95, 0.88, 0.90)]
    public void Leaks_are_told_from_healthy_processes(string signals, double precision, double recall, double kinds)
    {
        var (told, missed, wronglyTold, rightKind, all) = (0, 0, 0, 0, 0);
        var options = new WorldOptions { SignalSet = signals };
        for (ulong n = 0; n < Count; n++)
        {
            var world = World.Create(Seed + n, options);
            var truth = world.TruthAt("w", world.Plan.Hours, "w");
            string[] accepted = [truth.Kind, .. truth.Acceptable];
            var mayLeak = accepted.Any(Truth.IsLeaking);
            if (mayLeak && accepted.Any(k => k is "steady" or "warm-up" or "load"))
            {
                continue; // Nobody could tell from these signals.
            }

            var verdict = GrowthAnalyzer.Analyze(world.History("w", world.Plan.Hours));
            told += verdict.IsLeaking && mayLeak ? 1 : 0;
            missed += !verdict.IsLeaking && mayLeak ? 1 : 0;
            wronglyTold += verdict.IsLeaking && !mayLeak ? 1 : 0;
            rightKind += accepted.Contains(
                System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(verdict.Kind.ToString())
            )
                ? 1
                : 0;
            all++;
        }

        var reached =
            $"{told} of {told + missed} leaks told, {wronglyTold} healthy processes told leaking, {rightKind} of {all} kinds right";
        ((double)told / (told + wronglyTold)).ShouldBeGreaterThanOrEqualTo(precision, reached);
        ((double)told / (told + missed)).ShouldBeGreaterThanOrEqualTo(recall, reached);
        ((double)rightKind / all).ShouldBeGreaterThanOrEqualTo(kinds, reached);
    }

    /// <summary>A look at the whole of each history alone calls six of them; one that is held against earlier looks, one.</summary>
    [Fact]
    public void What_wanders_into_its_end_is_no_leak()
    {
        var options = new WorldOptions
        {
            Scenarios = [.. Scenarios.All.Where(s => s.Name == "wandering_without_trend")],
        };
        var wronglyTold = Enumerable
            .Range(31, 600)
            .Select(seed => World.Create((ulong)seed, options))
            .Select(w => GrowthAnalyzer.Analyze(w.History("w", w.Plan.Hours)))
            .Count(v => v.IsLeaking);
        wronglyTold.ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public void The_same_history_gives_the_same_verdict()
    {
        var world = World.Create(Seed, new WorldOptions());
        var first = GrowthAnalyzer.Analyze(world.History("w", world.Plan.Hours));
        var again = GrowthAnalyzer.Analyze(world.History("w", world.Plan.Hours));
        again.BytesPerHour.ShouldBe(first.BytesPerHour);
        again.Evidence.ShouldBe(first.Evidence);
    }
}
