using System.CommandLine;
using Spectre.Console;

namespace Tidemark.Cli;

/// <summary>How an answer is printed.</summary>
public enum OutputFormat
{
    Text,
    Json,
    Markdown,
    Html,
}

/// <summary>The options that every command shares, and the two streams they govern: answers to standard output, progress to standard error.</summary>
public sealed class Output
{
    private static readonly Option<OutputFormat> FormatOption = new("--format")
    {
        Description = "how the answer is printed (default: text)",
        HelpName = "text|json|markdown|html",
    };

    private static readonly Option<bool> QuietOption = new("--quiet", "-q") { Description = "no progress" };

    private static readonly Option<bool> NoColorOption = new("--no-color") { Description = "no colours" };

    private static readonly Option<bool> NoIndexOption = new("--no-index")
    {
        Description = "neither use nor leave an index file beside a large dump",
    };

    private Output(ParseResult parsed)
    {
        UsesIndex = !parsed.GetValue(NoIndexOption);
        Format = parsed.GetValue(FormatOption);
        Quiet = parsed.GetValue(QuietOption);
        var plain = parsed.GetValue(NoColorOption) || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        Answer = Terminal(Console.Out, plain || Console.IsOutputRedirected);
        Progress = Terminal(Console.Error, plain || Console.IsErrorRedirected);
        IsLive = !Quiet && !Console.IsErrorRedirected;
    }

    public OutputFormat Format { get; }

    public bool Quiet { get; }

    /// <summary>True where an index beside a dump may be used, and left there.</summary>
    public bool UsesIndex { get; }

    /// <summary>True where somebody sits in front of standard error and a live view makes sense.</summary>
    public bool IsLive { get; }

    /// <summary>Standard output.</summary>
    public IAnsiConsole Answer { get; }

    /// <summary>Standard output without wrapping: for JSON and for tables whose columns are set already.</summary>
    public TextWriter Lines => Answer.Profile.Out.Writer;

    /// <summary>Standard error.</summary>
    public IAnsiConsole Progress { get; }

    /// <summary>Adds the shared options to a command.</summary>
    public static Command With(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Options.Add(FormatOption);
        command.Options.Add(QuietOption);
        command.Options.Add(NoColorOption);
        return command;
    }

    /// <summary>Adds them, and those of commands that read captures.</summary>
    public static Command WithCaptures(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Options.Add(NoIndexOption);
        return With(command);
    }

    public static Output Of(ParseResult parsed) => new(parsed);

    /// <summary>The format that was asked for.</summary>
    internal static OutputFormat FormatOf(ParseResult parsed) => parsed.GetValue(FormatOption);

    /// <summary>A line on standard error, left out with --quiet.</summary>
    public void Say(string line)
    {
        if (!Quiet)
        {
            Progress.WriteLine(line);
        }
    }

    private static IAnsiConsole Terminal(TextWriter writer, bool plain)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
                ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
                Interactive = InteractionSupport.No,
                // Plain stays plain: on GitHub and other CI servers Spectre would switch colours on all the same.
                Enrichment = new ProfileEnrichment { UseDefaultEnrichers = !plain },
            }
        );
        if (plain && !console.Profile.Out.IsTerminal)
        {
            // Not cut at 80 columns where nobody looks at a terminal.
            console.Profile.Width = Math.Max(console.Profile.Width, 200);
        }

        return console;
    }
}
