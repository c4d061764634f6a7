namespace Tidemark.Diagnosis.Watching;

/// <summary>The time of a watch: how much of it has passed, and how long a step may take that waits for the target.</summary>
/// <remarks>
/// A target may never answer: its runtime is stuck, starved or stopped. Whatever it is asked for goes through
/// <see cref="WithinAsync"/>, so that a watch ends, at the latest so long after its time: <see cref="WatchOptions.Grace"/>, and four
/// times the pause that was expected of what runs then.
/// </remarks>
internal sealed class WatchClock(WatchOptions options, TimeProvider time)
{
    /// <summary>A busy machine takes that many times as long as was expected, and more only where something is wrong.</summary>
    private const int Slowest = 4;

    private static readonly TimeSpan Unwinding = TimeSpan.FromSeconds(10);

    // What a timer can be set to.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    private long started = time.GetTimestamp();

    public TimeSpan Elapsed => time.GetElapsedTime(started);

    /// <summary>Seconds since 1970.</summary>
    public double Now => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    public TimeProvider Time => time;

    public void Start() => started = time.GetTimestamp();

    /// <summary>Waits for a step, not beyond the end of the watch and its grace, whether the step heeds that or not.</summary>
    /// <param name="expectedPause">How long it is expected to stop the target.</param>
    /// <param name="step">The step.</param>
    /// <param name="enough">Gives up at once.</param>
    /// <exception cref="TimeoutException">It was not done by then.</exception>
    public async Task<T> WithinAsync<T>(
        TimeSpan expectedPause,
        Func<CancellationToken, Task<T>> step,
        CancellationToken enough
    )
    {
        var left = options.For + options.Grace + (expectedPause * Slowest) - Elapsed;
        if (left <= TimeSpan.Zero)
        {
            throw Late();
        }

        using var limit = new CancellationTokenSource(left < Longest ? left : Longest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, enough);
        var running = step(both.Token);
        try
        {
            return await running.WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            // What heeds it puts back what it has changed in the target, and removes half a file, before anything else is begun.
            await Task.WhenAny(
                running,
                Task.Delay(options.Grace < Unwinding ? options.Grace : Unwinding, time, CancellationToken.None)
            );
            if (enough.IsCancellationRequested)
            {
                throw;
            }

            throw Late();
        }
    }

    private TimeoutException Late() =>
        new($"the target let it wait until {(Elapsed - options.For).TotalSeconds:0} s after the end of the watch");
}
