using System.Text;

namespace Tidemark.Metrics.Prometheus.Signals;

/// <summary>Writes label matchers.</summary>
public static class Matchers
{
    private const string Special = @"\.+*?()|[]{}^$";

    /// <summary>What stands between the braces of a selector that a user types: <c>{namespace="shop"}</c> or without the braces.</summary>
    /// <returns>Null where it is no list of matchers.</returns>
    public static string? Parse(string selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        var text = selector.Trim();
        var open = text.StartsWith('{');
        if (open != text.EndsWith('}') || (open && text.Length < 2))
        {
            return null;
        }

        text = (open ? text[1..^1] : text).Trim().TrimEnd(',').TrimEnd();
        return text.Length == 0 || LooksLikeMatchers(text) ? text : null;
    }

    /// <summary>Matches any of the values of a label.</summary>
    public static string AnyOf(string label, IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 1)
        {
            return $"{label}={Quote(values[0])}";
        }

        var pattern = new StringBuilder();
        foreach (var value in values)
        {
            if (pattern.Length > 0)
            {
                pattern.Append('|');
            }

            foreach (var c in value)
            {
                if (Special.Contains(c, StringComparison.Ordinal))
                {
                    pattern.Append('\\');
                }

                pattern.Append(c);
            }
        }

        return $"{label}=~{Quote(pattern.ToString())}";
    }

    /// <summary>A string of PromQL.</summary>
    public static string Quote(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return "\""
            + text.Replace("\\", @"\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal)
            + "\"";
    }

    /// <summary>A label, an operator and a quoted value; the server has the last word on the rest.</summary>
    private static bool LooksLikeMatchers(string text)
    {
        var i = 0;
        while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is '_' or ':' or '.' or '"'))
        {
            i++;
        }

        var rest = text[i..].TrimStart();
        return i > 0
            && (
                rest.StartsWith('=')
                || rest.StartsWith("!=", StringComparison.Ordinal)
                || rest.StartsWith("!~", StringComparison.Ordinal)
            );
    }
}
