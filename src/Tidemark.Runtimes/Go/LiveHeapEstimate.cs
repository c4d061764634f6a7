namespace Tidemark.Runtimes.Go;

/// <summary>What was live after the last collection, which Go does not tell, from the heap size that it set for the next one.</summary>
/// <remarks>
/// The collector lets the heap grow by GOGC per cent of what it has found live, goroutine stacks counted with it (since Go 1.18; see
/// the GC guide, go.dev/doc/gc-guide): next = live + (live + stacks) * GOGC / 100. Unlike the heap's size, which saws up and down between
/// collections, that goal only moves when a collection ends. Where it does not follow the rule (a memory limit, the smallest heap) the
/// least size seen since the last collection bounds it.
/// </remarks>
/// <param name="gogc">GOGC / 100 as the process was started with; may be set otherwise by the program.</param>
/// <param name="hasLimit">True where a memory limit may lower the goal.</param>
internal sealed class LiveHeapEstimate(double gogc, bool hasLimit)
{
    private const double SmallestGoal = 4 << 20;
    private const int Recent = 10;

    private readonly Queue<double> recentSizes = new();
    private double growth = gogc;
    private double leastSize = double.PositiveInfinity;
    private long lastGc = -1;

    /// <summary>Live heap objects and goroutine stacks; NaN before the first collection.</summary>
    public double Read(GoMemStats stats)
    {
        ArgumentNullException.ThrowIfNull(stats);
        if (stats.GcCount == 0)
        {
            return double.NaN;
        }

        var size = stats.HeapAlloc + stats.StackInuse;
        leastSize = stats.GcCount == lastGc ? Math.Min(leastSize, size) : size;
        lastGc = stats.GcCount;
        recentSizes.Enqueue(size);
        if (recentSizes.Count > Recent)
        {
            recentSizes.Dequeue();
        }

        var goal = stats.NextGc + stats.StackInuse;
        if (stats.NextGc <= SmallestGoal * growth)
        {
            return leastSize;
        }

        // The heap cannot be smaller than what is live: a goal further above it means a larger GOGC, set by the program.
        growth = Math.Max(growth, (goal / leastSize) - 1);
        return hasLimit || !double.IsFinite(growth) ? recentSizes.Min() : Math.Min(goal / (1 + growth), leastSize);
    }
}
