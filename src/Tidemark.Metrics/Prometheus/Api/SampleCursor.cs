using System.Buffers.Text;
using System.Text.Json;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>Reads one sample after the other, <c>[1700000000.5,"123"]</c>, from bytes that may end within one.</summary>
internal ref struct SampleCursor(ReadOnlySpan<byte> bytes)
{
    /// <summary>So many digits fit into the 53 bits of a double, so that one division by a power of ten gives the nearest one.</summary>
    private const int ExactDigits = 15;

    private static readonly double[] PowersOfTen =
    [
        1,
        1e1,
        1e2,
        1e3,
        1e4,
        1e5,
        1e6,
        1e7,
        1e8,
        1e9,
        1e10,
        1e11,
        1e12,
        1e13,
        1e14,
        1e15,
    ];

    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>How far it has read.</summary>
    public int Position { get; private set; }

    /// <summary>True where no sample follows but the end of the array.</summary>
    public bool IsAtEndOfArray { get; private set; }

    /// <summary>Reads the next sample, with the comma behind it.</summary>
    /// <returns>False where the array ends, or the bytes do.</returns>
    /// <exception cref="JsonException">Something else comes.</exception>
    public bool TryReadOne(out double time, out double value)
    {
        (time, value) = (0, 0);
        if (!TryPeek(out var first))
        {
            return false;
        }

        if (first == ']')
        {
            IsAtEndOfArray = true;
            return false;
        }

        if (
            !TryTake((byte)'[')
            || !TryReadUntil((byte)',', out var timeText)
            || !TryTake((byte)'"')
            || !TryReadUntil((byte)'"', out var valueText)
            || !TryTake((byte)']')
            || !TryPeek(out var separator)
        )
        {
            return false;
        }

        if (separator == ',')
        {
            Position++;
        }
        else if (separator != ']')
        {
            throw new JsonException("found something else than a comma between two samples");
        }

        time = Number(timeText.TrimEnd(" \t\r\n"u8));
        value = Number(valueText);
        return true;
    }

    /// <summary>A number as JSON or Go writes it, <c>NaN</c> and <c>+Inf</c> among them.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static double Number(ReadOnlySpan<byte> text)
    {
        long mantissa = 0;
        var (digits, fraction, seenPoint) = (0, 0, false);
        foreach (var c in text)
        {
            var digit = c - '0';
            if ((uint)digit <= 9)
            {
                mantissa = (mantissa * 10) + digit;
                digits++;
                fraction += seenPoint ? 1 : 0;
            }
            else if (c == '.' && !seenPoint && digits > 0)
            {
                seenPoint = true;
            }
            else
            {
                return Slow(text);
            }

            if (digits > ExactDigits)
            {
                return Slow(text);
            }
        }

        return digits == 0 || (seenPoint && fraction == 0) ? Slow(text) : mantissa / PowersOfTen[fraction];
    }

    private static double Slow(ReadOnlySpan<byte> text)
    {
        if (Utf8Parser.TryParse(text, out double value, out var used) && used == text.Length && used > 0)
        {
            return value;
        }

        return text.EndsWith("Inf"u8) ? (text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity)
            : text.SequenceEqual("NaN"u8) ? double.NaN
            : throw new JsonException("a sample's value is not a number");
    }

    private bool TryPeek(out byte next)
    {
        while (Position < bytes.Length)
        {
            next = bytes[Position];
            if (next is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                return true;
            }

            Position++;
        }

        next = 0;
        return false;
    }

    private bool TryTake(byte expected)
    {
        if (!TryPeek(out var next))
        {
            return false;
        }

        if (next != expected)
        {
            throw new JsonException($"found '{(char)next}' where '{(char)expected}' of a sample was expected");
        }

        Position++;
        return true;
    }

    private bool TryReadUntil(byte end, out ReadOnlySpan<byte> text)
    {
        // Short texts: a loop is faster than a search.
        var start = TryPeek(out _) ? Position : bytes.Length;
        for (var i = start; i < bytes.Length; i++)
        {
            if (bytes[i] == end)
            {
                text = bytes[start..i];
                Position = i + 1;
                return true;
            }
        }

        text = [];
        return false;
    }
}
