using System.Globalization;
using System.Net;

namespace Tidemark.Runtimes.Processes;

/// <summary>
/// The page on which a service tells its metrics in Prometheus' text format, where it serves one: the only place where a runtime that
/// knows nothing of requests shows how many there were.
/// </summary>
/// <remarks>
/// The usual paths are asked for a few times at most, on the ports that the process listens on in our own network namespace. Then the page is read
/// every two seconds, beside the samples and not before them.
/// </remarks>
internal sealed class RequestsPage : IDisposable
{
    private const int MostPorts = 8;
    private const int LongestPage = 8 << 20;
    private const long RestMilliseconds = 2000;

    // A service that starts opens its port a little later.
    private const int MostSearches = 3;
    private const long SearchRestMilliseconds = 20_000;
    private static readonly string[] Paths = ["/metrics", "/actuator/prometheus", "/q/metrics", "/prometheus"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly int pid;
    private readonly IReadOnlySet<int> portsToLeave;
    private readonly HttpClient client = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
        }
    )
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = LongestPage,
    };
    private readonly CancellationTokenSource end = new();
    private Uri? page;
    private string? counter;
    private Task<double?>? asking;
    private long due;
    private int searchesLeft;
    private double highest;
    private bool isShared;

    /// <param name="pid">The process.</param>
    /// <param name="portsToLeave">Ports that speak something else, such as a debugger's.</param>
    public RequestsPage(int pid, IReadOnlySet<int> portsToLeave)
    {
        this.pid = pid;
        this.portsToLeave = portsToLeave;
        searchesLeft = SharesOurNetwork(pid) ? MostSearches : 0;
    }

    /// <summary>Requests served since the start, as of a moment ago, each answer once; null where there is no new one. Never waits.</summary>
    public double? Read()
    {
        double? answer = null;
        if (asking is { IsCompleted: true })
        {
            answer = asking.IsCompletedSuccessfully ? asking.Result : null;
            asking = null;
            due = Environment.TickCount64 + (page is null ? SearchRestMilliseconds : RestMilliseconds);
        }

        if (asking is null && !isShared && Environment.TickCount64 >= due)
        {
            asking =
                page is not null ? AskAsync(page)
                : searchesLeft-- > 0 ? FindAsync()
                : null;
        }

        return answer;
    }

    public void Dispose()
    {
        end.Cancel();
        client.Dispose();
        end.Dispose();
    }

    private async Task<double?> FindAsync()
    {
        await Task.Yield();
        foreach (var port in ListeningSockets.Of(pid).Where(p => !portsToLeave.Contains(p.Port)).Take(MostPorts))
        {
            foreach (var path in Paths)
            {
                var candidate = new UriBuilder(Uri.UriSchemeHttp, port.Address.ToString(), port.Port, path).Uri;
                MetricsPage? found;
                try
                {
                    found = await GetAsync(candidate);
                }
                catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
                {
                    // It speaks something else, or is too busy: its other paths will not do better.
                    break;
                }

                if (found?.FindRequests() is { } name)
                {
                    (page, counter) = (candidate, name);
                    return found[name];
                }
            }
        }

        return null;
    }

    private async Task<double?> AskAsync(Uri at)
    {
        if (await GetAsync(at) is not { } found || found[counter!] is not { } count)
        {
            return null;
        }

        if (count < highest)
        {
            // Several processes answer at this port, each with counts of its own: no one's load can be told from that.
            isShared = true;
            return null;
        }

        highest = count;
        return count;
    }

    private async Task<MetricsPage?> GetAsync(Uri at)
    {
        using var answer = await client.GetAsync(at, end.Token);
        return answer.StatusCode == HttpStatusCode.OK
            ? MetricsPage.Parse(await answer.Content.ReadAsByteArrayAsync(end.Token))
            : null;
    }

    private static bool SharesOurNetwork(int pid)
    {
        try
        {
            return File.ResolveLinkTarget(
                    string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net"),
                    false
                )?.Name == File.ResolveLinkTarget("/proc/self/ns/net", false)?.Name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
