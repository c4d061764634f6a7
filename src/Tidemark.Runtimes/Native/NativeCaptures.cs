namespace Tidemark.Runtimes.Native;

/// <summary>What a watch can capture of a native process; what is captured on request only stands beside its code.</summary>
internal static class NativeCaptures
{
    public static readonly CaptureMethod SampledProfile = new(
        "heap-profile",
        "pprof",
        ".heap.pb.gz",
        CaptureRole.Heap,
        "heap profile of sampled allocations"
    );

    public static readonly CaptureMethod JemallocProfile = new(
        "jemalloc-profile",
        "jemalloc",
        ".jemalloc.heap",
        CaptureRole.Heap,
        "heap profile of jemalloc, whose profiler is running"
    );

    public static readonly CaptureMethod TcmallocProfile = new(
        "tcmalloc-profile",
        "tcmalloc",
        ".tcmalloc.heap",
        CaptureRole.Heap,
        "heap profile of tcmalloc, whose profiler is running"
    );

    public static readonly CaptureMethod KernelProfile = new(
        "kernel-profile",
        "pprof",
        ".heap.pb.gz",
        CaptureRole.Heap,
        "heap profile of allocations that the kernel's probes saw"
    );

    public static readonly CaptureMethod Mappings = new(
        "mappings",
        "smaps",
        ".smaps",
        CaptureRole.Census,
        "memory mappings"
    );
}
