using System.Runtime.ExceptionServices;
using Spectre.Console;
using Tidemark.Core.Growth;
using Tidemark.Metrics;
using Tidemark.Metrics.Prometheus.Rules;
using Tidemark.Reports.Check;
using Tidemark.Reports.Json;

namespace Tidemark.Cli.Commands.Check;

/// <summary>One check from the source of the histories to the printed answer, once or again and again.</summary>
public sealed class CheckRun(CheckRequest request, Output output)
{
    /// <summary>Histories of one file that are judged side by side.</summary>
    private const int AtATime = 16;

    private static readonly TimeProvider Time = TimeProvider.System;

    private GrowthOptions Growth => new() { LimitBytes = request.LimitBytes };

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (request.PrintRules)
        {
            output.Lines.Write(GrowthRules.Text);
            return ExitStatus.Healthy;
        }

        var ways =
            (request.Csv.Count > 0 ? 1 : 0) + (request.Pids.Count > 0 ? 1 : 0) + (request.Prometheus is null ? 0 : 1);
        if (ways != 1)
        {
            throw new CommandFailedException(
                "name one source: --csv FILE, --pid N, or --prometheus URL (see tidemark check --help)"
            );
        }

        if (output.Format == OutputFormat.Html)
        {
            throw new CommandFailedException("check has no HTML: ask for --format text, json or markdown");
        }

        if (request.Watch is not { } every)
        {
            return Print(await CheckAsync(cancellation));
        }

        return await WatchAsync(every, cancellation);
    }

    /// <summary>Asks again and again; a failure on the way is told, and the next time it may be over.</summary>
    private async Task<int> WatchAsync(TimeSpan every, CancellationToken cancellation)
    {
        var status = ExitStatus.Failed;
        var alarms = new WatchAlarms();
        try
        {
            using var timer = new PeriodicTimer(every, Time);
            do
            {
                try
                {
                    var answer = await CheckAsync(cancellation);
                    if (output.Format == OutputFormat.Text && !Console.IsOutputRedirected)
                    {
                        output.Answer.Clear();
                    }

                    if (output.Format == OutputFormat.Text)
                    {
                        output.Answer.WriteLine(
                            $"{Timestamp.Of(Time.GetUtcNow())}, every {Core.Quantity.Duration(every)}"
                        );
                    }

                    status = Print(answer);
                    Tell(alarms, answer);
                }
                catch (Metrics.Prometheus.Api.PrometheusException e) when (status != ExitStatus.Failed)
                {
                    output.Say($"warning: {e.Message}");
                }
            } while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (status != ExitStatus.Failed)
        {
            // Ctrl-C is how a watch ends: the last answer stands.
        }

        return status;
    }

    /// <summary>Under a table the alarms that stand; beside other formats what has changed.</summary>
    private void Tell(WatchAlarms alarms, CheckAnswer answer)
    {
        var changes = alarms.Update(answer, Time.GetUtcNow());
        if (output.Format == OutputFormat.Text)
        {
            foreach (
                var line in alarms.Standing.Concat(changes.Where(c => c.StartsWith("over", StringComparison.Ordinal)))
            )
            {
                output.Answer.WriteLine(line);
            }

            return;
        }

        foreach (var line in changes)
        {
            output.Say(line);
        }
    }

    private Task<CheckAnswer> CheckAsync(CancellationToken cancellation) =>
        request.Prometheus is { } prometheus
            ? new CheckPrometheus(prometheus, request, Growth, output).RunAsync(cancellation)
        : request.Pids.Count > 0 ? new CheckLive(request, Growth, output).RunAsync(cancellation)
        : Task.FromResult(CheckFiles(cancellation));

    private CheckAnswer CheckFiles(CancellationToken cancellation)
    {
        var files = request.Csv.SelectMany(Files).ToList();
        if (files.Count == 0)
        {
            throw new CommandFailedException($"{string.Join(", ", request.Csv)}: no .csv files there");
        }

        var worst = new WorstSeries(request.Top);
        // In the order of the command line, whichever file is read first.
        var warnings = files.ConvertAll(_ => new List<string>());
        var gate = new Lock();
        try
        {
            Parallel.For(
                0,
                files.Count,
                new ParallelOptions { CancellationToken = cancellation },
                i => CheckFile(files[i], warnings[i].Add)
            );
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.Flatten().InnerExceptions[0]);
        }

        return worst.ToAnswer([.. warnings.SelectMany(w => w)], isPartial: false);

        void CheckFile(string file, Action<string> warn)
        {
            // Some of a file at a time: a table holds thousands.
            foreach (var some in HistoryFormats.ReadEach(file, warn).Chunk(AtATime))
            {
                cancellation.ThrowIfCancellationRequested();
                if (some is [var only])
                {
                    Judge(only);
                }
                else
                {
                    Parallel.ForEach(some, Judge);
                }
            }
        }

        void Judge(FileHistory one)
        {
            var series = CheckedSeries.Of(one.History, one.Labels, Growth);
            lock (gate)
            {
                worst.Add(series);
            }
        }
    }

    private static IEnumerable<string> Files(string path) =>
        Directory.Exists(path)
            ? Directory
                .EnumerateFiles(path)
                .Where(f =>
                    f.EndsWith(".csv", StringComparison.Ordinal) || f.EndsWith(".csv.gz", StringComparison.Ordinal)
                )
                .Order(StringComparer.Ordinal)
            : [path];

    private int Print(CheckAnswer answer)
    {
        foreach (var warning in answer.Warnings)
        {
            output.Say($"warning: {warning}");
        }

        switch (output.Format)
        {
            case OutputFormat.Json:
                ReportJson.WriteLine(CheckDocument.Of(answer.Series), output.Lines);
                break;
            case OutputFormat.Markdown:
                output.Lines.Write(CheckMarkdown.Write(answer));
                break;
            default:
                CheckText.Write(output.Answer, answer);
                break;
        }

        return Status(answer);
    }

    /// <summary>The worst of the series: one that leaks, then one of which nothing can be said (those that could not be read among them).</summary>
    public static int Status(CheckAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Leaking > 0 ? ExitStatus.Leaking
            : answer.IsPartial || answer.Inconclusive == answer.Total ? ExitStatus.Inconclusive
            : ExitStatus.Healthy;
    }
}
