using System.Globalization;
using System.Net;
using System.Text.Json;
using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Node;

/// <summary>Finds the inspector of a process, opens it where it is closed, and closes it again if it was opened here.</summary>
internal static class Inspector
{
    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Waiting = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>The address of the inspector's web socket.</summary>
    /// <returns>The address, and whether the inspector was opened here.</returns>
    /// <exception cref="AttachFailedException">It cannot be opened; the message says what to do.</exception>
    public static async Task<(Uri Url, bool OpenedHere)> OpenAsync(
        NodeProcess node,
        TargetNetwork network,
        CancellationToken cancellation
    )
    {
        var pid = node.Process.Pid;
        try
        {
            var listeners = network.ReadListeners();
            if (node.StartedWithInspector || listeners.Any(l => l.Port == node.InspectorPort))
            {
                if (await FindAsync(listeners, node.InspectorPort, network, cancellation) is { } open)
                {
                    return (open, false);
                }
            }

            return (await AskToOpenAsync(node, network, cancellation), true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            if (!node.Process.IsRunning)
            {
                throw new TargetGoneException($"process {pid} has ended", e);
            }

            throw new AttachFailedException($"process {pid}: {e.Message}; run tidemark as its user or as root", e);
        }
    }

    /// <summary>The inspector's address after it has moved to another port than the one given.</summary>
    public static async Task<Uri?> FindElsewhereAsync(
        int port,
        IReadOnlyCollection<int> known,
        TargetNetwork network,
        CancellationToken cancellation
    ) =>
        await NewListenerAsync(known.Append(port).ToHashSet(), network, cancellation) is { } listener
            ? await AddressAsync(listener, network, cancellation)
            : null;

    private static async Task<Uri> AskToOpenAsync(
        NodeProcess node,
        TargetNetwork network,
        CancellationToken cancellation
    )
    {
        var pid = node.Process.Pid;
        if (!node.Process.Catches(NodeProcess.OpenInspector))
        {
            throw new AttachFailedException(
                $"process {pid} does not open its inspector on SIGUSR1 (--disable-sigusr1?): start it with --inspect=127.0.0.1:0"
            );
        }

        // Another process may hold the port, for a moment (it is diagnosed too) or for good.
        using var limit = new CancellationTokenSource(Waiting);
        int? holder;
        while (node.InspectorPort != 0 && (holder = network.ReadListenerOf(node.InspectorPort)) is not null)
        {
            if (limit.IsCancellationRequested)
            {
                var who = holder is > 0 ? $"process {holder}" : "another process";
                throw new AttachFailedException(
                    $"process {pid} would open its inspector at port {node.InspectorPort}, which {who} holds: free the port, or start the service with --inspect-port=0"
                );
            }

            await Task.Delay(Step * 4, cancellation);
        }

        var before = network.ReadListeners();
        node.Process.Signal(NodeProcess.OpenInspector);
        if (await NewListenerAsync(before.Select(l => l.Port).ToHashSet(), network, cancellation) is { } listener)
        {
            return await AddressAsync(listener, network, cancellation)
                ?? throw new AttachFailedException($"process {pid} listens at {listener}, but not as an inspector");
        }

        // It may have been open all the time, at a port that the program chose by itself.
        return await FindAsync(before, node.InspectorPort, network, cancellation)
            ?? throw new AttachFailedException(
                $"process {pid} did not open its inspector on SIGUSR1 within {Opening.TotalSeconds:0} s: its event loop may be blocked, or the program handles the signal itself; start it with --inspect=127.0.0.1:0"
            );
    }

    private static async Task<IPEndPoint?> NewListenerAsync(
        HashSet<int> known,
        TargetNetwork network,
        CancellationToken cancellation
    )
    {
        for (var waited = TimeSpan.Zero; waited < Opening; waited += Step)
        {
            if (network.ReadListeners().FirstOrDefault(l => !known.Contains(l.Port)) is { } listener)
            {
                return listener;
            }

            await Task.Delay(Step, cancellation);
        }

        return null;
    }

    /// <summary>Asks the process's own ports, the likely one first, which of them is the inspector.</summary>
    private static async Task<Uri?> FindAsync(
        IReadOnlyList<IPEndPoint> listeners,
        int likely,
        TargetNetwork network,
        CancellationToken cancellation
    )
    {
        foreach (var listener in listeners.OrderBy(l => l.Port != likely))
        {
            if (await AddressAsync(listener, network, cancellation) is { } url)
            {
                return url;
            }
        }

        return null;
    }

    /// <summary>The web socket of the inspector that answers at an address; null where what listens there is none.</summary>
    public static async Task<Uri?> AddressAsync(
        IPEndPoint listener,
        TargetNetwork network,
        CancellationToken cancellation
    )
    {
        var any = listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any);
        var loopback =
            listener.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
                ? IPAddress.Loopback
                : IPAddress.IPv6Loopback;
        var host = new IPEndPoint(any ? loopback : listener.Address, listener.Port);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Opening);
        try
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get,
                string.Create(CultureInfo.InvariantCulture, $"http://{host}/json/list")
            );
            using var answer = await network.Invoker.SendAsync(request, limit.Token);
            using var list = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(limit.Token));
            var first = list
                .RootElement.EnumerateArray()
                .FirstOrDefault(t => t.GetProperty("type").GetString() == "node");
            var path = new Uri(first.GetProperty("webSocketDebuggerUrl").GetString()!).AbsolutePath;
            return new Uri(string.Create(CultureInfo.InvariantCulture, $"ws://{host}{path}"));
        }
        catch (Exception e)
            when (e
                    is HttpRequestException
                        or JsonException
                        or InvalidOperationException
                        or KeyNotFoundException
                        or UriFormatException
                        or IOException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            return null;
        }
    }
}
