using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Cases;
using Tidemark.Metrics.Procfs;

namespace Tidemark.Diagnosis.Watching;

/// <summary>What is found out and noted once, when a watch has ended.</summary>
internal sealed class WatchEnd(WatchRecord record, WatchOptions options, WatchClock clock)
{
    /// <param name="target">The process, if it still runs.</param>
    /// <param name="history">What was seen of it.</param>
    /// <param name="children">Its children; null where they were not looked at.</param>
    /// <param name="collections">What was asked of its collector.</param>
    /// <param name="enough">Gives up.</param>
    public async Task NoteAsync(
        LiveTarget target,
        ProcessHistoryBuilder history,
        ChildProcesses? children,
        CollectionPlan collections,
        CancellationToken enough
    )
    {
        if (children?.Growing() is { } growing)
        {
            record.Update(f => f with { Children = growing });
        }

        if (target.Target.Pid is { } pid)
        {
            ResidentSetNotes.Of(new ProcessFiles(pid).ReadSmapsRollup()).ToList().ForEach(record.Note);
        }

        if (
            options.Captures
            && record.Ending is null
            && GrowthAnalyzer.Analyze(history.ToHistory()).Kind == GrowthKind.Fragmentation
        )
        {
            record.Update(await DivisionQuestion.AskAsync(target.Session, clock.Time, enough));
        }

        if (collections.Count > 0)
        {
            record.Note(
                $"the runtime was asked for {collections.Count} full collections, to know its live heap; they stopped the target for {collections.Pause.TotalMilliseconds:0} ms in all"
            );
        }

        if (target.Unanswered is { } unanswered)
        {
            record.Note(unanswered);
        }

        if (options.TryRelease && record.Ending is null)
        {
            record.Note(await ReleaseTrial.RunAsync(target, clock.Time, enough));
        }

        record.Update(f => f with { Ending = record.Ending ?? CaseEnding.Complete });
    }
}
