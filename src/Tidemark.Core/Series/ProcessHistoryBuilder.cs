namespace Tidemark.Core.Series;

/// <summary>Collects samples on a clock that only goes forward, and freezes them into a <see cref="ProcessHistory"/>.</summary>
public sealed class ProcessHistoryBuilder(string name)
{
    private readonly List<double> times = [];
    private readonly List<double>?[] columns = new List<double>?[Signals.Count];
    private readonly List<int> lifeStarts = [];
    private bool restarted = true;

    /// <summary>How many samples were added.</summary>
    public int Count => times.Count;

    /// <summary>Says that the samples from here on are of a new life of the process.</summary>
    public void Restarted() => restarted = true;

    /// <summary>Adds one sample; one that is not later than the last is dropped.</summary>
    /// <returns>False where it was dropped.</returns>
    public bool Add(double time, SignalSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (!double.IsFinite(time) || (times.Count > 0 && time <= times[^1]))
        {
            return false;
        }

        if (restarted)
        {
            lifeStarts.Add(times.Count);
            restarted = false;
        }

        times.Add(time);
        for (var s = 0; s < columns.Length; s++)
        {
            var value = sample[(Signal)s];
            if (columns[s] is { } column)
            {
                column.Add(value);
            }
            else if (!double.IsNaN(value))
            {
                column = columns[s] = [.. Enumerable.Repeat(double.NaN, times.Count - 1)];
                column.Add(value);
            }
        }

        return true;
    }

    /// <summary>The history so far; the builder may go on.</summary>
    public ProcessHistory ToHistory() => new(name, [.. times], [.. columns.Select(c => c?.ToArray())], [.. lifeStarts]);
}

/// <summary>The values of all signals at one instant, NaN where there is none; reused from sample to sample.</summary>
public sealed class SignalSample
{
    private readonly double[] values = new double[Signals.Count];

    public SignalSample() => Clear();

    public double this[Signal signal]
    {
        get => values[(int)signal];
        set => values[(int)signal] = value;
    }

    /// <summary>Takes over a whole row: one value a signal, in the order of the enumeration, NaN where there is none.</summary>
    public void Set(ReadOnlySpan<double> row) => row.CopyTo(values);

    public bool Has(Signal signal) => !double.IsNaN(values[(int)signal]);

    public void Clear() => Array.Fill(values, double.NaN);
}
