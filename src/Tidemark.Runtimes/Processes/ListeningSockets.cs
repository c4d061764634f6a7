using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Tidemark.Runtimes.Processes;

/// <summary>The TCP addresses that a process listens on, as <c>/proc</c> shows them (proc(5), <c>/proc/net/tcp</c>).</summary>
internal static class ListeningSockets
{
    private const string Listening = "0A";

    /// <summary>Lowest port first; empty where there are none or they may not be seen. Wildcard addresses are told as loopback.</summary>
    /// <remarks>Ports of another network namespace (a container's) are told as well; whether they can be reached is another question.</remarks>
    public static IReadOnlyList<IPEndPoint> Of(int pid)
    {
        var proc = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        var sockets = SocketInodes(proc);
        return
        [
            .. Lines($"{proc}/net/tcp")
                .Concat(Lines($"{proc}/net/tcp6"))
                .Select(l => Parse(l, sockets))
                .OfType<IPEndPoint>()
                .Distinct()
                .OrderBy(e => e.Port),
        ];
    }

    /// <summary>One line: number, local and remote address, state, queues, timers, retransmissions, user, timeout, inode, ...; null where it is no listener of ours.</summary>
    internal static IPEndPoint? Parse(string line, IReadOnlySet<string> inodes)
    {
        const int local = 1;
        const int state = 3;
        const int inode = 9;
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= inode || fields[state] != Listening || !inodes.Contains(fields[inode]))
        {
            return null;
        }

        var colon = fields[local].IndexOf(':', StringComparison.Ordinal);
        if (
            colon is not (8 or 32)
            || !int.TryParse(
                fields[local].AsSpan(colon + 1),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out var port
            )
        )
        {
            return null;
        }

        return new IPEndPoint(Address(fields[local].AsSpan(0, colon)), port);
    }

    /// <summary>Words of 32 bits in the byte order of the machine, in hexadecimal.</summary>
    private static IPAddress Address(ReadOnlySpan<char> digits)
    {
        Span<byte> bytes = stackalloc byte[digits.Length / 2];
        for (var word = 0; word < digits.Length / 8; word++)
        {
            var value = uint.Parse(
                digits.Slice(word * 8, 8),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture
            );
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(word * 4)..], value);
        }

        var address = new IPAddress(bytes);
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback
            : address;
    }

    private static HashSet<string> SocketInodes(string proc)
    {
        const string prefix = "socket:[";
        var inodes = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var descriptor in new DirectoryInfo($"{proc}/fd").EnumerateFiles())
            {
                if (descriptor.LinkTarget is { } target && target.StartsWith(prefix, StringComparison.Ordinal))
                {
                    inodes.Add(target[prefix.Length..^1]);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or somebody else's: what was found so far is the answer.
        }

        return inodes;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
