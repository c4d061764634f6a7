using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tidemark.Symbols.Demangling;

/// <summary>Rust's first mangling: an Itanium nested name whose last component is the hash <c>h</c> and 16 hexadecimal digits.</summary>
internal static class RustLegacySymbol
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private static readonly (string Escape, string Text)[] Escapes =
    [
        ("$SP$", "@"),
        ("$BP$", "*"),
        ("$RF$", "&"),
        ("$LT$", "<"),
        ("$GT$", ">"),
        ("$LP$", "("),
        ("$RP$", ")"),
        ("$C$", ","),
    ];

    /// <summary>The path without its hash, or null where the symbol is not Rust's.</summary>
    public static string? Demangle(string symbol)
    {
        if (!symbol.StartsWith("_ZN", StringComparison.Ordinal))
        {
            return null;
        }

        List<string> components = [];
        var position = 3;
        while (position < symbol.Length && char.IsAsciiDigit(symbol[position]))
        {
            var length = 0;
            while (position < symbol.Length && char.IsAsciiDigit(symbol[position]))
            {
                length = Math.Min((length * 10) + (symbol[position++] - '0'), symbol.Length);
            }

            if (length > symbol.Length - position)
            {
                return null;
            }

            components.Add(symbol.Substring(position, length));
            position += length;
        }

        var isRust =
            components.Count >= 2
            && position < symbol.Length
            && symbol[position] == 'E'
            && components[^1] is { Length: 17 } hash
            && hash[0] == 'h'
            && hash.AsSpan(1).IndexOfAnyExcept(HexDigits) < 0;
        return isRust ? string.Join("::", components.SkipLast(1).Select(Unescape)) : null;
    }

    private static string Unescape(string component)
    {
        // An identifier may not begin with the escape's dollar: an underscore stands before it.
        var text = component.AsSpan(component.StartsWith("_$", StringComparison.Ordinal) ? 1 : 0);
        var result = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            if (text.StartsWith(".."))
            {
                result.Append("::");
                text = text[2..];
            }
            else if (text[0] == '$' && TryEscape(text, result, out var length))
            {
                text = text[length..];
            }
            else
            {
                result.Append(text[0]);
                text = text[1..];
            }
        }

        return result.ToString();
    }

    private static bool TryEscape(ReadOnlySpan<char> text, StringBuilder result, out int length)
    {
        foreach (var (escape, replacement) in Escapes)
        {
            if (text.StartsWith(escape))
            {
                result.Append(replacement);
                length = escape.Length;
                return true;
            }
        }

        // $u7e$ is a character by its code point.
        var end = text[1..].IndexOf('$') + 1;
        length = end + 1;
        if (
            end > 2
            && text[1] == 'u'
            && int.TryParse(text[2..end], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code)
            && Rune.TryCreate(code, out var rune)
        )
        {
            result.Append(rune.ToString());
            return true;
        }

        return false;
    }
}
