using System.Globalization;
using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Metrics.Procfs;

namespace Tidemark.Diagnosis.Watching;

/// <summary>
/// The processes that the target has started, and those that they have: servers with workers, wrappers around a service, backends of a
/// database. They are not watched but for their footprint, so that an answer about the one that was named does not keep quiet of another
/// that grows.
/// </summary>
/// <param name="pid">The target.</param>
/// <param name="duration">How long it is watched: so far apart are the samples that each child has a few hundred at the most.</param>
internal sealed class ChildProcesses(int pid, TimeSpan duration)
{
    private const int Most = 64;
    private const int Told = 3;
    private const double MostSamples = 200;

    private static readonly TimeSpan Closest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    private readonly TimeSpan interval = TimeSpan.FromTicks(
        Math.Max(Closest.Ticks, (long)(duration.Ticks / MostSamples))
    );

    private readonly Dictionary<int, Child> children = [];
    private readonly SignalSample sample = new();
    private TimeSpan sampled = TimeSpan.MinValue;
    private TimeSpan looked = TimeSpan.MinValue;

    /// <summary>Samples the children, where that is due.</summary>
    /// <param name="elapsed">Since the watch began.</param>
    /// <param name="now">Seconds since 1970.</param>
    public void Sample(TimeSpan elapsed, double now)
    {
        if (sampled != TimeSpan.MinValue && elapsed - sampled < interval)
        {
            return;
        }

        sampled = elapsed;
        if (looked == TimeSpan.MinValue || elapsed - looked >= LookAgain)
        {
            looked = elapsed;
            Look();
        }

        foreach (var child in children.Values)
        {
            if (
                child.Files.ReadStat() is { State: not ('Z' or 'X') } stat
                && stat.StartTicks == child.StartTicks
                && child.Files.ReadStatus() is { } status
            )
            {
                sample.Clear();
                sample[Signal.Footprint] = status.Resident;
                child.History.Add(now, sample);
            }
        }
    }

    /// <summary>What is to be said of children that grow; null where none does.</summary>
    public string? Growing()
    {
        var growing = children
            .Values.Select(c => (Child: c, History: c.History.ToHistory()))
            .Where(c => c.History.Count > 0)
            .Select(c => (c.Child, c.History, Verdict: GrowthAnalyzer.Analyze(c.History)))
            .Where(c => c.Verdict.IsLeaking)
            .OrderByDescending(c => c.Verdict.BytesPerHour?.Value ?? 0)
            .ToList();
        if (growing.Count == 0)
        {
            return null;
        }

        var first = growing[0].Child.Files.Pid;
        var told = growing.Take(Told).Select(c => Sentence(c.Child, c.History));
        var others = growing.Count > Told ? $" and {growing.Count - Told} more" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{growing.Count} of {children.Count} child processes {(growing.Count == 1 ? "grows" : "grow")}: {string.Join(", ", told)}{others}; run next: `tidemark diagnose --pid {first}`"
        );
    }

    private static string Sentence(Child child, ProcessHistory history)
    {
        var footprint = history.Values(Signal.Footprint);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{child.Name} (pid {child.Files.Pid}) from {Quantity.Bytes((long)footprint[0])} to {Quantity.Bytes((long)footprint[^1])}"
        );
    }

    private void Look()
    {
        var open = new Queue<int>([pid]);
        var seen = new HashSet<int> { pid };
        while (children.Count < Most && seen.Count < 4 * Most && open.TryDequeue(out var parent))
        {
            foreach (var child in new ProcessFiles(parent).ReadChildren().Where(seen.Add))
            {
                open.Enqueue(child);
                var files = new ProcessFiles(child);
                if (
                    children.Count < Most
                    && files.ReadStat() is { State: not ('Z' or 'X') } stat
                    && child != Environment.ProcessId
                    && (!children.TryGetValue(child, out var known) || known.StartTicks != stat.StartTicks)
                )
                {
                    var name = TargetFinder.NameOf(files);
                    children[child] = new Child(files, stat.StartTicks, name, new ProcessHistoryBuilder(name));
                }
            }
        }
    }

    private sealed record Child(ProcessFiles Files, long StartTicks, string Name, ProcessHistoryBuilder History);
}
