using System.CommandLine;
using Tidemark.Formats;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark diff BASE NOW [LATER...]</c>: what grew between captures of one format.</summary>
public static class DiffCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILES")
        {
            Description = "two captures or more of one process and one format, oldest first",
            Arity = new ArgumentArity(2, 1000),
        };
        var options = new ProfileOptions();
        var ofBase = new Option<bool>("--diff-base", "--diff_base")
        {
            Description =
                "percentages of an allocation profile are of what the base holds, rather than of all that changed",
        };
        var command = options.AddTo(
            Output.WithCaptures(new Command("diff", "What grew between captures.") { files, ofBase })
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var paths = parsed.GetRequiredValue(files);
                var snapshots = paths.Select(p => Capture.Read(p, output, cancellation)).ToList();
                if (snapshots.TrueForAll(s => s is ProfileSnapshot))
                {
                    ProfileDiffAnswer.Print(
                        paths,
                        [.. snapshots.Cast<ProfileSnapshot>()],
                        options,
                        parsed,
                        parsed.GetValue(ofBase),
                        output
                    );
                    return Task.FromResult(ExitStatus.Healthy);
                }

                if (snapshots.TrueForAll(s => s is HeapSnapshot && s.Format == snapshots[0].Format))
                {
                    HeapDiffAnswer.Print(paths, [.. snapshots.Cast<HeapSnapshot>()], output, cancellation);
                    return Task.FromResult(ExitStatus.Healthy);
                }

                throw new CommandFailedException(
                    $"these captures cannot be compared: {string.Join(", ", snapshots.Select(s => s.Format))}"
                );
            }
        );
        return command;
    }
}
