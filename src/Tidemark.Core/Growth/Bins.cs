using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>One signal over the intervals of <see cref="Bins"/>: NaN where an interval has no sample of it.</summary>
internal sealed record BinnedSignal(double[] Low, double[] Mean, double[] High);

/// <summary>A history cut down to a bounded number of intervals, so that the cost of an analysis does not depend on its length.</summary>
/// <remarks>
/// An interval never spans a restart and is left out where it has no footprint, so gaps need no special care.
/// Within an interval the lowest value stands for the floor between collections, the highest for what may meet the limit.
/// </remarks>
internal sealed class Bins
{
    /// <summary>Enough to see a daily season in three weeks and a sawtooth of forty teeth; the cost of an analysis is linear in it.</summary>
    public const int Maximum = 96;

    /// <summary>A live watch has few samples, of which none is lost.</summary>
    private const int MaximumLive = 128;

    private readonly ProcessHistory history;
    private readonly int[] starts;
    private readonly int[] ends;
    private readonly BinnedSignal?[] signals;
    private readonly double[]?[] rates = new double[Signals.Count][];

    private Bins(ProcessHistory history, List<int> starts, List<int> ends, List<int> lives)
    {
        this.history = history;
        TellsRestarts = Signals.All.Any(s => s.IsCounter && history.Has(s.Signal));
        this.starts = [.. starts];
        this.ends = [.. ends];
        signals = new BinnedSignal?[Signals.Count];
        Lives = [.. lives];
        Columns = Columns.Of(starts.Count);
        Hours = Columns.Next();
        Ages = Columns.Next();
        for (var b = 0; b < Hours.Length; b++)
        {
            var born = history.Times[history.Life(Lives[b]).Start];
            Hours[b] = (Middle(b) - history.Times[0]) / 3600;
            Ages[b] = (Middle(b) - born) / 3600;
        }
    }

    private Bins(Bins other, int[] lives, double[] ages)
    {
        (history, starts, ends, signals, Hours) = (other.history, other.starts, other.ends, other.signals, other.Hours);
        (TellsRestarts, Lives, Ages, Columns) = (other.TellsRestarts, lives, ages, other.Columns);
    }

    public int Count => Hours.Length;

    /// <summary>Scratch for as long as this history is looked at.</summary>
    public Columns Columns { get; }

    /// <summary>When the first sample was taken, in seconds since 1970.</summary>
    public double StartSeconds => history.Times[0];

    /// <summary>The middle of each interval, in hours since the first sample of the history.</summary>
    public double[] Hours { get; }

    /// <summary>The same since the first sample of its life.</summary>
    public double[] Ages { get; }

    /// <summary>The life that each interval belongs to, in rising order.</summary>
    public int[] Lives { get; }

    /// <summary>The first interval of the last life.</summary>
    public int FirstOfLastLife => Array.IndexOf(Lives, Lives[^1]);

    /// <summary>From the first to the last interval; never 0, so that shares of it are defined.</summary>
    public double SpanHours => Count == 0 ? 1e-9 : Math.Max(Hours[^1] - Hours[0], 1e-9);

    /// <summary>Whether a restart would show in a counter that starts over.</summary>
    public bool TellsRestarts { get; }

    /// <summary>Sampled at least so often, in seconds, somebody is watching live and wants the best answer now.</summary>
    private const double LiveInterval = 5;

    public bool IsLiveWatch => IsLive(history);

    private static bool IsLive(ProcessHistory history) =>
        history.Count > 1 && (history.Times[^1] - history.Times[0]) / (history.Count - 1) <= LiveInterval;

    /// <summary>How any signal may move without a growth of its own.</summary>
    public Movements Movements => field ??= new Movements(this);

    /// <summary>The courses that memory may have taken, tabulated for these intervals.</summary>
    public CourseCatalog Catalog => field ??= new CourseCatalog(this);

    /// <summary>The signal in each interval; null where the process does not have it.</summary>
    public BinnedSignal? this[Signal signal] =>
        history.Has(signal) ? signals[(int)signal] ??= Reduce(history.Values(signal)) : null;

    public static Bins Of(ProcessHistory history) => Of(history, history.Count);

