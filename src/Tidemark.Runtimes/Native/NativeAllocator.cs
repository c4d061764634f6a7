using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Runtimes.Native;

/// <summary>What an allocator says of itself; bytes.</summary>
/// <param name="Live">Handed out and not released.</param>
/// <param name="Committed">Taken from the system, whether handed out or not.</param>
internal readonly record struct HeapFigures(long Live, long Committed);

/// <summary>The allocator of a process, asked by calls that a thread of ours makes in the target.</summary>
internal abstract class NativeAllocator
{
    protected NativeAllocator(TargetBlock block) => Block = block;

    /// <summary>Its name for people.</summary>
    public abstract string Name { get; }

    /// <summary>The call that has it give memory back.</summary>
    public abstract string ReleaseCall { get; }

    protected TargetBlock Block { get; }

    /// <summary>The allocator that the program runs on; null where it is none of those that can be asked.</summary>
    public static NativeAllocator? Of(TargetBlock block) =>
        block.Find("mallctl", "malloc_usable_size") is { } jemalloc ? new Jemalloc(block, jemalloc["mallctl"])
        : block.Find("MallocExtension_GetNumericProperty") is { } tcmalloc
            ? new Tcmalloc(block, tcmalloc["MallocExtension_GetNumericProperty"])
        : block.Find("mallinfo2") is { } glibc ? new Glibc(block, glibc["mallinfo2"])
        : null;

    /// <summary>Asks it; null where that is not possible at the moment.</summary>
    /// <exception cref="CaptureFailedException">It does not answer.</exception>
    public abstract Task<HeapFigures?> ReadAsync(CancellationToken cancellation);

    /// <summary>Has it give back what it can spare.</summary>
    /// <returns>False where it has no such call, or cannot be called at the moment.</returns>
    public virtual Task<bool> ReleaseAsync(CancellationToken cancellation) => Task.FromResult(false);

    protected static long Number(byte[] bytes, int word) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(word * sizeof(long)));
}

/// <summary>glibc's malloc: mallinfo2(3) adds up its arenas under the lock of each in turn.</summary>
internal sealed class Glibc(TargetBlock block, ulong mallinfo2) : NativeAllocator(block)
{
    public override string Name => "glibc malloc";

    public override string ReleaseCall => "malloc_trim(0)";

    public override async Task<HeapFigures?> ReadAsync(CancellationToken cancellation)
    {
        // struct mallinfo2: arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost; it is
        // returned through a hidden first argument.
        if (await Block.CallAsync([new(mallinfo2, Block.Data + HookBlock.CallResults)], cancellation) is null)
        {
            return null;
        }

        var info = Block.ReadResult(10 * sizeof(long));
        var (arena, mapped, used) = (Number(info, 0), Number(info, 4), Number(info, 7));
        return new HeapFigures(used + mapped, arena + mapped);
    }

    /// <summary>malloc_info(3) into a file that the target can write.</summary>
    /// <param name="path">The file as the target names it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>0, or -1 where it cannot write there; null where that is not possible at the moment.</returns>
    public async Task<int?> WriteInfoAsync(string path, CancellationToken cancellation)
    {
        if (Block.Find("fopen", "fclose", "malloc_info") is not { } functions)
        {
            return null;
        }

        // A stream that could not be opened is no argument for the others: looked at first.
        var strings = new Strings(Block.Data + HookBlock.CallResults);
        var name = strings.Add(path);
        var mode = strings.Add("we");
        Block.WriteArguments(strings.Bytes);
        if (await Block.CallAsync([new(functions["fopen"], name, mode)], cancellation) is not [var stream])
        {
            return null;
        }

        if (stream == 0)
        {
            return -1;
        }

        var answers = await BusyTarget.AskAsync(
            () =>
                Block.CallAsync(
                    [new(functions["malloc_info"], 0, stream), new(functions["fclose"], stream)],
                    cancellation
                ),
            cancellation,
            BusyTarget.ManyAttempts
        );
        return (int)answers[0];
    }

    public override async Task<bool> ReleaseAsync(CancellationToken cancellation) =>
        Block.Find("malloc_trim") is { } functions
        && await Block.CallAsync([new(functions["malloc_trim"], 0UL)], cancellation) is not null;
}

/// <summary>jemalloc, by mallctl(3).</summary>
internal sealed class Jemalloc(TargetBlock block, ulong mallctl) : NativeAllocator(block)
{
    public override string Name => "jemalloc";

    public override string ReleaseCall => "a purge of all its arenas";

