using System.Globalization;
using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Watching;
using Tidemark.Metrics.Procfs;
using Tidemark.Reports.Check;
using Tidemark.Runtimes;

namespace Tidemark.Cli.Commands.Check;

/// <summary>A check of processes on this machine: watched, never captured, never made to collect.</summary>
public sealed class CheckLive(CheckRequest request, GrowthOptions growth, Output output)
{
    private static readonly TimeProvider Time = TimeProvider.System;
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(30);

    public async Task<CheckAnswer> RunAsync(CancellationToken enough)
    {
        var options = new WatchOptions { For = request.Range ?? new WatchOptions().For };
        var targets = new List<Watched>();
        try
        {
            foreach (var pid in request.Pids.Distinct())
            {
                targets.Add(await AttachAsync(pid, enough));
            }

            output.Say(
                $"watching {string.Join(", ", targets.Select(t => t.Name))} for {Quantity.Duration(options.For)}; Ctrl-C for the answer so far"
            );
            await SampleAsync(targets, options, enough);
        }
        finally
        {
            foreach (var target in targets)
            {
                await target.Source.DisposeAsync();
            }
        }

        var worst = new WorstSeries(request.Top);
        foreach (var target in targets)
        {
            worst.Add(CheckedSeries.Of(target.History.ToHistory(), target.Labels, growth));
        }

        return worst.ToAnswer([.. targets.Select(t => t.Warning).OfType<string>()], isPartial: false);
    }

    private static async Task<Watched> AttachAsync(int pid, CancellationToken cancellation)
    {
        var target = TargetFinder.OfPid(pid);
        try
        {
            var runtime = await TargetFinder.RuntimeOfAsync(target, null, cancellation);
            return new Watched(
                pid,
                target.Name,
                runtime.Name,
                await LiveTarget.AttachAsync(target, runtime, null, Time, cancellation)
            );
        }
        catch (AttachFailedException)
        {
            // The kernel's view of it is enough for a verdict, if a less sure one.
            return new Watched(pid, target.Name, "", ProcfsSource.Open(pid))
            {
                Warning = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{target.Name} ({pid}) is judged by what the kernel sees of it: its runtime is not known or cannot be asked"
                ),
            };
        }
    }

    private async Task SampleAsync(List<Watched> targets, WatchOptions options, CancellationToken enough)
    {
        var started = Time.GetTimestamp();
        var lastLine = started;
        var sample = new SignalSample();
        using var timer = new PeriodicTimer(options.Interval, Time);
        try
        {
            do
            {
                foreach (var target in targets.Where(t => !t.IsGone))
                {
                    sample.Clear();
                    try
                    {
                        await target.Source.SampleAsync(sample, enough);
                        target.History.Add((Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, sample);
                    }
                    catch (TargetGoneException e)
                    {
                        target.IsGone = true;
                        target.Warning = $"{target.Name}: {(target.Source as LiveTarget)?.DescribeKill() ?? e.Message}";
                    }
                }

                if (Time.GetElapsedTime(lastLine) > LineEvery)
                {
                    lastLine = Time.GetTimestamp();
                    output.Say(
                        $"{Quantity.Duration(TimeSpan.FromSeconds(Math.Round(Time.GetElapsedTime(started).TotalSeconds)))} of {Quantity.Duration(options.For)}"
                    );
                }
            } while (
                targets.Exists(t => !t.IsGone)
                && Time.GetElapsedTime(started) < options.For
                && await timer.WaitForNextTickAsync(enough)
            );
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            output.Say("stopped: the answer so far");
        }
    }

    private sealed class Watched(int pid, string name, string runtime, ISignalSource source)
    {
        public string Name => name;

        public ISignalSource Source => source;

        public ProcessHistoryBuilder History { get; } = new(name);

        public Dictionary<string, string> Labels { get; } =
            new[] { ("pid", pid.ToString(CultureInfo.InvariantCulture)), ("runtime", runtime) }
                .Where(l => l.Item2.Length > 0)
                .ToDictionary(l => l.Item1, l => l.Item2);

        public bool IsGone { get; set; }

        public string? Warning { get; set; }
    }
}
