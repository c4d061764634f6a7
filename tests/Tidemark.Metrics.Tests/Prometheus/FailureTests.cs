using Tidemark.Core.Growth;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Fleet;
using Tidemark.Metrics.Prometheus.Signals;
using Tidemark.Tests;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>What goes wrong between us and a server, in front of a real one.</summary>
public sealed class FailureTests(ShopFixture shop) : IClassFixture<ShopFixture>
{
    [Fact]
    public async Task Nobody_there()
    {
        var failure = await FailAsync(new Uri($"http://127.0.0.1:{Machine.ClosedPort()}"));
        failure.Failure.ShouldBe(PrometheusFailure.Unreachable);
        failure.Message.ShouldContain("cannot connect");
    }

    [Fact]
    public async Task A_query_that_the_server_does_not_understand_is_not_tried_again()
    {
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => null);
        var failure = await FailAsync(proxy.Url, "sum by (");
        failure.Failure.ShouldBe(PrometheusFailure.BadQuery);
        failure.Message.ShouldContain("does not accept the query");
        failure.Message.ShouldContain("parse error");
        proxy.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_query_that_gives_no_series_says_what_is_wanted()
    {
        var failure = await FailAsync(shop.Server.Url, "\"text\"", instant: true);
        failure.Message.ShouldContain("gives a string");
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_server_that_refuses_us(int status)
    {
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => new Fault(status, "who are you?"));
        var failure = await FailAsync(proxy.Url);
        failure.Failure.ShouldBe(PrometheusFailure.Refused);
        failure.Message.ShouldContain("--bearer-token-file");
    }

    [Fact]
    public async Task Something_else_than_a_Prometheus()
    {
        await using var page = new FaultyProxy(shop.Server.Url, _ => new Fault(200, "<html>hello</html>"));
        (await FailAsync(page.Url)).Message.ShouldContain("does not answer as a Prometheus does");
        await using var none = new FaultyProxy(shop.Server.Url, _ => new Fault(404, "not here"));
        (await FailAsync(none.Url)).Message.ShouldContain("path prefix");
        await using var login = new FaultyProxy(shop.Server.Url, _ => new Fault(302, ""));
        (await FailAsync(login.Url)).Failure.ShouldBe(PrometheusFailure.Malformed);
    }

