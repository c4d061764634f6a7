using System.CommandLine;
using Tidemark.Core.Allocation;
using Tidemark.Reports.Profiles;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark tree FILE</c>: every function of a profile between its callers and its callees.</summary>
public static class TreeCommand
{
    private const int DefaultNodeCount = 80;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "an allocation profile" };
        var options = new ProfileOptions();
        var command = options.AddTo(
            Output.With(new Command("tree", "Every function of a profile between its callers and callees.") { file })
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var snapshot = Capture.ReadProfile(parsed.GetRequiredValue(file), output, cancellation);
                var trim = options.Trim(parsed);
                ProfileText.WriteTree(
                    output.Lines,
                    options.Question(parsed, snapshot.Profile),
                    trim.NodeCount == 0 ? trim with { NodeCount = DefaultNodeCount } : trim
                );
                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }
}

/// <summary><c>tidemark peek FILE FUNCTION</c>: the functions whose name matches, with callers and callees, nothing left out.</summary>
public static class PeekCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "an allocation profile" };
        var function = new Argument<string>("FUNCTION") { Description = "a regular expression over function names" };
        var options = new ProfileOptions();
        var command = options.AddColumnTo(
            Output.With(
                new Command("peek", "Functions of a profile with their callers and callees.") { file, function }
            )
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var pattern = parsed.GetRequiredValue(function);
                var path = parsed.GetRequiredValue(file);
                var snapshot = Capture.ReadProfile(path, output, cancellation);
                var question = options.Question(parsed, snapshot.Profile);
                var matches = ProfileOptions.Function(pattern);
                return ProfileText.WriteTree(output.Lines, question, GraphTrim.None, matches) > 0
                    ? Task.FromResult(ExitStatus.Healthy)
                    : throw new CommandFailedException($"{path}: no function matches {pattern}");
            }
        );
        return command;
    }
}
