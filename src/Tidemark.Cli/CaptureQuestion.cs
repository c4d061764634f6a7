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
                return await FencedAsync(parsed, configuration, cancellation);
            default:
                return await parsed.InvokeAsync(configuration, cancellation);
        }
    }

    /// <summary>The text between fences; nothing at all where there is no answer.</summary>
    private static async Task<int> FencedAsync(
        ParseResult parsed,
        InvocationConfiguration configuration,
        CancellationToken cancellation
    )
    {
        var output = Console.Out;
        using var text = new StringWriter();
        Console.SetOut(text);
        try
        {
            var status = await parsed.InvokeAsync(configuration, cancellation);
            await output.WriteAsync($"```\n{text}```\n");
            return status;
        }
        finally
        {
            Console.SetOut(output);
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
