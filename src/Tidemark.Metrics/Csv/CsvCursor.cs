using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Tidemark.Core;

namespace Tidemark.Metrics.Csv;

/// <summary>
/// Walks over the lines and cells of a CSV text in place. Cells may stand in quotes; a cell over two lines is not for numbers. Where the
/// first line has no comma, its semicolons or tabs separate, as spreadsheets write them in countries with a decimal comma.
/// </summary>
internal ref struct CsvCursor(ReadOnlySpan<byte> text)
{
    private readonly byte separator = SeparatorOf(text);
    private ReadOnlySpan<byte> rest = text.StartsWith("\uFEFF"u8) ? text[3..] : text;
    private ReadOnlySpan<byte> line;
    private bool lineHasMore;

    /// <summary>The number of the line, the first is 1.</summary>
    public int Line { get; private set; }

    public readonly bool LineIsBlank => line.Trim(" \t\r,;"u8).IsEmpty;

    public bool NextLine()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var end = rest.IndexOf((byte)'\n');
        line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        if (line.EndsWith("\r"u8))
        {
            line = line[..^1];
        }

        lineHasMore = true;
        Line++;
        return true;
    }

    public bool NextCell(out ReadOnlySpan<byte> cell)
    {
        if (!lineHasMore)
        {
            cell = default;
            return false;
        }

        var end = EndOfQuotes();
        var comma = line[end..].IndexOf(separator);
        lineHasMore = comma >= 0;
        cell = (lineHasMore ? line[..(end + comma)] : line).Trim(" \t"u8);
        line = lineHasMore ? line[(end + comma + 1)..] : [];
        if (cell.Length >= 2 && cell[0] == '"' && cell[^1] == '"')
        {
            cell = cell[1..^1];
        }

        return true;
    }

    /// <summary>Where the quotes that a cell begins with end: separators in them are text. 0 where there are none, or they have no end.</summary>
    private readonly int EndOfQuotes()
    {
        if (!line.StartsWith("\""u8))
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

    private static byte SeparatorOf(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        var first = end < 0 ? text : text[..end];
        return first.Contains((byte)',') ? (byte)','
            : first.Contains((byte)';') ? (byte)';'
            : first.Contains((byte)'\t') ? (byte)'\t'
            : (byte)',';
    }

    /// <summary>The cells of this line as text.</summary>
    public string[] Names()
    {
        var names = new List<string>();
        while (NextCell(out var cell))
        {
            names.Add(Encoding.UTF8.GetString(cell));
        }

        return [.. names];
    }
}

/// <summary>What a cell of a history says.</summary>
internal static class CsvCell
{
    /// <summary>Later than this (the year 5138) is not in seconds: somebody wrote milliseconds.</summary>
    private const double LatestTime = 1e11;

    /// <summary>Seconds since 1970, from such a number or from ISO 8601; a time without a zone is UTC.</summary>
    public static bool TryTime(ReadOnlySpan<byte> cell, out double seconds)
    {
        if (TryNumber(cell, out seconds))
        {
            return double.IsFinite(seconds) && Math.Abs(seconds) < LatestTime;
        }

        seconds = double.NaN;
        if (cell.Length is < 10 or > 40 || cell[4] != '-' || cell[7] != '-')
        {
            return false;
        }

        var isTime = DateTimeOffset.TryParse(
            Encoding.UTF8.GetString(cell),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var instant
        );
        seconds = isTime ? (instant - DateTimeOffset.UnixEpoch).TotalSeconds : double.NaN;
        return isTime;
    }

    private static readonly (byte[] Unit, double Scale)[] Units =
    [
        ("B"u8.ToArray(), 1),
        ("kB"u8.ToArray(), 1e3),
        ("KB"u8.ToArray(), 1e3),
        ("MB"u8.ToArray(), 1e6),
        ("GB"u8.ToArray(), 1e9),
        ("TB"u8.ToArray(), 1e12),
        ("KiB"u8.ToArray(), 1L << 10),
        ("MiB"u8.ToArray(), 1L << 20),
        ("GiB"u8.ToArray(), 1L << 30),
        ("TiB"u8.ToArray(), 1L << 40),
    ];

    /// <summary>The same of bytes, which dashboards export with a unit: <c>1.5 GiB</c>.</summary>
    public static bool TryBytes(ReadOnlySpan<byte> cell, out double value)
    {
        foreach (var (unit, scale) in Units)
        {
            if (
                cell.EndsWith(unit)
                && cell.Length > unit.Length
                && cell[^(unit.Length + 1)] is (byte)' ' or (>= (byte)'0' and <= (byte)'9')
            )
            {
                var isNumber = TryQuantity(cell[..^unit.Length].TrimEnd((byte)' '), out value);
                value *= scale;
                return isNumber;
            }
        }

        return TryQuantity(cell, out value);
    }

    /// <summary>A number of at least 0; an empty cell, NaN and an infinite limit are missing samples (NaN).</summary>
    public static bool TryQuantity(ReadOnlySpan<byte> cell, out double value)
    {
        value = double.NaN;
        if (cell.IsEmpty || cell.SequenceEqual("+Inf"u8) || cell.SequenceEqual("Inf"u8))
        {
            return true;
        }

        if (!TryNumber(cell, out value) || value < 0)
        {
            return false;
        }

        value = double.IsFinite(value) ? value : double.NaN;
        return true;
    }

    /// <summary>A cell as a message shows it: printable and not long.</summary>
    public static string Show(ReadOnlySpan<byte> cell)
    {
        var text = Encoding.UTF8.GetString(cell[..Math.Min(cell.Length, 40)]);
        return OneLine.Of(text);
    }

    private static bool TryNumber(ReadOnlySpan<byte> cell, out double value)
    {
        if (cell is [(byte)'+', ..])
        {
            cell = cell[1..];
        }

        return Utf8Parser.TryParse(cell, out value, out var used) && used == cell.Length;
    }
}
