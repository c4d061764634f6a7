using System.Globalization;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Cases;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Watching;

/// <summary>How a watch goes on, for somebody who looks at it.</summary>
/// <param name="Elapsed">Time since it began.</param>
/// <param name="For">How long it may last.</param>
/// <param name="History">What was seen so far.</param>
/// <param name="Verdict">What that says so far.</param>
/// <param name="Doing">What happens now and why, in a few words.</param>
public sealed record WatchProgress(
    TimeSpan Elapsed,
    TimeSpan For,
    ProcessHistory History,
    GrowthVerdict Verdict,
    string Doing
);

/// <summary>Watches one process: samples its signals on a steady clock and captures its heap when that pays, all into a case folder.</summary>
public sealed class Watch
{
    // Judged this often and not at every sample: the verdict changes slowly, and watching must stay cheap.
    private static readonly TimeSpan JudgeEvery = TimeSpan.FromSeconds(2);

    // A process that stands still does not grow: a pause this long is left out of the history, where it would read as levelling off.
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(2);

    private readonly WatchRecord record;
    private readonly WatchOptions options;
    private readonly WatchClock clock;
    private readonly IProgress<WatchProgress>? progress;
    private readonly Func<CancellationToken, Task<LiveTarget?>> reattach;
    private readonly ProcessHistoryBuilder history;
    private readonly List<CapturePlan> plans = [];
    private readonly CollectionPlan collections;
    private readonly ChildProcesses? children;
    private readonly SignalSample sample = new();

    private LiveTarget target;
    private GrowthVerdict verdict;
    private TimeSpan judged = TimeSpan.MinValue;
    private string doing = "watching";

    /// <param name="target">The attached process; the caller disposes of <see cref="Target"/> afterwards.</param>
    /// <param name="folder">Where everything is written.</param>
    /// <param name="options">How long, how closely, at what cost.</param>
    /// <param name="history">The samples of an earlier watch that this one goes on with; empty for a new case.</param>
    /// <param name="reattach">Finds the process again after a restart; null where it does not come back.</param>
    /// <param name="time">The clock.</param>
    /// <param name="progress">Somebody who looks.</param>
    public Watch(
        LiveTarget target,
        CaseFolder folder,
        WatchOptions options,
        ProcessHistoryBuilder history,
        Func<CancellationToken, Task<LiveTarget?>> reattach,
        TimeProvider time,
        IProgress<WatchProgress>? progress
    )
    {
        this.target = target;
        record = new WatchRecord(folder);
        this.options = options;
        this.history = history;
        this.reattach = reattach;
        clock = new WatchClock(options, time);
        this.progress = progress;
        collections = new CollectionPlan(options);
        children = target.Target.Pid is { } pid ? new ChildProcesses(pid, options.For) : null;
        verdict = GrowthAnalyzer.Analyze(history.ToHistory());
    }

    /// <summary>The process as it is attached now: another one after a restart.</summary>
    public LiveTarget Target => target;

    private TimeSpan Elapsed => clock.Elapsed;

    /// <summary>Watches until the time is up, the target is gone or the user has enough.</summary>
    /// <param name="enough">Ends the watch early; what was gathered stays.</param>
    /// <returns>What was seen.</returns>
    public async Task<ProcessHistory> RunAsync(CancellationToken enough)
    {
        clock.Start();
        try
        {
            if (target.Session.HiddenHeap is { } hidden)
            {
                record.Update(f => f with { HiddenHeap = hidden });
            }

            await PlanCapturesAsync(enough);
            using var timer = new PeriodicTimer(options.Interval, clock.Time);
            do
            {
                await StepAsync(enough);
            } while (record.Ending is null && Elapsed < options.For && await timer.WaitForNextTickAsync(enough));
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            record.Ending = CaseEnding.Interrupted;
            record.Note($"stopped by the user after {Elapsed.TotalSeconds:0} s of {options.For.TotalSeconds:0} s");
        }

        await FinishAsync(enough);
        return history.ToHistory();
    }

    private async Task StepAsync(CancellationToken enough)
    {
        try
        {
            await SampleAsync(enough);
        }
        catch (TargetGoneException gone)
        {
            await RestartedAsync(gone, enough);
            return;
        }

        children?.Sample(Elapsed, clock.Now);
        Judge();
        if (collections.IsDue(Elapsed) && plans.Exists(p => p.IsCheap && !p.GivenUp))
        {
            await CollectAsync(enough);
        }

        foreach (var plan in plans)
        {
            if (record.Ending is null && (plan.IsDue(Elapsed, verdict) || plan.IsLastDue(Elapsed)))
            {
                await CaptureAsync(plan, enough);
            }
        }
    }

    private async ValueTask SampleAsync(CancellationToken cancellation)
    {
        sample.Clear();
        await target.SampleAsync(sample, cancellation);
        Add(clock.Now, sample);
    }

    private void Add(double at, SignalSample seen)
    {
        if (history.Add(at, seen))
        {
            record.Store(() => record.Folder.Append(at, seen));
        }
    }

