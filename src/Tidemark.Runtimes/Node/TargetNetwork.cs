using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Tidemark.Runtimes.Node;

/// <summary>The network as the target sees it: which ports it listens on, and connections within its network namespace (a container's own loopback).</summary>
internal sealed partial class TargetNetwork : IDisposable
{
    private const int NetworkNamespace = 0x40000000;
    private readonly string proc;
    private readonly SocketsHttpHandler handler;

    public TargetNetwork(int pid)
    {
        proc = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            ConnectCallback = async (context, cancellation) =>
                new NetworkStream(await ConnectAsync(context.DnsEndPoint, cancellation), ownsSocket: true),
        };
        Invoker = new HttpMessageInvoker(handler);
    }

    public HttpMessageInvoker Invoker { get; }

    /// <summary>The TCP ports that the process itself listens on.</summary>
    /// <exception cref="UnauthorizedAccessException">Its files may not be seen.</exception>
    public IReadOnlyList<IPEndPoint> ReadListeners()
    {
        var inodes = ReadSockets(proc);
        return [.. ReadAllListeners().Where(l => inodes.Contains(l.Inode)).Select(l => l.Address)];
    }

    /// <summary>The process that listens on a port in the target's network; 0 where that may not be seen, null where nobody does.</summary>
    public int? ReadListenerOf(int port)
    {
        var inodes = ReadAllListeners().Where(l => l.Address.Port == port).Select(l => l.Inode).ToHashSet();
        if (inodes.Count == 0)
        {
            return null;
        }

        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var pid))
            {
                try
                {
                    if (ReadSockets(process).Overlaps(inodes))
                    {
                        return pid;
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Not ours to see, or gone.
                }
            }
        }

        return 0;
    }

    public void Dispose()
    {
        Invoker.Dispose();
        handler.Dispose();
    }

    private static HashSet<string> ReadSockets(string process) =>
        [
            .. new DirectoryInfo($"{process}/fd")
                .EnumerateFileSystemInfos()
                .Select(f => f.LinkTarget)
                .Where(t => t is not null && t.StartsWith("socket:[", StringComparison.Ordinal))
                .Select(t => t!["socket:[".Length..^1]),
        ];

    /// <summary>Reads <c>/proc/PID/net/tcp</c> and <c>tcp6</c>: local address and port in hexadecimal, state 0A for listening, the inode in the tenth column.</summary>
    private IEnumerable<(IPEndPoint Address, string Inode)> ReadAllListeners()
    {
        foreach (var table in (string[])["tcp", "tcp6"])
        {
            string[] lines;
            try
            {
                lines = File.ReadAllLines($"{proc}/net/{table}");
            }
            catch (IOException)
            {
                continue;
            }

            foreach (var line in lines.Skip(1))
            {
                var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (columns.Length > 9 && columns[3] == "0A" && ParseAddress(columns[1]) is { } address)
                {
                    yield return (address, columns[9]);
                }
            }
        }
    }

    private static IPEndPoint? ParseAddress(string text)
    {
        var colon = text.IndexOf(':');
        if (colon is not (8 or 32) || !int.TryParse(text[(colon + 1)..], NumberStyles.HexNumber, null, out var port))
        {
            return null;
        }

        // Each word of the address stands in the machine's own byte order.
        var bytes = Convert.FromHexString(text[..colon]);
        for (var word = 0; word < bytes.Length; word += 4)
        {
            bytes.AsSpan(word, 4).Reverse();
        }

        return new IPEndPoint(new IPAddress(bytes), port);
    }

    private async Task<Socket> ConnectAsync(DnsEndPoint endPoint, CancellationToken cancellation)
    {
        var address = IPAddress.Parse(endPoint.Host.Trim('[', ']'));
        var socket = await CreateSocketAsync(address.AddressFamily);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(address, endPoint.Port, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket belongs for good to the namespace of the thread that made it; so a thread of its own goes there to make it.</summary>
    private async Task<Socket> CreateSocketAsync(AddressFamily family)
    {
        var theirs = $"{proc}/ns/net";
        if (new FileInfo(theirs).LinkTarget == new FileInfo("/proc/self/ns/net").LinkTarget)
        {
            return new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        }

        var made = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                using var space = File.OpenHandle(theirs);
                if (EnterNamespace(space.DangerousGetHandle(), NetworkNamespace) != 0)
                {
                    throw new IOException(
                        $"the target's network namespace cannot be entered: {Marshal.GetLastPInvokeErrorMessage()}"
                    );
                }

                made.SetResult(new Socket(family, SocketType.Stream, ProtocolType.Tcp));
            }
            catch (Exception e)
            {
                made.SetException(e);
            }
        })
        {
            IsBackground = true,
        }.Start();
        return await made.Task;
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int EnterNamespace(nint descriptor, int kind);
}
