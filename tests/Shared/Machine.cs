using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tidemark.Tests;

/// <summary>What a test asks the machine that it runs on.</summary>
internal static class Machine
{
    private const int LowestPort = 15_000;
    private const int HighestPort = 30_000;

    private static readonly HashSet<int> Given = [];

    // Kept to the end: nobody else gets a port that is taken, and nobody listens on one that is only taken.
    private static readonly List<Socket> Closed = [];

    /// <summary>A port on which nobody listens, for a service that is told its port: given once only.</summary>
    /// <remarks>
    /// Not one of those that the kernel gives to whoever asks for any port, or connects: between this answer and the start of the
    /// service it would be one of many programs' next port.
    /// </remarks>
    public static int FreePort()
    {
        var (lowest, highest) = PortsOfTheKernel();
        lock (Given)
        {
            for (var attempt = 0; attempt < 10_000; attempt++)
            {
                var port = Random.Shared.Next(LowestPort, HighestPort);
                if ((port < lowest || port > highest) && !Given.Contains(port) && TryTake(port) is { } socket)
                {
                    socket.Dispose();
                    Given.Add(port);
                    return port;
                }
            }
        }

        throw new InvalidOperationException($"no port from {LowestPort} to {HighestPort} is free");
    }

    /// <summary>A port on which nobody listens and nobody will: this process has it.</summary>
    public static int ClosedPort()
    {
        var socket = TryTake(0)!;
        lock (Closed)
        {
            Closed.Add(socket);
        }

        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static Socket? TryTake(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ExclusiveAddressUse = true,
        };
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static (int Lowest, int Highest) PortsOfTheKernel()
    {
        var words = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split((char[])['\t', ' ', '\n']);
        return (
            int.Parse(words[0], CultureInfo.InvariantCulture),
            int.Parse(words.Last(w => w.Length > 0), CultureInfo.InvariantCulture)
        );
    }

    /// <summary>The root of this checkout.</summary>
    public static string Repository
    {
        get
        {
            var root = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(root, "Tidemark.slnx")))
            {
                root = Path.GetDirectoryName(root)!;
            }

            return root;
        }
    }
}
