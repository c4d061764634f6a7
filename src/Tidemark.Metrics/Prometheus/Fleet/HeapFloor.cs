namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>The live heap from the heap in use: its floor over a time that holds some collections.</summary>
internal static class HeapFloor
{
    private const double LeastSeconds = 900;
    private const int FewestSamples = 5;
    private const double CollectionsInWindow = 2;

    /// <summary>The lowest value of each trailing window, which does not reach into the life before.</summary>
    /// <param name="inUse">Heap in use.</param>
    /// <param name="collections">Collections since the start, where they are counted.</param>
    /// <param name="starts">The samples at which lives begin.</param>
    /// <param name="step">Seconds from sample to sample.</param>
    public static double[] Of(double[] inUse, double[]? collections, SortedSet<int> starts, int step)
    {
        var window = WindowOf(inUse.Length, collections, step);
        var floor = new double[inUse.Length];
        // Indices of rising values: the first is the lowest in the window.
        var queue = new LinkedList<int>();
        for (var i = 0; i < inUse.Length; i++)
        {
            if (starts.Contains(i))
            {
                queue.Clear();
            }

            while (queue.First is { } oldest && oldest.Value <= i - window)
            {
                queue.RemoveFirst();
            }

            if (!double.IsNaN(inUse[i]))
            {
                while (queue.Last is { } last && inUse[last.Value] >= inUse[i])
                {
                    queue.RemoveLast();
                }

                queue.AddLast(i);
            }

            floor[i] = double.IsNaN(inUse[i]) ? double.NaN : inUse[queue.First!.Value];
        }

        return floor;
    }

    private static int WindowOf(int count, double[]? collections, int step)
    {
        var least = Math.Max(FewestSamples, (int)Math.Ceiling(LeastSeconds / step));
        var perCollection = collections is null ? 0 : SamplesPerCollection(collections);
        var wanted = Math.Max(least, (int)Math.Min(count, Math.Ceiling(CollectionsInWindow * perCollection)));
        return Math.Clamp(wanted, 1, Math.Max(1, count / 4));
    }

    private static double SamplesPerCollection(double[] collections)
    {
        double counted = 0;
        var samples = 0;
        var last = double.NaN;
        foreach (var value in collections)
        {
            if (double.IsNaN(value))
            {
                continue;
            }

            counted += value > last ? value - last : 0;
            last = value;
            samples++;
        }

        return counted > 0 ? samples / counted : 0;
    }
}