    private void Judge()
    {
        if (judged != TimeSpan.MinValue && Elapsed - judged < JudgeEvery)
        {
            return;
        }

        judged = Elapsed;
        var seen = history.ToHistory();
        verdict = GrowthAnalyzer.Analyze(seen);
        progress?.Report(new WatchProgress(Elapsed, options.For, seen, verdict, doing));
    }

    private async Task PlanCapturesAsync(CancellationToken enough)
    {
        plans.Clear();
        if (!options.Captures)
        {
            return;
        }

        await PrepareAsync(enough);
        foreach (var method in target.Session.Methods.Where(m => !m.OnRequest))
        {
            try
            {
                var estimate = await EstimateAsync(method, TimeSpan.Zero, enough);
                if (TooLong(estimate) is { } reason)
                {
                    record.Note($"no {method.Title}: {reason}");
                    continue;
                }

                plans.Add(new CapturePlan(method, estimate, options));
            }
            catch (Exception e) when (e is CaptureFailedException or TimeoutException)
            {
                record.Note($"no {method.Title}: {e.Message}");
            }
        }
    }

    private Task<CaptureEstimate> EstimateAsync(
        CaptureMethod method,
        TimeSpan expectedPause,
        CancellationToken enough
    ) => clock.WithinAsync(expectedPause, c => target.Session.EstimateAsync(method, c), enough);

    private async Task EstimateAgainAsync(CapturePlan plan, CancellationToken enough)
    {
        try
        {
            plan.Estimate = await EstimateAsync(plan.Method, plan.Estimate.Pause, enough);
        }
        catch (Exception e) when (e is not OperationCanceledException || !enough.IsCancellationRequested)
        {
            // The estimate of before must do; a target that is gone shows at the next sample or capture.
        }
    }

    private async Task PrepareAsync(CancellationToken enough)
    {
        if (target.Session.Preparation is not { } change)
        {
            return;
        }

        progress?.Report(new WatchProgress(Elapsed, options.For, history.ToHistory(), verdict, change));
        try
        {
            await clock.WithinAsync(
                TimeSpan.Zero,
                async c =>
                {
                    await target.Session.PrepareAsync(c);
                    return true;
                },
                enough
            );
            record.Note(change);
        }
        catch (Exception e) when (e is CaptureFailedException or TimeoutException)
        {
            record.Note(e.Message);
        }
    }

    private async Task CollectAsync(CancellationToken enough)
    {
        TimeSpan? pause = null;
        var meanwhile = new List<(double Time, SignalSample Sample)>();
        try
        {
            var collecting = clock.WithinAsync(TimeSpan.Zero, target.Session.CollectAsync, enough);
            meanwhile = await SampleWhileAsync(collecting, enough);
            pause = await collecting;
        }
        catch (Exception e) when (e is not OperationCanceledException || !enough.IsCancellationRequested)
        {
            // The watch goes on with the collections that come by themselves; a target that is gone shows at the next sample.
        }

        // A runtime that did not get to it has not stopped its program either.
        AddUnlessLong(meanwhile, pause);
        collections.Took(Elapsed, pause);
    }

    private void AddUnlessLong(List<(double Time, SignalSample Sample)> meanwhile, TimeSpan? pause)
    {
        if (!(pause > LongPause))
        {
            meanwhile.ForEach(s => Add(s.Time, s.Sample));
        }
    }

    private async Task CaptureAsync(CapturePlan plan, CancellationToken enough)
    {
        var method = plan.Method;
        if (await RefuseAsync(plan, enough) is { } reason)
        {
            plan.GiveUp();
            record.Note($"no {(plan.Taken > 0 ? "further " : "")}{method.Title}: {reason}");
            return;
        }

        var number = record.File.Captures.Count + 1;
        var name = string.Create(CultureInfo.InvariantCulture, $"{number:00}-{method.Name}{method.Extension}");
        var path = record.Folder.PathOf(name);
        doing =
            $"capture: {method.Title} (expected pause {plan.Estimate.Pause.TotalMilliseconds:0} ms, about {plan.Estimate.DiskBytes / 1048576.0:0.#} MiB on disk)";
        progress?.Report(new WatchProgress(Elapsed, options.For, history.ToHistory(), verdict, doing));
        var at = clock.Time.GetUtcNow();
        var meanwhile = new List<(double Time, SignalSample Sample)>();
        try
        {
            var capture = clock.WithinAsync(
                plan.Estimate.Pause,
                c => target.Session.CaptureAsync(method, path, c),
                enough
            );
            meanwhile = await SampleWhileAsync(capture, enough);
            var outcome = await capture;
            var pause = outcome.Pause ?? plan.Estimate.Pause;
            AddUnlessLong(meanwhile, pause);

            if (plan.Failure is { } first)
            {
                plan.Failure = null;
                record.Note($"the {method.Title} was taken at the second attempt: {first}");
            }

            plan.Took(Elapsed);
            var taken = new CaseCapture(
                name,
                method.Format,
                method.Name,
                at,
                new FileInfo(path).Length,
                outcome.Pause?.TotalMilliseconds
            );
            record.Update(f =>
                f with
                {
                    Captures = [.. f.Captures, taken],
                    Notes = [.. f.Notes, .. outcome.Notes.Where(n => !f.Notes.Contains(n))],
                }
            );

            // A capture that forced a collection has made the live heap known: that belongs to this moment, and not to a sample
            // that may never come.
            if (pause <= LongPause || Elapsed < options.For)
            {
                await SampleAsync(enough);
            }
            if (!plan.IsCheap)
            {
                // What the first one cost tells when the last one must begin.
                await EstimateAgainAsync(plan, enough);
            }
        }
        catch (TargetGoneException e)
        {
            await RestartedAsync(e, enough);
        }
        catch (Exception e) when (e is not OperationCanceledException || !enough.IsCancellationRequested)
        {
            // Whatever went wrong with one capture, the watch goes on and the answer is given from the rest. What is cheap is
            // worth a second attempt: a busy program may only have been at a bad moment.
            AddUnlessLong(meanwhile, plan.Estimate.Pause);
            plan.Failed(Elapsed, e.Message);
            if (plan.GivenUp)
            {
                TellFailure(plan);
            }
        }
        finally
        {
            doing = "watching";
        }
    }

