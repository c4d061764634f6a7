namespace Tidemark.Runtimes.Go;

/// <summary>Tells the part of Go's heap that is used again before more is taken from the system from the part that is not.</summary>
/// <remarks>
/// Used again is what is garbage (freed by the next collection), what is idle and not given back, and the free room in spans that is filled
/// before the next collection. A span serves objects of one size class only: room that stays free to the end of a cycle, while new spans are
/// taken, is stuck beside the objects that live there. It is that which fragments a Go heap.
/// </remarks>
internal sealed class StuckRoom
{
    /// <summary>Cycles of which the fullest moment counts: one that was cut short had no time to fill its room.</summary>
    private const int Cycles = 2;

    private readonly Queue<double> fullest = new();
    private double least = double.PositiveInfinity;
    private long cycle = -1;

    /// <summary>Free room in spans with live objects that was not filled again, as far as it is known; bytes.</summary>
    public double Bytes { get; private set; }

    /// <summary>Heap that is used again before more is taken, in bytes.</summary>
    /// <param name="stats">The statistics of this moment.</param>
    /// <param name="live">Live heap objects and stacks after the last collection.</param>
    public double ReadReusable(GoMemStats stats, double live)
    {
        ArgumentNullException.ThrowIfNull(stats);
        var room = Math.Max(0, stats.HeapInuse - stats.HeapAlloc);
        if (stats.GcCount != cycle)
        {
            if (cycle >= 0)
            {
                fullest.Enqueue(least);
            }

            if (fullest.Count > Cycles)
            {
                fullest.Dequeue();
            }

            (cycle, least) = (stats.GcCount, double.PositiveInfinity);
        }

        least = Math.Min(least, room);
        Bytes = Math.Min(least, fullest.Count > 0 ? fullest.Min() : double.PositiveInfinity);
        var garbage = Math.Max(0, stats.HeapAlloc + stats.StackInuse - live);
        return Math.Max(0, stats.HeapIdle - stats.HeapReleased) + garbage + room - Bytes;
    }
}
