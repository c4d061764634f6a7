using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Go;

/// <summary>What Go's runtime tells on a page of metrics, under the names of client_golang.</summary>
internal static class GoMetrics
{
    extension(MetricsPage page)
    {
        /// <summary>The resident set in bytes, goroutines, and GOMEMLIMIT in bytes; null where they are not told.</summary>
        public double? Resident => page["process_resident_memory_bytes"];

        public int? Goroutines => (int?)page["go_goroutines"];

        /// <summary>Without a limit the runtime tells the largest number there is.</summary>
        public double? MemoryLimit => page["go_gc_gomemlimit_bytes"] is { } limit and < 1L << 62 ? limit : null;

        /// <summary>What the metrics tell of the heap; null where that is not there.</summary>
        public GoMemStats? Statistics =>
            page["go_memstats_heap_alloc_bytes"] is { } alloc && page["go_gc_duration_seconds_count"] is { } collections
                ? new GoMemStats
                {
                    HeapAlloc = alloc,
                    HeapInuse = page["go_memstats_heap_inuse_bytes"] ?? alloc,
                    HeapIdle = page["go_memstats_heap_idle_bytes"] ?? 0,
                    HeapReleased = page["go_memstats_heap_released_bytes"] ?? 0,
                    StackInuse = page["go_memstats_stack_inuse_bytes"] ?? 0,
                    Sys = page["go_memstats_sys_bytes"] ?? alloc,
                    NextGc = page["go_memstats_next_gc_bytes"] ?? 0,
                    GcCount = (long)collections,
                    PauseTotal = TimeSpan.FromSeconds(page["go_gc_duration_seconds_sum"] ?? 0),
                }
                : null;
    }
}
