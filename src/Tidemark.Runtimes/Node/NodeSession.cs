using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Node;

/// <summary>An attached Node.js process: an agent of a few lines in each of its JavaScript threads gives the signals, the DevTools protocol the captures.</summary>
/// <remarks>
/// The sampling heap profiler runs from the beginning on, because it knows of nothing that was allocated before it.
/// </remarks>
internal sealed class NodeSession : RuntimeSession
{
    public static readonly CaptureMethod HeapProfile = new(
        "heap-profile",
        "heapprofile",
        ".heapprofile",
        CaptureRole.Heap,
        "sampling heap profile (what was allocated since we attached and is still live, by call stack)"
    );

    public static readonly CaptureMethod HeapSnapshot = new(
        "heap-snapshot",
        "heapsnapshot",
        ".heapsnapshot",
        CaptureRole.Heap,
        "heap snapshot (every object and who holds it)"
    )
    {
        ChangesTarget = true,
        ShowsLiveHeapOnly = true,
    };

    private const string Agent = "globalThis[Symbol.for('tidemark.agent')]";
    private const double LeastShareOfAnswer = 0.3;
    private const int SamplingIntervalBytes = 16 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NodeProcess node;
    private readonly TargetNetwork network;
    private readonly InspectorConnection inspector;
    private readonly ClusterWorkers? workers;
    private readonly bool openedHere;
    private readonly Dictionary<InspectorThread, ThreadHeap> heaps = [];
    private readonly SnapshotCost cost;
    private InspectorThread? snapshotThread;

    private NodeSession(NodeProcess node, TargetNetwork network, InspectorConnection inspector, ClusterWorkers? workers)
    {
        this.workers = workers;
        this.node = node;
        this.network = network;
        this.inspector = inspector;
        openedHere = workers is not null;
        cost = new SnapshotCost(node.Process.Pid, TimeProvider.System);
    }

    /// <inheritdoc />
    public override IReadOnlyList<CaptureMethod> Methods => [HeapProfile, HeapSnapshot, MappingsCapture.Method];

    /// <exception cref="AttachFailedException">The inspector cannot be opened.</exception>
    public static async Task<NodeSession> OpenAsync(
        NodeProcess node,
        TargetNetwork network,
        CancellationToken cancellation
    )
    {
        var workers = new ClusterWorkers(node);
        var (url, openedHere) = await Inspector.OpenAsync(node, network, cancellation);
        var inspector = await InspectorConnection.ConnectAsync(url, network.Invoker, cancellation);
        if (openedHere)
        {
            inspector = await MoveAsync(inspector, url, network, cancellation);
            await workers.CloseAsync(cancellation);
        }

        var session = new NodeSession(node, network, inspector, openedHere ? workers : null);
        try
        {
            await inspector.EnableWorkersAsync(cancellation);
            await session.PrepareThreadsAsync(cancellation);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public override async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ThrowIfGone();
        try
        {
            await PrepareThreadsAsync(cancellation);
            foreach (var (thread, heap) in heaps)
            {
                var full = heap.WantsFullCollection;
                var answer = await thread.EvaluateAsync(
                    $"{Agent}.sample({(full ? "true" : "false")})",
                    Patience,
                    cancellation
                );
                heap.Read(answer.GetString()!);
            }
        }
        catch (Exception e) when (e is InspectorException or IOException)
        {
            ThrowIfGone();
            throw new IOException($"process {node.Process.Pid}: {e.Message}", e);
        }

        ThreadHeap.Sum(heaps.Values, sample);
        cost.CorrectHeap(sample);
    }

    /// <inheritdoc />
    public override void Correct(SignalSample sample) => cost.CorrectFootprint(sample);

    /// <inheritdoc />
    public override async Task<string?> ReleaseAsync(CancellationToken cancellation)
    {
        await inspector.Main.CallAsync("HeapProfiler.collectGarbage", null, TimeSpan.FromSeconds(30), cancellation);
        return "a full collection";
    }

    /// <inheritdoc />
    public override Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(method);
        return method == HeapSnapshot ? EstimateSnapshotAsync(cancellation)
            : method == MappingsCapture.Method ? Task.FromResult(MappingsCapture.Estimate(node.Process.Pid))
            : Task.FromResult(new CaptureEstimate(TimeSpan.FromMilliseconds(50), 1 << 20, 1 << 20));
    }

