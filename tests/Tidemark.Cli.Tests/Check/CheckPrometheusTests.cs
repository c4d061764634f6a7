using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tidemark.Metrics.Prometheus.Rules;
using Tidemark.Metrics.Tests.Prometheus;
using Tidemark.Tests;

namespace Tidemark.Cli.Tests.Check;

/// <summary><c>tidemark check --prometheus</c> as scripts see it.</summary>
public sealed class CheckPrometheusTests(ShopFixture shop) : IClassFixture<ShopFixture>
{
    private string At => shop.End.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private string Url => shop.Server.Url.ToString();

    [Fact]
    public async Task Json_is_the_contract_s_worst_first()
    {
        var run = await SelectAsync("{namespace=\"shop\"}", "--format", "json");

        run.Status.ShouldBe(1);
        using var json = JsonDocument.Parse(run.Output);
        json.RootElement.GetProperty("schema").GetString().ShouldBe("tidemark.check/v1");
        var series = json.RootElement.GetProperty("series").EnumerateArray().ToList();
        series.Count.ShouldBe(3);
        series[0].GetProperty("target").GetString().ShouldBe("shop/cart-0/app");
        series[0].GetProperty("labels").GetProperty("pod").GetString().ShouldBe("cart-0");
        series[0].GetProperty("observed").GetProperty("samples").GetInt32().ShouldBe(1440);
        var verdict = series[0].GetProperty("verdict");
        verdict.GetProperty("kind").GetString().ShouldBe("leak");
        verdict.GetProperty("outOfMemory").GetProperty("limitBytes").GetInt64().ShouldBe(600 << 20);
        run.Error.ShouldContain("3 processes");
    }

    [Fact]
    public async Task Text_has_a_line_a_process_and_a_sum()
    {
        var run = await SelectAsync("{}");

        run.Status.ShouldBe(1);
        var lines = run.Output.Split('\n');
        lines[0].ShouldStartWith("kind");
        lines.Count(l => l.Contains("shop/cart-0/app", StringComparison.Ordinal)).ShouldBe(1);
        lines[1].ShouldContain("leak");
        lines[1].ShouldContain("tidemark diagnose");
        run.Output.ShouldContain("6 series: ");
    }

    [Fact]
    public async Task The_worst_are_shown_and_the_rest_is_counted()
    {
        var run = await SelectAsync("{namespace=\"shop\"}", "--top", "1");
        run.Output.ShouldContain("... and 2 more");
        run.Output.ShouldContain("3 series: ");
        run.Output.ShouldNotContain("web-0");
    }

    [Fact]
    public async Task Markdown_is_a_table()
    {
        var run = await SelectAsync("{pod=\"cart-0\"}", "--format", "markdown");
        run.Output.ShouldContain("| leak | shop/cart-0/app |");
    }

    [Theory]
    [InlineData("24h", 0)]
    [InlineData("20m", 3)] // too short for any verdict
    public async Task The_status_is_that_of_the_worst(string range, int status) =>
        (await SelectAsync("{pod=\"web-0\"}", "--for", range)).Status.ShouldBe(status);

    [Fact]
    public async Task A_query_gives_the_footprints()
    {
        var run = await TidemarkRun.OfAsync(
            "check",
            "--prometheus",
            Url,
            "--at",
            At,
            "--query",
            "process_resident_memory_bytes{job=\"orders\"}"
        );
        run.Status.ShouldBe(0); // the footprint alone is flat; only with --selector the live heap is seen to grow
        run.Output.ShouldContain("orders orders:8080");
    }

    [Theory]
    [InlineData("no footprint of any process matches {namespace=\"nobody\"}", "--selector", "{namespace=\"nobody\"}")]
    [InlineData("is no selector", "--selector", "shop")]
    [InlineData("does not accept the query", "--selector", "{namespace=shop}")]
    [InlineData("does not accept the query", "--query", "sum(")]
    [InlineData("the query gives no series", "--query", "nothing_at_all")]
    [InlineData("say what to ask the server for")]
    [InlineData("is no time", "--selector", "{}", "--at", "yesterday")]
    [InlineData("is no header", "--selector", "{}", "--header", "X")]
    [InlineData("none.yaml", "--selector", "{}", "--config", "none.yaml")]
    [InlineData("check has no HTML", "--selector", "{}", "--format", "html")]
    public async Task What_cannot_be_done_is_said_in_one_line(string message, params string[] arguments)
    {
        var run = await TidemarkRun.OfAsync(["check", "--prometheus", Url, .. arguments]);
        run.Status.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.TrimEnd().Split('\n').Length.ShouldBe(1, run.Error);
        run.Error.ShouldContain(message);
    }

    [Fact]
    public async Task A_server_that_refuses_us_or_is_not_there()
    {
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r => r.Headers["Authorization"] == "Bearer s3cret" ? null : new Fault(401, "no")
        );
        var refused = await TidemarkRun.OfAsync("check", "--prometheus", proxy.Url.ToString(), "--selector", "{}");
        refused.Status.ShouldBe(2);
        refused.Error.ShouldContain("refuses us (401)");
        (
            await TidemarkRun.OfAsync(
                "check",
                "--prometheus",
                proxy.Url.ToString(),
                "--selector",
                "{pod=\"web-0\"}",
                "--bearer-token",
                "s3cret"
            )
        ).Status.ShouldBe(0);
        var nobody = await TidemarkRun.OfAsync(
            "check",
            "--prometheus",
            $"127.0.0.1:{Machine.ClosedPort()}",
            "--selector",
            "{}"
        );
        nobody.Status.ShouldBe(2);
        nobody.Error.ShouldContain("cannot connect");
    }

    [Fact]
    public async Task What_is_missing_is_told_and_nothing_is_called_healthy_unseen()
    {
        await using var proxy = new FaultyProxy(
            shop.Server.Url,
            r =>
                r.Form.Contains("process_resident_memory_bytes", StringComparison.Ordinal)
                && r.Path.EndsWith("query_range", StringComparison.Ordinal)
                    ? new Fault(
                        422,
                        "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"a block is broken\"}"
                    )
                    : null
        );
        var run = await TidemarkRun.OfAsync(
            "check",
            "--prometheus",
            proxy.Url.ToString(),
            "--at",
            At,
            "--selector",
            "{pod!=\"cart-0\"}"
        );
        run.Status.ShouldBe(3);
        run.Error.ShouldContain("warning: process_resident_memory_bytes of orders:8080: missing");
        run.Error.ShouldContain("a block is broken");
        run.Output.ShouldContain("some could not be read");
        run.Output.ShouldContain("shop/web-0/app");
    }

    [Fact]
    public async Task A_watch_asks_again_until_it_is_stopped()
    {
        using var process = TidemarkRun.Start(
            null,
            ["check", "--prometheus", Url, "--at", At, "--selector", "{pod=\"web-0\"}", "--watch", "1s"]
        );
        var answers = 0;
        while (answers < 2 && await process.StandardOutput.ReadLineAsync() is { } line)
        {
            answers += line.StartsWith("1 series", StringComparison.Ordinal) ? 1 : 0;
        }

        Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        answers.ShouldBe(2);
        process.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_rules_are_printed() =>
        (await TidemarkRun.OfAsync("check", "--print-rules")).Output.ShouldBe(GrowthRules.Text);

    private Task<TidemarkRun> SelectAsync(string selector, params string[] more) =>
        TidemarkRun.OfAsync(["check", "--prometheus", Url, "--at", At, "--selector", selector, .. more]);
}
