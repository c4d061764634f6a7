using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Processes;
using Tidemark.Runtimes.Python.Agent;

namespace Tidemark.Runtimes.Python;

/// <summary>An attached Python process.</summary>
/// <remarks>
/// The live heap is weighed by the agent (every object's size), as often as one twentieth of one core allows, and carried
/// forward in between by the number of blocks that the allocator has handed out.
/// Once the heap is seen to grow from one object graph to the next, tracemalloc is switched on for the last part of the time
/// until the one after that, so that this can say where the objects that stayed were allocated; it is switched off before that
/// graph is written. Only for the last part, because a program that is short of processor time does much less while it is traced,
/// and what grows with its work would seem to stop growing.
/// </remarks>
internal sealed class PythonSession : RuntimeSession
{
    private const double BytesPerObjectOnDisk = 45;
    private const double BytesPerObjectInTarget = 10;
    private const double GrowthWorthTracing = 1.02;
    private const int TracedFrames = 6;

    /// <summary>Tracing begins after this share of the time that passed between the two graphs before.</summary>
    private const double UntracedShare = 0.7;

    // As measured: the longest uninterruptible step, which is a full collection.
    private static readonly TimeSpan PausePerMillionObjects = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan CaptureLimit = TimeSpan.FromSeconds(60);

    // Longer than any step of the agent that sends nothing, also on a busy machine.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    // A call into C may keep the interpreter: a sample does not wait for that, and the next one looks again.
    private static readonly TimeSpan SamplePatience = TimeSpan.FromSeconds(3);

    /// <summary>Why an interpreter lets nobody in, and what to do.</summary>
    public const string KeptInterpreter =
        "a call into C keeps it, or it keeps its lock while it waits (uWSGI does: start it with `enable-threads`)";

    private static readonly TimeSpan CollectionPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenConnections = TimeSpan.FromSeconds(5);
    private const int Connections = 4;

    private static readonly CaptureMethod ObjectGraph = new(
        "object-graph",
        "python-heap",
        ".pyheap.gz",
        CaptureRole.Heap,
        "every object the collector knows, with its references"
    );

    private readonly int pid;
    private readonly bool tracedBefore;
    private readonly RequestsPage requests;
    private readonly List<string> unsaid = [];
    private AgentConnection agent;
    private int connections = 1;
    private long? connectedAt;
    private double leftByCaptures;
    private double tracer;
    private bool isCapturing;
    private long? capturedAt;
    private long? traceAt;
    private long tracedSince;
    private long objects;
    private long objectsAtCapture;

    public PythonSession(int pid, AgentConnection agent, bool tracedBefore)
    {
        this.pid = pid;
        this.agent = agent;
        this.tracedBefore = tracedBefore;
        requests = new RequestsPage(pid, new HashSet<int>());
    }

    public override IReadOnlyList<CaptureMethod> Methods { get; } = [ObjectGraph, MappingsCapture.Method];

    public override async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (requests.Read() is { } served)
        {
            sample[Signal.Requests] = served;
        }

        await ReconnectAsync(cancellation);
        if (agent.IsBusy)
        {
            throw LetsNobodyIn(agent.Silence);
        }

