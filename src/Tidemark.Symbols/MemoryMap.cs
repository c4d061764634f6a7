using System.Globalization;

namespace Tidemark.Symbols;

/// <summary>A range of a process's addresses, as <c>/proc/PID/maps</c> lists it.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The first address behind it.</param>
/// <param name="Permissions">Four letters such as <c>r-xp</c>.</param>
/// <param name="Offset">What stands at the start, as an offset in the file.</param>
/// <param name="Path">The file, a name in brackets such as <c>[heap]</c>, or empty.</param>
public readonly record struct Mapping(ulong Start, ulong End, string Permissions, ulong Offset, string Path)
{
    public ulong Size => End - Start;

    public bool IsReadable => Permissions.StartsWith('r');

    public bool IsWritable => Permissions.Length > 1 && Permissions[1] == 'w';

    public bool IsExecutable => Permissions.Length > 2 && Permissions[2] == 'x';

    /// <summary>True where it shows a file: neither anonymous nor a name in brackets.</summary>
    public bool IsFile => Path.StartsWith('/');

    public bool Contains(ulong address) => address >= Start && address < End;

    /// <summary>Reads a line of <c>/proc/PID/maps</c> (proc(5)); null where it is none.</summary>
    public static Mapping? Parse(ReadOnlySpan<char> line)
    {
        line = line.TrimEnd();
        var dash = line.IndexOf('-');
        if (
            dash <= 0
            || !TryHex(line[..dash], out var start)
            || Word(line[(dash + 1)..], out var rest) is var endText && !TryHex(endText, out var end)
            || end < start
        )
        {
            return null;
        }

        var permissions = Word(rest, out rest);
        if (permissions.Length != 4 || !TryHex(Word(rest, out rest), out var offset))
        {
            return null;
        }

        Word(rest, out rest); // device
        Word(rest, out rest); // inode
        var path = rest.TrimStart();
        // A file that was replaced or removed since: its path still says what it was.
        const string deleted = " (deleted)";
        path = path.EndsWith(deleted) ? path[..^deleted.Length] : path;
        return new Mapping(start, end, permissions.ToString(), offset, path.ToString());
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    private static ReadOnlySpan<char> Word(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest)
    {
        text = text.TrimStart();
        var end = text.IndexOfAny(' ', '\t');
        rest = end < 0 ? [] : text[end..];
        return end < 0 ? text : text[..end];
    }
}

/// <summary>All mappings of a process, by address.</summary>
public sealed class MemoryMap
{
    private readonly Mapping[] mappings;

    public MemoryMap(IEnumerable<Mapping> mappings)
    {
        this.mappings = [.. mappings];
        Array.Sort(this.mappings, (x, y) => x.Start.CompareTo(y.Start));
    }

    public IReadOnlyList<Mapping> Mappings => mappings;

    /// <summary>Reads the lines of <c>/proc/PID/maps</c>; others are passed over.</summary>
    public static MemoryMap Parse(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return new MemoryMap(lines.Select(l => Mapping.Parse(l)).OfType<Mapping>());
    }

    /// <summary>The number of the mapping that holds an address; -1 where none does.</summary>
    public int IndexOf(ulong address)
    {
        var low = 0;
        var high = mappings.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (mappings[middle].Start <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && mappings[low - 1].Contains(address) ? low - 1 : -1;
    }
}
