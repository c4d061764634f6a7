using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>The series of one process as they come in, until they make a history.</summary>
internal sealed class ProcessDraft(ProcessIdentity identity)
{
    // Two signs of one restart come within so many samples.
    private const int SameRestart = 3;

    // A start time that moves by less is the exporter's rounding.
    private const double SameStartSeconds = 5;

    // How long a server repeats the last sample of a series.
    private const int LookBackSeconds = 300;

    private readonly List<Row> rows = [];

    public ProcessIdentity Identity => identity;

    public bool HasFootprint => rows.Exists(r => r.Metric.Role.Signal == Signal.Footprint);

    public void Add(SignalMetric metric, double[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = metric.Read(values[i]);
        }

        rows.Add(new Row(metric, values));
    }

    /// <summary>Takes the series of another draft of the same process.</summary>
    public void TakeOver(ProcessDraft other) => rows.AddRange(other.rows);

    /// <summary>Forgets the series, and keeps the process: a closer look follows.</summary>
    public void Clear() => rows.Clear();

    /// <summary>Puts the series together.</summary>
    /// <param name="table">Says which metric is better than which.</param>
    /// <param name="grid">The instants of the series.</param>
    /// <param name="sources">The metrics that were used.</param>
    public ProcessHistory ToHistory(SignalTable table, TimeGrid grid, out IReadOnlyList<string> sources)
    {
        var used = new List<string>();
        var footprints = RowsOf(SignalRole.Of(Signal.Footprint), table);
        var (footprint, starts) = JoinLives(footprints, grid);
        AddRestarts(starts, SignalRole.StartTime, table, (before, now) => now > before + SameStartSeconds);
        AddRestarts(starts, SignalRole.Restarts, table, (before, now) => now > before);
        var columns = new double[]?[Core.Series.Signals.Count];
        columns[(int)Signal.Footprint] = footprint;
        if (footprints.Count > 0)
        {
            used.Add(footprints[0].Metric.Metric);
        }

        var pauses = Best(SignalRole.Of(Signal.GcCount), table, footprint);
        foreach (var description in Core.Series.Signals.All)
        {
            var role = SignalRole.Of(description.Signal);
            if (description.Signal != Signal.Footprint && Best(role, table, footprint) is { } best)
            {
                columns[(int)description.Signal] = best.Metric.IsFloor
                    ? HeapFloor.Of(best.Values, pauses?.Values, starts, grid.Step)
                    : best.Values;
                used.Add(best.Metric.Metric);
            }
        }

        sources = used;
        return Build(columns, starts, grid);
    }

    private ProcessHistory Build(double[]?[] columns, SortedSet<int> starts, TimeGrid grid)
    {
        var builder = new ProcessHistoryBuilder(identity.Target);
        var sample = new SignalSample();
        var row = new double[columns.Length];
        for (var i = 0; i < grid.Count; i++)
        {
            if (starts.Contains(i) && builder.Count > 0)
            {
                builder.Restarted();
            }

            var any = false;
            for (var c = 0; c < columns.Length; c++)
            {
                row[c] = columns[c]?[i] ?? double.NaN;
                any |= !double.IsNaN(row[c]);
            }

            if (any)
            {
                sample.Set(row);
                builder.Add(grid.TimeOf(i), sample);
            }
        }

        var history = builder.ToHistory();
        return starts.Count > 0 ? history : history.CutAt(RestartInference.Find(history));
    }

    /// <summary>The rows of the best metric that has any.</summary>
    private List<Row> RowsOf(SignalRole role, SignalTable table)
    {
        foreach (var metric in table.Of(role))
        {
            var found = rows.FindAll(r => r.Metric == metric);
            if (found.Count > 0)
            {
                return found;
            }
        }

        return [];
    }

    /// <summary>The best row of a signal: of the first metric in the table that covers the history and moves at all.</summary>
    private Row? Best(SignalRole role, SignalTable table, double[] footprint)
    {
        var seen = footprint.Count(v => !double.IsNaN(v));
        Row? fallback = null;
        foreach (var metric in table.Of(role))
        {
            Row? best = null;
            var most = 0;
            foreach (var row in rows.Where(r => r.Metric == metric))
            {
                var count = row.Values.Count(v => !double.IsNaN(v));
                (best, most) = count > most ? (row, count) : (best, most);
            }

            if (best is null)
            {
                continue;
            }

            // What a collection left is only known after there were some: until then the floors of the heap in use say more.
            var isTelling =
                role.Signal != Signal.LiveHeap || metric.IsFloor || best.Values.Distinct().Count(v => v > 0) >= 3;
            if (most * 2 >= seen && isTelling)
            {
                return best;
            }

            fallback ??= isTelling ? best : null;
        }

        return fallback;
    }

    private void AddRestarts(
        SortedSet<int> starts,
        SignalRole role,
        SignalTable table,
        Func<double, double, bool> isRestart
    )
    {
        var found = RowsOf(role, table);
        if (found.Count == 0)
        {
            return;
        }

        var last = double.NaN;
        var values = found.MaxBy(r => r.Values.Count(v => !double.IsNaN(v)))!.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsNaN(values[i]))
            {
                continue;
            }

            if (isRestart(last, values[i]) && starts.GetViewBetween(i - SameRestart, i + SameRestart).Count == 0)
            {
                starts.Add(i);
            }

            last = values[i];
        }
    }

    /// <summary>One footprint from the series of the lives, which follow one another; those that run beside it are copies of it.</summary>
    private static (double[] Footprint, SortedSet<int> Starts) JoinLives(List<Row> lives, TimeGrid grid)
    {
        var joined = new double[grid.Count];
        Array.Fill(joined, double.NaN);
        var starts = new SortedSet<int>();
        var end = -1;
        foreach (var life in lives.OrderBy(l => FirstOf(l.Values)).ThenByDescending(l => LastOf(l.Values)))
        {
            var last = LastOf(life.Values);
            if (last <= end)
            {
                continue;
            }

            // A life that ended without a mark is repeated for a while: the next one ends it.
            var first = FirstOf(life.Values);
            var from = (end - first) * grid.Step <= LookBackSeconds ? first : end + 1;
            if (end >= 0)
            {
                starts.Add(from);
            }

            life.Values.AsSpan(from..(last + 1)).CopyTo(joined.AsSpan(from));
            end = last;
        }

        return (joined, starts);
    }

    private static int FirstOf(double[] values) => Array.FindIndex(values, v => !double.IsNaN(v));

    private static int LastOf(double[] values) => Array.FindLastIndex(values, v => !double.IsNaN(v));

    private sealed record Row(SignalMetric Metric, double[] Values);
}
