using System.Diagnostics;
using System.Globalization;
using Tidemark.Core.Allocation;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Formats.GoText;
using Tidemark.Formats.Pprof;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Go;

/// <summary>An attached Go program. Without pprof there are neither captures nor signals of its own, and each capture says how to switch it on.</summary>
internal sealed class GoSession : RuntimeSession
{
    public static readonly CaptureMethod HeapProfile = new(
        "heap-profile",
        "pprof",
        ".heap.pb.gz",
        CaptureRole.Heap,
        "heap profile (where the program collects seldom, collections are forced while it is watched, beside its work and at most 2 % of the time)"
    );

    public static readonly CaptureMethod GoroutineProfile = new(
        "goroutine-profile",
        "pprof",
        ".goroutine.pb.gz",
        CaptureRole.Tasks,
        "goroutine profile"
    );

    // Measured on Go 1.19: 4 to 13 ms for a heap profile, 5 to 10 microseconds a goroutine, 30 to 50 for a dump of all stacks.
    private static readonly TimeSpan HeapProfilePause = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan PauseOfGoroutine = TimeSpan.FromMicroseconds(10);
    private const int MostGoroutinesDumped = 2000;

    // A profile is of the last collection but one: older than this, it would miss what the diagnosis is about.
    private static readonly TimeSpan FreshProfile = TimeSpan.FromSeconds(5);
    private const long ProfileBytes = 4 << 20;
    private static readonly TimeSpan SamplePatience = TimeSpan.FromSeconds(20);

    private readonly LinuxProcess? process;
    private readonly AllocationCalls? calls;
    private readonly GoProgram? program;
    private readonly PprofEndpoint? endpoint;
    private readonly string? refusal;
    private readonly double? heapLimit;
    private readonly GoSignals signals;
    private readonly ServiceMetrics? metrics;
    private readonly GoroutineOrigins origins = new();

    private GoSession(
        LinuxProcess? process,
        GoProgram? program,
        PprofEndpoint? endpoint,
        ServiceMetrics? metrics,
        string? refusal
    )
    {
        this.metrics = metrics;
        this.process = process;
        this.program = program;
        this.endpoint = endpoint;
        this.refusal = refusal;
        calls = program is not null && endpoint is not null ? AllocationCalls.Of(program) : null;
        heapLimit = MemoryLimit.Parse(process?.ReadEnvironment("GOMEMLIMIT")) ?? metrics?.First.MemoryLimit;
        var gogc = GcPercent(process?.ReadEnvironment("GOGC")) / 100;
        var liveHeap = new LiveHeapEstimate(gogc, heapLimit is not null);
        signals = new GoSignals(endpoint, metrics, liveHeap, TimeProvider.System);
    }

    /// <param name="process">The process, where it is on this machine.</param>
    /// <param name="program">Its executable; disposed of with the session.</param>
    /// <param name="endpoint">Its pprof endpoint; disposed of with the session.</param>
    /// <param name="metrics">Its page of metrics; disposed of with the session.</param>
    /// <param name="refusal">Why there is no endpoint, and what to do.</param>
    public static GoSession Open(
        LinuxProcess? process,
        GoProgram? program,
        PprofEndpoint? endpoint,
        ServiceMetrics? metrics,
        string? refusal
    ) => new(process, program, endpoint, metrics, refusal);

    /// <inheritdoc />
    public override IReadOnlyList<CaptureMethod> Methods => [HeapProfile, GoroutineProfile];

