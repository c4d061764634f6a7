using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Go;

/// <summary>The <c>/metrics</c> page of a service, asked for seldom enough that it stays below half a per cent of its time.</summary>
internal sealed class ServiceMetrics : IDisposable
{
    private const int MaxBytes = 32 << 20;
    private readonly ServiceClient client;
    private readonly TimeProvider time;
    private readonly string? requests;
    private readonly PollingCost cost = new(TimeSpan.FromSeconds(1));
    private TimeSpan pause;
    private long lastRead;

    private ServiceMetrics(ServiceClient client, MetricsPage first, TimeProvider time)
    {
        this.client = client;
        this.time = time;
        First = first;
        requests = first.FindRequests();
        lastRead = time.GetTimestamp();
    }

    /// <summary>The page as it was when it was found.</summary>
    public MetricsPage First { get; }

    /// <summary>The name of the counter that stands for the requests; null where none does.</summary>
    public string? RequestsName => requests;

    /// <summary>Asks at each of these addresses; null where none serves metrics.</summary>
    public static async Task<ServiceMetrics?> FindAsync(
        IEnumerable<Uri> addresses,
        TimeSpan patience,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        foreach (var address in addresses)
        {
            using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limited.CancelAfter(patience);
            var client = new ServiceClient(address);
            try
            {
                if (await ReadPageAsync(client, limited.Token) is { Count: > 0 } page)
                {
                    return new ServiceMetrics(client, page, time);
                }
            }
            catch (Exception e)
                when (e is HttpRequestException or IOException
                    || (e is OperationCanceledException && !cancellation.IsCancellationRequested)
                )
            {
                // Not here.
            }

            client.Dispose();
        }

        return null;
    }

    /// <summary>The page of this moment; null where it is not yet time to ask again, or the service did not answer.</summary>
    public async Task<MetricsPage?> ReadAsync(CancellationToken cancellation)
    {
        if (time.GetElapsedTime(lastRead) < pause)
        {
            return null;
        }

        var started = time.GetTimestamp();
        try
        {
            return await ReadPageAsync(client, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return null;
        }
        finally
        {
            lastRead = time.GetTimestamp();
            pause = cost.PauseAfter(time.GetElapsedTime(started));
        }
    }

    /// <summary>Requests served, by the counter that was chosen first; null where there is none.</summary>
    public double? RequestsOn(MetricsPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        return requests is null ? null : page[requests];
    }

    public void Dispose() => client.Dispose();

    private static async Task<MetricsPage> ReadPageAsync(ServiceClient client, CancellationToken cancellation) =>
        MetricsPage.Parse(await client.ReadAsync(new Uri(client.Root, "metrics"), MaxBytes, cancellation));
}
