using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Fleet;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>Series that arrive one by one become what the server would have made of them.</summary>
public sealed class PresentMetricTests
{
    [Fact]
    public void The_lives_of_a_process_are_one_series_and_other_processes_are_their_own()
    {
        var together = Metric(Combination.Sum)
            .Together([
                Series("cart", "/a", 1, 2, double.NaN, double.NaN),
                Series("web", "/b", 7, 7, 7, 7),
                Series("cart", "/c", double.NaN, 3, 4, double.NaN),
            ])
            .ToList();

        together.Count.ShouldBe(2);
        together[0].Values.ShouldBe([1, 5, 4, double.NaN]);
        together[1].Values.ShouldBe([7, 7, 7, 7]);
    }

    [Theory]
    [InlineData(Combination.Max, 3)]
    [InlineData(Combination.Min, 2)]
    public void Each_metric_says_how(Combination how, double expected) =>
        Metric(how).Together([Series("cart", "/a", 2), Series("cart", "/b", 3)]).Single().Values.ShouldBe([expected]);

    private static PresentMetric Metric(Combination how) =>
        new(new SignalMetric(SignalRole.Of(Signal.Threads), "threads") { Combine = how }, ["pod"], "pod", null);

    private static GridSeries Series(string pod, string id, params double[] values) =>
        new(new LabelSet([KeyValuePair.Create("pod", pod), KeyValuePair.Create("id", id)]), values);
}
