using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Fleet;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>
/// What other servers of the query API do otherwise, as their documentation and sources say (docs/check.md names them): limits, partial
/// answers, paths, words. The data are a real Prometheus's; what stands in front of it answers as those would.
/// </summary>
public sealed partial class BackendTests(ShopFixture shop) : IClassFixture<ShopFixture>
{
    private const string VictoriaPrefix = "/select/0/prometheus";

    [Theory]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"the query exceeded the maximum number of series (limit: 100 series) (err-mimir-max-series-per-query)\"}",
        PrometheusFailure.TooMuch
    )]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"the query time range exceeds the limit (query length: 24h30m0s, limit: 12h0m0s) (err-mimir-max-query-length)\"}",
        PrometheusFailure.TooLong
    )]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"the number of matching timeseries exceeds 300000; either narrow down the search or increase -search.max* command-line flag values at vmselect\"}",
        PrometheusFailure.TooMuch
    )]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"cannot select more than -search.maxSamplesPerQuery=1000000000 samples\"}",
        PrometheusFailure.TooMuch
    )]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"too long query; got 20000 bytes; mustn't exceed `-search.maxQueryLen=16384` bytes\"}",
        PrometheusFailure.TooMuch
    )]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"timeout exceeded during query execution: 30.000 seconds\"}",
        PrometheusFailure.Timeout
    )]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"query processing would load too many samples into memory in query execution\"}",
        PrometheusFailure.TooMuch
    )]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"expanding series: rpc error: code = ResourceExhausted desc = exceeded series limit: limit 1 violated (got 2)\"}",
        PrometheusFailure.TooMuch
    )]
    [InlineData(
        400,
        "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"exceeded maximum resolution of 11,000 points per timeseries.\"}",
        PrometheusFailure.TooLong
    )]
    [InlineData(
        500,
        "{\"status\":\"error\",\"errorType\":\"internal\",\"error\":\"too many unhealthy instances in the ring\"}",
        PrometheusFailure.ServerError
    )]
    [InlineData(
        429,
        "{\"status\":\"error\",\"errorType\":\"too_many_requests\",\"error\":\"too many outstanding requests\"}",
        PrometheusFailure.ServerError
    )]
    [InlineData(414, "<html>414</html>", PrometheusFailure.TooMuch)]
    [InlineData(
        400,
        "remoteAddr: \"10.0.0.1:4711\"; unsupported path requested: \"/api/v1/query\"",
        PrometheusFailure.Malformed
    )]
    [InlineData(401, "no org id", PrometheusFailure.Refused)]
    [InlineData(403, "{\"message\":\"Missing Authentication Token\"}", PrometheusFailure.Refused)]
    [InlineData(
        400,
        "{\"error\":{\"code\":400,\"message\":\"invalid parameter\",\"status\":\"INVALID_ARGUMENT\"}}",
        PrometheusFailure.BadQuery
    )]
    [InlineData(504, "<html>504 Gateway Time-out</html>", PrometheusFailure.Timeout)]
    [InlineData(
        200,
        "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"query timed out\",\"data\":null}",
        PrometheusFailure.Timeout
    )]
    [InlineData(
        200,
        "{\"data\":null,\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no such function\"}",
        PrometheusFailure.BadQuery
    )]
    public async Task A_refusal_is_understood(int status, string body, PrometheusFailure expected)
    {
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => new Fault(status, body, RetryAfter: "0"));
        var failure = await FailAsync(proxy.Url);
        failure.Failure.ShouldBe(expected, failure.Message);
        failure.Message.ShouldNotContain('\n');
    }

    [Theory]
    [InlineData(401, "no org id", "no org id; give --bearer-token-file")]
    [InlineData(403, "{\"message\":\"Missing Authentication Token\"}", "Missing Authentication Token")]
    [InlineData(
        400,
        "{\"error\":{\"code\":400,\"message\":\"invalid parameter\"}}",
        "does not accept the query: invalid parameter"
    )]
    [InlineData(400, "unsupported path requested: \"/x\"", "VictoriaMetrics cluster: /select/0/prometheus")]
    [InlineData(502, "<html>a page</html>", "status 502")]
    public async Task The_words_of_the_server_are_told(int status, string body, string expected)
    {
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => new Fault(status, body, RetryAfter: "0"));
        (await FailAsync(proxy.Url)).Message.ShouldContain(expected);
    }

    [Fact]
    public async Task A_login_page_and_a_redirect_to_one_are_told_apart_from_a_wrong_path()
    {
        await using var page = new FaultyProxy(
            shop.Server.Url,
            _ => new Fault(200, "<html>Sign in</html>") { Headers = [("Content-Type", "text/html; charset=utf-8")] }
        );
        (await FailAsync(page.Url)).Message.ShouldContain("answers with a web page");
        await using var redirect = new FaultyProxy(
            shop.Server.Url,
            _ => new Fault(302) { Headers = [("Location", "https://sso.example/login")] }
        );
        var failure = await FailAsync(redirect.Url);
        failure.Message.ShouldContain("redirects to https://sso.example/login (302)");
        redirect.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task What_stands_behind_the_path_goes_with_every_query_and_a_copied_end_of_it_is_dropped()
    {
        var seen = new ConcurrentBag<string>();
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r =>
            {
                seen.Add(r.Path + "?" + r.Form);
                return r.Path.StartsWith(VictoriaPrefix + "/api/v1/", StringComparison.Ordinal)
                    ? null
                    : new Fault(400, $"unsupported path requested: \"{r.Path}\"");
            }
        )
        {
            Prefix = VictoriaPrefix,
        };
        var failure = await FailAsync(new Uri(proxy.Url, "/?api_key=s3cret"));
        failure.Message.ShouldContain("path prefix");
        failure.Message.ShouldNotContain("s3cret");
        seen.Clear();
        var url = new Uri(proxy.Url, VictoriaPrefix + "/api/v1/query?dedup=false&extra_label=shop%3D1");
        var (found, summary) = await CheckAsync(url);

        found.Count.ShouldBe(6);
        summary.Warnings.ShouldBeEmpty();
        seen.Count.ShouldBeGreaterThan(10);
        seen.ShouldAllBe(s => s.Contains("dedup=false&extra_label=shop=1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_that_was_packed_unasked_is_unpacked()
    {
        const string body =
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]},\"warnings\":[\"w\"]}";
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(body));
        }

        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            _ => new Fault(200) { Bytes = packed.ToArray(), Headers = [("Content-Encoding", "gzip")] }
        );
        (await QueryAsync(proxy.Url, "up")).Warnings.ShouldBe(["w"]);
        await using var strange = new FaultyProxy(
            shop.Server.Url,
            _ => new Fault(200) { Bytes = packed.ToArray(), Headers = [("Content-Encoding", "zstd")] }
        );
        (await FailAsync(strange.Url)).Message.ShouldContain("packed with zstd");
        await using var damaged = new FaultyProxy(
            shop.Server.Url,
            _ => new Fault(200) { Bytes = packed.ToArray()[..30], Headers = [("Content-Encoding", "gzip")] }
        );
        (await FailAsync(damaged.Url)).Message.ShouldNotContain('\n');
    }

    [Theory]
    [InlineData("\"isPartial\":true,", true, "a node of the server is away")]
    [InlineData("\"isPartial\":false,", false, null)]
    [InlineData(
        "\"warnings\":[\"fetch series for 10.0.0.1:10901: rpc error: code = Unavailable\"],",
        true,
        "rpc error"
    )]
    [InlineData("\"warnings\":[\"No StoreAPIs matched for this query\"],", false, "No StoreAPIs matched")]
    [InlineData("\"warnings\":null,\"infos\":[\"PromQL info: metric might not be a counter\"],", false, "PromQL info")]
    public async Task What_is_missing_is_no_healthy_process(string remark, bool isPartial, string? told)
    {
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => null)
        {
            Rewrite = (_, body) => "{" + remark + body[1..],
        };
        var (found, summary) = await CheckAsync(proxy.Url);

        found.Count.ShouldBe(6);
        summary.IsPartial.ShouldBe(isPartial);
        summary.Warnings.Count(w => w.Contains(told ?? "", StringComparison.Ordinal)).ShouldBe(summary.Warnings.Count);
        (summary.Warnings.Count > 0).ShouldBe(told is not null);
        var answers = new List<FleetProcess>();
        using var client = Client(proxy.Url);
        var query = new QueryCheck(client, new FleetOptions(shop.End, TimeSpan.FromHours(24)));
        (
            await query.RunAsync("container_memory_working_set_bytes", answers.Add, CancellationToken.None)
        ).IsPartial.ShouldBe(isPartial);
    }

    [Fact]
    public async Task Warnings_within_the_data_are_told_as_older_Thanos_writes_them()
    {
        const string body =
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[],\"warnings\":[\"a store is away\"]}}";
        await using var proxy = new FaultyProxy(shop.Server.Url, _ => new Fault(200, body));
        var answer = await QueryAsync(proxy.Url, "up");
        answer.Warnings.ShouldBe(["a store is away"]);
        answer.IsPartial.ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_that_takes_only_short_queries_gets_short_ones()
    {
        var refused = 0;
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r =>
            {
                var query = Query().Match(r.Form).Groups["query"].Value;
                if (r.Path.EndsWith("/query_range", StringComparison.Ordinal) && query.Count(c => c == '|') > 1)
                {
                    Interlocked.Increment(ref refused);
                    return new Fault(
                        422,
                        $"{{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"too long query; got {query.Length} bytes; mustn't exceed `-search.maxQueryLen=16384` bytes\"}}"
                    );
                }

                return null;
            }
        );
        var (found, summary) = await CheckAsync(proxy.Url);

        refused.ShouldBeGreaterThan(0);
        found.Count.ShouldBe(6);
        summary.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_looks_back_only_half_a_day_is_asked_for_halves_of_the_time_and_not_of_the_pods()
    {
        var refused = 0;
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r =>
            {
                if (
                    Range().Match(r.Form) is not { Success: true } range
                    || !r.Path.EndsWith("/query_range", StringComparison.Ordinal)
                )
                {
                    return null;
                }

                var length = Seconds(range, "end") - Seconds(range, "start");
                if (length <= 13 * 3600)
                {
                    return null;
                }

                Interlocked.Increment(ref refused);
                return new Fault(
                    422,
                    "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"the total query time range exceeds the limit (query length: 24h, limit: 13h) (err-mimir-max-total-query-length)\"}"
                );
            }
        );
        var expected = (await CheckAsync(shop.Server.Url)).Found.ToDictionary(f => f.Target);
        var all = proxy.Requests;
        var (found, summary) = await CheckAsync(proxy.Url);

        summary.Warnings.ShouldBeEmpty();
        found.Count.ShouldBe(6);
        found.ShouldAllBe(f =>
            f.Verdict.Kind == expected[f.Target].Verdict.Kind && f.History.Count == expected[f.Target].History.Count
        );
        // Each question is refused once and passes in two pieces: cut by pods first, it would be several times as many.
        refused.ShouldBeLessThan((proxy.Requests - all) / 2);

        var footprints = new List<FleetProcess>();
        using var client = Client(proxy.Url);
        var query = new QueryCheck(client, new FleetOptions(shop.End, TimeSpan.FromHours(24)));
        await query.RunAsync(
            "container_memory_working_set_bytes{container=\"app\",pod=\"web-0\"}",
            footprints.Add,
            CancellationToken.None
        );
        footprints.ShouldHaveSingleItem().History.Count.ShouldBe(ShopHistory.Minutes);
    }

    [Theory]
    [InlineData(404, "not here")]
    [InlineData(
        422,
        "{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"the number of matching timeseries exceeds 10\"}"
    )]
    public async Task A_server_without_labels_that_matches_names_only_as_a_whole_is_enough(int status, string body)
    {
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r =>
                r.Path.Contains("/label", StringComparison.Ordinal) ? new Fault(status, body)
                : r.Form.Contains("__name__=~", StringComparison.Ordinal)
                    ? new Fault(400, "{\"error\":{\"code\":400,\"message\":\"metric names are matched exactly\"}}")
                : null
        );
        var (found, summary) = await CheckAsync(proxy.Url);
        found.Count.ShouldBe(6);
        found.Single(f => f.Target == "shop/cart-0/app").Verdict.IsLeaking.ShouldBeTrue();
        summary.IsPartial.ShouldBeFalse();
    }

    [Fact]
    public async Task A_date_to_come_back_at_is_waited_for_in_vain_no_longer_than_it_says()
    {
        var count = 0;
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            _ =>
                Interlocked.Increment(ref count) > 1
                    ? null
                    : new Fault(
                        429,
                        "slower",
                        RetryAfter: DateTimeOffset.UtcNow.AddMinutes(-1).ToString("R", CultureInfo.InvariantCulture)
                    )
        );
        (await QueryAsync(proxy.Url, "container_memory_working_set_bytes{pod=\"web-0\"}")).Series.Count.ShouldBe(3);
    }

    [Fact]
    public void Names_are_cut_by_their_length_as_well()
    {
        string[] names = [.. Enumerable.Range(0, 500).Select(i => new string('x', i % 2 == 0 ? 250 : 10) + i)];
        var pieces = FleetMap.Cut(names, 250, n => n).ToList();
        pieces.SelectMany(p => p).ShouldBe(names);
        pieces.ShouldAllBe(p => p.Length <= 250 && Matchers.AnyOf("pod", p).Length < 16_000);
        pieces.Count.ShouldBeLessThan(10);
        FleetMap.Cut([new string('x', 50_000)], 250, n => n).Single().Length.ShouldBe(1);
    }

    private static long Seconds(Match range, string group) =>
        long.Parse(range.Groups[group].Value, CultureInfo.InvariantCulture);

    private Task<Answer<GridSeries>> QueryAsync(Uri url, string promql) =>
        Client(url)
            .QueryRangeAsync(
                promql,
                TimeGrid.Before(shop.End, TimeSpan.FromHours(24), 1800),
                null,
                CancellationToken.None
            );

    private async Task<PrometheusException> FailAsync(Uri url) =>
        await Should.ThrowAsync<PrometheusException>(() => QueryAsync(url, "up"));

    private async Task<(List<FleetProcess> Found, FleetSummary Summary)> CheckAsync(Uri url)
    {
        var found = new List<FleetProcess>();
        using var client = Client(url);
        var check = new FleetCheck(client, SignalTable.BuiltIn(), new FleetOptions(shop.End, TimeSpan.FromHours(24)));
        return (found, await check.RunAsync(found.Add, CancellationToken.None));
    }

    private static PrometheusClient Client(Uri url) =>
        new(new PrometheusOptions(url) { Retries = 1, RetryDelay = TimeSpan.FromMilliseconds(10) });

    [GeneratedRegex(@"query=(?<query>.*?)&(?:start|time)=", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Query();

    [GeneratedRegex(@"start=(?<start>\d+)&end=(?<end>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Range();
}
