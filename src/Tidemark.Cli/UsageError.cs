using System.CommandLine;
using System.CommandLine.Parsing;

namespace Tidemark.Cli;

/// <summary>What is wrong with a command line, in words that name the option and what it takes.</summary>
internal static class UsageError
{
    /// <summary>What is wrong; null where nothing is.</summary>
    public static string? Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var help = command is RootCommand ? "tidemark --help" : $"tidemark {command.Name} --help";
        if (command is RootCommand && parsed.UnmatchedTokens is [var unknown, ..])
        {
            var names = command.Subcommands.Select(c => c.Name).ToList();
            return names.OrderBy(n => Distance(n, unknown)).First() is var near && Distance(near, unknown) <= 2
                ? $"no command '{unknown}': did you mean {near}? ({help} lists them)"
                : $"no command '{unknown}': {help} lists them";
        }

        // Where files are taken, what is no option of the command would be one of them. What follows "--" is meant as it stands.
        var taken = parsed
            .CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(a => a.Tokens, (_, token) => token.Value)
            .ToHashSet();
        var stray = parsed
            .Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash)
            .FirstOrDefault(t => t.Value is ['-', _, ..] && taken.Contains(t.Value) && !File.Exists(t.Value));
        if (stray is not null)
        {
            return $"no option '{stray.Value}' (see {help})";
        }

        return parsed.Errors is [var error, ..] ? $"{Words(error)} (see {help})" : null;
    }

    /// <summary>The library's own words, but for values that do not fit: those it explains by the names of .NET's types.</summary>
    private static string Words(ParseError error)
    {
        var (name, type) = error.SymbolResult switch
        {
            OptionResult o => (o.Option.Name, o.Option.ValueType),
            ArgumentResult { Parent: OptionResult o } => (o.Option.Name, o.Option.ValueType),
            ArgumentResult a => (a.Argument.Name, a.Argument.ValueType),
            _ => ("", typeof(void)),
        };
        if (!error.Message.Contains("as expected type", StringComparison.Ordinal))
        {
            return error.Message.TrimEnd('.');
        }

        var value = error.SymbolResult?.Tokens is [var token, ..] ? token.Value : "";
        var expected = Nullable.GetUnderlyingType(type) ?? type;
        return expected == typeof(OutputFormat) ? $"{name} takes text, json, markdown or html, not '{value}'"
            : expected == typeof(int) || expected == typeof(long) ? $"{name} takes a whole number, not '{value}'"
            : expected == typeof(double) ? $"{name} takes a number, not '{value}'"
            : $"{name} cannot be '{value}'";
    }

    /// <summary>Letters to add, remove or change between two words (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
