using System.Globalization;
using Tidemark.Cli.Live;
using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Diagnosis;
using Tidemark.Diagnosis.Cases;
using Tidemark.Diagnosis.Watching;
using Tidemark.Reports;
using Tidemark.Reports.Html;
using Tidemark.Reports.Json;
using Tidemark.Reports.Markdown;
using Tidemark.Reports.Text;
using Tidemark.Runtimes;

namespace Tidemark.Cli.Commands;

/// <summary>What is to be diagnosed, and how.</summary>
public sealed record DiagnoseRequest(
    int? Pid,
    Uri? Url,
    IReadOnlyList<string> Command,
    string? WorkingDirectory,
    string? Runtime,
    string? Folder,
    string? Resume,
    WatchOptions Options
);

/// <summary>One diagnosis from the target to the printed answer.</summary>
public sealed class DiagnoseRun(DiagnoseRequest request, Output output)
{
    private static readonly TimeProvider Time = TimeProvider.System;

    // A service that restarts is back within this time, or it is not coming back by itself.
    private static readonly TimeSpan RestartPatience = TimeSpan.FromSeconds(30);

    public async Task<int> RunAsync(CancellationToken enough)
    {
        var ways =
            (request.Pid is null ? 0 : 1)
            + (request.Url is null || request.Pid is not null ? 0 : 1)
            + (request.Command.Count == 0 ? 0 : 1);
        if (request.Resume is { } earlier)
        {
            return await ResumeAsync(earlier, enough);
        }

        if (ways != 1)
        {
            throw new CommandFailedException(
                "name one target: --pid N, --url URL, or -- COMMAND ARG... (see tidemark diagnose --help)"
            );
        }

        if (request.Command.Count > 0)
        {
            await using var started = StartedProcess.Start(request.Command, request.WorkingDirectory);
            output.Say($"started {string.Join(' ', request.Command)}");
            var target = await started.SettleAsync(Time, enough);
            return await DiagnoseAsync(target, enough);
        }

        return await DiagnoseAsync(
            request.Pid is { } pid ? TargetFinder.OfPid(pid, request.Url) : TargetFinder.OfUrl(request.Url!),
            enough
        );
    }

    private async Task<int> DiagnoseAsync(Target target, CancellationToken enough)
    {
        var runtime = await TargetFinder.RuntimeOfAsync(target, request.Runtime, enough);
        var live = await LiveTarget.AttachAsync(target, runtime, request.Options.LimitBytes, Time, enough);
        var file = new CaseFile
        {
            Target = new CaseTarget(target.Name, runtime.Name, target.Pid, (live.Target.Url ?? target.Url)?.ToString()),
            StartedAt = Time.GetUtcNow(),
            ForSeconds = request.Options.For.TotalSeconds,
        };
        CaseFolder folder;
        try
        {
            folder = CaseFolder.Create(request.Folder ?? FreshFolder(target.Name), file);
        }
        catch
        {
            await live.DisposeAsync();
            throw;
        }

        using (folder)
        {
            return await WatchAsync(live, folder, new ProcessHistoryBuilder(target.Name), enough);
        }
    }

    private async Task<int> ResumeAsync(string path, CancellationToken enough)
    {
        using var folder = CaseFolder.Open(path);
        var earlier = folder.File.Target;
        LiveTarget? live = null;
        try
        {
            var target = earlier.Pid is { } pid
                ? TargetFinder.OfPid(pid, earlier.Url is null ? null : new Uri(earlier.Url))
                : TargetFinder.OfUrl(
                    new Uri(earlier.Url ?? throw new TargetGoneException("the case names no process"))
                );
            var runtime = await TargetFinder.RuntimeOfAsync(target, earlier.Runtime, enough);
            live = await LiveTarget.AttachAsync(target, runtime, request.Options.LimitBytes, Time, enough);
        }
        catch (Exception e) when (e is TargetGoneException or AttachFailedException)
        {
            output.Say($"{e.Message}: answering from what the case has");
            return await AnswerAsync(folder, CaseHistory.Read(folder));
        }

        folder.Resume();
        return await WatchAsync(live, folder, CaseHistory.Continue(folder), enough);
    }

    private async Task<int> WatchAsync(
        LiveTarget live,
        CaseFolder folder,
        ProcessHistoryBuilder history,
        CancellationToken enough
    )
    {
        var target = live.Target;
        var pid = target.Pid is { } p ? string.Create(CultureInfo.InvariantCulture, $", pid {p}") : "";
        var title = $"{target.Name} ({live.Runtime.Name}{pid})";
        output.Say(
            $"watching {title} for up to {Quantity.Duration(request.Options.For)}; the case is kept in {folder.Path}"
        );
        var view = new WatchView(output, title);
        var watch = new Watch(live, folder, request.Options, history, c => ReattachAsync(live, c), Time, view);
        ProcessHistory seen;
        try
        {
            seen = await view.RunAsync(watch, enough);
        }
        finally
        {
            await watch.Target.DisposeAsync();
        }

        return await AnswerAsync(folder, seen);
    }

    private async Task<int> AnswerAsync(CaseFolder folder, ProcessHistory history)
    {
        var runtime = KnownRuntimes.All.FirstOrDefault(r => r.Name == folder.File.Target.Runtime);
        var diagnosis = CaseAnalysis.Analyze(
            folder.File,
            folder.Path,
            history,
            runtime?.Knowledge ?? new(),
            new GrowthOptions { LimitBytes = request.Options.LimitBytes }
        );
        var page = await HtmlReport.RenderAsync(DiagnosisPage.Of(diagnosis));
        var written = DiagnosisFiles.Write(diagnosis, page, folder.Path);
        if (folder.File.Killed is { } killed)
        {
            output.Say(killed);
        }

        if (output.Format != OutputFormat.Text && Sentences.Children(diagnosis) is { } children)
        {
            // Who reads the exit status alone must not miss it.
            output.Say(children);
        }

        foreach (var problem in written.Problems)
        {
            output.Say($"warning: {problem}");
        }

        switch (output.Format)
        {
            case OutputFormat.Json:
                Console.Out.WriteLine(ReportJson.Write(DiagnosisDocument.Of(diagnosis, folder.Path, written.Report)));
                break;
            case OutputFormat.Html:
                Console.Out.WriteLine(page);
                break;
            case OutputFormat.Markdown:
                Console.Out.WriteLine(DiagnosisMarkdown.Write(diagnosis));
                break;
            default:
                DiagnosisText.Write(output.Answer, diagnosis, folder.Path, written.Report);
                break;
        }

        return ExitStatus.Of(diagnosis.Verdict);
    }

    /// <summary>After a restart a service is found again by its address; one that was named by its process id alone is gone.</summary>
    private async Task<LiveTarget?> ReattachAsync(LiveTarget before, CancellationToken enough)
    {
        if (before.Target.Url is not { } url)
        {
            return null;
        }

        var since = Time.GetTimestamp();
        while (Time.GetElapsedTime(since) < RestartPatience)
        {
            try
            {
                return await LiveTarget.AttachAsync(
                    TargetFinder.OfUrl(url),
                    before.Runtime,
                    request.Options.LimitBytes,
                    Time,
                    enough
                );
            }
            catch (Exception e) when (e is AttachFailedException or TargetGoneException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), Time, enough);
            }
        }

        return null;
    }

    private static string FreshFolder(string name)
    {
        var safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        var stamp = Time.GetLocalNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        return $"tidemark-{safe.Trim('.', '-')}-{stamp}";
    }
}
