using System.Numerics;
using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>Columns that may explain a signal without a leak: the work that the process does, and what its heap once held.</summary>
/// <remarks>
/// Memory follows work in several ways: at once, with the lag of a session, quickly up and slowly down (allocators), or up
/// only (runtimes that keep what they took). Each way is a column; the trend analysis takes those that fit.
/// </remarks>
internal static class Explanations
{
    /// <summary>Memory of work, in intervals: a short request, a session, a cache with a time to live.</summary>
    private static readonly double[] Lags = [0, 2, 5, 12];

    /// <summary>How slowly memory goes back after a peak, in intervals.</summary>
    private static readonly double[] Returns = [6, 20];

    /// <summary>Intervals to either side that an average is made of.</summary>
    private const int Neighbours = 6;

    /// <summary>How long it takes until heap that was taken has been touched, in intervals.</summary>
    private static readonly double[] Touches = [0, 4, 12];

    /// <summary>The ways in which memory may follow the requests; empty where there are none.</summary>
    public static List<double[]> OfLoad(Bins bins)
    {
        if (bins.Rate(Signal.Requests) is not { } known || bins.Columns.CopyOf(known) is var rate && !Fill(rate))
        {
            return [];
        }

        // Seconds are too short to count in: the requests of some of them are taken together.
        rate = bins.IsLiveWatch ? Around(bins, rate) : rate;
        var columns = new List<double[]>();
        foreach (var lag in Lags)
        {
            columns.Add(Smooth(bins, rate, lag, lag));
        }

        foreach (var back in Returns)
        {
            columns.Add(Smooth(bins, rate, 1, back));
        }

        columns.Add(Around(bins, rate));
        AddHighest(bins, Smooth(bins, rate, 2, 2), columns);
        return columns;
    }

    /// <summary>What counts work in progress: connections, tasks, threads. Each request or client holds some of them while it lasts.</summary>
    private static readonly Signal[] InProgress = [Signal.Tasks, Signal.Handles, Signal.Threads];

    /// <summary>Of its range a count of work must have fallen by this share: what only rises may be the leak itself.</summary>
    private const double Falls = 0.5;

    /// <summary>And it must move by this share of its highest value to explain anything.</summary>
    private const double Moves = 0.2;

    /// <summary>The work in progress, as far as it comes and goes.</summary>
    public static List<double[]> OfWorkInProgress(Bins bins)
    {
        var columns = new List<double[]>();
        foreach (var signal in InProgress)
        {
            if (bins[signal] is not { } counted || bins.Columns.CopyOf(counted.Mean) is var column && !Fill(column))
            {
                continue;
            }

            var (most, fell) = (0.0, 0.0);
            foreach (var value in column)
            {
                most = Math.Max(most, value);
                fell = Math.Max(fell, most - value);
            }

            if (most - column.Min() > Moves * most && fell > Falls * (most - column.Min()))
            {
                columns.Add(column);
            }
        }

        return columns;
    }

    /// <summary>What the live heap asks of the footprint: what it holds now, and the most that it ever held.</summary>
    public static List<double[]> OfLiveHeap(Bins bins)
    {
        if (bins[Signal.LiveHeap] is not { } live)
        {
            return [];
        }

        var mean = bins.IsLiveWatch
            ? Between(bins, ProcessTrends.AfterCollections(live.Low))
            : bins.Columns.CopyOf(live.Mean);
        var high = bins.Columns.CopyOf(bins.IsLiveWatch ? mean : live.High);
        if (!Fill(mean) || !Fill(high))
        {
            return [];
        }

        List<double[]> columns = [mean, Smooth(bins, high, 0.5, 8)];
        AddHighest(bins, high, columns);
        AddHighest(bins, Smooth(bins, mean, 4, 4), columns);
        return columns;
    }

