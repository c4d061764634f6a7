using System.CommandLine;
using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Reports.Json;
using Tidemark.Reports.Profiles;
using Tidemark.Runtimes;

namespace Tidemark.Cli.Commands;

/// <summary>The answer of <c>tidemark diff</c> for allocation profiles.</summary>
internal static class ProfileDiffAnswer
{
    public static void Print(
        IReadOnlyList<string> paths,
        IReadOnlyList<ProfileSnapshot> snapshots,
        ProfileOptions options,
        ParseResult parsed,
        bool ofBase,
        Output output
    )
    {
        var diff = Compare(snapshots);
        var question = options.Question(parsed, diff.Growth);
        if (ofBase)
        {
            question = question with { Total = CallGraph.TotalOf(diff.Base(question.SampleType)) };
        }

        var trim = options.Trim(parsed);
        var suspects = AllocationSuspects.Find(diff, KnownRuntimes.KnowledgeOf(snapshots[^1].Runtime));
        if (output.Format == OutputFormat.Json)
        {
            var files = (paths[0], paths[^1], snapshots[^1].Format);
            output.Lines.WriteLine(ReportJson.Write(ProfileDiffDocument.Of(files, diff, question, trim, suspects)));
            return;
        }

        ProfileText.WriteTop(output.Lines, question, trim);
        ProfileText.WriteSuspects(output.Lines, suspects);
    }

    private static ProfileDiff Compare(IReadOnlyList<ProfileSnapshot> snapshots)
    {
        // Formats may differ: what was converted to pprof is compared with what was not. Programs in two languages are not one process.
        var runtimes = snapshots
            .Where(s => s.Format != "pprof")
            .Select(s => s.Runtime)
            .OfType<string>()
            .Distinct()
            .ToList();
        if (runtimes.Count > 1)
        {
            throw new CommandFailedException(
                $"these captures are not of one process and cannot be compared: {string.Join(", ", snapshots.Select(s => s.Format))}"
            );
        }

        try
        {
            return ProfileDiff.Between([.. snapshots.Select(s => s.Profile)]);
        }
        catch (IncomparableProfilesException different)
        {
            throw new CommandFailedException(different.Message, different);
        }
    }
}
