using System.Globalization;
using Tidemark.Core.Series;

namespace Tidemark.Fleet;

/// <summary>One series as it is written: its labels, and its samples from one index to another.</summary>
public sealed record FleetSeries((string Name, string Value)[] Labels, double[] Times, double[] Values);

/// <summary>A simulated container with the names that the kubelet and the Go client would give its signals.</summary>
public sealed class FleetProcess(int number, ProcessHistory history, long end)
{
    private static readonly (Signal Signal, string Metric)[] OfTheRuntime =
    [
        (Signal.LiveHeap, "go_gc_heap_live_bytes"),
        (Signal.CommittedHeap, "go_memstats_heap_inuse_bytes"),
        (Signal.Requests, "http_requests_total"),
        (Signal.GcPause, "go_gc_duration_seconds_sum"),
        (Signal.GcCount, "go_gc_duration_seconds_count"),
        (Signal.CacheEntries, "cache_size"),
        (Signal.Threads, "go_threads"),
        (Signal.Handles, "process_open_fds"),
    ];

    private string Namespace => string.Create(CultureInfo.InvariantCulture, $"team-{number % 20}");

    private string Pod =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"svc-{number / 5}-{(uint)(number / 5) * 2654435761u:x8}-{number:x5}"
        );

    /// <summary>What it is called in truth.csv: the target with no slashes, which score.py would take for folders.</summary>
    public string Name => Target.Replace('/', '_');

    private string Target => $"{Namespace}/{Pod}/app";

    public IEnumerable<FleetSeries> Series(bool withRuntime)
    {
        for (var life = 0; life < history.LifeCount; life++)
        {
            var (uid, id) = (Hash(number), Hash((number * 31) + life + 1) + Hash(number + (life * 17)));
            (string, string)[] labels =
            [
                ("container", "app"),
                ("endpoint", "https-metrics"),
                (
                    "id",
                    $"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice/cri-containerd-{id}.scope"
                ),
                ("image", $"registry.example/shop/svc-{number / 5}:1.0"),
                (
                    "instance",
                    string.Create(CultureInfo.InvariantCulture, $"10.0.{number / 30 / 250}.{number / 30 % 250}:10250")
                ),
                ("job", "kubelet"),
                ("metrics_path", "/metrics/cadvisor"),
                ("name", id),
                ("namespace", Namespace),
                ("node", string.Create(CultureInfo.InvariantCulture, $"node-{number / 30}")),
                ("pod", Pod),
            ];
            yield return Of("container_memory_working_set_bytes", labels, Signal.Footprint, history.Life(life));
        }

        var all = ..history.Count;
        if (history.Has(Signal.Limit))
        {
            (string, string)[] labels =
            [
                ("container", "app"),
                ("instance", "10.9.9.9:8080"),
                ("job", "kube-state-metrics"),
                ("namespace", Namespace),
                ("pod", Pod),
                ("resource", "memory"),
                ("unit", "byte"),
            ];
            yield return Of("kube_pod_container_resource_limits", labels, Signal.Limit, all);
        }

        foreach (var (signal, metric) in OfTheRuntime)
        {
            if (withRuntime && history.Has(signal))
            {
                (string, string)[] labels =
                [
                    ("container", "app"),
                    (
                        "instance",
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"10.{1 + (number / 62500)}.{number / 250 % 250}.{number % 250}:8080"
                        )
                    ),
                    ("job", "shop/svc"),
                    ("namespace", Namespace),
                    ("pod", Pod),
                ];
                yield return Of(metric, labels, signal, all);
            }
        }
    }

    private FleetSeries Of(string metric, (string, string)[] labels, Signal signal, Range range)
    {
        var shift = end - history.Times[^1];
        var times = history.Times[range].ToArray();
        for (var i = 0; i < times.Length; i++)
        {
            times[i] += shift;
        }

        return new FleetSeries([("__name__", metric), .. labels], times, history.Values(signal)[range].ToArray());
    }

    private static string Hash(int n) =>
        ((ulong)n * 0x9E3779B97F4A7C15ul).ToString("x16", CultureInfo.InvariantCulture)
        + ((ulong)n * 0xD6E8FEB86659FD93ul).ToString("x16", CultureInfo.InvariantCulture);
}