        try
        {
            if (traceAt is { } at && Stopwatch.GetTimestamp() >= at)
            {
                traceAt = null;
                tracedSince = Stopwatch.GetTimestamp();
                await AskAsync("trace", $$"""{"frames":{{TracedFrames}}}""", cancellation);
            }

            Take(await AskAsync("signals", "{}", cancellation), sample);
        }
        catch (TimeoutException)
        {
            throw LetsNobodyIn(SamplePatience);
        }
    }

    /// <summary>The sample goes without, and so do the next ones until the answer is there.</summary>
    private static TimeoutException LetsNobodyIn(TimeSpan silence) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"the interpreter let nobody in for {silence.TotalSeconds:0} s: {KeptInterpreter}"
            )
        );

    private void Take(JsonElement signals, SignalSample sample)
    {
        sample[Signal.GcCount] = signals.GetProperty("collections").GetDouble();
        sample[Signal.GcPause] = signals.GetProperty("paused").GetDouble();
        if (signals.TryGetProperty("live", out var live))
        {
            sample[Signal.LiveHeap] = live.GetDouble();
            objects = signals.GetProperty("objects").GetInt64();
            if (signals.GetProperty("cached").GetDouble() is > 0 and var cached)
            {
                sample[Signal.CacheEntries] = cached;
            }
        }

        if (signals.GetProperty("tasks").ValueKind == JsonValueKind.Number)
        {
            sample[Signal.Tasks] = signals.GetProperty("tasks").GetDouble();
        }

        tracer = signals.GetProperty("tracer").GetDouble();
    }

    /// <summary>What our own tracing and captures take is not the program's growth; while a capture is under way, the footprint is not known.</summary>
    public override void Correct(SignalSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        foreach (var signal in (ReadOnlySpan<Signal>)[Signal.Footprint, Signal.Anonymous])
        {
            if (sample.Has(signal))
            {
                sample[signal] = isCapturing ? double.NaN : Math.Max(0, sample[signal] - tracer - leftByCaptures);
            }
        }
    }

    public override async Task<string?> ReleaseAsync(CancellationToken cancellation)
    {
        await AskToCollectAsync("""{"always":true}""", cancellation);
        return "a full collection (gc.collect())";
    }

    /// <summary>Without one, what waits for the next full collection of the oldest generation counts as live, which may be most of the heap for minutes.</summary>
    public override async Task<TimeSpan?> CollectAsync(CancellationToken cancellation)
    {
        var seconds = (await AskToCollectAsync("{}", cancellation)).GetProperty("seconds");
        return seconds.ValueKind == JsonValueKind.Number ? TimeSpan.FromSeconds(seconds.GetDouble()) : null;
    }

    /// <summary>How full the pools of small objects are.</summary>
    public override async Task<IReadOnlyList<HeapDivision>> DivideAsync(CancellationToken cancellation)
    {
        await ReconnectAsync(cancellation);
        var pools = await agent.AskAsync("pools", "{}", null, cancellation).WaitAsync(CollectionPatience, cancellation);
        return PythonPools.Divide(pools);
    }

    public override Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation)
    {
        if (method == MappingsCapture.Method)
        {
            return Task.FromResult(MappingsCapture.Estimate(pid));
        }

        var count = Math.Max(objects, 100_000);
        return Task.FromResult(
            new CaptureEstimate(
                PausePerMillionObjects * (count / 1e6),
                (long)(count * BytesPerObjectOnDisk),
                (long)(count * BytesPerObjectInTarget) + (32 << 20)
            )
        );
    }

    public override async Task<CaptureOutcome> CaptureAsync(
        CaptureMethod method,
        string path,
        CancellationToken cancellation
    )
    {
        if (method == MappingsCapture.Method)
        {
            return await WriteMappingsAsync(path, cancellation);
        }

        isCapturing = true;
        try
        {
            await ReconnectAsync(cancellation);
            return await CaptureGraphAsync(path, cancellation);
        }
        catch (IOException e)
        {
            throw new CaptureFailedException($"the object graph of process {pid} was not taken: {e.Message}", e);
        }
        catch (CaptureFailedException e) when (e.InnerException is AgentFailedException || agent.IsBroken)
        {
            // What went wrong in a busy program goes well a moment later.
            await Task.Delay(BetweenAttempts, cancellation);
            await ReconnectForAsync(e, cancellation);
            var outcome = await CaptureGraphAsync(path, cancellation);
            return outcome with { Notes = [.. outcome.Notes, $"at the second attempt: {e.Message}"] };
        }
        finally
        {
            isCapturing = false;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        requests.Dispose();
        await agent.DisposeAsync();
    }

    private async Task<CaptureOutcome> CaptureGraphAsync(string path, CancellationToken cancellation)
    {
        // Who has been silent before will not speak sooner for another question.
        var patience = Silence - agent.Silence;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience > TimeSpan.Zero ? patience : TimeSpan.Zero);
        try
        {
            var (end, answer) = await WriteGraphAsync(path, () => limit.CancelAfter(Silence), limit.Token);
            var notes = new List<string>(unsaid) { Course(end, answer) };
            unsaid.Clear();
            if (answer.GetProperty("sites").GetBoolean())
            {
                notes.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"tracemalloc was on for {Stopwatch.GetElapsedTime(tracedSince).TotalSeconds:0} s before the last object graph, to tell where the growth is allocated: allocations cost the program about twice the time meanwhile"
                    )
                );
            }

            traceAt = null;
            // Tracing, if it was on, is off now: what it took is free, but not always back with the kernel.
            var grown = answer.GetProperty("grown").GetDouble() + tracer;
            leftByCaptures += Math.Clamp(grown, 0, LeftBy(end) + tracer);
            tracer = 0;
            if (!answer.GetProperty("sites").GetBoolean())
            {
                PlanTracing(end.GetProperty("of").GetInt64());
            }

            return new CaptureOutcome(TimeSpan.FromSeconds(answer.GetProperty("pause").GetDouble()), notes);
        }
        catch (Exception e)
        {
            if (File.Exists(path))
            {
                File.Delete(path);
            }

            if (e is OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                throw new CaptureFailedException(
                    $"the object graph of process {pid} was not taken: the interpreter let nobody in for {Silence.TotalSeconds:0} s: {KeptInterpreter}",
                    e
                );
            }

            if (e is IOException or UnauthorizedAccessException or JsonException)
            {
                throw new CaptureFailedException($"the object graph of process {pid} was not taken: {e.Message}", e);
            }

            throw;
        }
    }

    /// <summary>Asks what the program goes on beside: it may keep the interpreter longer than a sample waits.</summary>
    private Task<JsonElement> AskAsync(string command, string options, CancellationToken cancellation) =>
        agent.AskAsync(command, options, null, cancellation).WaitAsync(SamplePatience, cancellation);

    private async Task<JsonElement> AskToCollectAsync(string options, CancellationToken cancellation)
    {
        try
        {
            return await agent
                .AskAsync("collect", options, null, cancellation)
                .WaitAsync(CollectionPatience, cancellation);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw new CaptureFailedException($"process {pid} was not asked to collect: {e.Message}", e);
        }
    }

    /// <summary>Opens another connection where the one there was is out of step; the agent at its end has put everything back.</summary>
    /// <exception cref="IOException">That did not work, or was tried too often or a moment ago.</exception>
    private async Task ReconnectAsync(CancellationToken cancellation)
    {
        if (!agent.IsBroken)
        {
            return;
        }

        if (
            connections >= Connections
            || (connectedAt is { } before && Stopwatch.GetElapsedTime(before) < BetweenConnections)
        )
        {
            throw new IOException($"the connection to the agent in process {pid} was lost");
        }

        if (AgentConnection.HasEnded(pid))
        {
            throw new TargetGoneException($"process {pid} has ended");
        }

        connections++;
        connectedAt = Stopwatch.GetTimestamp();
        await agent.DisposeAsync();
        traceAt = null;
        tracer = 0;
        try
        {
            (agent, _) = await PythonRuntime.OpenAsync(pid, cancellation);
            unsaid.Add("the connection to the agent was lost and opened anew");
        }
        catch (AttachFailedException e)
        {
            if (connections == Connections)
            {
                unsaid.Add($"watched from outside only after the connection to the agent was lost: {e.Message}");
            }

            throw new IOException(e.Message, e);
        }
    }

    private async Task ReconnectForAsync(CaptureFailedException failure, CancellationToken cancellation)
    {
        try
        {
            await ReconnectAsync(cancellation);
        }
        catch (IOException)
        {
            throw failure;
        }
    }

    private async Task<(JsonElement End, JsonElement Answer)> WriteGraphAsync(
        string path,
        Action onHeard,
        CancellationToken cancellation
    )
    {
        var end = default(JsonElement);
        await using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        await using var packed = new GZipStream(file, CompressionLevel.Fastest);
        await packed.WriteAsync("tidemark python heap 1\n"u8.ToArray(), cancellation);
        var header = new byte[5];
        var answer = await agent.AskAsync(
            "graph",
            string.Create(CultureInfo.InvariantCulture, $$"""{"seconds":{{CaptureLimit.TotalSeconds}}}"""),
            async (kind, content) =>
            {
                onHeard();
                header[0] = kind;
                BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(1), content.Length);
                await packed.WriteAsync(header, cancellation);
                await packed.WriteAsync(content, cancellation);
                if (kind == 'E')
                {
                    end = JsonElement.Parse(content.Span);
                }
            },
            cancellation
        );
        return (end, answer);
    }

    /// <summary>What a capture leaves in the target's heap at most, as measured: memory that it used and that the program uses next.</summary>
    private static double LeftBy(JsonElement end) =>
        (4 << 20) + (end.GetProperty("of").GetInt64() * BytesPerObjectInTarget);

    private static string Course(JsonElement end, JsonElement answer) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(end.GetProperty("skipped").GetInt64() is > 0 and var skipped ? $"{skipped} objects could not be described; " : "")}{end.GetProperty("visited").GetInt64():N0} of {end.GetProperty("of").GetInt64():N0} containers in {answer.GetProperty("seconds").GetDouble():0.0} s beside the program, which could not run for at most {answer.GetProperty("pause").GetDouble() * 1000:0} ms of it"
        );

    private void PlanTracing(long count)
    {
        var now = Stopwatch.GetTimestamp();
        if (capturedAt is { } before && count > objectsAtCapture * GrowthWorthTracing && !tracedBefore)
        {
            traceAt = now + (long)((now - before) * UntracedShare);
        }

        objectsAtCapture = count;
        capturedAt = now;
    }

    private async Task<CaptureOutcome> WriteMappingsAsync(string path, CancellationToken cancellation)
    {
        var outcome = await MappingsCapture.WriteAsync(pid, path, cancellation);
        outcome = outcome with { Notes = [.. outcome.Notes, .. unsaid] };
        unsaid.Clear();
        return outcome;
    }
}
