using System.Diagnostics;
using System.Text.Json;

namespace Tidemark.Runtimes.Tests.Node;

/// <summary>A small Node.js service that holds what it is told to and, asked over its standard input, tells its own state.</summary>
internal sealed class NodeService : IAsyncDisposable
{
    private const string Source = """
        const { Worker } = require('worker_threads');
        const channels = require('diagnostics_channel');
        const inspector = require('inspector');
        const lines = require('readline').createInterface({ input: process.stdin });

        class Parcel {
          constructor(n) { this.number = n; this.label = 'parcel ' + n; this.weights = [n, n + 0.5, n + 0.25]; }
        }
        const depot = new Map();
        for (let n = 0; n < 60000; n++) depot.set('key ' + n, new Parcel(n));
        const workers = [];

        function state() {
          return {
            parcels: depot.size,
            names: Object.getOwnPropertyNames(globalThis).length,
            symbols: Object.getOwnPropertySymbols(globalThis).map(String),
            signals: process.eventNames().map(String).sort(),
            watched: channels.channel('http.server.request.start').hasSubscribers,
            inspector: inspector.url() !== undefined,
            port: process.debugPort,
            gc: typeof gc,
            resources: process.getActiveResourcesInfo().filter(r => r === 'Timeout').length,
          };
        }

        const kept = [];
        function deep(calls) {
          if (calls > 0) return deep(calls - 1) + 1;
          for (let n = 0; n < 3000; n++) kept.push(new Array(200).fill(n + 0.5));
          return 0;
        }

        lines.on('line', line => {
          if (line === 'deep') deep(100);
          if (line === 'end') process.exit(0);
          if (line === 'clear') depot.clear();
          if (line === 'grow') for (let n = 0; n < 60000; n++) depot.set('more ' + depot.size, new Parcel(n));
          if (line === 'worker') {
            const worker = new Worker('globalThis.kept = []; for (let n = 0; n < 300000; n++) kept.push({ n }); setInterval(() => {}, 1000); require("worker_threads").parentPort.postMessage(1);', { eval: true });
            workers.push(worker);
            worker.once('message', () => console.log(JSON.stringify(state())));
            return;
          }
          console.log(JSON.stringify(state()));
        });
        if (process.argv.includes('deaf')) process.on('SIGUSR1', () => {});
        console.log('ready');
        """;

    private readonly Process process;
    private readonly string folder;

    private NodeService(Process process, string folder)
    {
        this.process = process;
        this.folder = folder;
    }

    public int Pid => process.Id;

    public Target Target => new(Pid, null, "service");

    /// <param name="options">Options of Node.js.</param>
    /// <param name="deaf">True where it handles the signal itself that opens the inspector.</param>
    public static async Task<NodeService> StartAsync(string[]? options = null, bool deaf = false)
    {
        var folder = Directory.CreateTempSubdirectory("tidemark-node").FullName;
        var script = Path.Combine(folder, "service.js");
        await File.WriteAllTextAsync(script, Source);
        var process = Process.Start(
            new ProcessStartInfo("node", [.. options ?? [], script, .. deaf ? (string[])["deaf"] : []])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        process.BeginErrorReadLine();
        (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        return new NodeService(process, folder);
    }

    /// <summary>Tells it something (<c>clear</c>, <c>grow</c>, <c>worker</c>, or nothing much) and gives what it says of itself afterwards.</summary>
    public async Task<JsonElement> TellAsync(string word)
    {
        await process.StandardInput.WriteLineAsync(word);
        await process.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return JsonElement.Parse((await process.StandardOutput.ReadLineAsync(limit.Token))!);
    }

    /// <summary>Waits until its state is as it was: the agent needs a moment to go.</summary>
    public async Task SettledAsync(JsonElement before)
    {
        var now = "";
        for (var tries = 0; tries < 600 && now != before.ToString(); tries++)
        {
            now = (await TellAsync("state")).ToString();
            await Task.Delay(100);
        }

        now.ShouldBe(before.ToString());
    }

    /// <summary>Has the program end, and waits until the process has.</summary>
    public async Task EndAsync()
    {
        await process.StandardInput.WriteLineAsync("end");
        await process.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(limit.Token);
    }

    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
