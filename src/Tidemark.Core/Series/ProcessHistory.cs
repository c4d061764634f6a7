namespace Tidemark.Core.Series;

/// <summary>The signals of one process on one clock: immutable, oldest first, cut where it restarted.</summary>
/// <remarks>Times are seconds since 1970; a missing sample is <see cref="double.NaN"/>.</remarks>
public sealed class ProcessHistory
{
    private readonly double[] times;
    private readonly double[]?[] columns;
    private readonly int[] lifeStarts;

    internal ProcessHistory(string name, double[] times, double[]?[] columns, int[] lifeStarts)
    {
        Name = name;
        this.times = times;
        this.columns = columns;
        this.lifeStarts = lifeStarts;
    }

    /// <summary>A history of whole columns, which it takes over: nobody may write to them afterwards.</summary>
    /// <param name="name">What people call the process.</param>
    /// <param name="times">Seconds since 1970, strictly increasing.</param>
    /// <param name="columns">One for each signal, as long as the times; null where the process does not have it.</param>
    /// <param name="lifeStarts">The first sample of each life, in rising order; 0 is the first of them.</param>
    /// <exception cref="ArgumentException">They do not go together.</exception>
    public static ProcessHistory OfColumns(string name, double[] times, double[]?[] columns, int[] lifeStarts)
    {
        ArgumentNullException.ThrowIfNull(times);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(lifeStarts);
        if (
            columns.Length != Signals.Count
            || Array.Exists(columns, c => c is not null && c.Length != times.Length)
            || !IsRising(times)
            || !IsRising(lifeStarts)
            || (times.Length == 0 ? lifeStarts.Length > 0 : lifeStarts is not [0, ..] || lifeStarts[^1] >= times.Length)
        )
        {
            throw new ArgumentException("times, columns and lives do not go together", nameof(columns));
        }

        return new ProcessHistory(name, times, columns, lifeStarts);
    }

    private static bool IsRising<T>(T[] values)
        where T : IComparable<T>
    {
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i].CompareTo(values[i - 1]) <= 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What people call the process.</summary>
    public string Name { get; }

    /// <summary>How many samples there are.</summary>
    public int Count => times.Length;

    /// <summary>When each sample was taken, in seconds since 1970, strictly increasing.</summary>
    public ReadOnlySpan<double> Times => times;

    /// <summary>How many lives the process had: one more than it was seen to restart. Zero for an empty history.</summary>
    public int LifeCount => lifeStarts.Length;

    /// <summary>The samples of one life, as a range over <see cref="Times"/>.</summary>
    public Range Life(int life) =>
        lifeStarts[life]..(life + 1 < lifeStarts.Length ? lifeStarts[life + 1] : times.Length);

    public bool Has(Signal signal) => columns[(int)signal] is not null;

    /// <summary>One value a sample, NaN where it is missing; empty where the process does not have the signal.</summary>
    public ReadOnlySpan<double> Values(Signal signal) => columns[(int)signal];

    /// <summary>The value that was seen last; null where there is none.</summary>
    public double? Last(Signal signal)
    {
        var values = Values(signal);
        for (var i = values.Length - 1; i >= 0; i--)
        {
            if (!double.IsNaN(values[i]))
            {
                return values[i];
            }
        }

        return null;
    }

    public DateTimeOffset From => Instant(0);

    public DateTimeOffset To => Instant(Count - 1);

    /// <summary>The same history, cut at these samples as well: the first of each new life, in rising order.</summary>
    public ProcessHistory CutAt(IEnumerable<int> samples) =>
        new(Name, times, columns, [.. lifeStarts.Union(samples).Order()]);

    private DateTimeOffset Instant(int sample) =>
        Count == 0 ? DateTimeOffset.UnixEpoch : DateTimeOffset.UnixEpoch.AddSeconds(times[sample]);
}
