using System.Buffers.Text;
using System.Text;
using Tidemark.Formats.NativeStacks;
using Tidemark.Symbols;

namespace Tidemark.Formats.Smaps;

/// <summary>What a mapping is used for, as far as it can be told from outside.</summary>
public enum RegionKind
{
    /// <summary>The heap that grows by sbrk.</summary>
    Heap,

    /// <summary>One of glibc's arenas for threads.</summary>
    Arena,

    /// <summary>A stack: the first thread's, or one of a thread's with its guard page below it.</summary>
    Stack,

    /// <summary>Anonymous memory: large blocks, other allocators' heaps, managed heaps.</summary>
    Anonymous,

    /// <summary>A file, read or mapped: programs, libraries, data.</summary>
    File,

    /// <summary>Shared memory: System V, POSIX, memfd.</summary>
    SharedMemory,

    /// <summary>What the kernel maps itself.</summary>
    Kernel,
}

/// <summary>A mapping with what of it is in memory; bytes.</summary>
/// <param name="Mapping">Where it is.</param>
/// <param name="Kind">What it is used for.</param>
/// <param name="Resident">In memory.</param>
/// <param name="Proportional">The same, shared pages by their share.</param>
/// <param name="Anonymous">Its pages that no file stands behind.</param>
/// <param name="Swap">Swapped out.</param>
/// <param name="LazyFree">Given back, but not yet taken by the kernel.</param>
public sealed record Region(
    Mapping Mapping,
    RegionKind Kind,
    long Resident,
    long Proportional,
    long Anonymous,
    long Swap,
    long LazyFree
)
{
    /// <summary>What a kind is called.</summary>
    public static string NameOf(RegionKind kind) =>
        kind switch
        {
            RegionKind.Heap => "heap",
            RegionKind.Arena => "malloc arenas",
            RegionKind.Stack => "thread stacks",
            RegionKind.Anonymous => "anonymous memory",
            RegionKind.File => "files",
            RegionKind.SharedMemory => "shared memory",
            _ => "kernel",
        };

    /// <summary>The same for the same mapping in another process: no addresses in it.</summary>
    public string Name =>
        Kind switch
        {
            RegionKind.Heap => "[heap]",
            RegionKind.Arena => "[malloc arena]",
            RegionKind.Stack => Mapping.Path.Length > 0 ? Mapping.Path : "[thread stack]",
            RegionKind.Anonymous => Mapping.Path.Length > 0 ? Mapping.Path : $"[anonymous {Class(Mapping.Size)}]",
            _ => Mapping.Path,
        };

    /// <summary>Anonymous mappings have no names; their size tells them apart best.</summary>
    private static string Class(ulong size)
    {
        const int mebibyte = 1 << 20;
        return size switch
        {
            < 1 * mebibyte => "under 1 MiB",
            < 16 * mebibyte => "1 to 16 MiB",
            < 128 * mebibyte => "16 to 128 MiB",
            < 1024UL * mebibyte => "128 MiB to 1 GiB",
            _ => "over 1 GiB",
        };
    }
}

/// <summary>Reads <c>/proc/PID/smaps</c> (proc(5)).</summary>
public static class SmapsReader
{
    // glibc reserves its thread arenas in pieces of this size, aligned to it.
    private const ulong ArenaAlignment = 64UL << 20;

    /// <exception cref="MalformedDumpException">It is not what the kernel prints.</exception>
    public static IReadOnlyList<Region> Read(string path, ReadOnlySpan<byte> content)
    {
        List<Region> regions = [];
        var lines = new ByteLines(content);
        Mapping? current = null;
        var figures = new Figures();
        Mapping? before = null;
        while (lines.Next())
        {
            if (lines.Line.IsEmpty)
            {
                continue;
            }

            var colon = lines.Line.IndexOf((byte)':');
            var isField = colon > 0 && !lines.Line[..colon].Contains((byte)' ');
            if (isField && current is not null)
            {
                figures.Add(lines.Line[..colon], lines.Line[(colon + 1)..]);
                continue;
            }

            if (current is { } complete)
            {
                regions.Add(figures.Region(complete, KindOf(complete, before)));
                before = complete;
            }

            current =
                Mapping.Parse(Encoding.UTF8.GetString(lines.Line))
                ?? throw new MalformedDumpException(
                    path,
                    lines.Offset,
                    $"expected a mapping (\"start-end perms offset device inode path\"), found \"{lines.Quote()}\""
                );
            figures = new Figures();
        }

        if (current is { } final)
        {
            regions.Add(figures.Region(final, KindOf(final, before)));
        }

        return regions;
    }

    /// <summary>What a mapping is used for, from its name, its alignment and the guard below it.</summary>
    public static RegionKind KindOf(Mapping mapping, Mapping? below)
    {
        if (mapping.Path == "[heap]")
        {
            return RegionKind.Heap;
        }

        if (mapping.Path.StartsWith("[stack", StringComparison.Ordinal))
        {
            return RegionKind.Stack;
        }

        if (
            mapping.Path.StartsWith("/dev/shm/", StringComparison.Ordinal)
            || mapping.Path.StartsWith("/SYSV", StringComparison.Ordinal)
            || mapping.Path.StartsWith("/memfd:", StringComparison.Ordinal)
            || mapping.Path.StartsWith("/dev/zero", StringComparison.Ordinal)
        )
        {
            return RegionKind.SharedMemory;
        }

        if (mapping.IsFile)
        {
            return RegionKind.File;
        }

        if (mapping.Path is "[vdso]" or "[vvar]" or "[vvar_vclock]" or "[vsyscall]")
        {
            return RegionKind.Kernel;
        }

        if (
            mapping is { Path: "", IsWritable: true }
            && mapping.Start % ArenaAlignment == 0
            && mapping.Size < ArenaAlignment
        )
        {
            return RegionKind.Arena;
        }

        // A thread's stack has one page below it that must not be touched.
        const ulong largestGuard = 64 << 10;
        return
            mapping is { Path: "", IsWritable: true }
            && below is { Path: "", Permissions: "---p" } guard
            && guard.End == mapping.Start
            && guard.Size <= largestGuard
            ? RegionKind.Stack
            : RegionKind.Anonymous;
    }

    private struct Figures
    {
        private long resident;
        private long proportional;
        private long anonymous;
        private long swap;
        private long lazyFree;

        public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (
                !Utf8Parser.TryParse(value.TrimStart((byte)' '), out long kibibytes, out _)
                || kibibytes is < 0 or > 1L << 50
            )
            {
                return; // flags and the like
            }

            var bytes = kibibytes * 1024;
            if (name.SequenceEqual("Rss"u8))
            {
                resident = bytes;
            }
            else if (name.SequenceEqual("Pss"u8))
            {
                proportional = bytes;
            }
            else if (name.SequenceEqual("Anonymous"u8))
            {
                anonymous = bytes;
            }
            else if (name.SequenceEqual("Swap"u8))
            {
                swap = bytes;
            }
            else if (name.SequenceEqual("LazyFree"u8))
            {
                lazyFree = bytes;
            }
        }

        public readonly Region Region(Mapping mapping, RegionKind kind) =>
            new(mapping, kind, resident, proportional, anonymous, swap, lazyFree);
    }
}
