using System.Globalization;
using System.Text;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>A day of a small shop, sampled every minute, as the exporters of a cluster would have told it.</summary>
public sealed class ShopHistory
{
    public const int Minutes = 1440;
    public const double MiB = 1 << 20;

    private readonly StringBuilder text = new();
    private readonly long end;

    private ShopHistory(DateTimeOffset end) => this.end = end.ToUnixTimeSeconds() / 60 * 60;

    /// <summary>The OpenMetrics text of it.</summary>
    public static string Text(DateTimeOffset end)
    {
        var shop = new ShopHistory(end);
        shop.Leak();
        shop.Steady();
        shop.Restarting();
        shop.Java();
        shop.Sidecar();
        shop.text.Append("# EOF\n");
        return shop.text.ToString();
    }

    /// <summary>
    /// Leaks 100 MiB an hour and is killed at its limit of 600 MiB every five hours; no exporter tells of the restarts.
    /// </summary>
    public static string KilledText(DateTimeOffset end)
    {
        const string pod = "namespace=\"fast\",pod=\"mail-0\",container=\"app\"";
        var shop = new ShopHistory(end);
        shop.Add(
            "container_memory_working_set_bytes",
            pod + ",id=\"/f\"",
            m => (100 + (m % 300 * 5 / 3.0) + Noise(m, 1)) * MiB
        );
        shop.Add("kube_pod_container_resource_limits", pod + ",resource=\"memory\"", _ => 600 * MiB);
        shop.text.Append("# EOF\n");
        return shop.text.ToString();
    }

    /// <summary>10 MiB more each hour, at 440 MiB of 600 MiB in the end.</summary>
    private void Leak()
    {
        const string pod = "namespace=\"shop\",pod=\"cart-0\",container=\"app\"";
        const string scraped = pod + ",job=\"cart\",instance=\"10.0.0.1:8080\"";
        Add("container_memory_working_set_bytes", pod + ",id=\"/a\"", m => (200 + (m / 6.0) + Noise(m, 1)) * MiB);
        Add("kube_pod_container_resource_limits", pod + ",resource=\"memory\"", _ => 600 * MiB);
        Add("kube_pod_container_resource_limits", pod + ",resource=\"cpu\"", _ => 2);
        Add("go_gc_heap_live_bytes", scraped, m => (100 + (m / 6.0) + Noise(m, 0.5)) * MiB);
        Add("http_requests_total", scraped + ",code=\"200\"", m => 6000.0 * m);
        Add("http_requests_total", scraped + ",code=\"500\"", m => 10.0 * m);
        Add("go_gc_duration_seconds_sum", scraped, m => m * 0.01);
        Add("go_gc_duration_seconds_count", scraped, m => 2.0 * m);
        Add("process_start_time_seconds", scraped, _ => 1.7e9);
        // The same process as its own exporter sees it: no second process.
        Add("process_resident_memory_bytes", scraped, m => (190 + (m / 6.0) + Noise(m, 1)) * MiB);
    }

    private void Steady()
    {
        const string pod = "namespace=\"shop\",pod=\"web-0\",container=\"app\"";
        Add("container_memory_working_set_bytes", pod + ",id=\"/b\"", m => (300 + (m % 7) + Noise(m, 3)) * MiB);
        Add(
            "container_memory_working_set_bytes",
            "namespace=\"shop\",pod=\"web-0\",container=\"\",id=\"/pod\"",
            _ => 400 * MiB
        );
        Add(
            "container_memory_working_set_bytes",
            "namespace=\"shop\",pod=\"web-0\",container=\"POD\",id=\"/p\"",
            _ => MiB
        );
    }

    /// <summary>Restarted at 8 and at 16 hours: each life is a container of its own.</summary>
    private void Restarting()
    {
        for (var life = 0; life < 3; life++)
        {
            var (from, until) = (life * 480, (life + 1) * 480);
            Add(
                "container_memory_working_set_bytes",
                $"namespace=\"shop\",pod=\"batch-0\",container=\"app\",id=\"/c{life}\"",
                m => m >= from && m < until ? (150 + Noise(m, 2)) * MiB : double.NaN
            );
        }
    }

    /// <summary>No pod: a job and an instance. The footprint is flat, and the heap in use swings over a floor that rises from 100 to 580 MiB.</summary>
    private void Java()
    {
        const string scraped = "job=\"orders\",instance=\"orders:8080\"";
        Add("process_resident_memory_bytes", scraped, m => (1400 + Noise(m, 2)) * MiB);
        Add(
            "jvm_memory_used_bytes",
            scraped + ",area=\"heap\",id=\"G1 Old Gen\"",
            m => (100 + (m / 3.0) + Noise(m, 1)) * MiB
        );
        Add("jvm_memory_used_bytes", scraped + ",area=\"heap\",id=\"G1 Eden Space\"", m => m % 10 * 30 * MiB);
        Add("jvm_memory_used_bytes", scraped + ",area=\"nonheap\",id=\"Metaspace\"", _ => 80 * MiB);
        Add("jvm_memory_max_bytes", scraped + ",area=\"heap\",id=\"G1 Old Gen\"", _ => 1024 * MiB);
        Add("jvm_memory_max_bytes", scraped + ",area=\"heap\",id=\"G1 Eden Space\"", _ => -1);
        Add("jvm_memory_committed_bytes", scraped + ",area=\"heap\",id=\"G1 Old Gen\"", _ => 1024 * MiB);
        Add("jvm_gc_pause_seconds_sum", scraped + ",action=\"end of minor GC\"", m => m / 10 * 0.02);
        Add("jvm_gc_pause_seconds_count", scraped + ",action=\"end of minor GC\"", m => Math.Floor(m / 10.0));
        Add("http_server_requests_seconds_count", scraped + ",uri=\"/orders\"", m => 3000.0 * m);
    }

    /// <summary>Two containers in one pod: a metric that only names the pod is of neither.</summary>
    private void Sidecar()
    {
        const string pod = "namespace=\"mesh\",pod=\"api-0\"";
        Add("container_memory_working_set_bytes", pod + ",container=\"api\",id=\"/d\"", m => (100 + Noise(m, 1)) * MiB);
        Add(
            "container_memory_working_set_bytes",
            pod + ",container=\"proxy\",id=\"/e\"",
            m => (60 + Noise(m, 1)) * MiB
        );
        Add("go_gc_heap_live_bytes", pod + ",job=\"api\",instance=\"10.0.0.9:80\"", m => (20 + Noise(m, 1)) * MiB);
    }

    private void Add(string metric, string labels, Func<int, double> value)
    {
        for (var m = 0; m < Minutes; m++)
        {
            var v = value(m);
            if (!double.IsNaN(v))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{metric}{{{labels}}} {Math.Round(v, 4)} {end - ((Minutes - 1L - m) * 60)}\n"
                );
            }
        }
    }

    /// <summary>Between minus and plus the amplitude, the same for ever.</summary>
    private static double Noise(int m, double amplitude)
    {
        var hash = unchecked((uint)m * 2654435761u);
        hash ^= hash >> 15;
        hash = unchecked(hash * 2246822519u);
        return amplitude * ((hash / (double)uint.MaxValue * 2) - 1);
    }
}

/// <summary>A Prometheus that remembers a day of the shop.</summary>
public sealed class ShopFixture : IAsyncLifetime
{
    /// <summary>The last sample.</summary>
    public DateTimeOffset End { get; } =
        DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60);

    public PrometheusServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PrometheusServer.StartAsync(ShopHistory.Text(End));

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