    /// <summary>Keeps the clock steady while a capture runs: what is seen meanwhile, part of the history only where the target went on.</summary>
    private async Task<List<(double Time, SignalSample Sample)>> SampleWhileAsync(
        Task capture,
        CancellationToken enough
    )
    {
        var seen = new List<(double, SignalSample)>();
        using var timer = new PeriodicTimer(options.Interval, clock.Time);
        while (!capture.IsCompleted)
        {
            var tick = timer.WaitForNextTickAsync(enough).AsTask();
            if (await Task.WhenAny(capture, tick) == capture)
            {
                break;
            }

            await tick;
            try
            {
                var outside = new SignalSample();
                await target.SampleOutsideAsync(outside, enough);
                seen.Add((clock.Now, outside));
            }
            catch (TargetGoneException)
            {
                // The capture itself says so in a moment, with the better words.
                break;
            }
        }

        return seen;
    }

    /// <summary>Why a capture takes longer than is allowed, null where it does not.</summary>
    private string? TooLong(CaptureEstimate estimate) =>
        estimate.Pause > options.MaxPause
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"it would stop the target for about {estimate.Pause.TotalSeconds:0.##} s, more than --max-pause {options.MaxPause.TotalSeconds:0.##}s allows"
            )
            : null;

    /// <summary>Why a capture would harm, null where it would not.</summary>
    private async Task<string?> RefuseAsync(CapturePlan plan, CancellationToken enough)
    {
        await EstimateAgainAsync(plan, enough);
        if (TooLong(plan.Estimate) is { } reason)
        {
            return reason;
        }

        var needed = plan.Estimate.DiskBytes;
        if (new DriveInfo(Path.GetFullPath(record.Folder.Path)).AvailableFreeSpace is var free && free < needed * 1.2)
        {
            return $"it takes about {needed / 1048576.0:0} MiB and only {free / 1048576.0:0} MiB are free in {record.Folder.Path}";
        }

        if (
            sample.Has(Signal.Limit)
            && sample.Has(Signal.Footprint)
            && sample[Signal.Limit] - sample[Signal.Footprint] is var headroom
            && headroom < plan.Estimate.TargetBytes * 1.2
        )
        {
            return $"the target may need {plan.Estimate.TargetBytes / 1048576.0:0} MiB for it and has {headroom / 1048576.0:0} MiB left to its limit";
        }

        return null;
    }

    private async Task RestartedAsync(TargetGoneException gone, CancellationToken enough)
    {
        var lasted = Elapsed;
        var killed = target.DescribeKill();
        if (killed is not null)
        {
            record.Update(f => f with { Killed = killed });
        }

        if (await reattach(enough) is not { } again)
        {
            record.Ending = CaseEnding.TargetGone;
            record.Note($"{killed ?? gone.Message} after {lasted.TotalSeconds:0} s of watching");
            return;
        }

        await target.DisposeAsync();
        target = again;
        history.Restarted();
        var at = clock.Time.GetUtcNow();
        record.Update(f => f with { Restarts = [.. f.Restarts, at] });
        await PlanCapturesAsync(enough);
    }

    private async Task FinishAsync(CancellationToken enough)
    {
        if (record.Ending is null or CaseEnding.Interrupted && target.Session is not null)
        {
            // With only a baseline there is nothing to compare: even one who stops early is owed the second capture,
            // where that is cheap. A second Ctrl-C ends the process.
            foreach (var plan in plans.Where(p => p.Taken == 1 && !p.GivenUp && (p.IsCheap || record.Ending is null)))
            {
                await CaptureAsync(plan, record.Ending is null ? enough : CancellationToken.None);
            }
        }

        plans.ForEach(TellFailure);
        await new WatchEnd(record, options, clock).NoteAsync(target, history, children, collections, enough);
    }

    private void TellFailure(CapturePlan plan)
    {
        if (plan.Failure is { } why)
        {
            plan.Failure = null;
            record.Note($"no {(plan.Taken > 0 ? "further " : "")}{plan.Method.Title}: {why}");
        }
    }
}
