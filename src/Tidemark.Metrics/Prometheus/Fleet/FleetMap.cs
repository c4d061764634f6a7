using System.Text;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>A metric of the table that the server has, with the labels by which its series name their process.</summary>
internal sealed record PresentMetric(SignalMetric Metric, IReadOnlyList<string> Identity, string? Pod, string? Instance)
{
    /// <summary>The labels that are wanted of each of its series: a container's id tells one life from the next.</summary>
    public HashSet<string> Keep { get; } = [.. Identity, "id", "name", "container_id"];

    /// <summary>The query that makes one series of all that a process has, on the server.</summary>
    public string Together(string series)
    {
        var combine = Metric.Combine switch
        {
            Combination.Max => "max",
            Combination.Min => "min",
            _ => "sum",
        };
        return $"{combine} by ({string.Join(", ", Identity)}) ({Metric.Valid(series)})";
    }

    /// <summary>The same of series that have arrived: most are the only one of their process already.</summary>
    public IEnumerable<GridSeries> Together(IReadOnlyList<GridSeries> series)
    {
        var whole = new Dictionary<string, GridSeries>(StringComparer.Ordinal);
        foreach (var one in series)
        {
            var key = string.Join('\n', Identity.Select(l => one.Labels.TryGetValue(l, out var value) ? value : ""));
            if (!whole.TryAdd(key, one))
            {
                Combine(whole[key].Values, one.Values);
            }
        }

        return whole.Values;
    }

    private void Combine(double[] values, double[] others)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] =
                double.IsNaN(values[i]) ? others[i]
                : double.IsNaN(others[i]) ? values[i]
                : Metric.Combine switch
                {
                    Combination.Max => Math.Max(values[i], others[i]),
                    Combination.Min => Math.Min(values[i], others[i]),
                    _ => values[i] + others[i],
                };
        }
    }
}

/// <summary>Some of the processes: those of some pods, of some instances, or whatever is neither.</summary>
internal sealed record FleetShard(ShardKind Kind, IReadOnlyList<string> Values)
{
    /// <summary>The matchers of this shard's series of a metric; null where the metric has none there.</summary>
    public string? Matchers(PresentMetric metric, IReadOnlyList<string> values, SignalTable table)
    {
        var label = Kind == ShardKind.Pod ? metric.Pod : metric.Instance;
        if (Kind == ShardKind.Pod)
        {
            return label is null ? null : Signals.Matchers.AnyOf(label, values);
        }

        if (Kind == ShardKind.Instance && label is null)
        {
            return null;
        }

        var noPod = table.LabelsOf("pod").Where(metric.Identity.Contains).Select(l => $"{l}=\"\"");
        var instance =
            Kind == ShardKind.Instance ? Signals.Matchers.AnyOf(label!, values)
            : label is null ? ""
            : $"{label}=\"\"";
        return string.Join(',', noPod.Append(instance).Where(m => m.Length > 0));
    }
}

internal enum ShardKind
{
    Pod,
    Instance,
    Rest,
}

/// <summary>What there is on the server: which metrics of the table, and how the processes are cut into shards.</summary>
internal sealed class FleetMap(PrometheusClient client, SignalTable table, FleetOptions options, FleetWarnings warnings)
{
    /// <summary>Bytes of the names in one query: VictoriaMetrics takes no longer one than 16 KiB.</summary>
    private const int MostNameBytes = 12_000;

    private volatile bool isPartial;

    /// <summary>Whether the server said that it could not look everywhere: processes may be missing.</summary>
    public bool IsPartial => isPartial;

    private (DateTimeOffset, DateTimeOffset) Range => (options.End - options.Range, options.End);

    /// <summary>The metrics of the table that have series among those that the user selects.</summary>
    public async Task<IReadOnlyList<PresentMetric>> FindMetricsAsync(CancellationToken cancellation)
    {
        var names = (await FindNamesAsync(cancellation)).ToHashSet(StringComparer.Ordinal);
        var found = await Task.WhenAll(
            table.All.Where(m => names.Contains(m.Metric)).Select(m => DescribeAsync(m, cancellation))
        );
        return [.. found.OfType<PresentMetric>()];
    }

    /// <summary>Cuts the processes that have one of these footprints.</summary>
    public async Task<IReadOnlyList<FleetShard>> CutAsync(
        IReadOnlyList<PresentMetric> footprints,
        CancellationToken cancellation
    )
    {
        var pods = await ValuesAsync(footprints, m => m.Pod, inPods: true, cancellation);
        var instances = await ValuesAsync(footprints, m => m.Instance, inPods: false, cancellation);
        var shards = new List<FleetShard>();
        shards.AddRange(Cut(pods, options.ShardSize, p => p).Select(v => new FleetShard(ShardKind.Pod, v)));
        shards.AddRange(Cut(instances, options.ShardSize, i => i).Select(v => new FleetShard(ShardKind.Instance, v)));
        if (footprints.Any(m => m.Instance is null))
        {
            shards.Add(new FleetShard(ShardKind.Rest, []));
        }

        return shards;
    }

