using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Formats.Clr;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Runtimes.DotNet;

/// <summary>What one attempt at a heap dump came to.</summary>
/// <param name="Problem">What it lacks; null for a complete one.</param>
/// <param name="Objects">Objects in it.</param>
/// <param name="HeapBytes">Their bytes together.</param>
/// <param name="Pause">How long the target stood still for it.</param>
internal sealed record HeapCaptureResult(string? Problem, long Objects, long HeapBytes, TimeSpan? Pause);

/// <summary>Takes one heap dump: has the runtime collect and walk its heap, and writes its events to a file as they come.</summary>
/// <remarks>The runtime walks with all managed threads stopped, and drops events when they come faster than we take them and its buffer is full.</remarks>
internal sealed class HeapCapture(DiagnosticPort port, int bufferMegabytes)
{
    // The collection starts when the session does; a runtime that is busy with another one takes its time.
    private static readonly TimeSpan PatienceBeforeCollection = TimeSpan.FromSeconds(60);

    // Marking a heap of tens of gigabytes gives no sign of life.
    private static readonly TimeSpan PatienceBetweenEvents = TimeSpan.FromMinutes(10);

    private static readonly NetTraceDefinition Names = new(ClrMetadata.Provider, 1, "Names", 1, []);

    /// <exception cref="CaptureFailedException">The runtime refused or did not answer.</exception>
    /// <exception cref="TargetGoneException">The process ended meanwhile.</exception>
    public async Task<HeapCaptureResult> TakeAsync(FileStream file, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(file);
        await ForgetToldTypesAsync(cancellation);
        using var session = await port.StartSessionAsync(
            [new EventPipeProvider(ClrProvider.Runtime, EventLevel.Informational, ClrProvider.HeapDumpKeywords)],
            bufferMegabytes,
            ClrProvider.RundownKeywords,
            cancellation
        );
        var stream = new CopyingStream(session.EventStream, file);
        using var watchdog = new Watchdog(session, stream, cancellation);
        ClrHeapSurvey survey;
        NetTraceReader reader;
        try
        {
            (survey, reader) = await Task.Factory.StartNew(
                () => Read(session, stream, file.Name, watchdog),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or MalformedDumpException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw !port.Process.IsRunning
                ? new TargetGoneException($"process {port.Process.Pid} ended while its heap was captured", e)
                : new CaptureFailedException(
                    watchdog.HasBitten
                        ? $"process {port.Process.Pid} did not collect within {PatienceBeforeCollection.TotalSeconds:0} s: a thread may be stuck where it cannot be stopped"
                        : $"the connection to process {port.Process.Pid} broke: {e.Message}",
                    e
                );
        }

        var dump = survey.Tally.Dumps[^1];
        AppendNames(file, survey);
        var pause = survey.Tally.PauseOf(dump) is { } interval
            ? reader.Header.Elapsed(interval.Begin, interval.End)
            : (TimeSpan?)null;
        return new HeapCaptureResult(
            survey.Tally.ProblemOf(dump, reader) ?? MissingTypes(survey),
            dump.Nodes,
            dump.Bytes,
            pause
        );
    }

    /// <summary>
    /// The runtime tells each type once, until its keywords are set anew without that for types. A session that ends while
    /// another one goes on (ours, that watches) does not set them anew; one that begins does.
    /// </summary>
    private async Task ForgetToldTypesAsync(CancellationToken cancellation)
    {
        var session = await port.StartSessionAsync(
            [new EventPipeProvider(ClrProvider.Runtime, EventLevel.Informational, ClrProvider.GcKeyword)],
            bufferMegabytes: 1,
            rundownKeywords: 0,
            cancellation
        );
        await DiagnosticPort.EndAsync(session);
    }

    /// <summary>Reads until the dump is over, has the session ended, and reads on to the end of the stream.</summary>
    private static (ClrHeapSurvey, NetTraceReader) Read(
        EventPipeSession session,
        CopyingStream stream,
        string path,
        Watchdog watchdog
    )
    {
        using var buffered = new BufferedStream(stream, 1 << 18);
        var reader = new NetTraceReader(buffered, path);
        var survey = new ClrHeapSurvey(reader.Header.PointerSize);
        Task? stopping = null;
        while (reader.ReadBlock(survey.Visit))
        {
            if (survey.Tally.Collections.Collections.Count > 0)
            {
                watchdog.Patience = PatienceBetweenEvents;
            }

            if (stopping is null && survey.Tally.Dumps is [.., var dump] && survey.Tally.HasEnded(dump))
            {
                // The answer to stopping comes after everything that is still to be read.
                stopping = Task.Run(session.Stop);
            }
        }

        if (survey.Tally.Dumps.Count == 0)
        {
            throw new CaptureFailedException("the runtime ended the session without a heap dump");
        }

        return (survey, reader);
    }

    /// <summary>Another session that holds the type events on gets the types, and we do not.</summary>
    private static string? MissingTypes(ClrHeapSurvey survey) =>
        survey.Tally.Types.Count(t => !survey.Types.Records.ContainsKey(t)) is > 0 and var missing
            ? $"{missing} types are not named: another tool traces this process"
            : null;

    /// <summary>The names travel in the trace, as events of our own.</summary>
    private void AppendNames(FileStream file, ClrHeapSurvey survey)
    {
        using var assemblies = new LoadedAssemblies(port.Process, survey.Modules);
        var names = CaptureNames.Of(survey, assemblies).ToBytes();
        using var writer = NetTraceWriter.Append(file);
        for (var at = 0; at < names.Length; at += NetTraceWriter.MaxPayload)
        {
            writer.Write(
                Names,
                thread: 0,
                survey.Tally.Dumps[^1].Last,
                names.AsSpan(at, Math.Min(NetTraceWriter.MaxPayload, names.Length - at))
            );
        }

        writer.End();
    }

    /// <summary>Breaks the session off when nothing comes for too long, or when nobody waits for it any more.</summary>
    private sealed class Watchdog : IDisposable
    {
        private readonly EventPipeSession session;
        private readonly CopyingStream stream;
        private readonly CancellationTokenRegistration registration;
        private readonly Timer timer;
        private long seen;
        private long since = Environment.TickCount64;

        public Watchdog(EventPipeSession session, CopyingStream stream, CancellationToken cancellation)
        {
            this.session = session;
            this.stream = stream;
            registration = cancellation.Register(Bite);
            timer = new Timer(_ => Look(), state: null, 1000, 1000);
        }

        public TimeSpan Patience { get; set; } = PatienceBeforeCollection;

        public bool HasBitten { get; private set; }

        public void Dispose()
        {
            timer.Dispose();
            registration.Dispose();
        }

        private void Look()
        {
            if (stream.Position != seen)
            {
                seen = stream.Position;
                since = Environment.TickCount64;
            }
            else if (Environment.TickCount64 - since > Patience.TotalMilliseconds)
            {
                HasBitten = true;
                Bite();
            }
        }

        private void Bite() => session.Dispose();
    }
}
