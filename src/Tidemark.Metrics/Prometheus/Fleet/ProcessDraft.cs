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
        var seen = SeenIn(columns, grid);
        var times = At(seen, grid.Times());
        var lives = new List<int>();
        if (times.Length > 0)
        {
            lives.Add(0);
            foreach (var start in starts)
            {
                // A life without samples between two others is none.
                var first = seen is null ? start : FirstFrom(seen, start);
                if (first > lives[^1] && first < times.Length)
                {
                    lives.Add(first);
                }
            }
        }

        var history = ProcessHistory.OfColumns(
            identity.Target,
            times,
            [.. columns.Select(c => c is null || CountOf(c) == 0 ? null : At(seen, c))],
            [.. lives]
        );
        return starts.Count > 0 ? history : history.CutAt(RestartInference.Find(history));
    }

    /// <summary>The instants at which there is a sample of any signal; null for all of them.</summary>
    private static int[]? SeenIn(double[]?[] columns, TimeGrid grid)
    {
        if (Array.Exists(columns, c => c is not null && CountOf(c) == grid.Count))
        {
            return null;
        }

        var seen = new List<int>();
        for (var i = 0; i < grid.Count; i++)
        {
            if (Array.Exists(columns, c => c is not null && !double.IsNaN(c[i])))
            {
                seen.Add(i);
            }
        }

        return [.. seen];
    }

    private static int FirstFrom(int[] seen, int start)
    {
        var index = Array.BinarySearch(seen, start);
        return index < 0 ? ~index : index;
    }

    private static double[] At(int[]? seen, double[] values)
    {
        if (seen is null)
        {
            return values;
        }

        var picked = new double[seen.Length];
        for (var i = 0; i < picked.Length; i++)
        {
            picked[i] = values[seen[i]];
        }

        return picked;
    }

    /// <summary>The rows of the best metric that has any.</summary>
    private List<Row> RowsOf(SignalRole role, SignalTable table)
    {
        foreach (var metric in table.Of(role))
        {
            var found = rows.FindAll(r => ReferenceEquals(r.Metric, metric));
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
        if (!rows.Exists(r => r.Metric.Role.Signal == role.Signal))
        {
            return null;
        }

        var seen = CountOf(footprint);
        Row? fallback = null;
        foreach (var metric in table.Of(role))
        {
            Row? best = null;
            var most = 0;
            foreach (var row in rows)
            {
                var count = ReferenceEquals(row.Metric, metric) ? CountOf(row.Values) : 0;
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
        var values = found.MaxBy(r => CountOf(r.Values))!.Values;
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
        var starts = new SortedSet<int>();
        if (lives.Count == 1)
        {
            return (lives[0].Values, starts);
        }

        var joined = new double[grid.Count];
        Array.Fill(joined, double.NaN);
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

    private static int CountOf(double[] values)
    {
        var count = 0;
        foreach (var value in values)
        {
            count += double.IsNaN(value) ? 0 : 1;
        }

        return count;
    }

    private static int FirstOf(double[] values) => Array.FindIndex(values, v => !double.IsNaN(v));

    private static int LastOf(double[] values) => Array.FindLastIndex(values, v => !double.IsNaN(v));

    private sealed record Row(SignalMetric Metric, double[] Values);
}