    /// <summary>Pieces of no more than so many, and of no more names than a server takes in one query.</summary>
    public static IEnumerable<T[]> Cut<T>(IEnumerable<T> all, int most, Func<T, string> nameOf)
    {
        var (piece, bytes) = (new List<T>(), 0);
        foreach (var one in all)
        {
            var length = Encoding.UTF8.GetByteCount(nameOf(one)) + 4; // what separates them, and some escapes
            if (piece.Count == most || (piece.Count > 0 && bytes + length > MostNameBytes))
            {
                yield return [.. piece];
                piece.Clear();
                bytes = 0;
            }

            piece.Add(one);
            bytes += length;
        }

        if (piece.Count > 0)
        {
            yield return [.. piece];
        }
    }

    private IReadOnlyList<T> Told<T>(string what, Answer<T> answer)
    {
        isPartial |= answer.IsPartial;
        foreach (var warning in answer.Warnings)
        {
            warnings.Add($"{what}: the server warns: {warning}");
        }

        return answer.Series;
    }

    private async Task<IReadOnlyList<string>> FindNamesAsync(CancellationToken cancellation)
    {
        string[] selectors = options.Matchers.Length > 0 ? [$"{{{options.Matchers}}}"] : [];
        try
        {
            return Told("names", await client.LabelValuesAsync("__name__", selectors, Range, cancellation));
        }
        catch (PrometheusException e) when (e.IsOfQuestion)
        {
            // Proxies that let queries through and nothing else, and fleets whose labels are too many for the server.
            return await CountNamesAsync(cancellation);
        }
    }

    private async Task<IReadOnlyList<string>> CountNamesAsync(CancellationToken cancellation)
    {
        string[] all = [.. table.All.Select(m => m.Metric).Distinct(StringComparer.Ordinal)];
        try
        {
            var matchers = string.Join(
                ',',
                ((string[])[options.Matchers, Signals.Matchers.AnyOf("__name__", all)]).Where(m => m.Length > 0)
            );
            var counts = Told(
                "names",
                await client.QueryAsync($"count by (__name__) ({{{matchers}}})", options.End, null, cancellation)
            );
            return [.. counts.Select(s => s.Labels.TryGetValue("__name__", out var name) ? name : "")];
        }
        catch (PrometheusException e) when (e.IsOfQuestion)
        {
            // Google's matches the names of metrics only as a whole. A bad selector fails here as well, in the server's words.
            var isThere = new List<bool> { await HasAsync(all[0], cancellation) };
            isThere.AddRange(await Task.WhenAll(all.Skip(1).Select(m => HasAsync(m, cancellation))));
            return [.. all.Where((_, i) => isThere[i])];
        }
    }

    private async Task<bool> HasAsync(string metric, CancellationToken cancellation)
    {
        var promql = $"count({metric}{{{options.Matchers}}})";
        try
        {
            return Told("names", await client.QueryAsync(promql, options.End, null, cancellation)).Count > 0;
        }
        catch (PrometheusException e) when (e.MayPassInParts)
        {
            return true; // too many of them to be counted
        }
    }

    private async Task<PresentMetric?> DescribeAsync(SignalMetric metric, CancellationToken cancellation)
    {
        var selector = metric.Selector(options.Matchers);
        IReadOnlyList<string> labels;
        try
        {
            labels = Told(metric.Metric, await client.LabelNamesAsync([selector], Range, cancellation));
        }
        catch (PrometheusException e) when (e.IsOfQuestion)
        {
            var some = await client.QueryAsync($"topk(3, {selector})", options.End, null, cancellation);
            labels = [.. some.Series.SelectMany(s => s.Labels.Keys).Distinct(StringComparer.Ordinal)];
        }

        if (labels.Count == 0)
        {
            return null;
        }

        var names = table.LabelsOf("name");
        string[] identity =
        [
            .. table.IdentityLabels.Where(l => labels.Contains(l) && (metric.IsNamed || !names.Contains(l))),
        ];
        return new PresentMetric(
            metric,
            identity,
            table.LabelsOf("pod").FirstOrDefault(identity.Contains),
            table.LabelsOf("instance").FirstOrDefault(identity.Contains)
        );
    }

    private async Task<IReadOnlyList<string>> ValuesAsync(
        IReadOnlyList<PresentMetric> footprints,
        Func<PresentMetric, string?> labelOf,
        bool inPods,
        CancellationToken cancellation
    )
    {
        var values = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var group in footprints.Where(m => labelOf(m) is not null).GroupBy(m => labelOf(m)!))
        {
            var selectors = group
                .Select(m =>
                {
                    var noPod = inPods ? [] : table.LabelsOf("pod").Where(m.Identity.Contains).Select(l => $"{l}=\"\"");
                    return m.Metric.Selector([options.Matchers, .. noPod]);
                })
                .ToList();
            var answer = await ValuesOfAsync(group.Key, selectors, cancellation);
            values.UnionWith(answer.Where(v => v.Length > 0));
        }

        return [.. values];
    }

    private async Task<IEnumerable<string>> ValuesOfAsync(
        string label,
        List<string> selectors,
        CancellationToken cancellation
    )
    {
        try
        {
            return Told(label, await client.LabelValuesAsync(label, selectors, Range, cancellation));
        }
        catch (PrometheusException e) when (e.IsOfQuestion)
        {
            var values = new List<string>();
            foreach (var selector in selectors)
            {
                var answer = await client.QueryAsync(
                    $"count by ({label}) ({selector})",
                    options.End,
                    null,
                    cancellation
                );
                values.AddRange(
                    Told(label, answer).Select(s => s.Labels.TryGetValue(label, out var value) ? value : "")
                );
            }

            return values;
        }
    }
}
