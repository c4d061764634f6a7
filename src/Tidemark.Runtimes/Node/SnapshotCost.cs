using System.Globalization;
using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Node;

/// <summary>What a heap snapshot costs the target: guessed from its heap at first, then as it was; and what it leaves behind.</summary>
/// <remarks>
/// V8 builds a snapshot with malloc, and the allocator keeps what is freed again; before that, V8 gives back every page of its
/// heap that it can spare, and takes them again bit by bit. Both would look like the program's own doing, and for a minute or
/// two like growth: up to what a snapshot has left, the footprint beyond the heap is held at what it was before, and the heap
/// that V8 gave back counts as taken still.
/// </remarks>
internal sealed class SnapshotCost(int pid, TimeProvider time)
{
    // What V8 gave back for a snapshot's sake it would have given back by itself sooner or later: believed less and less.
    private static readonly TimeSpan HeapReturns = TimeSpan.FromMinutes(5);

    // Measured with Node.js 20 on heaps of small objects (docs/node.md shows the runs): the dearest kind.
    private double nanosecondsPerHeapByte = 100;
    private double diskBytesPerHeapByte = 1.8;
    private double targetBytesPerHeapByte = 12;

    private bool isUnderWay;
    private double committed;
    private double committedBefore;
    private double beyondBefore;
    private double left;
    private long taken;

    public CaptureEstimate Estimate(long heapUsed) =>
        new(
            TimeSpan.FromMilliseconds(100 + (heapUsed * nanosecondsPerHeapByte / 1e6)),
            (long)(heapUsed * diskBytesPerHeapByte) + (4 << 20),
            (long)(heapUsed * targetBytesPerHeapByte) + (16 << 20)
        );

    /// <summary>A snapshot is about to be taken; it is over when the result is disposed.</summary>
    public IDisposable Begin()
    {
        // The program goes on from what was there after the last snapshot, if there was one.
        var beyond = ReadResident() - committed;
        beyondBefore = Math.Max(0, beyond - LeftOf(beyond));
        committedBefore = committed + Shrunk();
        isUnderWay = true;
        return new UnderWay(this);
    }

    /// <summary>A snapshot was taken, and the heap has been looked at since.</summary>
    /// <returns>Bytes that it has left in the target's allocator.</returns>
    public double Learn(long heapUsed, TimeSpan pause, long fileBytes)
    {
        if (heapUsed > 0)
        {
            // A fifth on top: the next one meets a larger heap and a busier machine.
            nanosecondsPerHeapByte = 1.2 * pause.TotalMilliseconds * 1e6 / heapUsed;
            diskBytesPerHeapByte = 1.2 * fileBytes / heapUsed;
        }

        taken = time.GetTimestamp();
        left = Math.Max(0, ReadResident() - committed - beyondBefore);
        return left;
    }

    /// <summary>Takes what snapshots have left in the target out of its footprint; while one is under way, the footprint is not known.</summary>
    public void CorrectFootprint(SignalSample sample)
    {
        foreach (var signal in (ReadOnlySpan<Signal>)[Signal.Footprint, Signal.Anonymous])
        {
            if (isUnderWay)
            {
                sample[signal] = double.NaN;
            }
            else if (taken != 0 && sample.Has(signal))
            {
                // Of the resident set, which both signals are or are close to.
                sample[signal] = Math.Max(0, sample[signal] - LeftOf(ReadResident() - committed) + Shrunk());
            }
        }
    }

    /// <summary>Counts the heap that V8 gave back for a snapshot as taken still.</summary>
    public void CorrectHeap(SignalSample sample)
    {
        committed = sample[Signal.CommittedHeap];
        sample[Signal.CommittedHeap] += Shrunk();
    }

    /// <summary>How much of what lies beyond the heap now was left by snapshots.</summary>
    private double LeftOf(double beyond) => Math.Clamp(beyond - beyondBefore, 0, left);

    private double Shrunk()
    {
        if (taken == 0)
        {
            return 0;
        }

        var believed = Math.Exp(-(time.GetElapsedTime(taken) / HeapReturns));
        return Math.Max(0, committedBefore - committed) * believed;
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
            return committed;
        }
    }

    private sealed class UnderWay(SnapshotCost cost) : IDisposable
    {
        public void Dispose() => cost.isUnderWay = false;
    }
}
