using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tidemark.Tests;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>A real VictoriaMetrics (Debian's package) on a free port of the loopback, with a data folder of its own.</summary>
public sealed class VictoriaMetricsServer : LoopbackServer
{
    private VictoriaMetricsServer(string folder, Process process, Uri url)
        : base(folder, process, url) { }

    /// <summary>Starts one that knows a history.</summary>
    /// <param name="history">In the OpenMetrics text format.</param>
    /// <param name="arguments">Further arguments, such as limits.</param>
    public static async Task<VictoriaMetricsServer> StartAsync(string history, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("tidemark-victoria-").FullName;
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Machine.FreePort()}");
        var log = Path.Combine(folder, "log");
        var start = new ProcessStartInfo(
            "sh",
            [
                "-c",
                "log=$1; shift; exec victoria-metrics \"$@\" >\"$log\" 2>&1",
                "sh",
                log,
                $"-storageDataPath={folder}/data",
                $"-httpListenAddr={address}",
                "-retentionPeriod=10y",
                "-search.latencyOffset=0s",
                .. arguments,
            ]
        );
        var server = new VictoriaMetricsServer(folder, Process.Start(start)!, new Uri($"http://{address}"));
        try
        {
            await server.ImportAsync(history);
        }
        catch (Exception e)
        {
            var said = await File.ReadAllTextAsync(log);
            await server.DisposeAsync();
            throw new InvalidOperationException(said, e);
        }

        return server;
    }

    private async Task ImportAsync(string history)
    {
        using var http = new HttpClient { BaseAddress = Url };
        for (var i = 0; ; i++)
        {
            try
            {
                using var health = await http.GetAsync("/health");
                break;
            }
            catch (HttpRequestException) when (i < 600 && !HasExited)
            {
                await Task.Delay(100);
            }
        }

        // The same text, but for the unit of the times.
        var text = new StringBuilder();
        foreach (var line in history.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith("#") && !line.IsEmpty)
            {
                text.Append(line).Append("000\n");
            }
        }

        using var content = new StringContent(text.ToString());
        (await http.PostAsync("/api/v1/import/prometheus", content)).EnsureSuccessStatusCode();
        (await http.GetAsync("/internal/force_flush")).EnsureSuccessStatusCode();
    }
}
