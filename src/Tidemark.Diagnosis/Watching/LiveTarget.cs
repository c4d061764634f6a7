using System.Globalization;
using Tidemark.Core;
using Tidemark.Core.Series;
using Tidemark.Metrics.Procfs;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Watching;

/// <summary>An attached process: what the kernel sees of it and what its runtime tells, in one sample.</summary>
public sealed class LiveTarget : ISignalSource
{
    // A busy endpoint may miss a few polls; one that answers none for this long is not there any more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Longer than any runtime takes that answers at all; meanwhile the samples go on with what the kernel tells.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    // What a session changed in the target it puts back; who waits for that longer waits for a target that does not move.
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(30);

    private readonly ProcfsSource? procfs;
    private readonly long? limitBytes;
    private readonly TimeProvider time;
    private Task asked = Task.CompletedTask;
    private long lastAnswer;
    private int unanswered;
    private string? lastFailure;

    private LiveTarget(
        Target target,
        IRuntime runtime,
        RuntimeSession session,
        ProcfsSource? procfs,
        long? limitBytes,
        TimeProvider time
    )
    {
        Target = target;
        Runtime = runtime;
        Session = session;
        this.procfs = procfs;
        this.limitBytes = limitBytes;
        this.time = time;
        lastAnswer = time.GetTimestamp();
    }

    public Target Target { get; }

    public IRuntime Runtime { get; }

    public RuntimeSession Session { get; }

    /// <summary>What to say of samples that the runtime did not answer; null where there were none.</summary>
    public string? Unanswered =>
        unanswered > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the runtime did not answer {unanswered} of the samples, which hold what the kernel tells; the last time: {lastFailure}"
            )
            : null;

    /// <summary>Why the process is gone, as a sentence: null where the kernel did not kill it for want of memory, or nobody can tell any more.</summary>
    public string? DescribeKill()
    {
        if (procfs?.ReadKill() is not { } kill)
        {
            return null;
        }

        var limit = kill.LimitBytes is { } bytes
            ? string.Create(CultureInfo.InvariantCulture, $"{Quantity.Bytes(bytes)} ({bytes} bytes)")
            : null;
        return kill.WasAlone
            ? $"the kernel killed process {Target.Pid} for want of memory{(limit is null ? "" : $", at its limit of {limit}")}"
            : $"process {Target.Pid} has ended, and the kernel has killed a process of its control group for want of memory{(limit is null ? "" : $", at a limit of {limit}")}";
    }

    /// <summary>Attaches to a process.</summary>
    /// <param name="target">The process.</param>
    /// <param name="runtime">What it runs.</param>
    /// <param name="limitBytes">Its memory limit, where none can be read.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TargetGoneException">There is no such process.</exception>
    /// <exception cref="AttachFailedException">Its runtime cannot be reached.</exception>
    public static Task<LiveTarget> AttachAsync(
        Target target,
        IRuntime runtime,
        long? limitBytes,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(time);
        var procfs = target.Pid is { } pid ? ProcfsSource.Open(pid) : null;
        return AttachAsync(target, runtime, procfs, limitBytes, time, cancellation);
    }

    /// <summary>The same with what the kernel tells from another place.</summary>
    internal static async Task<LiveTarget> AttachAsync(
        Target target,
        IRuntime runtime,
        ProcfsSource? procfs,
        long? limitBytes,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var session = await runtime.AttachAsync(target, cancellation);
        return new LiveTarget(target, runtime, session, procfs, limitBytes, time);
    }

    /// <inheritdoc />
    public async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        await SampleOutsideAsync(sample, cancellation);
        try
        {
            await AskAsync(sample, cancellation);
            lastAnswer = time.GetTimestamp();
        }
        catch (Exception e)
            when (e is not TargetGoneException
                && (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
            )
        {
            // The kernel still sees the process: its runtime is slow to answer or answers what nobody understands, and the sample goes without it.
            unanswered++;
            lastFailure = e.Message;
            if (procfs is null && time.GetElapsedTime(lastAnswer) > Patience)
            {
                throw new TargetGoneException($"{Target.Url} has not answered for {Patience.TotalSeconds:0} s", e);
            }
        }
    }

    /// <summary>What the runtime adds to a sample, if it answers in time: one that does not keeps its question, and is asked no other.</summary>
    private async Task AskAsync(SignalSample sample, CancellationToken cancellation)
    {
        if (!asked.IsCompleted)
        {
            throw new TimeoutException($"it has not answered for more than {AnswerPatience.TotalSeconds:0} s");
        }

        // An answer that comes too late must not write into a later sample.
        var answer = new SignalSample();
        Copy(sample, answer);
        asked = AnswerAsync();
        try
        {
            await asked.WaitAsync(AnswerPatience, time, cancellation);
        }
        finally
        {
            if (asked.IsCompleted)
            {
                Copy(answer, sample);
            }
        }

        async Task AnswerAsync() => await Session.SampleAsync(answer, cancellation);
    }

    private static void Copy(SignalSample from, SignalSample to)
    {
        for (var signal = 0; signal < Signals.Count; signal++)
        {
            to[(Signal)signal] = from[(Signal)signal];
        }
    }

    /// <summary>The same without asking the runtime, for the time when it is busy with a capture.</summary>
    public async ValueTask SampleOutsideAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (procfs is not null)
        {
            await procfs.SampleAsync(sample, cancellation);
            Session.Correct(sample);
            if (procfs.SharedInFootprint is { } shared)
            {
                Session.CorrectShared(sample, shared);
            }
        }

        if (limitBytes is { } limit && !sample.Has(Signal.Limit))
        {
            sample[Signal.Limit] = limit;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Session.DisposeAsync().AsTask().WaitAsync(FarewellPatience, time);
        }
        catch (TimeoutException)
        {
            // The answer does not wait for a target that does not let go.
        }

        if (procfs is not null)
        {
            await procfs.DisposeAsync();
        }
    }
}
