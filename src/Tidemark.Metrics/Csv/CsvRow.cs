using System.Text;

namespace Tidemark.Metrics.Csv;

/// <summary>Walks over the cells of one line, in place.</summary>
internal ref struct CsvRow
{
    private readonly byte separator;
    private readonly int length;
    private ReadOnlySpan<byte> line;
    private bool hasMore;
    private bool wasQuoted;

    public CsvRow(ReadOnlySpan<byte> line, byte separator)
    {
        this.separator = separator;
        this.line = line.EndsWith("\r"u8) ? line[..^1] : line;
        length = this.line.Length;
        hasMore = true;
    }

    public static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>Where in the line the next cell begins; -1 behind the last one.</summary>
    public readonly int Position => hasMore ? length - line.Length : -1;

    public static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r,;"u8).IsEmpty;

    /// <summary>The line <c>sep=;</c> in front of the header, with quotes or without.</summary>
    public static bool IsSeparatorLine(ReadOnlySpan<byte> line, out byte separator)
    {
        line = line.TrimEnd((byte)'\r');
        line = line.Length > 2 && line[0] == '"' && line[^1] == '"' ? line[1..^1] : line;
        var isOne = line.Length == 5 && line.StartsWith("sep="u8);
        separator = isOne ? line[4] : (byte)0;
        return isOne;
    }

    /// <summary>What separates the names of a header; what stands in quotes is text.</summary>
    public static byte SeparatorOf(ReadOnlySpan<byte> header)
    {
        var (isQuoted, semicolon, tab) = (false, false, false);
        foreach (var c in header)
        {
            isQuoted ^= c == '"';
            if (isQuoted)
            {
                continue;
            }

            if (c == ',')
            {
                return c;
            }

            semicolon |= c == ';';
            tab |= c == '\t';
        }

        return semicolon ? (byte)';'
            : tab ? (byte)'\t'
            : (byte)',';
    }

    public bool NextCell(out ReadOnlySpan<byte> cell)
    {
        if (!hasMore)
        {
            cell = default;
            return false;
        }

        var end = EndOfQuotes();
        var comma = line[end..].IndexOf(separator);
        hasMore = comma >= 0;
        cell = (hasMore ? line[..(end + comma)] : line).Trim(" \t"u8);
        line = hasMore ? line[(end + comma + 1)..] : [];
        wasQuoted = cell.Length >= 2 && cell[0] == '"' && cell[^1] == '"';
        if (wasQuoted)
        {
            cell = cell[1..^1];
        }

        return true;
    }

    /// <summary>The cells that are left as text.</summary>
    public string[] Names()
    {
        var names = new List<string>();
        while (NextCell(out var cell))
        {
            names.Add(Text(cell));
        }

        return [.. names];
    }

    /// <summary>The cell that was read last as text: in quotes, a doubled one is one.</summary>
    public readonly string Text(ReadOnlySpan<byte> cell)
    {
        var text = Encoding.UTF8.GetString(cell);
        return wasQuoted ? text.Replace("\"\"", "\"", StringComparison.Ordinal) : text;
    }

    /// <summary>Where the quotes that a cell begins with end: separators in them are text. 0 where there are none, or they have no end.</summary>
    private readonly int EndOfQuotes()
    {
        if (line.IsEmpty || line[0] != '"')
        {
            return 0;
        }

        for (var i = 1; i < line.Length; i++)
        {
            if (line[i] != '"')
            {
                continue;
            }

            if (i + 1 == line.Length || line[i + 1] != '"')
            {
                return i + 1;
            }

            i++; // a doubled quote is one of the text
        }

        return 0;
    }
}
