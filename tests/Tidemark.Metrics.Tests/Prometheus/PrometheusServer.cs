using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Tidemark.Tests;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>A real Prometheus (Debian's package) on a free port of the loopback, with a data folder of its own.</summary>
public sealed class PrometheusServer : LoopbackServer
{
    private PrometheusServer(string folder, Process process, Uri url)
        : base(folder, process, url) { }

    /// <summary>Starts one.</summary>
    /// <param name="history">What it knows from before, in the OpenMetrics text format; null for nothing.</param>
    /// <param name="scrapes">The configuration; <c>PORT</c> in it is its own port.</param>
    /// <param name="arguments">Further arguments.</param>
    public static async Task<PrometheusServer> StartAsync(
        string? history = null,
        string scrapes = "global: {}\n",
        params string[] arguments
    )
    {
        var folder = Directory.CreateTempSubdirectory("tidemark-prometheus-").FullName;
        var port = Machine.FreePort();
        var data = Path.Combine(folder, "data");
        if (history is not null)
        {
            var file = Path.Combine(folder, "history.om");
            await File.WriteAllTextAsync(file, history);
            await RunAsync("promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", file, data);
            File.Delete(file);
        }

        var config = Path.Combine(folder, "prometheus.yml");
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        await File.WriteAllTextAsync(
            config,
            scrapes.Replace("PORT", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        );
        var start = new ProcessStartInfo("prometheus")
        {
            RedirectStandardError = true,
            WorkingDirectory = folder,
            ArgumentList =
            {
                $"--config.file={config}",
                $"--storage.tsdb.path={data}",
                $"--web.listen-address={address}",
                "--storage.tsdb.retention.time=10y",
            },
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        var log = new ConcurrentQueue<string>(); // written to by another thread while it is looked at here
        process.ErrorDataReceived += (_, e) => log.Enqueue(e.Data ?? "");
        process.BeginErrorReadLine();
        var server = new PrometheusServer(folder, process, new Uri($"http://{address}"));
        for (var i = 0; i < 600; i++)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException(string.Join('\n', log));
            }

            if (log.Any(l => l.Contains("Server is ready", StringComparison.Ordinal)))
            {
                return server;
            }

            await Task.Delay(100);
        }

        await server.DisposeAsync();
        throw new TimeoutException(string.Join('\n', log));
    }

    /// <summary>Runs a tool to its end.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output + await error
            : throw new InvalidOperationException($"{command}: {await output}{await error}");
    }
}
