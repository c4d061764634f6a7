namespace Tidemark.Core.Series;

/// <summary>One named quantity of a process, in one unit.</summary>
public enum Signal
{
    /// <summary>What the operating system charges the process for: resident set or cgroup working set. Bytes.</summary>
    Footprint,

    /// <summary>Heap in use after the last collection. Bytes.</summary>
    LiveHeap,

    /// <summary>Heap taken from the operating system by the runtime. Bytes.</summary>
    CommittedHeap,

    /// <summary>The memory limit that the footprint may not exceed. Bytes.</summary>
    Limit,

    /// <summary>The runtime's own cap (-Xmx, GOMEMLIMIT, --max-old-space-size). Bytes.</summary>
    HeapLimit,

    /// <summary>Requests served since the process started. Counter.</summary>
    Requests,

    /// <summary>Time spent in collection pauses since the process started. Counter, seconds.</summary>
    GcPause,

    /// <summary>Collections since the process started. Counter.</summary>
    GcCount,

    /// <summary>Entries in the caches that the service reports.</summary>
    CacheEntries,

    /// <summary>Threads (for Go: goroutines count as threads of work and are reported as <see cref="Tasks"/>).</summary>
    Threads,

    /// <summary>Open file descriptors or handles.</summary>
    Handles,

    /// <summary>Goroutines, fibers, asyncio tasks: units of work that the runtime schedules itself.</summary>
    Tasks,

    /// <summary>Anonymous private memory, which no kernel can drop without swap. Bytes.</summary>
    Anonymous,

    /// <summary>File-backed pages and other reclaimable memory that is charged to the process. Bytes.</summary>
    PageCache,

    /// <summary>Of the heap taken, what the runtime uses again before it takes more: garbage that waits for a collection, and free room. Bytes.</summary>
    ReusableHeap,
}

/// <summary>What a signal is called outside of the code, and how it is read.</summary>
/// <param name="Signal">The signal.</param>
/// <param name="Name">Its name in evidence and JSON, such as <c>live-heap</c>.</param>
/// <param name="Column">Its column in a CSV history, such as <c>live_heap_bytes</c>.</param>
/// <param name="Unit">Its unit: <c>bytes</c>, <c>seconds</c> or <c>count</c>.</param>
/// <param name="IsCounter">True where the value only rises while the process lives and starts over with it.</param>
public sealed record SignalDescription(Signal Signal, string Name, string Column, string Unit, bool IsCounter);

/// <summary>All signals, in the order of the enumeration.</summary>
public static class Signals
{
    public static IReadOnlyList<SignalDescription> All { get; } =
    [
        new(Signal.Footprint, "footprint", "footprint_bytes", "bytes", IsCounter: false),
        new(Signal.LiveHeap, "live-heap", "live_heap_bytes", "bytes", IsCounter: false),
        new(Signal.CommittedHeap, "committed-heap", "committed_heap_bytes", "bytes", IsCounter: false),
        new(Signal.Limit, "limit", "limit_bytes", "bytes", IsCounter: false),
        new(Signal.HeapLimit, "heap-limit", "heap_limit_bytes", "bytes", IsCounter: false),
        new(Signal.Requests, "requests", "requests_total", "count", IsCounter: true),
        new(Signal.GcPause, "gc-pause", "gc_pause_seconds_total", "seconds", IsCounter: true),
        new(Signal.GcCount, "gc-count", "gc_count_total", "count", IsCounter: true),
        new(Signal.CacheEntries, "cache-entries", "cache_entries", "count", IsCounter: false),
        new(Signal.Threads, "threads", "threads", "count", IsCounter: false),
        new(Signal.Handles, "handles", "handles", "count", IsCounter: false),
        new(Signal.Tasks, "tasks", "tasks", "count", IsCounter: false),
        new(Signal.Anonymous, "anonymous", "anonymous_bytes", "bytes", IsCounter: false),
        new(Signal.PageCache, "page-cache", "page_cache_bytes", "bytes", IsCounter: false),
        new(Signal.ReusableHeap, "reusable-heap", "reusable_heap_bytes", "bytes", IsCounter: false),
    ];

    public static int Count => All.Count;

    public static SignalDescription Describe(this Signal signal) => All[(int)signal];
}
