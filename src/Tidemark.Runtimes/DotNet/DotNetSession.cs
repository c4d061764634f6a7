using System.Diagnostics;
using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Formats.Clr;
using Tidemark.Formats.NetTrace;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.DotNet;

/// <summary>An attached .NET process.</summary>
/// <remarks>
/// Signals come from one event session that is open all the time: the collections' events, and the runtime's and
/// ASP.NET Core's counters every two seconds. That costs the target microseconds a second. A capture opens a second
/// session for as long as it takes.
/// </remarks>
internal sealed class DotNetSession : RuntimeSession
{
    public static readonly CaptureMethod HeapDump = new(
        "heap-dump",
        "nettrace",
        ".nettrace",
        CaptureRole.Heap,
        "heap dump (EventPipe; forces a full collection)"
    );

    private static readonly TimeSpan CollectionPatience = TimeSpan.FromSeconds(20);

    private const int WatchBufferMegabytes = 16;
    private const string CounterInterval = "2";

    private readonly DiagnosticPort port;
    private readonly EventPipeSession session;
    private readonly LiveSignals signals = new();
    private readonly CapturePace pace = new();
    private readonly Task reading;

    private DotNetSession(DiagnosticPort port, EventPipeSession session)
    {
        this.port = port;
        this.session = session;
        reading = Task.Factory.StartNew(
            Read,
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    /// <inheritdoc />
    public override IReadOnlyList<CaptureMethod> Methods => [HeapDump, MappingsCapture.Method];

    /// <exception cref="AttachFailedException">The process cannot be asked.</exception>
    public static async Task<DotNetSession> OpenAsync(LinuxProcess process, CancellationToken cancellation)
    {
        var port = await DiagnosticPort.OpenAsync(process, cancellation);
        try
        {
            var counters = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["EventCounterIntervalSec"] = CounterInterval,
            };
            var session = await port.StartSessionAsync(
                [
                    new EventPipeProvider(ClrProvider.Runtime, EventLevel.Informational, ClrProvider.GcKeyword),
                    // At this level the sources write their counters, and no event for each request.
                    new EventPipeProvider("System.Runtime", EventLevel.Critical, 0, counters),
                    new EventPipeProvider("Microsoft.AspNetCore.Hosting", EventLevel.Critical, 0, counters),
                ],
                WatchBufferMegabytes,
                rundownKeywords: 0,
                cancellation
            );
            var opened = new DotNetSession(port, session);
            opened.signals.HeapHardLimit = await CollectorSettings.ReadHeapHardLimitAsync(port, cancellation);
            return opened;
        }
        catch
        {
            await port.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public override ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (reading.IsCompleted)
        {
            throw port.Process.IsRunning
                ? new IOException($"the runtime of process {port.Process.Pid} ended the event session")
                : new TargetGoneException($"process {port.Process.Pid} has ended");
        }

        signals.Sample(sample);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override async Task<TimeSpan?> CollectAsync(CancellationToken cancellation)
    {
        var before = signals.Collected;
        EventPipeSession request;
        try
        {
            request = await port.StartSessionAsync(
                [new EventPipeProvider(ClrProvider.Runtime, EventLevel.Informational, ClrProvider.CollectKeywords)],
                bufferMegabytes: 1,
                rundownKeywords: 0,
                cancellation
            );
        }
        catch (AttachFailedException e)
        {
            throw new CaptureFailedException(e.Message, e);
        }

        try
        {
            var started = Stopwatch.GetTimestamp();
            while (
                signals.Collected.Full == before.Full
                && !reading.IsCompleted
                && Stopwatch.GetElapsedTime(started) < CollectionPatience
            )
            {
                await Task.Delay(20, cancellation);
            }
        }
        finally
        {
            await DiagnosticPort.EndAsync(request);
        }

        var after = signals.Collected;
        return after.Full > before.Full ? after.Paused - before.Paused : null;
    }

    /// <inheritdoc />
    public override async Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation)
    {
        if (method == MappingsCapture.Method)
        {
            return MappingsCapture.Estimate(port.Process.Pid);
        }

        // The first counters come within two intervals.
        for (var wait = 0; wait < 50 && signals.HeapBytes is null && !reading.IsCompleted; wait++)
        {
            await Task.Delay(100, cancellation);
        }

        return pace.Estimate(signals.HeapBytes ?? port.Process.ReadResidentBytes());
    }

    /// <inheritdoc />
    public override async Task<CaptureOutcome> CaptureAsync(
        CaptureMethod method,
        string path,
        CancellationToken cancellation
    )
    {
        if (method == MappingsCapture.Method)
        {
            return await MappingsCapture.WriteAsync(port.Process.Pid, path, cancellation);
        }

        var estimate = await EstimateAsync(method, cancellation);
        var notes = new List<string>();
        var pause = TimeSpan.Zero;
        for (var buffer = CapturePace.BufferFor(estimate.DiskBytes); ; buffer *= 4)
        {
            var result = await TakeAsync(path, buffer, cancellation);
            pause += result.Pause ?? TimeSpan.Zero;
            if (result.Problem is null)
            {
                pace.Learn(result);
                return new CaptureOutcome(pause, notes);
            }

            File.Delete(path);
            notes.Add($"a heap dump with a buffer of {buffer} MiB was thrown away: {result.Problem}");
            if (buffer * 4 > CapturePace.LargestBuffer)
            {
                throw new CaptureFailedException(string.Join("; ", notes));
            }
        }
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await DiagnosticPort.EndAsync(session);
        await reading.ContinueWith(_ => { }, TaskScheduler.Default);
        await port.DisposeAsync();
    }

    private async Task<HeapCaptureResult> TakeAsync(string path, int buffer, CancellationToken cancellation)
    {
        HeapCaptureResult? result = null;
        try
        {
            await CaptureFile.WriteAsync(
                path,
                async file => result = await new HeapCapture(port, buffer).TakeAsync((FileStream)file, cancellation)
            );
        }
        catch (AttachFailedException e)
        {
            throw port.Process.IsRunning
                ? new CaptureFailedException(e.Message, e)
                : new TargetGoneException($"process {port.Process.Pid} has ended", e);
        }

        return result!;
    }

    private void Read()
    {
        try
        {
            using var buffered = new BufferedStream(session.EventStream, 1 << 16);
            var reader = new NetTraceReader(buffered, "the event session");
            var header = reader.Header;
            while (reader.ReadBlock((in NetTraceEvent happened) => signals.Visit(header, happened)))
            {
                // The signals keep what they need.
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or MalformedDumpException)
        {
            // The session is over: the next sample says why.
        }
    }
}
