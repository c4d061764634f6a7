using System.Globalization;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>The instants at which a range query is answered: the same for every series, so that they align by themselves.</summary>
/// <param name="Start">The first, in seconds since 1970.</param>
/// <param name="Step">Seconds from one to the next.</param>
/// <param name="Count">How many there are.</param>
public readonly record struct TimeGrid(long Start, int Step, int Count)
{
    public long End => Start + ((long)Step * (Count - 1));

    /// <summary>The grid that ends at an instant and looks back for a time; on whole steps, so that servers can cache.</summary>
    public static TimeGrid Before(DateTimeOffset end, TimeSpan range, int step)
    {
        var last = end.ToUnixTimeSeconds() / step * step;
        var count = Math.Max(1, (int)(range.TotalSeconds / step));
        return new TimeGrid(last - ((long)step * (count - 1)), step, count);
    }

    /// <summary>Every so many instants of it, with the same end.</summary>
    public TimeGrid Coarser(int times)
    {
        var count = Math.Max(1, Count / times);
        return new TimeGrid(End - ((long)Step * times * (count - 1)), Step * times, count);
    }

    /// <summary>Values on a coarser grid, each standing for the time up to its instant.</summary>
    public double[] Spread(TimeGrid coarse, double[] values)
    {
        var spread = new double[Count];
        for (var i = 0; i < spread.Length; i++)
        {
            var index = (int)Math.Ceiling((TimeOf(i) - coarse.Start) / coarse.Step);
            spread[i] = values[Math.Clamp(index, 0, values.Length - 1)];
        }

        return spread;
    }

    /// <summary>Where on the grid a time lies; -1 for outside.</summary>
    public int IndexOf(double time)
    {
        var index = Math.Round((time - Start) / Step);
        return index >= 0 && index < Count ? (int)index : -1;
    }

    public double TimeOf(int index) => Start + ((double)Step * index);

    private static volatile GridTimes? lastTimes;

    /// <summary>All its instants, the same array from one call to the next: for reading only, as thousands of histories share it.</summary>
    internal double[] Times()
    {
        if (lastTimes is { } known && known.Grid == this)
        {
            return known.Times;
        }

        var times = new double[Count];
        for (var i = 0; i < times.Length; i++)
        {
            times[i] = TimeOf(i);
        }

        lastTimes = new GridTimes(this, times);
        return times;
    }

    private sealed record GridTimes(TimeGrid Grid, double[] Times);

    /// <summary>Its first half and its second.</summary>
    public (TimeGrid First, TimeGrid Second) Halves()
    {
        var half = Count / 2;
        return (this with { Count = half }, this with { Start = Start + ((long)Step * half), Count = Count - half });
    }

    /// <summary>A number of seconds as PromQL writes a duration.</summary>
    public static string Duration(long seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
}