    /// <summary>The same of its first samples alone.</summary>
    public static Bins Of(ProcessHistory history, int samples)
    {
        var maximum = IsLive(history) ? MaximumLive : Maximum;
        var starts = new List<int>(maximum);
        var ends = new List<int>(maximum);
        var lives = new List<int>(maximum);
        var times = history.Times[..samples];
        var footprint = history.Values(Signal.Footprint);
        var width = times.IsEmpty ? 0 : (times[^1] - times[0]) / maximum;
        for (var life = 0; life < history.LifeCount && !footprint.IsEmpty; life++)
        {
            var (first, length) = history.Life(life).GetOffsetAndLength(history.Count);
            length = Math.Min(length, times.Length - first);
            var edge = double.NegativeInfinity;
            for (var i = first; i < first + length; i++)
            {
                if (double.IsNaN(footprint[i]))
                {
                    continue;
                }

                if (times[i] >= edge)
                {
                    starts.Add(i);
                    ends.Add(i + 1);
                    lives.Add(life);
                    edge = times[first] + (Math.Floor((times[i] - times[first]) / width) + 1) * width;
                }

                ends[^1] = i + 1;
            }
        }

        return new Bins(history, starts, ends, lives);
    }

    /// <summary>The same intervals, with a new life at each of these too.</summary>
    public Bins CutAt(IReadOnlyCollection<int> intervals)
    {
        var lives = new int[Count];
        var ages = Columns.Next();
        var (life, born) = (0, Hours[0] - Ages[0]);
        for (var i = 0; i < lives.Length; i++)
        {
            if (i > 0 && (Lives[i] != Lives[i - 1] || intervals.Contains(i)))
            {
                life++;
                born = Lives[i] != Lives[i - 1] ? Hours[i] - Ages[i] : Hours[i];
            }

            lives[i] = life;
            ages[i] = Hours[i] - born;
        }

        return new Bins(this, lives, ages);
    }

    /// <summary>Counts per hour of a counter in each interval; NaN where it was not seen twice. To be read only.</summary>
    public double[]? Rate(Signal counter) =>
        history.Has(counter) ? rates[(int)counter] ??= IsLiveWatch ? LiveRate(counter) : PlainRate(counter) : null;

    private double[] PlainRate(Signal counter)
    {
        var values = history.Values(counter);
        var times = history.Times;
        var rates = Columns.Next();
        var (lastTime, lastValue, life) = (0.0, double.NaN, -1);
        for (var b = 0; b < Count; b++)
        {
            if (Lives[b] != life)
            {
                life = Lives[b];
                lastValue = double.NaN;
            }

            var (counted, seconds) = (0.0, 0.0);
            var own = values[starts[b]..ends[b]];
            var at = times.Slice(starts[b], own.Length);
            for (var i = 0; i < own.Length; i++)
            {
                var value = own[i];
                if (value >= lastValue)
                {
                    counted += value - lastValue;
                    seconds += at[i] - lastTime;
                }
                else if (double.IsNaN(value))
                {
                    continue;
                }

                (lastTime, lastValue) = (at[i], value);
            }

            rates[b] = seconds > 0 ? counted / seconds * 3600 : double.NaN;
        }

        return rates;
    }

    /// <summary>What a counter has counted up to the middle of each interval since the life began to be watched, straight between its readings.</summary>
    /// <remarks>NaN before the first and after the last reading of a life.</remarks>
    public double[]? Counted(Signal counter)
    {
        if (!history.Has(counter))
        {
            return null;
        }

        var values = history.Values(counter);
        var times = history.Times;
        var counted = Columns.Next();
        Array.Fill(counted, double.NaN);
        var (bin, lastTime, lastValue, total, life) = (0, 0.0, double.NaN, 0.0, -1);
        for (var b = 0; b < Count; b++)
        {
            if (Lives[b] != life)
            {
                (life, lastValue, total, bin) = (Lives[b], double.NaN, 0, b);
            }

            for (var i = starts[b]; i < ends[b]; i++)
            {
                if (double.IsNaN(values[i]))
                {
                    continue;
                }

                var more = values[i] >= lastValue ? values[i] - lastValue : 0;
                for (; bin <= b && Middle(bin) <= times[i]; bin++)
                {
                    counted[bin] =
                        Middle(bin) == times[i] ? total + more
                        : double.IsNaN(lastValue) ? double.NaN
                        : total + (more * (Middle(bin) - lastTime) / (times[i] - lastTime));
                }

                (lastTime, lastValue, total) = (times[i], values[i], total + more);
            }
        }

        return counted;
    }

