using Tidemark.Core.Growth;
using Tidemark.Reports;
using Tidemark.Reports.Check;
using Tidemark.Reports.Json;

namespace Tidemark.Cli.Commands.Check;

/// <summary>The alarms of a check that is made again and again; see <see cref="LeakAlarm"/>.</summary>
/// <remarks>Only processes that leaked of late are kept, so that a fleet takes no memory.</remarks>
public sealed class WatchAlarms
{
    private readonly SortedDictionary<string, (LeakAlarm Alarm, GrowthKind Kind)> alarms = new(StringComparer.Ordinal);

    /// <summary>Those that stand, a line each.</summary>
    public IEnumerable<string> Standing =>
        alarms.Where(a => a.Value.Alarm.IsRaised).Select(a => Raised(a.Key, a.Value.Kind, a.Value.Alarm));

    /// <summary>Takes in one more answer.</summary>
    /// <returns>What was raised and what is over by it, a line each.</returns>
    public IReadOnlyList<string> Update(CheckAnswer answer, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var leaking = answer.Series.Where(s => s.Verdict.IsLeaking).ToList();
        var changes = new List<string>();
        foreach (var series in leaking)
        {
            var name = NameOf(series);
            var alarm = alarms.TryGetValue(name, out var known) ? known.Alarm : new LeakAlarm();
            alarms[name] = (alarm, series.Verdict.Kind);
            var footprint = series.Sketch.LastOrDefault(v => !double.IsNaN(v));
            var patience = LeakAlarm.Patience(series.Verdict, footprint, series.To);
            if (alarm.Update(true, now, series.To - series.From, series.Samples, patience))
            {
                changes.Add(Raised(name, series.Verdict.Kind, alarm));
            }
        }

        // Where more leak than are shown, nothing is known of those that are not, nor where some could not be read.
        if (leaking.Count < answer.Leaking || answer.IsPartial)
        {
            return changes;
        }

        foreach (var name in alarms.Keys.Except(leaking.Select(NameOf)).ToList())
        {
            var alarm = alarms[name].Alarm;
            if (alarm.Update(false, now, TimeSpan.Zero))
            {
                changes.Add($"over: {name}: no leak in any answer for {LeakAlarm.Over.TotalHours:0} h");
            }

            if (!alarm.IsOpen)
            {
                alarms.Remove(name);
            }
        }

        return changes;
    }

    private static string Raised(string name, GrowthKind kind, LeakAlarm alarm) =>
        $"alarm: {name}: {ContractNames.Of(kind)} since {Timestamp.Of(alarm.Since)}";

    private static string NameOf(CheckedSeries series) =>
        series.Labels.Count == 0
            ? series.Target
            : $"{series.Target} {{{string.Join(", ", series.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}=\"{l.Value}\""))}}}";
}
