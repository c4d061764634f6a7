using System.Diagnostics;
using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Go;

/// <summary>The signals of a Go program through its endpoint, asked for no more often than they cost.</summary>
/// <remarks>
/// <c>/debug/vars</c>, where it is served, costs the target tens of microseconds. Otherwise the statistics stand behind the text of the
/// heap profile, which takes milliseconds to print: it is asked for so seldom that it stays below half a per cent of a core.
/// </remarks>
internal sealed class GoSignals(PprofEndpoint endpoint, LiveHeapEstimate liveHeap)
{
    private const int ShareOfTime = 200;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Queue<(long At, long GcCount)> collections = new();
    private bool hasVariables = true;
    private long nextDue = long.MinValue;
    private GoMemStats? last;
    private TimeSpan pauses;

    /// <summary>How many goroutines there were when last asked; null where the index is not served.</summary>
    public int? Goroutines { get; private set; }

    public async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        if (await endpoint.CountGoroutinesAsync(cancellation) is { } goroutines)
        {
            Goroutines = goroutines;
            sample[Signal.Tasks] = goroutines;
        }

        if (Stopwatch.GetTimestamp() < nextDue || await ReadStatisticsAsync(cancellation) is not { } statistics)
        {
            return;
        }

        sample[Signal.LiveHeap] = liveHeap.Read(statistics);
        sample[Signal.CommittedHeap] = statistics.Committed;
        sample[Signal.GcCount] = statistics.GcCount;
        sample[Signal.GcPause] = pauses.TotalSeconds;
    }

    /// <summary>The statistics of this moment; null where the program does not tell them.</summary>
    public async Task<GoMemStats?> ReadStatisticsAsync(CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var statistics = hasVariables ? await endpoint.ReadVariablesAsync(cancellation) : null;
        if (statistics is null)
        {
            hasVariables = false;
            statistics = await endpoint.ReadHeapStatisticsAsync(cancellation);
            var pause = Stopwatch.GetElapsedTime(started) * ShareOfTime;
            var wait = pause < Longest ? pause : Longest;
            nextDue = Stopwatch.GetTimestamp() + (long)(wait.TotalSeconds * Stopwatch.Frequency);
        }

        if (statistics is not null)
        {
            pauses = statistics.PauseTotal ?? pauses + statistics.PausesSince(last?.GcCount ?? statistics.GcCount);
            last = statistics with { PauseTotal = pauses };
            Remember(statistics.GcCount);
        }

        return last;
    }

    /// <summary>True where two collections have begun and ended within that time: the profile is then of that time too.</summary>
    public bool HasCollectedTwiceWithin(TimeSpan time)
    {
        if (last is null)
        {
            return false;
        }

        foreach (var (at, count) in collections)
        {
            if (Stopwatch.GetElapsedTime(at) <= time)
            {
                return count <= last.GcCount - 2;
            }
        }

        return false;
    }

    private void Remember(long gcCount)
    {
        collections.Enqueue((Stopwatch.GetTimestamp(), gcCount));
        while (collections.TryPeek(out var oldest) && Stopwatch.GetElapsedTime(oldest.At) > TimeSpan.FromMinutes(1))
        {
            collections.Dequeue();
        }
    }
}
