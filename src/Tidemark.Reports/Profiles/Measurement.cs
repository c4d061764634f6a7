using System.Globalization;

namespace Tidemark.Reports.Profiles;

/// <summary>Figures of a profile as pprof prints them: 1 kB is 1024 bytes, and one report keeps to one unit.</summary>
/// <remarks>Units, aliases and rounding follow google/pprof's measurement package, so that reports can be laid side by side.</remarks>
internal static class Measurement
{
    private static readonly UnitFamily[] Families =
    [
        new(
            new("B", 1, "b", "byte"),
            [
                new("B", 1, "b", "byte"),
                new("kB", 1L << 10, "kb", "kbyte", "kilobyte"),
                new("MB", 1L << 20, "mb", "mbyte", "megabyte"),
                new("GB", 1L << 30, "gb", "gbyte", "gigabyte"),
                new("TB", 1L << 40, "tb", "tbyte", "terabyte"),
                new("PB", 1L << 50, "pb", "pbyte", "petabyte"),
            ]
        ),
        new(
            new("s", 1e9),
            [
                new("ns", 1, "ns", "nanosecond"),
                new("us", 1e3, "μs", "us", "microsecond"),
                new("ms", 1e6, "ms", "millisecond"),
                new("s", 1e9, "s", "sec", "second"),
                new("hrs", 3600e9, "hour", "hr"),
            ]
        ),
    ];

    /// <summary>The unit that fits a whole report: that of its smallest figure, unless the largest is more than a hundred times as much.</summary>
    /// <param name="figures">Flat of every node, or cum where flat is zero.</param>
    /// <param name="total">What percentages refer to.</param>
    /// <param name="unit">The column's unit.</param>
    public static string UnitFor(IEnumerable<long> figures, long total, string unit)
    {
        var smallest = figures.Select(Magnitude).Where(f => f > 0).DefaultIfEmpty(total).Min();
        var chosen = Scale(smallest, unit, null).Unit;
        if (chosen != Scale(total, unit, null).Unit && unchecked(smallest * 100) < total)
        {
            chosen = Scale(unchecked(100 * smallest), unit, null).Unit;
        }

        return chosen.Length > 0 ? chosen : unit;
    }

    /// <summary>The figure with its unit, such as <c>12.50MB</c>; in the unit that suits it best where none is given.</summary>
    public static string Label(long value, string unit, string? reportUnit)
    {
        var (scaled, name) = Scale(value, unit, reportUnit);
        var text = Fixed(scaled, 2);
        if (text.EndsWith(".00", StringComparison.Ordinal))
        {
            text = text[..^3];
        }

        return text is "0" or "-0" ? "0" : text + name;
    }

    /// <summary>The share in per cent, five characters and the sign, such as <c>12.34%</c> or <c>  100%</c>.</summary>
    public static string Percentage(long value, long total)
    {
        var ratio = total == 0 ? 0 : Math.Abs((double)value / total) * 100;
        var text =
            ratio is >= 99.95 and <= 100.05 ? "100"
            : ratio >= 1 ? Fixed(ratio, 2)
            : TwoDigits(ratio);
        return text.PadLeft(5) + "%";
    }

    /// <summary>Scales to the unit asked for, or to the largest that leaves at least 1 where none is. A bare count has no unit.</summary>
    private static (double Value, string Unit) Scale(long value, string unit, string? to)
    {
        if (value < 0 && value != long.MinValue)
        {
            var (positive, name) = Scale(-value, unit, to);
            return (-positive, name);
        }

        foreach (var family in Families)
        {
            if (family.Find(unit) is { } from)
            {
                var plain = value * from.Factor;
                var target = to is null ? family.Largest(plain) : family.Find(to);
                target ??= family.Default;
                return (plain / target.Factor, target.Name);
            }
        }

        return (value, to is null or "count" or "sample" or "unit" ? "" : to);
    }

    private static long Magnitude(long value) => value < 0 ? unchecked(-value) : value;

    /// <summary>Two significant digits at most, no zeros behind them.</summary>
    private static string TwoDigits(double value)
    {
        if (value < 1e-4)
        {
            return value.ToString("g2", CultureInfo.InvariantCulture);
        }

        var leading = (int)Math.Floor(Math.Log10(value));
        var text = Fixed(value, 1 - leading).TrimEnd('0').TrimEnd('.');
        return text;
    }

    /// <summary>Rounds the exact binary value, halves to even, as printf does; the runtime's own formatting rounds halves up.</summary>
    private static string Fixed(double value, int decimals)
    {
        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(value));
        var exponent = (int)(bits >> 52) - 1075;
        var mantissa = (UInt128)((bits & 0xFFFFFFFFFFFFF) | 0x10000000000000);
        if (exponent is >= 0 or < -110)
        {
            return value.ToString("F" + decimals, CultureInfo.InvariantCulture);
        }

        var scaled = mantissa;
        for (var d = 0; d < decimals; d++)
        {
            scaled *= 10;
        }

        var whole = scaled >> -exponent;
        var rest = scaled - (whole << -exponent);
        var half = UInt128.One << (-exponent - 1);
        if (rest > half || (rest == half && (whole & 1) == 1))
        {
            whole++;
        }

        var digits = whole.ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        return $"{(value < 0 ? "-" : "")}{digits[..^decimals]}.{digits[^decimals..]}";
    }

    private sealed record MeasuringUnit(string Name, double Factor, params string[] Aliases);

    private sealed record UnitFamily(MeasuringUnit Default, MeasuringUnit[] Units)
    {
        public MeasuringUnit? Find(string name)
        {
            var alias = name.ToLowerInvariant();
            if (alias.Length > 2 && alias.EndsWith('s'))
            {
                alias = alias[..^1];
            }

            return Array.Find(Units, u => u.Aliases.Contains(alias));
        }

        public MeasuringUnit? Largest(double plain) => Array.FindLast(Units, u => plain / u.Factor >= 1);
    }
}
