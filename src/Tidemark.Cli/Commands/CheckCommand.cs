using System.CommandLine;
using Spectre.Console;
using Tidemark.Core.Growth;
using Tidemark.Metrics;
using Tidemark.Reports;
using Tidemark.Reports.Check;
using Tidemark.Reports.Json;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark check</c>: the verdict alone, from the graphs.</summary>
public static class CheckCommand
{
    public static Command Create()
    {
        var csv = new Option<string[]>("--csv")
        {
            Description = "histories as CSV: files, or directories of them",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = Output.With(
            new Command("check", "The verdict alone, from the graphs: one line a series.") { csv }
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var series = CheckFiles(parsed.GetValue(csv) ?? [], output, cancellation);
                Print(series, output);
                return Task.FromResult(Status(series));
            }
        );
        return command;
    }

    private static List<CheckedSeries> CheckFiles(string[] paths, Output output, CancellationToken cancellation)
    {
        var files = paths.SelectMany(Files).ToList();
        var series = new List<CheckedSeries>[files.Count];
        Parallel.For(
            0,
            files.Count,
            new ParallelOptions { CancellationToken = cancellation },
            i =>
            {
                var file = HistoryFormats.Read(files[i]);
                foreach (var warning in file.Warnings)
                {
                    output.Say($"warning: {warning}");
                }

                series[i] = [.. file.Histories.Select(h => CheckedSeries.Of(h, NoLabels, GrowthOptions.Default))];
            }
        );
        return [.. series.SelectMany(s => s)];
    }

    private static readonly Dictionary<string, string> NoLabels = [];

    private static IEnumerable<string> Files(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.csv").Order(StringComparer.Ordinal) : [path];

    private static void Print(IReadOnlyList<CheckedSeries> series, Output output)
    {
        var sorted = CheckedSeries.WorstFirst(series);
        if (output.Format == OutputFormat.Json)
        {
            output.Answer.Profile.Out.Writer.WriteLine(ReportJson.Write(CheckDocument.Of(sorted)));
            return;
        }

        foreach (var s in sorted)
        {
            output.Answer.WriteLine($"{s.Target} {ContractNames.Of(s.Verdict.Kind)} {s.Verdict.Evidence[0].Finding}");
        }
    }

    private static int Status(List<CheckedSeries> series) =>
        series.Exists(s => s.Verdict.IsLeaking) ? ExitStatus.Leaking
        : series.TrueForAll(s => s.Verdict.Kind == GrowthKind.Inconclusive) ? ExitStatus.Inconclusive
        : ExitStatus.Healthy;
}
