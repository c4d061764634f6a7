using System.Net;
using System.Net.Sockets;

namespace Tidemark.Tests;

/// <summary>What a test asks the machine that it runs on.</summary>
internal static class Machine
{
    /// <summary>A port on which nobody listens.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
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