    /// <summary>
    /// The same as <see cref="Rate"/> where intervals are shorter than the time between two readings: what is counted in
    /// between is spread over them, so that no two signals miss each other because they are read in turn.
    /// </summary>
    private double[] LiveRate(Signal counter)
    {
        var counted = Counted(counter)!;
        var rates = Columns.Next();
        for (var b = 0; b < Count; b++)
        {
            var from = b > 0 && Lives[b - 1] == Lives[b] && !double.IsNaN(counted[b - 1]) ? b - 1 : b;
            var to = b + 1 < Count && Lives[b + 1] == Lives[b] && !double.IsNaN(counted[b + 1]) ? b + 1 : b;
            rates[b] = to > from ? (counted[to] - counted[from]) / (Hours[to] - Hours[from]) : double.NaN;
            rates[b] = double.IsNaN(counted[b]) ? double.NaN : rates[b];
        }

        return rates;
    }

    /// <summary>One signal less others, sample by sample.</summary>
    /// <param name="whole">The signal.</param>
    /// <param name="straight">Taken to run straight between its samples.</param>
    /// <param name="held">Taken to stay as it was until it is told again; null for none.</param>
    public BinnedSignal Without(Signal whole, Signal straight, Signal? held = null)
    {
        double[] rest = [.. history.Values(whole)];
        var parts = history.Values(straight);
        var times = history.Times;
        var (before, after) = (-1, -1);
        for (var i = 0; i < rest.Length; i++)
        {
            if (after < i && after < parts.Length)
            {
                before = after;
                after = NextKnown(parts, after);
            }

            rest[i] -=
                after == parts.Length
                    ? before < 0
                        ? 0
                        : parts[before]
                    : before < 0
                        ? parts[after]
                        : double.Lerp(
                            parts[before],
                            parts[after],
                            (times[i] - times[before]) / (times[after] - times[before])
                        );
        }

        if (held is { } steps)
        {
            SubtractSteps(rest, history.Values(steps));
        }

        return Reduce(rest);
    }

    private static void SubtractSteps(double[] rest, ReadOnlySpan<double> steps)
    {
        var first = NextKnown(steps, -1);
        var last = first < steps.Length ? steps[first] : 0;
        for (var i = 0; i < rest.Length && !steps.IsEmpty; i++)
        {
            last = double.IsNaN(steps[i]) ? last : steps[i];
            rest[i] -= last;
        }
    }

    private static int NextKnown(ReadOnlySpan<double> values, int from)
    {
        do
        {
            from++;
        } while (from < values.Length && double.IsNaN(values[from]));

        return from;
    }

    /// <summary>Nothing was read for so many seconds, and for so many times the usual: the process stood still, or who looked at it.</summary>
    private const double LongestPause = 3;
    private const double LongPause = 4;

    /// <summary>
    /// The hours less the time in which the process of a live watch may have stood still, as captures make it: what did not grow
    /// then has not levelled off. Where requests are counted they tell how much of the time it did work; null where it never stood still.
    /// </summary>
    public double[]? HoursWithoutPauses()
    {
        var usual = SpanHours / Math.Max(Count - 1, 1);
        var counted = Counted(Signal.Requests);
        var (pace, still) = (double.NaN, 0.0);
        var hours = Columns.CopyOf(Hours);
        for (var b = 1; b < Count; b++)
        {
            var passed = Hours[b] - Hours[b - 1];
            var done = counted is null || Lives[b] != Lives[b - 1] ? double.NaN : counted[b] - counted[b - 1];
            if (passed * 3600 > LongestPause && passed > LongPause * usual && Lives[b] == Lives[b - 1])
            {
                var worked = double.IsNaN(done) || !(pace > 0) ? 0 : Math.Min(done / pace, passed);
                still += passed - Math.Max(worked, usual);
            }
            else if (!double.IsNaN(done))
            {
                pace = double.IsNaN(pace) ? done / passed : double.Lerp(pace, done / passed, 0.1);
            }

            hours[b] -= still;
        }

        return IsLiveWatch && still > 0 ? hours : null;
    }

    private double Middle(int bin) => 0.5 * (history.Times[starts[bin]] + history.Times[ends[bin] - 1]);

    private BinnedSignal Reduce(ReadOnlySpan<double> values)
    {
        var reduced = new BinnedSignal(Columns.Next(), Columns.Next(), Columns.Next());
        for (var b = 0; b < Count; b++)
        {
            var (low, high, sum, seen) = (double.PositiveInfinity, double.NegativeInfinity, 0.0, 0);
            foreach (var value in values[starts[b]..ends[b]])
            {
                if (!double.IsNaN(value))
                {
                    low = double.MinNative(low, value);
                    high = double.MaxNative(high, value);
                    sum += value;
                    seen++;
                }
            }

            reduced.Low[b] = seen > 0 ? low : double.NaN;
            reduced.High[b] = seen > 0 ? high : double.NaN;
            reduced.Mean[b] = seen > 0 ? sum / seen : double.NaN;
        }

        return reduced;
    }
}
