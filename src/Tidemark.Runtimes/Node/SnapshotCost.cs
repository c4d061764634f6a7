using System.Globalization;
using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Node;

/// <summary>What a heap snapshot costs the target: guessed from its heap at first, then as it was.</summary>
internal sealed class SnapshotCost(int pid)
{
    // Measured with Node.js 20 on heaps of small objects (docs/node.md shows the runs): the dearest kind.
    private double nanosecondsPerHeapByte = 100;
    private double diskBytesPerHeapByte = 1.8;
    private double targetBytesPerHeapByte = 12;

    private double residentBefore;
    private bool isUnderWay;
    private double left;

    public CaptureEstimate Estimate(long heapUsed) =>
        new(
            TimeSpan.FromMilliseconds(100 + (heapUsed * nanosecondsPerHeapByte / 1e6)),
            (long)(heapUsed * diskBytesPerHeapByte) + (4 << 20),
            (long)(heapUsed * targetBytesPerHeapByte) + (16 << 20)
        );

    /// <summary>A snapshot is about to be taken; it is over when the result is disposed.</summary>
    public IDisposable Begin()
    {
        residentBefore = ReadResident();
        isUnderWay = true;
        return new UnderWay(this);
    }

    /// <summary>A snapshot was taken.</summary>
    /// <returns>Bytes that it has left in the target's allocator.</returns>
    public double Learn(long heapUsed, TimeSpan pause, long fileBytes)
    {
        if (heapUsed > 0)
        {
            // A fifth on top: the next one meets a larger heap and a busier machine.
            nanosecondsPerHeapByte = 1.2 * pause.TotalMilliseconds * 1e6 / heapUsed;
            diskBytesPerHeapByte = 1.2 * fileBytes / heapUsed;
        }

        var leftNow = Math.Max(0, ReadResident() - residentBefore);
        left += leftNow;
        return leftNow;
    }

    /// <summary>Takes what snapshots have left in the target out of its footprint; while one is under way, the footprint is not known.</summary>
    public void Correct(SignalSample sample)
    {
        foreach (var signal in (ReadOnlySpan<Signal>)[Signal.Footprint, Signal.Anonymous])
        {
            if (isUnderWay)
            {
                sample[signal] = double.NaN;
            }
            else if (left > 0 && sample.Has(signal))
            {
                sample[signal] = Math.Max(0, sample[signal] - left);
            }
        }
    }

    private double ReadResident()
    {
        try
        {
            // statm: the second number is the resident pages.
            var pages = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/statm")).Split(' ')[
                1
            ];
            return double.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return residentBefore;
        }
    }

    private sealed class UnderWay(SnapshotCost cost) : IDisposable
    {
        public void Dispose() => cost.isUnderWay = false;
    }
}
