namespace Tidemark.Formats.NativeStacks;

/// <summary>Tells the allocator's own frames, which stand innermost in every stack and say nothing: as pprof and jeprof do it, and by the allocator's library too.</summary>
public static class AllocatorFrames
{
    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "malloc",
        "calloc",
        "realloc",
        "reallocarray",
        "memalign",
        "posix_memalign",
        "aligned_alloc",
        "valloc",
        "pvalloc",
        "mallocx",
        "rallocx",
        "xallocx",
        "do_malloc",
        "DoSampledAllocation",
        "operator new",
        "operator new[]",
        "__libc_malloc",
        "__libc_calloc",
        "__libc_realloc",
        "__libc_memalign",
        "__rust_alloc",
        "__rust_alloc_zeroed",
        "__rust_realloc",
        "__rdl_alloc",
        "__rdl_alloc_zeroed",
        "__rdl_realloc",
    };

    private static readonly string[] Prefixes = ["tcmalloc::", "TCMalloc", "je_", "tc_", "newImpl"];

    public static bool IsAllocator(string function)
    {
        if (Functions.Contains(function))
        {
            return true;
        }

        foreach (var prefix in Prefixes)
        {
            if (function.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True for a library that is an allocator.</summary>
    public static bool IsAllocatorLibrary(string path)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith("libjemalloc", StringComparison.Ordinal)
            || name.StartsWith("libtcmalloc", StringComparison.Ordinal)
            || name.StartsWith("libmimalloc", StringComparison.Ordinal);
    }
}
