using System.Collections.Concurrent;
using Tidemark.Metrics.Prometheus.Api;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>Finds out, once for each metric, whether every process has a single series of it.</summary>
internal sealed class OneSeriesEach(PrometheusClient client, FleetOptions options)
{
    private readonly ConcurrentDictionary<PresentMetric, Task<bool>> known = [];

    /// <summary>True where there are no two series of one process now; false where there are, or it cannot be told.</summary>
    public Task<bool> OfAsync(PresentMetric metric, CancellationToken cancellation) =>
        known.GetOrAdd(metric, m => AskAsync(m, cancellation));

    private async Task<bool> AskAsync(PresentMetric metric, CancellationToken cancellation)
    {
        var selector = metric.Metric.Selector(options.Matchers);
        try
        {
            var most = await client.QueryAsync(
                $"max(count by ({string.Join(", ", metric.Identity)}) ({selector}))",
                options.End,
                null,
                cancellation
            );
            return most.Series is [{ Value: 1 }];
        }
        catch (PrometheusException)
        {
            return false;
        }
    }
}
