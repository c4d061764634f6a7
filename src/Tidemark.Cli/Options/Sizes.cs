using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Tidemark.Cli.Options;

/// <summary>Sizes as people type them: <c>512MiB</c>, <c>512M</c>, <c>2g</c> (binary), <c>500MB</c> (decimal), or bytes.</summary>
public static partial class Sizes
{
    /// <summary>An option that takes a size in bytes.</summary>
    public static Option<long?> Option(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "SIZE",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (Parse(text) is { } bytes)
                {
                    return bytes;
                }

                result.AddError($"'{text}' is not a size: write 512MiB, 2g or a number of bytes");
                return null;
            },
        };

    /// <summary>Null where the text is not a size.</summary>
    public static long? Parse(string text)
    {
        var match = Pattern().Match(text ?? "");
        if (!match.Success)
        {
            return null;
        }

        var unit = match.Groups["unit"].Value.ToLowerInvariant();
        // Kubernetes, JVM and Go mean 1024 by a bare letter or "Mi"; only "MB" is decimal.
        double factor = unit.EndsWith('b') && unit.Length == 2 ? 1000 : 1024;
        var power = unit.Length == 0 ? 0 : "bkmgt".IndexOf(unit[0], StringComparison.Ordinal);
        var bytes = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) * Math.Pow(factor, power);
        return bytes is >= 1 and < long.MaxValue ? (long)bytes : null;
    }

    [GeneratedRegex(
        @"^(?<number>[0-9]+(?:\.[0-9]+)?)(?<unit>[kmgt](?:i?b|i)?|b)?$",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex Pattern();
}
