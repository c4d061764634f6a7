using System.Net;

namespace Tidemark.Runtimes.Node;

/// <summary>
/// The children of a process whose inspector is opened: Node.js' cluster module passes the request on to every worker, and they would stay
/// open after we have gone.
/// </summary>
internal sealed class ClusterWorkers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const string Close = """
        (() => {
          const load = typeof require === 'function' ? require
            : process.getBuiltinModule ? name => process.getBuiltinModule(name)
            : name => process.mainModule.require(name);
          setTimeout(() => load('inspector').close(), 20);
        })()
        """;

    private readonly NodeProcess node;
    private readonly HashSet<(int Pid, int Port)> before;

    /// <summary>Remembers what the children listen on before the inspector of <paramref name="node"/> is opened.</summary>
    public ClusterWorkers(NodeProcess node)
    {
        this.node = node;
        before = [.. Listeners().Select(l => (l.Pid, l.Address.Port))];
    }

    /// <summary>Closes the inspectors that children have opened since.</summary>
    public async Task CloseAsync(CancellationToken cancellation)
    {
        foreach (var (pid, address) in Listeners().Where(l => !before.Contains((l.Pid, l.Address.Port))))
        {
            try
            {
                using var network = new TargetNetwork(pid);
                if (await Inspector.AddressAsync(address, network, cancellation) is not { } url)
                {
                    before.Add((pid, address.Port));
                    continue;
                }

                await using var inspector = await InspectorConnection.ConnectAsync(url, network.Invoker, cancellation);
                await inspector.Main.EvaluateAsync(Close, Patience, cancellation);
                await inspector.Closed.WaitAsync(Patience, cancellation);
            }
            catch (Exception e) when (e is IOException or TimeoutException or InspectorException)
            {
                // It has ended, or does not answer now: the end of the session tries again.
            }
        }
    }

    private IEnumerable<(int Pid, IPEndPoint Address)> Listeners()
    {
        foreach (var child in node.Process.ReadChildren())
        {
            if (NodeProcess.Find(child) is null)
            {
                continue;
            }

            IReadOnlyList<IPEndPoint> listeners;
            try
            {
                using var network = new TargetNetwork(child);
                listeners = network.ReadListeners();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            foreach (var address in listeners)
            {
                yield return (child, address);
            }
        }
    }
}
