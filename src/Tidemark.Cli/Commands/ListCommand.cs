using System.CommandLine;
using Tidemark.Core.Allocation;
using Tidemark.Reports.Json;
using Tidemark.Reports.Profiles;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark list FILE FUNCTION</c>: the source of functions with the figures of each line.</summary>
public static class ListCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "an allocation profile" };
        var function = new Argument<string>("FUNCTION") { Description = "a regular expression over function names" };
        var sources = new Option<string[]>("--source", "--source_path")
        {
            Description = "a directory with the source (default: where the profile says, and the current one)",
            DefaultValueFactory = _ => [Environment.CurrentDirectory],
        };
        var options = new ProfileOptions();
        var command = options.AddColumnTo(
            Output.With(
                new Command("list", "The source of functions with the figures of each line.")
                {
                    file,
                    function,
                    sources,
                }
            )
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var (path, pattern) = (parsed.GetRequiredValue(file), parsed.GetRequiredValue(function));
                var snapshot = Capture.ReadProfile(path, output, cancellation);
                var question = options.Question(parsed, snapshot.Profile);
                var matches = ProfileOptions.Function(pattern);
                var listings = FunctionListing.Of(question.Profile, question.SampleType, matches);
                if (listings.Count == 0)
                {
                    throw new CommandFailedException($"{path}: no function matches {pattern}");
                }

                if (output.Format == OutputFormat.Json)
                {
                    output.Lines.WriteLine(ReportJson.Write(ListingDocument.Of(snapshot, question, listings)));
                }
                else
                {
                    var tree = new SourceTree(parsed.GetValue(sources) ?? []);
                    ProfileText.WriteListing(output.Lines, question, listings, tree);
                }

                return Task.FromResult(ExitStatus.Healthy);
            }
        );
        return command;
    }
}
