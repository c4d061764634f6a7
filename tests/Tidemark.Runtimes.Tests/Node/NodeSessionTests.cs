using System.Diagnostics;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Runtimes.Node;

namespace Tidemark.Runtimes.Tests.Node;

/// <summary>Against real Node.js processes: what is seen of them, what is captured, and that they are left as they were.</summary>
public sealed class NodeSessionTests : IDisposable
{
    private static readonly NodeRuntime Runtime = new();

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-captures-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_live_heap_falls_by_what_the_program_lets_go()
    {
        await using var service = await NodeService.StartAsync();
        await using var session = await Runtime.AttachAsync(service.Target, default);
        var before = await SampleAsync(session);
        await service.TellAsync("clear");

        // A capture of the profile asks for a full collection: the next look knows of it.
        await session.CaptureAsync(session.Methods[0], NewPath("a.heapprofile"), default);
        var after = await SampleAsync(session);

        // 60,000 parcels with their label, key and array: some 200 bytes each.
        (before[Signal.LiveHeap] - after[Signal.LiveHeap]).ShouldBeInRange(6 << 20, 40 << 20);
        after[Signal.CommittedHeap].ShouldBeGreaterThan(after[Signal.LiveHeap]);
        after[Signal.HeapLimit].ShouldBeGreaterThan(100 << 20);
    }