    /// <summary>A runtime takes memory for the highest demand so far, and touches it bit by bit.</summary>
    private static void AddHighest(Bins bins, double[] column, List<double[]> columns)
    {
        var highest = Highest(bins, column);
        foreach (var touch in Touches)
        {
            columns.Add(Smooth(bins, highest, touch, touch));
        }
    }

    /// <summary>Follows a column with one time constant up and another one down, in intervals; starts anew with each life.</summary>
    private static double[] Smooth(Bins bins, ReadOnlySpan<double> column, double up, double down)
    {
        if (Math.Max(up, down) <= 0)
        {
            return bins.Columns.CopyOf(column);
        }

        var smooth = bins.Columns.Next();
        var (rising, falling) = (Math.Exp(-1 / Math.Max(up, 1e-3)), Math.Exp(-1 / Math.Max(down, 1e-3)));
        var lives = bins.Lives.AsSpan(0, smooth.Length);
        column = column[..smooth.Length];
        var last = 0.0;
        for (var i = 0; i < smooth.Length; i++)
        {
            var now = column[i];
            if (i > 0 && lives[i] == lives[i - 1])
            {
                // Most have one time constant: nothing to compare, and nothing for the processor to guess.
                var keep = rising == falling || now > last ? rising : falling;
                now += keep * (last - now);
            }

            smooth[i] = last = now;
        }

        return smooth;
    }

    /// <summary>The average around each interval: what is counted in short intervals scatters more than what it costs.</summary>
    private static double[] Around(Bins bins, double[] column)
    {
        var around = bins.Columns.Next();
        for (var i = 0; i < around.Length; i++)
        {
            if (i >= Neighbours && i + Neighbours + Vector<double>.Count <= around.Length && bins.Lives[^1] == 0)
            {
                // All neighbours are there and of the same life: several at once, each added up in the same order.
                var sums = Vector<double>.Zero;
                for (var j = i - Neighbours; j <= i + Neighbours; j++)
                {
                    sums += Vector.LoadUnsafe(ref column[j]);
                }

                (sums / new Vector<double>((2 * Neighbours) + 1)).StoreUnsafe(ref around[i]);
                i += Vector<double>.Count - 1;
                continue;
            }

            var (sum, count) = (0.0, 0);
            for (var j = Math.Max(0, i - Neighbours); j <= Math.Min(column.Length - 1, i + Neighbours); j++)
            {
                (sum, count) = bins.Lives[j] == bins.Lives[i] ? (sum + column[j], count + 1) : (sum, count);
            }

            around[i] = sum / count;
        }

        return around;
    }

    private static double[] Highest(Bins bins, double[] column)
    {
        var highest = bins.Columns.Next();
        for (var i = 0; i < highest.Length; i++)
        {
            highest[i] = i == 0 || bins.Lives[i] != bins.Lives[i - 1] ? column[i] : Math.Max(highest[i - 1], column[i]);
        }

        return highest;
    }

    /// <summary>A straight line from each known value to the next.</summary>
    private static double[] Between(Bins bins, double[] column)
    {
        var filled = bins.Columns.CopyOf(column);
        var last = -1;
        for (var i = 0; i < filled.Length; i++)
        {
            if (double.IsNaN(column[i]))
            {
                continue;
            }

            for (var j = last + 1; last >= 0 && j < i; j++)
            {
                var share = (bins.Hours[j] - bins.Hours[last]) / (bins.Hours[i] - bins.Hours[last]);
                filled[j] = column[last] + (share * (column[i] - column[last]));
            }

            last = i;
        }

        return filled;
    }

    /// <summary>Puts the nearest earlier value where one is missing, or the first; false where there is none at all.</summary>
    public static bool Fill(double[] column)
    {
        var known = Array.Find(column, v => !double.IsNaN(v));
        if (!Array.Exists(column, v => !double.IsNaN(v)))
        {
            return false;
        }

        for (var i = 0; i < column.Length; i++)
        {
            known = column[i] = double.IsNaN(column[i]) ? known : column[i];
        }

        return true;
    }
}
