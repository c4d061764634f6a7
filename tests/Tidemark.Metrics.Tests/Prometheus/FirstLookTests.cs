using Tidemark.Metrics.Prometheus.Fleet;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>Which floors are those of a leak that is killed again and again.</summary>
public sealed class FirstLookTests
{
    [Fact]
    public void A_ramp_that_falls_and_rises_again_is_one() =>
        FirstLook.GrowsUntilKilled([.. Ramp(100, 400, 12), .. Ramp(100, 400, 12), .. Ramp(100, 300, 8)]).ShouldBeTrue();

    [Fact]
    public void So_is_one_that_has_fallen_just_now() =>
        FirstLook.GrowsUntilKilled([.. Ramp(100, 400, 40), .. Ramp(100, 110, 3)]).ShouldBeTrue();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void So_is_one_that_is_killed_every_hour_or_two(int floors) =>
        FirstLook
            .GrowsUntilKilled([.. Enumerable.Range(0, 48 / floors).SelectMany(_ => Ramp(100, 400, floors))])
            .ShouldBeTrue();

    [Fact]
    public void Gaps_change_nothing() =>
        FirstLook
            .GrowsUntilKilled([
                .. Ramp(100, 400, 12),
                double.NaN,
                .. Ramp(100, 400, 12),
                double.NaN,
                .. Ramp(100, 300, 8),
            ])
            .ShouldBeTrue();

    [Fact]
    public void A_leak_that_a_deploy_has_ended_is_none() =>
        FirstLook.GrowsUntilKilled([.. Ramp(100, 400, 24), .. Ramp(100, 104, 24)]).ShouldBeFalse();

    [Fact]
    public void A_cache_that_fills_again_after_a_restart_is_none()
    {
        double[] fill = [.. Enumerable.Range(0, 24).Select(i => 100 + (200 * (1 - Math.Exp(-i / 3.0))))];
        FirstLook.GrowsUntilKilled([.. fill, .. fill]).ShouldBeFalse();
    }

    [Fact]
    public void A_batch_that_comes_and_goes_at_once_is_none()
    {
        double[] hours = [200, 201, 199, 200, 202, 400, 402, 200, 201, 200];
        FirstLook.GrowsUntilKilled([.. hours, .. hours, .. hours, .. hours]).ShouldBeFalse();
    }

    [Fact]
    public void Growth_that_never_fell_is_left_to_the_engine() =>
        FirstLook.GrowsUntilKilled(Ramp(100, 400, 48)).ShouldBeFalse();

    [Fact]
    public void Nothing_is_none() => FirstLook.GrowsUntilKilled([]).ShouldBeFalse();

    private static double[] Ramp(double from, double to, int count) =>
        [.. Enumerable.Range(0, count).Select(i => from + ((to - from) * i / (count - 1)))];
}
