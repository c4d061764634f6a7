using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Tidemark.Cli.Options;

/// <summary>Durations as people type them: <c>90s</c>, <c>10m</c>, <c>1h30m</c>, <c>24h</c>, <c>7d</c>.</summary>
public static partial class Durations
{
    /// <summary>An option that takes a duration.</summary>
    public static Option<Duration> Option(string name, string description, TimeSpan standard) =>
        new(name)
        {
            Description = description,
            HelpName = "DURATION",
            CustomParser = result => new Duration(Parse(result)),
            DefaultValueFactory = _ => new Duration(standard),
        };

    /// <summary>An option that takes a duration and has no value of its own.</summary>
    public static Option<TimeSpan?> Optional(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "DURATION",
            CustomParser = result => Parse(result),
        };

    /// <summary>Null where the text is not a duration.</summary>
    public static TimeSpan? Parse(string text)
    {
        var match = Pattern().Match(text ?? "");
        if (!match.Success || match.Length == 0)
        {
            return null;
        }

        double seconds = 0;
        var numbers = match.Groups["number"].Captures;
        var units = match.Groups["unit"].Captures;
        for (var i = 0; i < numbers.Count; i++)
        {
            seconds +=
                double.Parse(numbers[i].Value, CultureInfo.InvariantCulture)
                * units[i].Value switch
                {
                    "ms" => 0.001,
                    "s" => 1,
                    "m" => 60,
                    "h" => 3600,
                    "d" => 86400,
                    _ => 604800,
                };
        }

        return seconds is > 0 and < 3.2e9 ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>The value of an option; what is no duration becomes its error.</summary>
    internal static TimeSpan Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Parse(text) is { } duration)
        {
            return duration;
        }

        result.AddError($"'{text}' is not a duration: write 90s, 10m, 1h30m or 24h");
        return default;
    }

    [GeneratedRegex(@"^(?:(?<number>[0-9]+(?:\.[0-9]+)?)(?<unit>ms|s|m|h|d|w))+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
