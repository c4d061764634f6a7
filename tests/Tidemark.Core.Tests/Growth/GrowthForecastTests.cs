using Tidemark.Worlds;

namespace Tidemark.Core.Tests.Growth;

/// <summary>How fast, until when: the figures of verdicts that are right.</summary>
public class GrowthForecastTests
{
    /// <summary>The truth that forecasts are held against: who is killed at the limit has met it, and lives that come later say nothing.</summary>
    [Fact]
    public void What_is_killed_again_and_again_meets_its_limit_in_the_life_that_is_seen()
    {
        var options = new WorldOptions
        {
            Scenarios = [.. Scenarios.All.Where(s => s.Name == "native_leak_until_killed")],
            SignalSet = "all",
        };
        var shares = new List<double>();
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var world = World.Create(seed, options);
            var history = world.History("w", world.Plan.Hours);
            if (history.LifeCount == 1)
            {
                continue;
            }

            var killed = (history.Times[history.Life(0).End] - world.Start) / 3600;
            var truth = world.TruthAt("w", 0.6 * killed, "w");
            var full = (truth.OomTime.ShouldNotBeNull() - world.Start) / 3600;
            shares.Add(full / killed);
        }

        // Not each: a gap may hide the first kill.
        shares.Count.ShouldBeGreaterThan(10);
        shares.Count(s => s is > 0.95 and < 1.25).ShouldBeGreaterThan(shares.Count * 3 / 4, string.Join(' ', shares));
    }
}
