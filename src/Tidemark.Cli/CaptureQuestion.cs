using System.CommandLine;
using Tidemark.Cli.Commands;

namespace Tidemark.Cli;

/// <summary>Questions to capture files answer in text and JSON; this gives them the other two formats as well.</summary>
/// <remarks>Markdown is the text between fences, to be put into a ticket; HTML is the page that <c>tidemark report</c> makes of the same files.</remarks>
internal static class CaptureQuestion
{
    private static readonly string[] Names =
    [
        "top",
        "histogram",
        "dominators",
        "suspects",
        "paths",
        "list",
        "tree",
        "peek",
        "diff",
    ];

    public static async Task<int> InvokeAsync(
        ParseResult parsed,
        InvocationConfiguration configuration,
        CancellationToken cancellation
    )
    {
        if (!Names.Contains(parsed.CommandResult.Command.Name))
        {
            return await parsed.InvokeAsync(configuration, cancellation);
        }

        switch (Output.FormatOf(parsed))
        {
            case OutputFormat.Html:
                return await ReportCommand.PrintAsync(Files(parsed), Output.Of(parsed), cancellation);
            case OutputFormat.Markdown:
                await Console.Out.WriteLineAsync("```");
                var status = await parsed.InvokeAsync(configuration, cancellation);
                await Console.Out.WriteLineAsync("```");
                return status;
            default:
                return await parsed.InvokeAsync(configuration, cancellation);
        }
    }

    private static string[] Files(ParseResult parsed) =>
        parsed.CommandResult.Command.Arguments[0] switch
        {
            Argument<string[]> several => parsed.GetRequiredValue(several),
            Argument<string> one => [parsed.GetRequiredValue(one)],
            _ => [],
        };
}
