namespace Tidemark.Runtimes.Jvm;

/// <summary>What a capture will cost: as measured on another machine at first, then as it was on this JVM.</summary>
internal sealed class CapturePace
{
    private const long Mebibyte = 1 << 20;

    // Nanoseconds a byte of live heap, on two cores and with small objects, the full collection included: docs/jvm.md shows the runs.
    private const double HistogramPace = 4;
    private const double HeapDumpPace = 10;

    // What HPROF spends on an object beyond what the JVM does: wide references and a header a record.
    private const double DumpBytesPerHeapByte = 2;

    // The flight recorder's buffers, classes and threads.
    private const long RecorderBytes = 40 * Mebibyte;

    // Answers go through a safepoint and a socket at the least.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<string, double> measured = new(StringComparer.Ordinal);

    public CaptureEstimate Estimate(CaptureMethod method, long heapBytes)
    {
        if (method == JvmCaptures.AllocationSamples)
        {
            return new CaptureEstimate(Least, 4 * Mebibyte, RecorderBytes);
        }

        var isDump = method == JvmCaptures.HeapDump;
        var pace = measured.GetValueOrDefault(method.Name, isDump ? HeapDumpPace : HistogramPace);
        return new CaptureEstimate(
            Least + TimeSpan.FromMilliseconds(pace * heapBytes / 1e6),
            isDump ? (16 * Mebibyte) + (long)(DumpBytesPerHeapByte * heapBytes) : Mebibyte,
            TargetBytes: 0
        );
    }

    public void Learn(CaptureMethod method, long heapBytes, TimeSpan pause)
    {
        if (heapBytes > 0)
        {
            // A fifth on top: the next one meets a larger heap and a busier machine.
            measured[method.Name] = 1.2 * pause.TotalMilliseconds * 1e6 / heapBytes;
        }
    }
}