    [Fact]
    public async Task A_profile_of_deep_calls_is_read_and_the_session_goes_on()
    {
        await using var service = await NodeService.StartAsync();
        await using var session = await Runtime.AttachAsync(service.Target, default);
        await service.TellAsync("deep");

        var path = NewPath("deep.heapprofile");
        await session.CaptureAsync(session.Methods[0], path, default);

        File.ReadAllText(path).Split("\"functionName\":\"deep\"").Length.ShouldBeGreaterThan(90);
        (await SampleAsync(session))[Signal.LiveHeap].ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Everything_is_put_back_when_the_session_ends()
    {
        await using var service = await NodeService.StartAsync();
        var before = await service.TellAsync("state");
        await using (var session = await Runtime.AttachAsync(service.Target, default))
        {
            await SampleAsync(session);
            await session.CaptureAsync(session.Methods[0], NewPath("a.heapprofile"), default);
            (await service.TellAsync("state")).GetProperty("inspector").GetBoolean().ShouldBeTrue();
        }

        await service.SettledAsync(before);
        before.GetProperty("inspector").GetBoolean().ShouldBeFalse();
    }

    /// <summary>Node.js has the workers of a cluster open their inspectors too, at the usual port or at ports of their own.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_workers_of_a_cluster_are_as_they_were_when_the_session_ends(bool atOwnPorts)
    {
        // From this port on; a worker that finds its port taken opens no inspector, which is as good.
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = Math.Min(((System.Net.IPEndPoint)taken.LocalEndpoint).Port, 65_000);
        taken.Stop();
        string[] options = atOwnPorts ? [$"--inspect-port={port}"] : [];
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        const string script = """
            const cluster = require('cluster');
            if (cluster.isPrimary) {
              const workers = [cluster.fork(), cluster.fork()];
              let ready = 0;
              cluster.on('message', (worker, m) => {
                if (m === 'up' && ++ready === 2) console.log('ready');
                if (typeof m === 'boolean') console.log(m);
              });
              require('readline').createInterface({ input: process.stdin }).on('line', n => workers[n].send('tell'));
            } else {
              process.on('message', () => process.send(require('inspector').url() !== undefined));
              process.send('up');
            }
            """;
        var path = NewPath("cluster.js");
        await File.WriteAllTextAsync(path, script, limit.Token);
        using var primary = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("node", [.. options, path])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        primary.BeginErrorReadLine();
        try
        {
            (await primary.StandardOutput.ReadLineAsync(limit.Token)).ShouldBe("ready");
            await using (var session = await Runtime.AttachAsync(new Target(primary.Id, null, "cluster"), default))
            {
                await SampleAsync(session);
            }

            foreach (var worker in (string[])["0", "1"])
            {
                await primary.StandardInput.WriteLineAsync(worker);
                await primary.StandardInput.FlushAsync(limit.Token);
                (await primary.StandardOutput.ReadLineAsync(limit.Token)).ShouldBe("false");
            }
        }
        finally
        {
            primary.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task A_program_that_ends_is_let_go_at_once()
    {
        await using var service = await NodeService.StartAsync();
        await using var session = await Runtime.AttachAsync(service.Target, default);
        await SampleAsync(session);
        await service.EndAsync();

        await Should.ThrowAsync<TargetGoneException>(() => SampleAsync(session));
    }

    [Fact]
    public async Task An_inspector_that_was_open_before_stays_open()
    {
        await using var service = await NodeService.StartAsync(["--inspect=127.0.0.1:0"]);
        var before = await service.TellAsync("state");
        await using (var session = await Runtime.AttachAsync(service.Target, default))
        {
            await SampleAsync(session);
        }

        await service.SettledAsync(before);
        before.GetProperty("inspector").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_snapshot_shows_every_object_and_what_it_leaves_behind_is_not_growth()
    {
        await using var service = await NodeService.StartAsync();
        await using var session = await Runtime.AttachAsync(service.Target, default);
        var sample = await SampleAsync(session);
        var footprint = ReadFootprint(service, session);
        var method = session.Methods.Single(m => m.Name == "heap-snapshot");
        method.ChangesTarget.ShouldBeTrue();
        var estimate = await session.EstimateAsync(method, default);
        var path = NewPath("a.heapsnapshot");

        var outcome = await session.CaptureAsync(method, path, default);

        new FileInfo(path).Length.ShouldBeLessThan(estimate.DiskBytes);
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        outcome.Pause.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromMilliseconds(50));
        var file = DumpFile.Open(path);
        var graph = ((HeapSnapshot)DumpFormats.Detect(file)!.Read(file, ReadContext.Quiet)).Graph;
        Enumerable.Range(0, graph.NodeCount).Count(n => graph.TypeNameOf(n) == "Parcel").ShouldBe(60000);

        // The allocator keeps more than the whole footprint of before; neither that nor the heap that V8 gave back shows.
        var after = await SampleAsync(session);
        var rawAfter = ReadResident(service);
        rawAfter.ShouldBeGreaterThan(footprint * 1.3);
        ReadFootprint(service, session).ShouldBeInRange(footprint * 0.9, footprint * 1.1);
        after[Signal.CommittedHeap].ShouldBeGreaterThan(sample[Signal.CommittedHeap] * 0.95);
    }

    [Fact]
    public async Task Worker_threads_count()
    {
        await using var service = await NodeService.StartAsync();
        await using var session = await Runtime.AttachAsync(service.Target, default);
        var before = await SampleAsync(session);
        await service.TellAsync("worker");
        var after = before;
        for (var tries = 0; tries < 600 && after[Signal.LiveHeap] < before[Signal.LiveHeap] + (6 << 20); tries++)
        {
            await Task.Delay(100);
            after = await SampleAsync(session);
        }

        (after[Signal.LiveHeap] - before[Signal.LiveHeap]).ShouldBeGreaterThan(6 << 20);
    }

    [Fact]
    public async Task A_process_that_handles_the_signal_itself_is_refused_with_what_to_do()
    {
        await using var service = await NodeService.StartAsync(deaf: true);
        var before = await service.TellAsync("state");
        var refused = await Should.ThrowAsync<AttachFailedException>(() =>
            Runtime.AttachAsync(service.Target, default)
        );
        refused.Message.ShouldContain("--inspect=127.0.0.1:0");
        refused.Message.ShouldNotContain("\n");
        await service.SettledAsync(before);
    }

    [Fact]
    public async Task A_process_that_ends_while_it_is_watched_is_told_as_gone()
    {
        await using var service = await NodeService.StartAsync();
        await using var session = await Runtime.AttachAsync(service.Target, default);
        service.Kill();
        await Should.ThrowAsync<TargetGoneException>(async () =>
        {
            for (var tries = 0; tries < 600; tries++)
            {
                try
                {
                    await session.SampleAsync(new SignalSample(), default);
                }
                catch (IOException)
                {
                    // The connection goes a moment before the process.
                }

                await Task.Delay(50);
            }
        });
    }

    [Fact]
    public async Task A_process_without_Node_is_not_recognised()
    {
        using var sleep = Process.Start("sleep", "60");
        (await Runtime.RecognisesAsync(new Target(sleep.Id, null, "sleep"), default)).ShouldBeFalse();
        sleep.Kill();
    }

    private static async Task<SignalSample> SampleAsync(RuntimeSession session)
    {
        var sample = new SignalSample();
        await session.SampleAsync(sample, default);
        return sample;
    }

    /// <summary>The footprint as a watch sees it: what the kernel says, corrected by the session.</summary>
    private static double ReadFootprint(NodeService service, RuntimeSession session)
    {
        var sample = new SignalSample { [Signal.Footprint] = ReadResident(service) };
        session.Correct(sample);
        return sample[Signal.Footprint];
    }

    private static double ReadResident(NodeService service) =>
        double.Parse(File.ReadAllText($"/proc/{service.Pid}/statm").Split(' ')[1], null) * Environment.SystemPageSize;

    private string NewPath(string name) => Path.Combine(folder, name);
}
