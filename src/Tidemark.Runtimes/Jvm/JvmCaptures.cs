namespace Tidemark.Runtimes.Jvm;

/// <summary>The ways to capture a HotSpot JVM.</summary>
internal static class JvmCaptures
{
    public static readonly CaptureMethod Histogram = new(
        "class-histogram",
        "class-histogram",
        ".histo.txt",
        CaptureRole.Census,
        "class histogram (forces a full collection)"
    );

    public static readonly CaptureMethod HeapDump = new(
        "heap-dump",
        "hprof",
        ".hprof",
        CaptureRole.Heap,
        "heap dump (HPROF; forces a full collection)"
    );

    public static readonly CaptureMethod AllocationSamples = new(
        "allocation-samples",
        "jfr",
        ".jfr",
        CaptureRole.Heap,
        "sample of live objects with the stacks of their allocation (flight recorder)"
    )
    {
        ChangesTarget = true,
    };
}
