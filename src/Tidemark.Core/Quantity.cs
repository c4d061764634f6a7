using System.Globalization;

namespace Tidemark.Core;

/// <summary>Figures as people read them; always with the invariant culture.</summary>
public static class Quantity
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Bytes with a binary unit and three significant digits, such as <c>12.3 MiB</c>.</summary>
    public static string Bytes(double bytes)
    {
        var size = Math.Abs(bytes);
        var unit = 0;
        while (size >= 1023.5 && unit < ByteUnits.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        var digits =
            unit == 0 || size >= 99.95 ? "0"
            : size >= 9.995 ? "0.0"
            : "0.00";
        var sign = bytes < 0 ? "-" : "";
        return $"{sign}{size.ToString(digits, CultureInfo.InvariantCulture)} {ByteUnits[unit]}";
    }

    /// <summary>The same with a sign in front of growth.</summary>
    public static string SignedBytes(double bytes) => bytes > 0 ? "+" + Bytes(bytes) : Bytes(bytes);

    /// <summary>A count with its thousands apart, such as <c>12,345</c>.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share as a percentage, such as <c>93 %</c>.</summary>
    public static string Percent(double share) =>
        (share * 100).ToString(Math.Abs(share) < 0.0995 ? "0.0" : "0", CultureInfo.InvariantCulture) + " %";

    /// <summary>A duration in its two largest units, such as <c>3 h 20 min</c>.</summary>
    public static string Duration(TimeSpan duration) =>
        duration < TimeSpan.Zero ? "-" + Duration(-duration)
        : duration.TotalSeconds < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.#} ms")
        : duration.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.#} s")
        : duration.TotalHours < 1 ? Pair(duration.Minutes, "min", duration.Seconds, "s")
        : duration.TotalDays < 1 ? Pair(duration.Hours, "h", duration.Minutes, "min")
        : Pair((int)duration.TotalDays, "d", duration.Hours, "h");

    private static string Pair(int large, string largeUnit, int small, string smallUnit) =>
        small == 0 ? $"{large} {largeUnit}" : $"{large} {largeUnit} {small} {smallUnit}";
}