    public override async Task<HeapFigures?> ReadAsync(CancellationToken cancellation)
    {
        // Slots for the answers, then the names; "epoch" has it bring its statistics up to date.
        var results = Block.Data + HookBlock.CallResults;
        var strings = new Strings(results + 64);
        var (epoch, allocated, active) = (
            strings.Add("epoch"),
            strings.Add("stats.allocated"),
            strings.Add("stats.resident")
        );
        var values = new byte[64 + strings.Bytes.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(values, 1); // the new epoch
        BinaryPrimitives.WriteUInt64LittleEndian(values.AsSpan(8), sizeof(ulong)); // the size of an answer
        strings.Bytes.CopyTo(values.AsSpan(64));
        Block.WriteArguments(values);
        var answers = await Block.CallAsync(
            [
                new(mallctl, epoch, 0, 0, results, sizeof(ulong)),
                new(mallctl, allocated, results + 16, results + 8, 0, 0),
                new(mallctl, active, results + 24, results + 8, 0, 0),
            ],
            cancellation
        );
        if (answers is null || answers.Any(a => (int)a != 0))
        {
            return null;
        }

        var bytes = Block.ReadResult(32);
        return new HeapFigures(Number(bytes, 2), Number(bytes, 3));
    }

    /// <summary>True where its heap profiler is running.</summary>
    public async Task<bool> IsProfilingAsync(CancellationToken cancellation)
    {
        var results = Block.Data + HookBlock.CallResults;
        var strings = new Strings(results + 64);
        var name = strings.Add("prof.active");
        var values = new byte[64 + strings.Bytes.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(values.AsSpan(8), 1);
        strings.Bytes.CopyTo(values.AsSpan(64));
        Block.WriteArguments(values);
        var answers = await Block.CallAsync([new(mallctl, name, results + 16, results + 8, 0, 0)], cancellation);
        return answers is [0] && Block.ReadResult(24)[16] == 1;
    }

    /// <summary>Has it dump its heap profile.</summary>
    /// <param name="path">The file as the target names it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Its error number; null where it cannot be called at the moment.</returns>
    public async Task<int?> DumpAsync(string path, CancellationToken cancellation)
    {
        var results = Block.Data + HookBlock.CallResults;
        var strings = new Strings(results + 64);
        var (name, file) = (strings.Add("prof.dump"), strings.Add(path));
        var values = new byte[64 + strings.Bytes.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(values, file);
        strings.Bytes.CopyTo(values.AsSpan(64));
        Block.WriteArguments(values);
        var answers = await Block.CallAsync([new(mallctl, name, 0, 0, results, sizeof(ulong))], cancellation);
        return (int?)answers?[0];
    }

    public override async Task<bool> ReleaseAsync(CancellationToken cancellation)
    {
        var results = Block.Data + HookBlock.CallResults;
        var strings = new Strings(results + 64);
        var name = strings.Add("arena.4096.purge"); // MALLCTL_ARENAS_ALL
        Block.WriteArguments([.. new byte[64], .. strings.Bytes]);
        var answers = await Block.CallAsync([new(mallctl, name, 0, 0, 0, 0)], cancellation);
        return answers is [0];
    }
}

/// <summary>gperftools' tcmalloc, by the C form of its MallocExtension.</summary>
internal sealed class Tcmalloc(TargetBlock block, ulong numericProperty) : NativeAllocator(block)
{
    public override string Name => "tcmalloc";

    public override string ReleaseCall => "MallocExtension::ReleaseFreeMemory()";

    public override async Task<HeapFigures?> ReadAsync(CancellationToken cancellation)
    {
        var results = Block.Data + HookBlock.CallResults;
        var strings = new Strings(results + 64);
        var (allocated, heap, unmapped) = (
            strings.Add("generic.current_allocated_bytes"),
            strings.Add("generic.heap_size"),
            strings.Add("tcmalloc.pageheap_unmapped_bytes")
        );
        Block.WriteArguments([.. new byte[64], .. strings.Bytes]);
        var answers = await Block.CallAsync(
            [
                new(numericProperty, allocated, results),
                new(numericProperty, heap, results + 8),
                new(numericProperty, unmapped, results + 16),
            ],
            cancellation
        );
        if (answers is null || answers.Any(a => (int)a == 0))
        {
            return null;
        }

        var bytes = Block.ReadResult(24);
        return new HeapFigures(Number(bytes, 0), Number(bytes, 1) - Number(bytes, 2));
    }

    /// <summary>True where its heap profiler is running.</summary>
    public async Task<bool> IsProfilingAsync(CancellationToken cancellation) =>
        Block.Find("IsHeapProfilerRunning") is { } functions
        && await Block.CallAsync([new(functions["IsHeapProfilerRunning"])], cancellation) is [var running]
        && (int)running != 0;

    /// <summary>Has it dump its heap profile beside those that it writes by itself.</summary>
    /// <returns>False where it cannot be called at the moment.</returns>
    public async Task<bool> DumpAsync(CancellationToken cancellation)
    {
        if (Block.Find("HeapProfilerDump") is not { } functions)
        {
            return false;
        }

        var strings = new Strings(Block.Data + HookBlock.CallResults);
        var reason = strings.Add("asked for");
        Block.WriteArguments(strings.Bytes);
        return await Block.CallAsync([new(functions["HeapProfilerDump"], reason)], cancellation) is not null;
    }

    public override async Task<bool> ReleaseAsync(CancellationToken cancellation) =>
        Block.Find("MallocExtension_ReleaseFreeMemory") is { } functions
        && await Block.CallAsync([new(functions["MallocExtension_ReleaseFreeMemory"])], cancellation) is not null;
}

/// <summary>Texts that are put into the target for a call.</summary>
/// <param name="address">Where the first one is going to be.</param>
internal sealed class Strings(ulong address)
{
    private readonly List<byte> bytes = [];

    public byte[] Bytes => [.. bytes];

    /// <returns>Its address there.</returns>
    public ulong Add(string text)
    {
        var at = address + (ulong)bytes.Count;
        bytes.AddRange(Encoding.UTF8.GetBytes(text));
        bytes.Add(0);
        return at;
    }
}