    /// <inheritdoc />
    public override async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ThrowIfGone();
        if (heapLimit is { } limit)
        {
            sample[Signal.HeapLimit] = limit;
        }

        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(SamplePatience);
        await signals.SampleAsync(sample, limited.Token);
        if (process is null && !sample.Has(Signal.Footprint) && signals.Footprint is { } footprint)
        {
            sample[Signal.Footprint] = footprint;
        }
    }

    /// <inheritdoc />
    public override async Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (method == HeapProfile || endpoint is null)
        {
            return new CaptureEstimate(HeapProfilePause, ProfileBytes, ProfileBytes);
        }

        var goroutines = signals.Goroutines ?? await endpoint.CountGoroutinesAsync(cancellation) ?? 0;
        return new CaptureEstimate(PauseOfGoroutine * goroutines, ProfileBytes, ProfileBytes);
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
        if (endpoint is null)
        {
            throw new CaptureFailedException(refusal!);
        }

        try
        {
            return method == HeapProfile
                ? await CaptureHeapAsync(endpoint, path, cancellation)
                : await CaptureGoroutinesAsync(endpoint, path, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or MalformedDumpException)
        {
            ThrowIfGone();
            throw new CaptureFailedException($"{method.Title}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new CaptureFailedException($"{method.Title}: {endpoint.Profiles} did not answer in time", e);
        }
    }

    /// <inheritdoc />
    /// <remarks>Only the program itself can call debug.FreeOSMemory; after a collection the runtime's scavenger gives back bit by bit.</remarks>
    public override async Task<string?> ReleaseAsync(CancellationToken cancellation)
    {
        if (endpoint is null)
        {
            return null;
        }

        await endpoint.CopyProfileAsync("heap?gc=1", Stream.Null, cancellation);
        return "a full collection (debug.FreeOSMemory, which gives back at once, is the program's own to call)";
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        endpoint?.Dispose();
        metrics?.Dispose();
        program?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<CaptureOutcome> CaptureHeapAsync(
        PprofEndpoint service,
        string path,
        CancellationToken cancellation
    )
    {
        var before = await signals.ReadStatisticsAsync(collect: false, cancellation);
        var forced = !signals.HasCollectedTwiceWithin(FreshProfile);
        var started = Stopwatch.GetTimestamp();
        var profile = await FetchAsync(service, forced ? "heap?gc=1" : "heap", path, cancellation);
        var took = Stopwatch.GetElapsedTime(started);
        var after = await signals.ReadStatisticsAsync(collect: false, cancellation);
        if (profile.Header.Period == 0)
        {
            throw new CaptureFailedException(
                "the heap profile is switched off in this program (runtime.MemProfileRate = 0): remove that line"
            );
        }

        await WriteAsync(path, HeapProfileNotes.Add(profile, calls, after));
        return new CaptureOutcome(
            after?.PauseTotal - before?.PauseTotal,
            forced
                ?
                [
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"a collection was forced, for a profile of this moment: it ran for {took.TotalSeconds:0.0} s beside the program"
                    ),
                ]
                : []
        );
    }

    private async Task<CaptureOutcome> CaptureGoroutinesAsync(
        PprofEndpoint service,
        string path,
        CancellationToken cancellation
    )
    {
        var started = Stopwatch.GetTimestamp();
        var goroutines = await FetchAsync(service, "goroutine", path, cancellation);
        var took = Stopwatch.GetElapsedTime(started);
        var notes = new List<string>();
        if (!origins.Know(goroutines))
        {
            if ((signals.Goroutines ?? MostGoroutinesDumped) <= MostGoroutinesDumped)
            {
                started = Stopwatch.GetTimestamp();
                using var stacks = new MemoryStream();
                await service.CopyProfileAsync("goroutine?debug=2", stacks, cancellation);
                took += Stopwatch.GetElapsedTime(started);
                origins.Learn(GoStacksFormat.Read(stacks.GetBuffer().AsMemory(0, (int)stacks.Length)));
            }
            else
            {
                notes.Add(
                    $"with more than {MostGoroutinesDumped} goroutines their creators are not asked for: that would stop the program too long"
                );
            }
        }

        var statistics = await signals.ReadStatisticsAsync(collect: false, cancellation);
        await WriteAsync(path, origins.Complete(goroutines, statistics?.StackInuse ?? 0));
        // Both answers come from a stopped world, but the time on the way is in here too.
        return new CaptureOutcome(took, notes);
    }

    /// <summary>What the service sends goes into a file of its own first, and is read from there like any other.</summary>
    private static async Task<AllocationProfile> FetchAsync(
        PprofEndpoint service,
        string query,
        string path,
        CancellationToken cancellation
    )
    {
        var part = path + ".part";
        try
        {
            await CaptureFile.WriteAsync(part, file => service.CopyProfileAsync(query, file, cancellation));
            var snapshot = new PprofFormat().Read(DumpFile.Open(part), new ReadContext(cancellation: cancellation));
            return ((ProfileSnapshot)snapshot).Profile;
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static Task WriteAsync(string path, AllocationProfile profile) =>
        CaptureFile.WriteAsync(
            path,
            file =>
            {
                PprofWriter.Write(profile, file);
                return Task.CompletedTask;
            }
        );

    private void ThrowIfGone()
    {
        if (process is { IsRunning: false })
        {
            throw new TargetGoneException($"process {process.Pid} has ended");
        }
    }

    /// <summary>GOGC as the process was started with it: 100 unless it says otherwise, infinite for <c>off</c>.</summary>
    private static double GcPercent(string? gogc) =>
        gogc is "off" ? double.PositiveInfinity
        : int.TryParse(gogc, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var percent)
            ? percent < 0 ? double.PositiveInfinity
                : percent
        : 100;
}