    /// <inheritdoc />
    public override async Task<CaptureOutcome> CaptureAsync(
        CaptureMethod method,
        string path,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(method);
        ThrowIfGone();
        try
        {
            return method == HeapSnapshot ? await TakeSnapshotAsync(path, cancellation)
                : method == MappingsCapture.Method
                    ? await MappingsCapture.WriteAsync(node.Process.Pid, path, cancellation)
                : await TakeProfileAsync(path, cancellation);
        }
        catch (Exception e) when (e is InspectorException or IOException or TimeoutException)
        {
            ThrowIfGone();
            throw new CaptureFailedException($"process {node.Process.Pid}: {e.Message}", e);
        }
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        try
        {
            // The threads forget the agent; the main one closes the inspector as its last deed, which ends the connection.
            foreach (var thread in heaps.Keys.OrderBy(t => t == inspector.Main))
            {
                var close = openedHere && thread == inspector.Main ? $"{Agent}.closeInspector = true; " : "";
                await thread.EvaluateAsync($"{close}{Agent}?.stop()", Patience, CancellationToken.None);
            }

            if (openedHere)
            {
                await inspector.Closed.WaitAsync(Patience);
            }

            await (workers?.CloseAsync(CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (Exception e) when (e is InspectorException or IOException or TimeoutException)
        {
            // Gone or stuck: the agent stops by itself after a while.
        }

        await inspector.DisposeAsync();
        network.Dispose();
    }

    /// <summary>Leaves the usual port to others: the target's owner may want it, or another diagnosis.</summary>
    private static async Task<InspectorConnection> MoveAsync(
        InspectorConnection inspector,
        Uri url,
        TargetNetwork network,
        CancellationToken cancellation
    )
    {
        var known = network.ReadListeners().Select(l => l.Port).ToList();
        try
        {
            var greeting = await inspector.Main.EvaluateAsync(NodeAgent.Source, Patience, cancellation);
            if (NodeAgent.IsWithoutModules(greeting))
            {
                return inspector;
            }

            await inspector.Main.EvaluateAsync($"{Agent}.move()", Patience, cancellation);
            await inspector.Closed.WaitAsync(Patience, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or InspectorException)
        {
            return inspector;
        }

        await inspector.DisposeAsync();
        var moved =
            await Inspector.FindElsewhereAsync(url.Port, known, network, cancellation)
            ?? throw new IOException("the inspector has closed");
        return await InspectorConnection.ConnectAsync(moved, network.Invoker, cancellation);
    }

    /// <summary>Puts the agent and the sampling profiler into threads that have come since the last look, and forgets those that have gone.</summary>
    private async Task PrepareThreadsAsync(CancellationToken cancellation)
    {
        var threads = inspector.Threads;
        foreach (var gone in heaps.Keys.Except(threads).ToList())
        {
            heaps.Remove(gone);
        }

        foreach (var thread in threads.Where(t => !heaps.ContainsKey(t)))
        {
            try
            {
                var greeting = await thread.EvaluateAsync(NodeAgent.Source, Patience, cancellation);
                if (NodeAgent.IsWithoutModules(greeting))
                {
                    throw new InspectorException("this version of Node.js gives the inspector no modules");
                }

                await thread.CallAsync(
                    "HeapProfiler.startSampling",
                    new JsonObject { ["samplingInterval"] = SamplingIntervalBytes },
                    Patience,
                    cancellation
                );
                heaps.Add(thread, new ThreadHeap());
            }
            catch (Exception e)
                when (thread != inspector.Main && e is InspectorException or IOException or TimeoutException)
            {
                // A worker that ends while it is greeted, or one that is busy: the next sample tries again.
            }
        }
    }

    private async Task<CaptureEstimate> EstimateSnapshotAsync(CancellationToken cancellation)
    {
        if (heaps.Values.All(h => h.HeapUsed == 0))
        {
            await SampleAsync(new SignalSample(), cancellation);
        }

        return cost.Estimate(heaps[ChooseThread()].HeapUsed);
    }

    /// <summary>The thread whose heap has grown most, or is the largest where none has been watched yet; the same one from the first snapshot on.</summary>
    private InspectorThread ChooseThread() =>
        snapshotThread is { } chosen && heaps.ContainsKey(chosen)
            ? chosen
            : heaps.OrderByDescending(h => h.Value.Growth).ThenByDescending(h => h.Value.HeapUsed).First().Key;

    private async Task<CaptureOutcome> TakeProfileAsync(string path, CancellationToken cancellation)
    {
        var watch = await StartPauseAsync(inspector.Main, cancellation);
        var profiles = new List<(string Thread, JsonElement Profile)>();
        foreach (var thread in heaps.Keys)
        {
            // What is dead but not yet collected would be taken for live.
            await thread.EvaluateAsync($"{Agent}.sample(true)", Patience, cancellation);
            var answer = await thread.CallAsync("HeapProfiler.getSamplingProfile", null, Patience, cancellation);
            profiles.Add((thread.Name, answer.GetProperty("profile")));
        }

        await CaptureFile.WriteAsync(path, file => HeapProfileFile.WriteAsync(file, profiles, cancellation));
        return new CaptureOutcome(await watch(), []);
    }

    private async Task<CaptureOutcome> TakeSnapshotAsync(string path, CancellationToken cancellation)
    {
        var thread = snapshotThread = ChooseThread();
        var estimate = await EstimateSnapshotAsync(cancellation);
        var patience = TimeSpan.FromSeconds(60) + (estimate.Pause * 10);
        var watch = await StartPauseAsync(thread, cancellation);
        await SampleAsync(new SignalSample(), cancellation);
        using var underWay = cost.Begin();
        var started = Stopwatch.GetTimestamp();
        await CaptureFile.WriteAsync(
            path,
            async file =>
            {
                await using var text = new StreamWriter(file, bufferSize: 1 << 18);
                void Write(string method, JsonElement parameters)
                {
                    if (method == "HeapProfiler.addHeapSnapshotChunk")
                    {
                        text.Write(parameters.GetProperty("chunk").GetString());
                    }
                }

                thread.Notified += Write;
                try
                {
                    await thread.CallAsync(
                        "HeapProfiler.takeHeapSnapshot",
                        new JsonObject { ["reportProgress"] = false },
                        patience,
                        cancellation
                    );
                }
                finally
                {
                    thread.Notified -= Write;
                }
            }
        );
        // Where the event loop's own measure missed the gap, the answer's time is not less than it.
        var answered = Stopwatch.GetElapsedTime(started);
        var gap = await watch();
        var pause = gap > answered * LeastShareOfAnswer ? gap.Value : answered;
        var heapUsed = heaps[thread].HeapUsed;
        await SampleAsync(new SignalSample(), cancellation);
        var left = cost.Learn(heapUsed, pause, new FileInfo(path).Length);
        List<string> notes =
        [
            string.Create(
                CultureInfo.InvariantCulture,
                $"the snapshot stopped the target for {pause.TotalSeconds:0.0} s and left {left / 1048576.0:0} MiB in its allocator, which are not counted as growth"
            ),
        ];
        if (heaps.Count > 1)
        {
            notes.Add($"the heap snapshot is of {thread.Name}, one of {heaps.Count} JavaScript threads");
        }

        return new CaptureOutcome(pause, notes);
    }

    /// <summary>Watches the thread's event loop from now on; what is returned gives the longest gap.</summary>
    private static async Task<Func<Task<TimeSpan?>>> StartPauseAsync(
        InspectorThread thread,
        CancellationToken cancellation
    )
    {
        await thread.EvaluateAsync($"{Agent}.startPause()", Patience, cancellation);
        return async () =>
        {
            var gap = await thread.EvaluateAsync($"{Agent}.endPause()", Patience, cancellation);
            return gap.ValueKind == JsonValueKind.Number ? TimeSpan.FromMilliseconds(gap.GetDouble()) : null;
        };
    }

    private void ThrowIfGone()
    {
        if (inspector.ProgramHasEnded || !node.Process.IsRunning)
        {
            throw new TargetGoneException($"process {node.Process.Pid} has ended");
        }
    }
}
