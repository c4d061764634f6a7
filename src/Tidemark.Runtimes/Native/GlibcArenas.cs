using System.Globalization;
using Tidemark.Core;
using Tidemark.Core.Suspects;
using Tidemark.Formats.MallocInfo;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Native;

/// <summary>glibc's arenas as malloc_info(3) tells them: a thread of ours in the target has it write them, which takes each arena's lock in turn as any other caller does.</summary>
internal static class GlibcArenas
{
    /// <summary>A part of what lies free that is worth a remedy of its own.</summary>
    private const double TellingShare = 0.3;

    public static readonly CaptureMethod Method = new(
        "malloc-info",
        "malloc-info",
        ".malloc-info.xml",
        CaptureRole.Census,
        "glibc's arenas and what lies free in them, by size"
    )
    {
        OnRequest = true,
    };

    /// <summary>What malloc_info prints.</summary>
    /// <exception cref="CaptureFailedException">It cannot be called at the moment, or the target cannot write the file.</exception>
    public static async Task<byte[]> ReadAsync(Glibc glibc, LinuxProcess process, CancellationToken cancellation)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/tidemark-{Guid.NewGuid():N}.xml");
        var seen = DumpedFile.Seen(process, name);
        try
        {
            var error = await BusyTarget.AskAsync(() => glibc.WriteInfoAsync(name, cancellation), cancellation);
            return error == 0
                ? await File.ReadAllBytesAsync(seen, cancellation)
                : throw new CaptureFailedException($"the process could not write {name} (error {error})");
        }
        finally
        {
            File.Delete(seen);
        }
    }

    /// <summary>Where what is free lies, which says what can give it back.</summary>
    public static IReadOnlyList<HeapDivision> Divide(MallocInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        var free = info.Arenas.Sum(a => a.FreeBytes);
        if (free == 0)
        {
            return [];
        }

        var committed = info.Arenas.Sum(a => a.CommittedBytes);
        var main = info.Arenas.Where(a => a.Number == 0).Sum(a => a.FreeBytes);
        var top = info.Arenas.SelectMany(a => a.Free).Where(f => f.Name == MallocInfoReader.Top).Sum(f => f.Bytes);
        var holes = info.Arenas.SelectMany(a => a.Free).Where(f => f.Name != MallocInfoReader.Top).ToList();
        var found = new List<HeapDivision>
        {
            new(
                $"glibc's {info.Arenas.Count} arenas took {Quantity.Bytes(committed)}, of which {Quantity.Bytes(free)} lies free: {Quantity.Bytes(main)} in the main one, {Quantity.Bytes(free - main)} in those of threads",
                free,
                "bytes",
                free - main > free * TellingShare && info.Arenas.Count > 2
                    ? new Remedy(
                        "glibc: MALLOC_ARENA_MAX=2 in its environment: what lies free in one thread's arena is of no use to another",
                        "threads wait for each other in malloc"
                    )
                    : null
            ),
        };
        if (top > 0)
        {
            found.Add(
                new HeapDivision(
                    $"{Quantity.Bytes(top)} of it lies at the ends of the arenas",
                    top,
                    "bytes",
                    top > free * TellingShare
                        ? new Remedy(
                            "glibc: MALLOC_TRIM_THRESHOLD_=131072 in its environment, or malloc_trim(0): what lies at an arena's end can be given back whole",
                            "system calls and page faults when the heap grows again"
                        )
                        : null
                )
            );
        }

        if (holes.Count > 0)
        {
            var bytes = holes.Sum(h => h.Bytes);
            found.Add(
                new HeapDivision(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Quantity.Bytes(bytes)} of it lies in {holes.Sum(h => h.Count)} holes between blocks that are in use"
                    ),
                    bytes,
                    "bytes",
                    bytes > free * TellingShare
                        ? new Remedy(
                            "what lives long from a pool of its own, apart from what does not: each hole is kept open by a neighbour that lives on",
                            "work on the program; malloc_trim(0) gives back only the holes that hold whole pages"
                        )
                        : null
                )
            );
        }

        return found;
    }
}
