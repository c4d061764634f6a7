using System.Globalization;
using System.Net.Sockets;
using Tidemark.Runtimes.Injection;

namespace Tidemark.Runtimes.Python;

/// <summary>What can be told of a process from outside: whether it runs CPython, and where its cooperative agent would listen.</summary>
internal static class PythonProcess
{
    // There since 3.8, which is the oldest version that the agent runs on.
    private const string Marker = "Py_BytesMain";

    /// <summary>True where the process runs CPython 3.8 or later: its own executable, a shared library or one that embeds it.</summary>
    public static bool IsCPython(int pid)
    {
        try
        {
            return ProcessImage.Read(pid).Find(MayHoldPython, Marker) is not null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Connects to the agent that the program has loaded itself; null where there is none.</summary>
    public static async Task<Socket?> TryConnectAsync(int pid, CancellationToken cancellation)
    {
        foreach (var path in ListeningPaths(pid))
        {
            if (!File.Exists(path))
            {
                continue;
            }

            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return socket;
            }
            catch (SocketException)
            {
                // Left behind by a process that has ended.
                socket.Dispose();
            }
        }

        return null;
    }

    // The C library and the like never hold an interpreter; anything else may have it linked in.
    private static bool MayHoldPython(string name) =>
        !name.StartsWith("ld-", StringComparison.Ordinal)
        && !name.StartsWith("libc.", StringComparison.Ordinal)
        && !name.StartsWith("libm.", StringComparison.Ordinal)
        && !name.StartsWith("libstdc++", StringComparison.Ordinal)
        && (name.Contains("ython", StringComparison.Ordinal) || !name.Contains(".cpython-", StringComparison.Ordinal));

    private static IEnumerable<string> ListeningPaths(int pid)
    {
        var user = 0;
        var inner = pid.ToString(CultureInfo.InvariantCulture);
        foreach (var line in File.ReadLines($"/proc/{pid}/status"))
        {
            if (line.StartsWith("Uid:", StringComparison.Ordinal))
            {
                user = int.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("NSpid:", StringComparison.Ordinal))
            {
                inner = line.Split('\t')[^1];
            }
        }

        var folders = new List<string> { "/tmp" };
        if (ReadEnvironment(pid, "TMPDIR") is { Length: > 0 } folder)
        {
            folders.Insert(0, folder);
        }

        return folders.Select(f => $"/proc/{pid}/root{f}/tidemark-{user}/python-{inner}.sock");
    }

    private static string? ReadEnvironment(int pid, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ")
                .Split('\0')
                .FirstOrDefault(v => v.StartsWith(name + "=", StringComparison.Ordinal))
                ?[(name.Length + 1)..];
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
