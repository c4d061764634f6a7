using System.Globalization;

namespace Tidemark.Runtimes.Go;

/// <summary>GOMEMLIMIT: a number of bytes with the unit B, KiB, MiB, GiB or TiB.</summary>
internal static class MemoryLimit
{
    private static readonly (string Unit, double Factor)[] Units =
    [
        ("TiB", 1L << 40),
        ("GiB", 1L << 30),
        ("MiB", 1L << 20),
        ("KiB", 1L << 10),
        ("B", 1),
        ("", 1),
    ];

    /// <summary>The limit in bytes; null where there is none.</summary>
    public static double? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var (unit, factor) = Array.Find(Units, u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        return long.TryParse(
            text.AsSpan(0, text.Length - unit.Length),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number * factor
            : null;
    }
}
