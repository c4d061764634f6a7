using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>
/// Judges every process that a selector matches. The server computes the floors of all of them at a coarse step; only those
/// that these do not clear are fetched in detail, with all their signals. Shard by shard, so that memory does not grow with the fleet.
/// </summary>
public sealed class FleetCheck(
    PrometheusClient client,
    SignalTable table,
    FleetOptions asked,
    IProgress<FleetProgress>? progress = null
)
{
    /// <summary>What the first look fetches beside the footprint.</summary>
    private static readonly SignalRole[] CoarseRoles =
    [
        SignalRole.Of(Signal.LiveHeap),
        SignalRole.Of(Signal.Requests),
        SignalRole.StartTime,
        SignalRole.Restarts,
    ];

    /// <summary>What changes so seldom that it is fetched at a coarse step even in detail.</summary>
    private static readonly SignalRole[] RareRoles = [SignalRole.Of(Signal.Limit), SignalRole.Of(Signal.HeapLimit)];

    /// <summary>
    /// What has been judged is collected whenever so many bytes have gone by. Left alone, the collector lets several times as much pile up,
    /// the more the larger the processor's cache; no setting changes that but a hard limit, which ends a process that needs more (docs/check.md).
    /// </summary>
    private const long CollectEvery = 16 << 20;

    private readonly FleetWarnings warnings = new();
    private readonly OneSeriesEach isOneEach = new(client, asked);
    private IReadOnlyList<PresentMetric> metrics = [];
    private FleetOptions options = asked;
    private int done;
    private int processes;
    private int suspicious;
    private int partial;
    private long collectedAt;

    /// <summary>Judges the processes.</summary>
    /// <param name="found">Told of each process, from any thread but one at a time.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="PrometheusException">Nothing could be had at all.</exception>
    public async Task<FleetSummary> RunAsync(Action<FleetProcess> found, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(found);
        var map = new FleetMap(client, table, options, warnings);
        metrics = await map.FindMetricsAsync(cancellation);
        var footprints = metrics.Where(m => m.Metric.Role.Signal == Signal.Footprint).ToList();
        if (footprints.Count == 0)
        {
            return new FleetSummary(0, 0, warnings.ToList(), map.IsPartial);
        }

        var shards = await map.CutAsync(footprints, cancellation);
        options = options with
        {
            ScrapeInterval = await FindIntervalAsync(footprints, shards, cancellation) ?? options.ScrapeInterval,
        };
        var gate = new Lock();
        await Parallel.ForEachAsync(
            shards,
            // The client bounds the queries that run; one shard more keeps it busy while another is judged.
            new ParallelOptions { MaxDegreeOfParallelism = client.Concurrency + 1, CancellationToken = cancellation },
            async (shard, token) =>
            {
                await foreach (var process in CheckAsync(shard, token))
                {
                    lock (gate)
                    {
                        found(process);
                    }
                }

                progress?.Report(
                    new FleetProgress(shards.Count, Interlocked.Increment(ref done), processes, suspicious)
                );
            }
        );
        if (processes == 0 && warnings.First is { } failure)
        {
            throw failure;
        }

        return new FleetSummary(processes, suspicious, warnings.ToList(), partial > 0 || map.IsPartial);
    }

    private async Task<int?> FindIntervalAsync(
        List<PresentMetric> footprints,
        IReadOnlyList<FleetShard> shards,
        CancellationToken cancellation
    )
    {
        foreach (var shard in shards.Take(1))
        {
            foreach (var metric in footprints)
            {
                if (
                    shard.Matchers(metric, shard.Values, table) is { } matchers
                    && await ScrapeInterval.OfAsync(
                        client,
                        metric.Metric.Selector(options.Matchers, matchers),
                        options.End,
                        cancellation
                    )
                        is { } interval
                )
                {
                    return interval;
                }
            }
        }

        return null;
    }

    private async IAsyncEnumerable<FleetProcess> CheckAsync(
        FleetShard shard,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var open = new List<ProcessDraft>();
        if (options.Coarse is { } coarse)
        {
            var drafts = await FetchFootprintsAsync(shard, coarse, Floor, cancellation);
            await FetchAsync(drafts, shard, coarse, CoarseRoles, Floor, cancellation);
            foreach (var draft in drafts)
            {
                var history = draft.ToHistory(table, coarse, out var sources);
                var verdict = GrowthAnalyzer.Analyze(history, options.Growth);
                if (FirstLook.Clears(history, verdict))
                {
                    Interlocked.Increment(ref processes);
                    yield return Process(draft, history, verdict, sources);
                }
                else
                {
                    draft.Clear();
                    open.Add(draft);
                }
            }
        }
        else
        {
            open = await FetchFootprintsAsync(shard, options.Detail, Plain, cancellation);
        }

        Collect();
        Interlocked.Add(ref suspicious, open.Count);
        foreach (var some in FleetMap.Cut(open, options.DetailShardSize, NameOf))
        {
            await FetchDetailAsync(some, shard, cancellation);
            foreach (var draft in some)
            {
                var history = draft.ToHistory(table, options.Detail, out var sources);
                if (history.Count > 0)
                {
                    Interlocked.Increment(ref processes);
                    yield return Process(draft, history, GrowthAnalyzer.Analyze(history, options.Growth), sources);
                }

                draft.Clear();
            }

            Collect();
        }

        static string NameOf(ProcessDraft draft) =>
            draft.Identity.IsInPod ? draft.Identity.Pod : draft.Identity.Instance;

        string Floor(PresentMetric metric, string selector) =>
            metric.Metric.Role == SignalRole.StartTime || metric.Metric.Role == SignalRole.Restarts || IsCounter(metric)
                ? selector
                : $"min_over_time({selector}[{TimeGrid.Duration(coarse.Step)}])";
    }

    private void Collect()
    {
        var allocated = GC.GetTotalAllocatedBytes(precise: false);
        var last = Interlocked.Read(ref collectedAt);
        if (allocated - last > CollectEvery && Interlocked.CompareExchange(ref collectedAt, allocated, last) == last)
        {
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        }
    }

    private static string Plain(PresentMetric metric, string selector) => selector;

    private static bool IsCounter(PresentMetric metric) =>
        metric.Metric.Role.Signal is { } signal && signal.Describe().IsCounter;

    private async Task FetchDetailAsync(ProcessDraft[] drafts, FleetShard shard, CancellationToken cancellation)
    {
        var some = shard.Kind switch
        {
            ShardKind.Pod => shard with { Values = [.. drafts.Select(d => d.Identity.Pod).Distinct()] },
            ShardKind.Instance => shard with { Values = [.. drafts.Select(d => d.Identity.Instance).Distinct()] },
            _ => shard,
        };
        if (!drafts[0].HasFootprint)
        {
            var again = await FetchFootprintsAsync(some, options.Detail, Plain, cancellation);
            var wanted = drafts.ToDictionary(d => d.Identity);
            foreach (var draft in again)
            {
                if (wanted.TryGetValue(draft.Identity, out var known))
                {
                    known.TakeOver(draft);
                }
            }
        }

        var others = SignalRole.All.Except(RareRoles).Where(r => r.Signal != Signal.Footprint);
        await FetchAsync(drafts, some, options.Detail, [.. others], Plain, cancellation);
        await FetchAsync(drafts, some, options.Rare, RareRoles, Plain, cancellation);
    }

    private static FleetProcess Process(
        ProcessDraft draft,
        ProcessHistory history,
        GrowthVerdict verdict,
        IReadOnlyList<string> sources
    ) => new(draft.Identity.Target, draft.Identity.ToLabels(), history, verdict, sources);

    /// <summary>The processes of a shard, by the best footprint that each of them has.</summary>
    private async Task<List<ProcessDraft>> FetchFootprintsAsync(
        FleetShard shard,
        TimeGrid grid,
        Func<PresentMetric, string, string> function,
        CancellationToken cancellation
    )
    {
        var drafts = new Dictionary<ProcessIdentity, ProcessDraft>();
        var pods = new HashSet<ProcessIdentity>();
        foreach (var metric in metrics.Where(m => m.Metric.Role.Signal == Signal.Footprint))
        {
            // The container's id stays: with it each life is a series of its own.
            var (series, isPartial) = await AskAsync(metric, shard, grid, s => function(metric, s), cancellation);
            partial += isPartial ? 1 : 0;
            var added = new List<ProcessDraft>();
            foreach (var one in series)
            {
                var identity = ProcessIdentity.Of(one.Labels, table, metric.Metric.IsNamed);
                if (!drafts.TryGetValue(identity, out var draft))
                {
                    if (identity.IsInPod && identity.Container.Length == 0 && pods.Contains(identity))
                    {
                        continue; // the pod's containers are known one by one
                    }

                    draft = drafts[identity] = new ProcessDraft(identity);
                    added.Add(draft);
                }

                draft.Add(metric.Metric, one.Values);
            }

            pods.UnionWith(added.Where(d => d.Identity.IsInPod).Select(d => d.Identity.PodOnly));
        }

        return [.. drafts.Values];
    }

    /// <summary>Adds the other signals to the processes, joined by their labels.</summary>
    private async Task FetchAsync(
        IReadOnlyCollection<ProcessDraft> drafts,
        FleetShard shard,
        TimeGrid grid,
        IReadOnlyCollection<SignalRole> roles,
        Func<PresentMetric, string, string> function,
        CancellationToken cancellation
    )
    {
        if (drafts.Count == 0)
        {
            return;
        }

        var join = new ProcessJoin(drafts);
        var wanted = metrics.Where(m => roles.Contains(m.Metric.Role));
        // One after the other: the shards beside this one keep the server busy, and memory stays small.
        foreach (var metric in wanted)
        {
            // Adding up thousands of instants costs the server several times what reading them does.
            var isOne = grid == options.Detail && await isOneEach.OfAsync(metric, cancellation);
            var (series, _) = await AskAsync(
                metric,
                shard,
                grid,
                s => isOne ? metric.Metric.Valid(function(metric, s)) : metric.Together(function(metric, s)),
                cancellation
            );
            foreach (var one in isOne ? metric.Together(series) : series)
            {
                if (join.Find(ProcessIdentity.Of(one.Labels, table, metric.Metric.IsNamed)) is { } draft)
                {
                    var isRare = roles == RareRoles;
                    draft.Add(metric.Metric, isRare ? options.Detail.Spread(grid, one.Values) : one.Values);
                }
            }
        }
    }

    private Task<(List<GridSeries> Series, bool IsPartial)> AskAsync(
        PresentMetric metric,
        FleetShard shard,
        TimeGrid grid,
        Func<string, string> promql,
        CancellationToken cancellation
    ) =>
        shard.Matchers(metric, shard.Values, table) is null
            ? Task.FromResult<(List<GridSeries>, bool)>(([], false))
            : new RangeFetch(client, warnings).AskAsync(
                metric.Metric.Metric,
                values => promql(metric.Metric.Selector(options.Matchers, shard.Matchers(metric, values, table)!)),
                shard.Values,
                grid,
                metric.Keep,
                cancellation
            );
}
