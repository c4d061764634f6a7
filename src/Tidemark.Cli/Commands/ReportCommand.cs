using System.CommandLine;
using Tidemark.Diagnosis.Captures;
using Tidemark.Formats;
using Tidemark.Reports.Html;
using Tidemark.Runtimes;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark report FILE...</c>: one self-contained page about captures.</summary>
public static class ReportCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "captures: of one format they are compared, oldest first",
            Arity = ArgumentArity.OneOrMore,
        };
        var page = new Option<string>("--out", "-o")
        {
            Description = "the new page",
            DefaultValueFactory = _ => "report.html",
        };
        var command = Output.WithCaptures(
            new Command("report", "One self-contained HTML page: no network needed to read it.") { files, page }
        );
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var model = Model(parsed.GetRequiredValue(files), output, cancellation);
                var path = parsed.GetRequiredValue(page);
                await File.WriteAllTextAsync(path, await HtmlReport.RenderAsync(model), cancellation);
                // Names of types, functions and fields are told, and those are not for everybody.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                output.Say($"{path}: {new FileInfo(path).Length / 1024} KiB");
                return ExitStatus.Healthy;
            }
        );
        return command;
    }

    /// <summary>The same page to standard output: what the questions to captures print with <c>--format html</c>.</summary>
    internal static async Task<int> PrintAsync(string[] files, Output output, CancellationToken cancellation)
    {
        await output.Lines.WriteLineAsync(await HtmlReport.RenderAsync(Model(files, output, cancellation)));
        return ExitStatus.Healthy;
    }

    private static ReportModel Model(string[] files, Output output, CancellationToken cancellation)
    {
        var snapshots = files.Select(f => (File: f, Snapshot: Capture.Read(f, output, cancellation))).ToList();
        var model = new ReportModel { Title = string.Join(", ", files.Select(Path.GetFileName)) };
        foreach (var group in snapshots.GroupBy(s => s.Snapshot.Format))
        {
            var series = new SnapshotSeries([.. group.Select(s => s.Snapshot)], cancellation);
            var first = group.First();
            var last = group.Last();
            var title = first == last ? first.File : $"{last.File} against {first.File}";
            model = model.Add(title, series) with
            {
                Suspects = [.. model.Suspects, .. series.FindSuspects(Knowledge(first.Snapshot))],
            };
        }

        return model with
        {
            Notes = [.. snapshots.SelectMany(s => s.Snapshot.Warnings.Select(w => $"{s.File}: {w}"))],
        };
    }

    private static Core.Suspects.RuntimeKnowledge Knowledge(Snapshot snapshot) =>
        KnownRuntimes.All.FirstOrDefault(r => r.Name == snapshot.Runtime)?.Knowledge ?? new();
}
