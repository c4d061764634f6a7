using Tidemark.Core.Series;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Go;

/// <summary>The signals of a Go program through what it serves, asked for no more often than they cost.</summary>
/// <remarks>
/// <c>/debug/vars</c>, where it is served, costs the target tens of microseconds. Otherwise the statistics stand behind the text of the
/// heap profile, which takes milliseconds to print: it is asked for so seldom that it stays below half a per cent of a core.
/// </remarks>
/// <param name="endpoint">Its pprof; null where it serves none.</param>
/// <param name="metrics">Its page of metrics; null where it serves none.</param>
/// <param name="liveHeap">What is live by its statistics.</param>
/// <param name="time">The clock.</param>
internal sealed class GoSignals(
    PprofEndpoint? endpoint,
    ServiceMetrics? metrics,
    LiveHeapEstimate liveHeap,
    TimeProvider time
)
{
    private readonly PollingCost cost = new(TimeSpan.Zero);
    private readonly CollectionProbe probe = new(time);
    private readonly StuckRoom stuckRoom = new();
    private readonly Queue<(long At, long GcCount)> collections = new();
    private bool hasVariables = true;
    private string? requestsVariable;
    private double? resident;
    private long lastRead = time.GetTimestamp();
    private TimeSpan pauseBetweenReads;
    private long firstGc = -1;
    private long reportedGc = -1;

    /// <summary>How many goroutines there were when last asked; null where that is not told.</summary>
    public int? Goroutines { get; private set; }

    /// <summary>The statistics as last read; null where the program does not tell them.</summary>
    public GoMemStats? Last { get; private set; }

    /// <summary>Live heap objects and stacks as last known, bytes; NaN before the first collection.</summary>
    public double Live { get; private set; } = double.NaN;

    /// <summary>Free room beside live objects that was not used again; bytes.</summary>
    public double StuckBytes => stuckRoom.Bytes;

    /// <summary>What the process itself tells of its footprint, bytes: the resident set by its metrics, or what Go has taken; null where it tells neither.</summary>
    public double? Footprint { get; private set; }

    public async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        var page = metrics is null ? null : await metrics.ReadAsync(cancellation);
        await CountGoroutinesAsync(sample, page, cancellation);
        if (page is not null)
        {
            Sample(sample, page);
        }

        var statistics = await StatisticsAsync(sample, page, cancellation);
        if (statistics is null)
        {
            return;
        }

        Footprint = resident ?? statistics.Committed;
        sample[Signal.CommittedHeap] = statistics.Committed;
        sample[Signal.GcCount] = statistics.GcCount;
        sample[Signal.GcPause] = statistics.PauseTotal!.Value.TotalSeconds;
        var live = liveHeap.Read(statistics);
        if (statistics.GcCount == firstGc)
        {
            // The last collection was before we came, perhaps in the middle of the start: what is live now is not known yet.
            return;
        }

        if (!double.IsNaN(live))
        {
            Live = live;
            sample[Signal.ReusableHeap] = stuckRoom.ReadReusable(statistics, live);
        }

        if (statistics.GcCount != reportedGc)
        {
            // Between two collections nothing new is known of what is live: to repeat it would look like a level.
            reportedGc = statistics.GcCount;
            sample[Signal.LiveHeap] = live;
        }
    }

    /// <summary>The statistics of this moment by pprof; null where the program does not tell them.</summary>
    /// <param name="collect">Forces a collection first.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<GoMemStats?> ReadStatisticsAsync(bool collect, CancellationToken cancellation) =>
        (await ReadAsync(collect, cancellation)).Statistics;

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

    private async Task CountGoroutinesAsync(SignalSample sample, MetricsPage? page, CancellationToken cancellation)
    {
        var counted = page?.Goroutines;
        if (counted is null && endpoint is not null)
        {
            counted = await endpoint.CountGoroutinesAsync(cancellation);
        }

        if (counted is { } goroutines)
        {
            Goroutines = goroutines;
            sample[Signal.Tasks] = goroutines;
        }
    }

    /// <summary>What only the service itself knows.</summary>
    private void Sample(SignalSample sample, MetricsPage page)
    {
        if (metrics!.RequestsOn(page) is { } requests)
        {
            sample[Signal.Requests] = requests;
        }

        resident = page.Resident ?? resident;
        if (page.CacheEntries() is { } entries)
        {
            sample[Signal.CacheEntries] = entries;
        }

        if (page.MemoryLimit is { } limit)
        {
            sample[Signal.HeapLimit] = limit;
        }
    }

    /// <summary>By pprof where there is one, else by the metrics; null where it is not time to ask, or nobody tells.</summary>
    private async Task<GoMemStats?> StatisticsAsync(
        SignalSample sample,
        MetricsPage? page,
        CancellationToken cancellation
    )
    {
        if (endpoint is null)
        {
            return page?.Statistics is { } told ? Take(told) : null;
        }

        if (time.GetElapsedTime(lastRead) < pauseBetweenReads)
        {
            return null;
        }

        var (statistics, variables) = await ReadAsync(probe.IsDue, cancellation);
        if (variables is not null && metrics?.RequestsName is null)
        {
            requestsVariable ??= RequestCounter.Choose(variables.Numbers);
            if (requestsVariable is not null && variables.Numbers.TryGetValue(requestsVariable, out var requests))
            {
                sample[Signal.Requests] = requests;
            }
        }

        return statistics;
    }

    private async Task<(GoMemStats? Statistics, GoVariables? Variables)> ReadAsync(
        bool collect,
        CancellationToken cancellation
    )
    {
        if (endpoint is null)
        {
            return (Last, null);
        }

        var started = time.GetTimestamp();
        var variables = hasVariables && !collect ? await endpoint.ReadVariablesAsync(cancellation) : null;
        var statistics = variables?.Statistics;
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
                pauseBetweenReads = cost.PauseAfter(time.GetElapsedTime(started));
            }
        }

        lastRead = time.GetTimestamp();
        return (statistics is null ? Last : Take(statistics), variables);
    }

    private GoMemStats Take(GoMemStats statistics)
    {
        firstGc = Last is null ? statistics.GcCount : firstGc;
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

        return Last;
    }
}
