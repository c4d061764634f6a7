using System.Globalization;

namespace Tidemark.Runtimes.Processes;

/// <summary>One line of a process's memory map, with what is resident of it.</summary>
/// <param name="From">Its first address.</param>
/// <param name="To">The address after its last.</param>
/// <param name="Name">The file or the kernel's name for it; empty for anonymous memory.</param>
/// <param name="ResidentBytes">What is in memory of it.</param>
public readonly record struct MemoryMapping(ulong From, ulong To, string Name, long ResidentBytes)
{
    /// <summary>
    /// Reads <c>/proc/PID/smaps</c> (see proc(5)): a header line a mapping, then its figures as <c>Name: value kB</c>. Lowest address
    /// first, and each mapping as soon as it is known: the kernel does nothing for what is not asked for any more.
    /// </summary>
    internal static IEnumerable<MemoryMapping> Parse(IEnumerable<string> lines)
    {
        MemoryMapping? open = null;
        foreach (var line in lines)
        {
            if (open is { } mapping && TryParseResident(line, out var bytes))
            {
                yield return mapping with
                {
                    ResidentBytes = bytes,
                };
                open = null;
            }
            else if (TryParseHeader(line, out var next))
            {
                open = next;
            }
        }
    }

    private static bool TryParseResident(ReadOnlySpan<char> line, out long bytes)
    {
        bytes = 0;
        if (!line.StartsWith("Rss:"))
        {
            return false;
        }

        var number = line["Rss:".Length..].Trim();
        if (
            !number.EndsWith(" kB")
            || !long.TryParse(number[..^3], NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)
        )
        {
            return false;
        }

        bytes = kilobytes * 1024;
        return true;
    }

    /// <summary>Reads <c>from-to permissions offset device inode name</c>.</summary>
    private static bool TryParseHeader(ReadOnlySpan<char> line, out MemoryMapping mapping)
    {
        mapping = default;
        var dash = line.IndexOf('-');
        var space = line.IndexOf(' ');
        if (
            dash <= 0
            || space <= dash
            || !TryParseAddress(line[..dash], out var from)
            || !TryParseAddress(line[(dash + 1)..space], out var to)
        )
        {
            return false;
        }

        var rest = line[space..].TrimStart();
        for (var column = 0; column < 4 && rest.Length > 0; column++)
        {
            var end = rest.IndexOf(' ');
            rest = end < 0 ? [] : rest[end..].TrimStart();
        }

        mapping = new MemoryMapping(from, to, rest.ToString(), 0);
        return true;
    }

    private static bool TryParseAddress(ReadOnlySpan<char> text, out ulong address) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address);
}
