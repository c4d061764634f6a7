using Tidemark.Metrics.Prometheus.Api;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>Finds out how often the server takes a sample.</summary>
internal static class ScrapeInterval
{
    // Short first: what was started just now has not filled a long one.
    private static readonly int[] LookBackSeconds = [60, 600];

    // What people configure; a count of samples in a window is off by one now and then.
    private static readonly int[] Usual = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300];

    /// <summary>Seconds from one sample of a selector's series to the next; null where that cannot be told.</summary>
    public static async Task<int?> OfAsync(
        PrometheusClient client,
        string selector,
        DateTimeOffset at,
        CancellationToken cancellation
    )
    {
        try
        {
            foreach (var seconds in LookBackSeconds)
            {
                var counts = await client.QueryAsync(
                    $"max(count_over_time({selector}[{TimeGrid.Duration(seconds)}]))",
                    at,
                    null,
                    cancellation
                );
                if (counts.Series is [{ Value: >= 3 and var count }])
                {
                    return Usual.MinBy(u => Math.Abs(Math.Log(seconds / count / u)));
                }
            }

            return null;
        }
        catch (PrometheusException e) when (e.Failure != PrometheusFailure.Unreachable)
        {
            return null; // a query that is no selector, or a server that will not count
        }
    }
}
