using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Tidemark.Core;

namespace Tidemark.Metrics.Csv;

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

    /// <summary>The same in a table that a dashboard has written, where a number this large is in milliseconds.</summary>
    public static bool TryTableTime(ReadOnlySpan<byte> cell, out double seconds)
    {
        if (TryTime(cell, out seconds))
        {
            return true;
        }

        var isNumber = TryNumber(cell, out seconds) && seconds is >= LatestTime and < LatestTime * 1000;
        seconds = isNumber ? seconds / 1000 : double.NaN;
        return isNumber;
    }

    private static readonly byte[][] NoValue =
    [
        .. ((string[])["null", "undefined", "none", "n/a", "na", "nan", "-", "no data"]).Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Bytes in such a table, which has words for a missing sample.</summary>
    public static bool TryTableBytes(ReadOnlySpan<byte> cell, out double value)
    {
        if (TryBytes(cell, out value))
        {
            return true;
        }

        value = double.NaN;
        foreach (var word in NoValue)
        {
            if (Ascii.EqualsIgnoreCase(cell, word))
            {
                return true;
            }
        }

        return false;
    }

    private static readonly (byte[] Unit, double Scale)[] Units =
    [
        ("B"u8.ToArray(), 1),
        ("kB"u8.ToArray(), 1e3),
        ("KB"u8.ToArray(), 1e3),
        ("MB"u8.ToArray(), 1e6),
        ("GB"u8.ToArray(), 1e9),
        ("TB"u8.ToArray(), 1e12),
        ("PB"u8.ToArray(), 1e15),
        ("KiB"u8.ToArray(), 1L << 10),
        ("MiB"u8.ToArray(), 1L << 20),
        ("GiB"u8.ToArray(), 1L << 30),
        ("TiB"u8.ToArray(), 1L << 40),
        ("PiB"u8.ToArray(), 1L << 50),
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
