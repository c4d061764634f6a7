using System.CommandLine;
using Tidemark.Formats;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark top FILE</c>: what one capture holds, largest first.</summary>
public static class TopCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "a capture of any known format" };
        var command = Output.With(new Command("top", "What one capture holds, largest first.") { file });
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var snapshot = Capture.Read(parsed.GetRequiredValue(file), output, cancellation);
                throw new CommandFailedException(
                    $"{snapshot.Format}: {(snapshot is HeapSnapshot ? "a heap graph" : "a profile")} has no top yet"
                );
            }
        );
        return command;
    }
}
