namespace Tidemark.Runtimes.Jvm;

/// <summary>How long a capture takes for each byte of heap: as measured on another machine at first, then as it was on this JVM.</summary>
internal sealed class CapturePace
{
    /// <summary>A first guess errs on the long side: two cores, small objects, a full collection included.</summary>
    private static readonly Dictionary<string, double> FirstGuess = new(StringComparer.Ordinal)
    {
        // docs/jvm.md shows the runs behind these, in nanoseconds a byte.
        ["class-histogram"] = 4,
        ["heap-dump"] = 10,
    };

    private readonly Dictionary<string, double> measured = new(StringComparer.Ordinal);

    public TimeSpan Estimate(CaptureMethod method, long heapBytes)
    {
        var nanoseconds = measured.GetValueOrDefault(method.Name, FirstGuess.GetValueOrDefault(method.Name));
        return TimeSpan.FromMilliseconds(20 + (nanoseconds * heapBytes / 1e6));
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