    [Theory]
    [InlineData("")]
    [InlineData(
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"a\":\"b\"},\"values\":[[1,\"2\""
    )]
    [InlineData("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"a\":1}}]}}")]
    [InlineData("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[1,\"x\"]]}]}}")]
    [InlineData("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[3]}}")]
    public async Task An_answer_that_is_cut_short_or_wrong(string body)
    {
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => new Fault(200, body));
        (await FailAsync(proxy.Url)).Failure.ShouldBe(PrometheusFailure.Malformed);
    }

    [Fact]
    public async Task A_server_that_is_busy_is_asked_again()
    {
        var count = 0;
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            _ => Interlocked.Increment(ref count) <= 2 ? new Fault(503, "busy", RetryAfter: "0") : null
        );
        var answer = await QueryAsync(proxy.Url, "container_memory_working_set_bytes{pod=\"web-0\"}");
        answer.Series.Count.ShouldBe(3);
        proxy.Requests.ShouldBe(3);
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_not_asked_for_ever()
    {
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => new Fault(503, "busy", RetryAfter: "0"));
        (await FailAsync(proxy.Url)).Failure.ShouldBe(PrometheusFailure.ServerError);
        proxy.Requests.ShouldBe(3);
    }

    [Fact]
    public async Task No_answer_in_time()
    {
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            _ => new Fault(200, "{}") { Delay = TimeSpan.FromSeconds(2) }
        );
        var failure = await FailAsync(proxy.Url, with: o => o with { Timeout = TimeSpan.FromMilliseconds(200) });
        failure.Failure.ShouldBe(PrometheusFailure.Timeout);
        failure.Message.ShouldContain("--query-timeout");
    }

    [Fact]
    public async Task A_proxy_that_takes_no_POST_is_asked_by_GET()
    {
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r => r.Method == "POST" ? new Fault(405, "read only") : null
        );
        (await QueryAsync(proxy.Url, "up or container_memory_working_set_bytes{pod=\"web-0\"}")).Series.Count.ShouldBe(
            3
        );
    }

    [Fact]
    public async Task A_proxy_that_only_lets_queries_through_is_enough()
    {
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r => r.Path.Contains("label", StringComparison.Ordinal) ? new Fault(404, "") : null
        );
        var (found, summary) = await CheckAsync(proxy.Url);
        found.Count.ShouldBe(6);
        summary.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_failing_query_does_not_lose_the_rest()
    {
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r =>
                r.Form.Contains("min_over_time(container_memory", StringComparison.Ordinal)
                && r.Form.Contains("pod=\"web-0\"", StringComparison.Ordinal)
                    ? new Fault(
                        500,
                        "{\"status\":\"error\",\"errorType\":\"internal\",\"error\":\"a store is down\"}",
                        "0"
                    )
                    : null
        );
        var (found, summary) = await CheckAsync(proxy.Url, o => o with { ShardSize = 1 });

        found.Select(f => f.Target).ShouldNotContain("shop/web-0/app");
        found.Count.ShouldBe(5);
        found.Single(f => f.Target == "shop/cart-0/app").Verdict.IsLeaking.ShouldBeTrue();
        summary.IsPartial.ShouldBeTrue();
        summary.Warnings.Single().ShouldContain("web-0");
        summary.Warnings.Single().ShouldContain("a store is down");
    }

    [Fact]
    public async Task A_signal_that_fails_leaves_a_verdict_on_the_others()
    {
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r =>
                r.Path.EndsWith("query_range", StringComparison.Ordinal)
                && r.Form.Contains("go_gc_heap_live_bytes", StringComparison.Ordinal)
                    ? new Fault(500, "", "0")
                    : null
        );
        var (found, summary) = await CheckAsync(proxy.Url);

        found.Count.ShouldBe(6);
        found.Single(f => f.Target == "shop/cart-0/app").Verdict.Kind.ShouldNotBe(GrowthKind.Inconclusive);
        summary.IsPartial.ShouldBeFalse();
        summary.Warnings.ShouldNotBeEmpty();
        summary.Warnings.ShouldAllBe(w => w.StartsWith("go_gc_heap_live_bytes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_server_warns_of_is_told()
    {
        const string body =
            "{\"status\":\"success\",\"warnings\":[\"a store gateway is away\"],\"data\":{\"result\":[],\"resultType\":\"matrix\"}}";
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => new Fault(200, body));
        (await QueryAsync(proxy.Url, "up")).Warnings.ShouldBe(["a store gateway is away"]);
    }

    [Fact]
    public async Task Credentials_and_headers_are_sent()
    {
        var seen = new List<string?>();
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r =>
            {
                seen.Add(r.Headers["Authorization"]);
                seen.Add(r.Headers["X-Scope-OrgID"]);
                return null;
            }
        );
        var token = Path.GetTempFileName();
        await File.WriteAllTextAsync(token, "s3cret\n");
        await QueryAsync(
            proxy.Url,
            "up",
            o => o with { BearerTokenFile = token, Headers = [new("X-Scope-OrgID", "shop")] }
        );
        var withUser = new UriBuilder(proxy.Url) { UserName = "me", Password = "a%20b" }.Uri;
        await QueryAsync(withUser, "up");
        File.Delete(token);
        // base64 of "me:a b"
        seen.ShouldBe(["Bearer s3cret", "shop", "Basic bWU6YSBi", null]);
    }

    private Task<Answer<GridSeries>> QueryAsync(
        Uri url,
        string promql,
        Func<PrometheusOptions, PrometheusOptions>? with = null
    )
    {
        var client = Client(url, with);
        return client.QueryRangeAsync(
            promql,
            TimeGrid.Before(shop.End, TimeSpan.FromHours(24), 1800),
            null,
            CancellationToken.None
        );
    }

    private async Task<PrometheusException> FailAsync(
        Uri url,
        string promql = "up",
        Func<PrometheusOptions, PrometheusOptions>? with = null,
        bool instant = false
    ) =>
        await Should.ThrowAsync<PrometheusException>(() =>
            instant
                ? Client(url, with).QueryAsync(promql, shop.End, null, CancellationToken.None)
                : QueryAsync(url, promql, with) as Task
        );

    private async Task<(List<FleetProcess> Found, FleetSummary Summary)> CheckAsync(
        Uri url,
        Func<FleetOptions, FleetOptions>? with = null
    )
    {
        var options = new FleetOptions(shop.End, TimeSpan.FromHours(24));
        var found = new List<FleetProcess>();
        using var client = Client(url, null);
        var check = new FleetCheck(client, SignalTable.BuiltIn(), with?.Invoke(options) ?? options);
        var summary = await check.RunAsync(found.Add, CancellationToken.None);
        return (found, summary);
    }

    private static PrometheusClient Client(Uri url, Func<PrometheusOptions, PrometheusOptions>? with)
    {
        var options = new PrometheusOptions(url) { Retries = 2, RetryDelay = TimeSpan.FromMilliseconds(10) };
        return new PrometheusClient(with?.Invoke(options) ?? options);
    }
}
