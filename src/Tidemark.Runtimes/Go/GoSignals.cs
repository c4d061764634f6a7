using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Go;

/// <summary>The signals of a Go program through its endpoint, asked for no more often than they cost.</summary>
/// <remarks>
/// <c>/debug/vars</c>, where it is served, costs the target tens of microseconds. Otherwise the statistics stand behind the text of the
/// heap profile, which takes milliseconds to print: it is asked for so seldom that it stays below half a per cent of a core.
/// </remarks>
internal sealed class GoSignals(PprofEndpoint endpoint, LiveHeapEstimate liveHeap, TimeProvider time)
{
    private const int ShareOfTime = 200;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly CollectionProbe probe = new(time);
    private readonly Queue<(long At, long GcCount)> collections = new();
    private bool hasVariables = true;
    private long lastRead = time.GetTimestamp();
    private TimeSpan pauseBetweenReads;
    private long reportedGc = -1;

    /// <summary>How many goroutines there were when last asked; null where the index is not served.</summary>
    public int? Goroutines { get; private set; }

    /// <summary>The statistics as last read; null where the program does not tell them.</summary>
    public GoMemStats? Last { get; private set; }

    public async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        if (await endpoint.CountGoroutinesAsync(cancellation) is { } goroutines)
        {
            Goroutines = goroutines;
            sample[Signal.Tasks] = goroutines;
        }

        if (
            time.GetElapsedTime(lastRead) < pauseBetweenReads
            || await ReadStatisticsAsync(probe.IsDue, cancellation) is not { } statistics
        )
        {
            return;
        }

        sample[Signal.CommittedHeap] = statistics.Committed;
        sample[Signal.GcCount] = statistics.GcCount;
        sample[Signal.GcPause] = statistics.PauseTotal!.Value.TotalSeconds;
        var live = liveHeap.Read(statistics);
        if (statistics.GcCount != reportedGc)
        {
            // Between two collections nothing new is known of what is live: to repeat it would look like a level.
            reportedGc = statistics.GcCount;
            sample[Signal.LiveHeap] = live;
        }
    }

    /// <summary>The statistics of this moment; null where the program does not tell them.</summary>
    /// <param name="collect">Forces a collection first.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<GoMemStats?> ReadStatisticsAsync(bool collect, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var statistics = hasVariables && !collect ? await endpoint.ReadVariablesAsync(cancellation) : null;
        if (statistics is null)
        {
            hasVariables &= collect;
            statistics = await endpoint.ReadHeapStatisticsAsync(collect, cancellation);
            if (collect)
            {
                probe.Forced(time.GetElapsedTime(started));
            }
            else
            {
                var pause = time.GetElapsedTime(started) * ShareOfTime;
                pauseBetweenReads = pause < Longest ? pause : Longest;
            }
        }

        lastRead = time.GetTimestamp();
        if (statistics is not null)
        {
            Take(statistics);
        }

        return Last;
    }

    /// <summary>True where two collections have begun and ended within that time: the profile is then of that time too.</summary>
    public bool HasCollectedTwiceWithin(TimeSpan span)
    {
        foreach (var (at, count) in collections)
        {
            if (time.GetElapsedTime(at) <= span)
            {
                return count <= Last!.GcCount - 2;
            }
        }

        return false;
    }

    private void Take(GoMemStats statistics)
    {
        var known = Last?.PauseTotal ?? TimeSpan.Zero;
        var pauses = statistics.PauseTotal ?? known + statistics.PausesSince(Last?.GcCount ?? statistics.GcCount);
        if (Last is not null && statistics.GcCount != Last.GcCount)
        {
            probe.Saw();
        }

        Last = statistics with { PauseTotal = pauses };
        collections.Enqueue((time.GetTimestamp(), statistics.GcCount));
        while (collections.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > TimeSpan.FromMinutes(1))
        {
            collections.Dequeue();
        }
    }
}
