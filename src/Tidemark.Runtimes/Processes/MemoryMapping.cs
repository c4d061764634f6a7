using System.Globalization;

namespace Tidemark.Runtimes.Processes;

/// <summary>One line of a process's memory map, with what is resident of it.</summary>
/// <param name="From">Its first address.</param>
/// <param name="To">The address after its last.</param>
/// <param name="Name">The file or the kernel's name for it; empty for anonymous memory.</param>
/// <param name="ResidentBytes">What is in memory of it.</param>
public readonly record struct MemoryMapping(ulong From, ulong To, string Name, long ResidentBytes)
{
    /// <summary>Reads <c>/proc/PID/smaps</c> (see proc(5)): a header line a mapping, then its figures as <c>Name: value kB</c>.</summary>
    internal static IReadOnlyList<MemoryMapping> ParseAll(string smaps)
    {
        var mappings = new List<MemoryMapping>();
        foreach (var line in smaps.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("Rss:"))
            {
                var number = line["Rss:".Length..].Trim();
                if (
                    mappings.Count > 0
                    && number.EndsWith(" kB")
                    && long.TryParse(number[..^3], NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)
                )
                {
                    mappings[^1] = mappings[^1] with { ResidentBytes = kilobytes * 1024 };
                }
            }
            else if (TryParseHeader(line, out var mapping))
            {
                mappings.Add(mapping);
            }
        }

        return mappings;
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
