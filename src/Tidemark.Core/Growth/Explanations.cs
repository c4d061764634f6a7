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

    /// <summary>How long it takes until heap that was taken has been touched, in intervals.</summary>
    private static readonly double[] Touches = [0, 4, 12];

    /// <summary>The ways in which memory may follow the requests; empty where there are none.</summary>
    public static List<double[]> OfLoad(Bins bins)
    {
        if (bins.Rate(Signal.Requests) is not { } rate || !Fill(rate))
        {
            return [];
        }

        var columns = new List<double[]>();
        foreach (var lag in Lags)
        {
            columns.Add(Smooth(bins, rate, lag, lag));
        }

        foreach (var back in Returns)
        {
            columns.Add(Smooth(bins, rate, 1, back));
        }

        AddHighest(bins, Smooth(bins, rate, 2, 2), columns);
        return columns;
    }

    /// <summary>What the live heap asks of the footprint: what it holds now, and the most that it ever held.</summary>
    public static List<double[]> OfLiveHeap(Bins bins)
    {
        if (bins[Signal.LiveHeap] is not { } live)
        {
            return [];
        }

        double[] mean = [.. live.Mean];
        double[] high = [.. live.High];
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
    private static double[] Smooth(Bins bins, double[] column, double up, double down)
    {
        var smooth = new double[column.Length];
        var (rising, falling) = (Math.Exp(-1 / Math.Max(up, 1e-3)), Math.Exp(-1 / Math.Max(down, 1e-3)));
        for (var i = 0; i < smooth.Length; i++)
        {
            if (i == 0 || bins.Lives[i] != bins.Lives[i - 1])
            {
                smooth[i] = column[i];
                continue;
            }

            var keep = column[i] > smooth[i - 1] ? rising : falling;
            smooth[i] = column[i] + (keep * (smooth[i - 1] - column[i]));
        }

        return smooth;
    }

    private static double[] Highest(Bins bins, double[] column)
    {
        var highest = new double[column.Length];
        for (var i = 0; i < highest.Length; i++)
        {
            highest[i] = i == 0 || bins.Lives[i] != bins.Lives[i - 1] ? column[i] : Math.Max(highest[i - 1], column[i]);
        }

        return highest;
    }

    /// <summary>Puts the nearest earlier value where one is missing, or the first; false where there is none at all.</summary>
    private static bool Fill(double[] column)
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
