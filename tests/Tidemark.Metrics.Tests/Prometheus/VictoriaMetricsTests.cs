using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Fleet;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>A real VictoriaMetrics gives the answers of a real Prometheus, and its limits are kept.</summary>
public sealed class VictoriaMetricsTests(ShopFixture shop) : IClassFixture<ShopFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_gives_the_verdicts_that_Prometheus_gives(bool thorough)
    {
        await using var server = await VictoriaMetricsServer.StartAsync(ShopHistory.Text(shop.End));
        var (found, summary) = await CheckAsync(server.Url, o => o with { IsThorough = thorough });
        var (expected, _) = await CheckAsync(shop.Server.Url, o => o with { IsThorough = thorough });

        summary.Warnings.ShouldBeEmpty();
        summary.IsPartial.ShouldBeFalse();
        found.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (target, process) in found)
        {
            process.Verdict.Kind.ShouldBe(expected[target].Verdict.Kind, target);
            process.History.Has(Signal.Limit).ShouldBe(expected[target].History.Has(Signal.Limit), target);
            process.Sources.ShouldBe(expected[target].Sources, target);
        }

        var (leak, other) = (found["shop/cart-0/app"], expected["shop/cart-0/app"]);
        leak.History.Count.ShouldBe(other.History.Count);
        leak.History.Values(Signal.Footprint).ToArray().ShouldBe(other.History.Values(Signal.Footprint).ToArray());
    }

    [Theory]
    [InlineData("-search.maxQueryLen=220")]
    [InlineData("-search.maxUniqueTimeseries=10")]
    [InlineData("-search.maxSamplesPerQuery=6000")]
    [InlineData("-search.maxPointsPerTimeseries=400")]
    public async Task Its_limits_are_kept_by_smaller_questions(string limit)
    {
        await using var server = await VictoriaMetricsServer.StartAsync(ShopHistory.Text(shop.End), limit);
        var (found, summary) = await CheckAsync(server.Url, o => o with { Matchers = "namespace=~\"shop|mesh\"" });

        found.Count.ShouldBe(5, string.Join('\n', summary.Warnings));
        found["shop/cart-0/app"].Verdict.IsLeaking.ShouldBeTrue();
        summary.IsPartial.ShouldBeFalse(string.Join('\n', summary.Warnings));
        summary.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_path_that_it_does_not_have_is_told_with_those_that_it_may_have()
    {
        await using var server = await VictoriaMetricsServer.StartAsync(ShopHistory.KilledText(shop.End));
        var failure = await Should.ThrowAsync<PrometheusException>(() =>
            CheckAsync(new Uri(server.Url, "/nowhere"), o => o)
        );
        failure.Message.ShouldContain("has no Prometheus API");
        failure.Message.ShouldContain("/select/0/prometheus");
        var (found, _) = await CheckAsync(new Uri(server.Url, "/prometheus?nocache=1"), o => o);
        found.Keys.ShouldBe(["fast/mail-0/app"]);
    }

    private async Task<(Dictionary<string, FleetProcess> Found, FleetSummary Summary)> CheckAsync(
        Uri url,
        Func<FleetOptions, FleetOptions> with
    )
    {
        var found = new Dictionary<string, FleetProcess>(StringComparer.Ordinal);
        using var client = new PrometheusClient(
            new PrometheusOptions(url) { RetryDelay = TimeSpan.FromMilliseconds(10) }
        );
        var options = with(new FleetOptions(shop.End, TimeSpan.FromHours(24)));
        var check = new FleetCheck(client, SignalTable.BuiltIn(), options);
        var summary = await check.RunAsync(p => found.Add(p.Target, p), CancellationToken.None);
        return (found, summary);
    }
}
