using System.CommandLine;
using Tidemark.Formats;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark top FILE</c>: what one capture holds, largest first.</summary>
public static class TopCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "a capture of any known format" };
        var options = new ProfileOptions();
        var command = options.AddTo(
            Output.WithCaptures(new Command("top", "What one capture holds, largest first.") { file })
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                switch (Capture.Read(parsed.GetRequiredValue(file), output, cancellation))
                {
                    case ProfileSnapshot profile:
                        ProfileTop.Print(
                            profile,
                            options.Question(parsed, profile.Profile),
                            options.Trim(parsed),
                            output
                        );
                        return Task.FromResult(ExitStatus.Healthy);
                    case HeapSnapshot heap:
                        HeapTop.Print(heap, output, cancellation);
                        return Task.FromResult(ExitStatus.Healthy);
                    case var snapshot:
                        throw new CommandFailedException($"{snapshot.Format}: there is no top of that kind of capture");
                }
            }
        );
        return command;
    }
}
