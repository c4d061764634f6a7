namespace Tidemark.Runtimes.DotNet;

/// <summary>What a heap dump costs: as measured on another machine at first, then as it was with this process.</summary>
internal sealed class CapturePace
{
    /// <summary>The largest buffer that is tried, in MiB.</summary>
    public const int LargestBuffer = 32 << 10;
    private const int SmallestBuffer = 256;
    private const int Reserve = 3;

    // docs/dotnet.md shows the runs behind these. An object takes 32 bytes in the trace and each of its references 12.
    private const double TraceBytesPerObject = 60;
    private const double TraceOverhead = 8 << 20;
    private double bytesPerObject = 60;
    private double nanosecondsPerObject = 300;

    /// <summary>The cost for a heap of that many bytes in use.</summary>
    public CaptureEstimate Estimate(long heapBytes)
    {
        var objects = heapBytes / bytesPerObject;
        var disk = (long)(TraceOverhead + (objects * TraceBytesPerObject));
        return new CaptureEstimate(TimeSpan.FromMilliseconds(20 + (objects * nanosecondsPerObject / 1e6)), disk, disk);
    }

    /// <summary>The buffer to ask for, in MiB, where the trace is expected to have that size.</summary>
    /// <remarks>
    /// The runtime sends nothing while the threads stand still: all of the dump goes through its buffer. It takes the
    /// memory piece by piece and gives it back as it sends, so a large buffer costs no more than a tight one; a tight one
    /// loses events.
    /// </remarks>
    public static int BufferFor(long traceBytes) =>
        (int)Math.Clamp((traceBytes >> 20) * Reserve, SmallestBuffer, LargestBuffer);

    public void Learn(HeapCaptureResult result)
    {
        if (result.Objects > 0)
        {
            bytesPerObject = Math.Max(1, result.HeapBytes / (double)result.Objects);
            if (result.Pause is { } pause)
            {
                // A fifth on top: the next one meets a larger heap and a busier machine.
                nanosecondsPerObject = 1.2 * pause.TotalNanoseconds / result.Objects;
            }
        }
    }
}
