using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Fleet;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>Fleets in a real Prometheus.</summary>
public sealed class FleetCheckTests(ShopFixture shop) : IClassFixture<ShopFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_process_is_found_once_and_judged(bool thorough)
    {
        var (processes, summary) = await CheckAsync("", o => o with { IsThorough = thorough });

        processes.Keys.ShouldBe(
            [
                "shop/cart-0/app",
                "shop/web-0/app",
                "shop/batch-0/app",
                "orders orders:8080",
                "mesh/api-0/api",
                "mesh/api-0/proxy",
            ],
            ignoreOrder: true
        );
        processes["shop/cart-0/app"].Verdict.IsLeaking.ShouldBeTrue();
        processes["orders orders:8080"].Verdict.IsLeaking.ShouldBeTrue();
        processes["shop/web-0/app"].Verdict.Kind.ShouldBe(GrowthKind.Steady);
        processes["shop/batch-0/app"].Verdict.IsLeaking.ShouldBeFalse();
        processes["mesh/api-0/api"].Verdict.IsLeaking.ShouldBeFalse();
        summary.Warnings.ShouldBeEmpty();
        summary.IsPartial.ShouldBeFalse();
        summary.Processes.ShouldBe(6);
    }

    /// <summary>The floors of the first look are a sawtooth that ends where it began: what fell at once is looked at in detail.</summary>
    [Fact]
    public async Task A_leak_that_is_killed_again_and_again_is_not_cleared_by_its_floors()
    {
        await using var server = await PrometheusServer.StartAsync(ShopHistory.KilledText(shop.End));
        var (processes, summary) = await CheckAsync("", o => o, server.Url);

        processes["fast/mail-0/app"].Verdict.Kind.ShouldBe(GrowthKind.Leak);
        summary.Suspicious.ShouldBe(1);
    }

    [Fact]
    public async Task Signals_of_several_exporters_are_joined()
    {
        var (processes, _) = await CheckAsync("namespace=\"shop\"", o => o);

        var cart = processes["shop/cart-0/app"];
        cart.Sources.ShouldBe(
            [
                "container_memory_working_set_bytes",
                "go_gc_heap_live_bytes",
                "kube_pod_container_resource_limits",
                "http_requests_total",
                "go_gc_duration_seconds_sum",
                "go_gc_duration_seconds_count",
            ],
            ignoreOrder: true
        );
        cart.History.Count.ShouldBe(ShopHistory.Minutes);
        cart.History.LifeCount.ShouldBe(1);
        Last(cart, Signal.Limit).ShouldBe(600 * ShopHistory.MiB);
        Last(cart, Signal.Requests).ShouldBe(6010.0 * (ShopHistory.Minutes - 1));
        Last(cart, Signal.LiveHeap).ShouldBeInRange(338 * ShopHistory.MiB, 342 * ShopHistory.MiB);
        // 10 MiB an hour, and 160 MiB to go.
        cart.Verdict.BytesPerHour!.Value.Value.ShouldBeInRange(9.5 * ShopHistory.MiB, 10.5 * ShopHistory.MiB);
        (cart.Verdict.OutOfMemory!.At - shop.End).TotalHours.ShouldBeInRange(14, 18);
    }

    [Fact]
    public async Task The_floor_of_the_heap_in_use_stands_for_the_live_heap()
    {
        var (processes, _) = await CheckAsync("job=\"orders\"", o => o);

        var orders = processes["orders orders:8080"];
        var live = orders.History.Values(Signal.LiveHeap);
        for (var i = 30; i < live.Length; i++)
        {
            // Young objects come and go by 270 MiB; what is live rises by 20 MiB an hour.
            live[i].ShouldBeInRange((100 + (i / 3.0) - 15) * ShopHistory.MiB, (100 + (i / 3.0) + 5) * ShopHistory.MiB);
        }

        Last(orders, Signal.HeapLimit).ShouldBe(1024 * ShopHistory.MiB);
        orders.Labels.ShouldBe([
            new KeyValuePair<string, string>("job", "orders"),
            new KeyValuePair<string, string>("instance", "orders:8080"),
        ]);
    }

    [Fact]
    public async Task Each_container_of_a_pod_is_a_life()
    {
        var (processes, _) = await CheckAsync("pod=\"batch-0\"", o => o with { IsThorough = true });

        var history = processes.Values.Single().History;
        history.LifeCount.ShouldBe(3);
        history.Life(1).Start.Value.ShouldBe(480);
        history.Life(2).Start.Value.ShouldBe(960);
    }

    [Fact]
    public async Task A_metric_that_may_be_of_either_container_is_of_none()
    {
        var (processes, _) = await CheckAsync("namespace=\"mesh\"", o => o with { IsThorough = true });

        processes.Values.ShouldAllBe(p => !p.History.Has(Signal.LiveHeap));
    }

    [Fact]
    public async Task A_fleet_is_judged_in_parts_as_it_is_in_whole()
    {
        var (whole, _) = await CheckAsync("", o => o);
        var (parts, _) = await CheckAsync("", o => o with { ShardSize = 1, DetailShardSize = 1 });

        parts.Keys.ShouldBe(whole.Keys, ignoreOrder: true);
        foreach (var (name, process) in parts)
        {
            process.Verdict.Kind.ShouldBe(whole[name].Verdict.Kind);
        }
    }

    [Fact]
    public async Task What_is_too_much_for_the_server_is_asked_for_in_pieces()
    {
        // The footprints alone are some 8 times 1440 samples.
        await using var small = await PrometheusServer.StartAsync(
            ShopHistory.Text(shop.End),
            arguments: "--query.max-samples=1000"
        );
        var (processes, summary) = await CheckAsync("", o => o with { IsThorough = true }, small.Url);

        summary.Warnings.ShouldBeEmpty();
        processes.Count.ShouldBe(6);
        var cart = processes["shop/cart-0/app"];
        cart.History.Count.ShouldBe(ShopHistory.Minutes);
        cart.Verdict.IsLeaking.ShouldBeTrue();
    }

    [Fact]
    public async Task Own_names_from_the_configuration_come_first()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file,
            """
            serve: { port: 1 } # another command's
            signals:
              requests:
                - { metric: jvm_gc_pause_seconds_count, scale: 2 }
            """
        );
        try
        {
            var (processes, _) = await CheckAsync("job=\"orders\"", o => o, table: SignalTable.With(file));
            Last(processes["orders orders:8080"], Signal.Requests).ShouldBe(2 * 143);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_query_is_judged_by_the_footprint_alone()
    {
        using var client = new PrometheusClient(new PrometheusOptions(shop.Server.Url));
        var found = new List<FleetProcess>();
        var check = new QueryCheck(client, new FleetOptions(shop.End, TimeSpan.FromHours(24)));
        await check.RunAsync(
            "sum by (pod) (container_memory_working_set_bytes{container=\"app\"})",
            found.Add,
            CancellationToken.None
        );

        found.Select(f => f.Target).ShouldBe(["cart-0", "web-0", "batch-0"], ignoreOrder: true);
        found.Single(f => f.Target == "cart-0").Verdict.IsLeaking.ShouldBeTrue();
        found.Single(f => f.Target == "web-0").Verdict.IsLeaking.ShouldBeFalse();
    }

    [Fact]
    public async Task Nothing_that_matches_is_no_failure()
    {
        var (processes, summary) = await CheckAsync("namespace=\"nobody\"", o => o);
        processes.ShouldBeEmpty();
        summary.Processes.ShouldBe(0);
    }

    /// <summary>Prometheus itself is a process of Go that exports its signals: scraped for some seconds.</summary>
    [Fact]
    public async Task A_process_that_is_scraped_just_now_is_found_with_all_its_signals()
    {
        await using var live = await PrometheusServer.StartAsync(
            scrapes: """
            scrape_configs:
              - job_name: prometheus
                scrape_interval: 1s
                static_configs: [{ targets: ["127.0.0.1:PORT"] }]
            """
        );
        using var client = new PrometheusClient(new PrometheusOptions(live.Url));
        var found = new List<FleetProcess>();
        for (var i = 0; i < 180 && (found.Count == 0 || found[0].History.Count < 8); i++)
        {
            found.Clear();
            await Task.Delay(1000);
            var options = new FleetOptions(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1))
            {
                Matchers = "job=\"prometheus\"",
            };
            await new FleetCheck(client, SignalTable.BuiltIn(), options).RunAsync(found.Add, CancellationToken.None);
        }

        var history = found.Single().History;
        history.Count.ShouldBeGreaterThanOrEqualTo(8);
        foreach (
            var signal in (Signal[])
                [
                    Signal.LiveHeap,
                    Signal.CommittedHeap,
                    Signal.GcPause,
                    Signal.GcCount,
                    Signal.Tasks,
                    Signal.Threads,
                    Signal.Handles,
                ]
        )
        {
            history.Has(signal).ShouldBeTrue(signal.ToString());
        }

        history.Values(Signal.Footprint)[^1].ShouldBeGreaterThan(10 * ShopHistory.MiB);
        history.Values(Signal.LiveHeap)[^1].ShouldBeLessThan(history.Values(Signal.Footprint)[^1]);
    }

    private static double Last(FleetProcess process, Signal signal) => process.History.Values(signal)[^1];

    private async Task<(Dictionary<string, FleetProcess> Processes, FleetSummary Summary)> CheckAsync(
        string matchers,
        Func<FleetOptions, FleetOptions> with,
        Uri? url = null,
        SignalTable? table = null
    )
    {
        using var client = new PrometheusClient(new PrometheusOptions(url ?? shop.Server.Url));
        var options = with(new FleetOptions(shop.End, TimeSpan.FromHours(24)) { Matchers = matchers });
        var found = new Dictionary<string, FleetProcess>();
        var summary = await new FleetCheck(client, table ?? SignalTable.BuiltIn(), options).RunAsync(
            p => found.Add(p.Target, p),
            CancellationToken.None
        );
        return (found, summary);
    }
}
