using System.Buffers.Binary;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Processes;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Native;

/// <summary>One call for a thread of ours in the target.</summary>
/// <param name="Function">The function's address.</param>
/// <param name="Arguments">At most six.</param>
internal sealed record TargetCall(ulong Function, params IReadOnlyList<CallArgument> Arguments);

/// <summary>An argument: a number as it stands, or the result of an earlier call of the list.</summary>
internal readonly record struct CallArgument(ulong Value, int ResultOf = -1)
{
    public static implicit operator CallArgument(ulong value) => new(value);
}

/// <summary>
/// The memory that is added to a watched process: a few pages of code, which never change while they may run, and data, of which only
/// what is touched takes memory. Two system calls make it; nothing of the program runs for that.
/// </summary>
/// <remarks>The code stays when the watch is over, because a thread may still be on its way through it; the next watch finds it and takes it again.</remarks>
internal sealed class TargetBlock
{
    private const long Mmap = 9;
    private const ulong ReadExecute = 5;
    private const ulong ReadWrite = 3;
    private const ulong PrivateAnonymous = 0x22;
    private const int Attempts = 10;

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private readonly int pid;
    private readonly ProcessImage image;
    private readonly Func<int, bool> isOutsideOfAllocator;
    private bool isBusy;

    private TargetBlock(int pid, ProcessImage image, ulong code, ulong data, Func<int, bool> isOutsideOfAllocator)
    {
        this.pid = pid;
        this.image = image;
        this.isOutsideOfAllocator = isOutsideOfAllocator;
        Code = code;
        Data = data;
    }

    /// <summary>Where its code begins.</summary>
    public ulong Code { get; }

    /// <summary>Where its data begins.</summary>
    public ulong Data { get; }

    /// <summary>How long a thread of the target was stopped at the most.</summary>
    public TimeSpan LongestStop { get; private set; }

    /// <summary>Adds the block, or takes the one of an earlier watch. Call it on a <see cref="Tracer"/>'s thread.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="map">Its mappings.</param>
    /// <param name="isOutsideOfAllocator">Says of a waiting thread that it holds none of the allocator's locks.</param>
    /// <exception cref="AttachFailedException">It cannot be added.</exception>
    public static TargetBlock Create(int pid, MemoryMap map, Func<int, bool> isOutsideOfAllocator)
    {
        var image = ProcessImage.Read(pid);
        try
        {
            using var memory = ProcessMemory.Open(pid);
            if (FindEarlier(memory, map) is { } earlier)
            {
                return new TargetBlock(pid, image, earlier.Code, earlier.Data, isOutsideOfAllocator);
            }

            var instruction = ThreadEntry.FindSystemCallInstruction(image);
            var (code, data) = Map(pid, instruction);
            memory.Write(code, HookBlock.Code);
            memory.WriteWord(code + HookBlock.DataPointer, data);
            return new TargetBlock(pid, image, code, data, isOutsideOfAllocator);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ThreadCallException)
        {
            throw new AttachFailedException(
                $"process {pid} cannot be entered ({e.Message}): run as root or give CAP_SYS_PTRACE",
                e
            );
        }
    }

    /// <summary>The addresses of functions in the object that defines all of them, a C library before others; null where none does.</summary>
    public Dictionary<string, ulong>? Find(params string[] functions) =>
        image.Find(ThreadEntry.IsSystemLibrary, functions) ?? image.Find(_ => true, functions);

    /// <summary>Has a new thread of the target make some calls, one after the other. The allocator's locks are taken by that thread as by any other.</summary>
    /// <returns>Their results; null where no thread of the target waits now in a place from where the new one could be started.</returns>
    /// <exception cref="CaptureFailedException">They did not return in time.</exception>
    public async Task<ulong[]?> CallAsync(IReadOnlyList<TargetCall> calls, CancellationToken cancellation)
    {
        if (
            isBusy
            || (
                image.Find(ThreadEntry.IsSystemLibrary, "pthread_create", "pthread_self", "pthread_detach")
                ?? image.Find(_ => true, "pthread_create", "pthread_self", "pthread_detach")
            )
                is not { } threads
        )
        {
            return null;
        }

        isBusy = true;
        if (!await Tracer.RunAsync(() => Start(calls, threads)))
        {
            isBusy = false;
            return null;
        }

        using var memory = ProcessMemory.Open(pid);
        for (var waited = TimeSpan.Zero; waited < CallLimit; waited += TimeSpan.FromMilliseconds(5))
        {
            if (memory.ReadWord(Data + HookBlock.Calls) == 1)
            {
                isBusy = false;
                return ReadResults(memory, calls.Count);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellation);
        }

        // The list stays busy: the thread may still be at it, and must not find another one under its hands.
        throw new CaptureFailedException($"calls in process {pid} did not return within {CallLimit.TotalSeconds:0} s");
    }

    /// <summary>Puts what calls are given by address into the block's data.</summary>
    public void WriteArguments(byte[] bytes)
    {
        using var memory = ProcessMemory.Open(pid);
        memory.Write(Data + HookBlock.CallResults, bytes);
    }

    /// <summary>Reads bytes that calls have left in the block's data.</summary>
    public byte[] ReadResult(int count)
    {
        using var memory = ProcessMemory.Open(pid);
        var bytes = new byte[count];
        memory.Read(Data + HookBlock.CallResults, bytes);
        return bytes;
    }

    private static (ulong Code, ulong Data)? FindEarlier(ProcessMemory memory, MemoryMap map)
    {
        Span<byte> magic = stackalloc byte[HookBlock.Magic.Length];
        foreach (var mapping in map.Mappings)
        {
            if (!mapping.IsExecutable || mapping.IsWritable || mapping.Path.Length > 0)
            {
                continue;
            }

            memory.Read(mapping.Start, magic);
            if (magic.SequenceEqual(HookBlock.Magic) && mapping.Size >= (ulong)HookBlock.CodeBytes)
            {
                // The same code: another version of it may have its data elsewhere.
                var code = new byte[HookBlock.Code.Length];
                memory.Read(mapping.Start, code);
                if (code.AsSpan((int)HookBlock.Trap).SequenceEqual(HookBlock.Code.AsSpan((int)HookBlock.Trap)))
                {
                    return (mapping.Start, memory.ReadWord(mapping.Start + HookBlock.DataPointer));
                }
            }
        }

        return null;
    }

    private static (ulong Code, ulong Data) Map(int pid, ulong instruction)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            foreach (var tid in Tracer.Threads(pid))
            {
                using var thread = StoppedThread.TryStop(pid, tid);
                if (thread is null)
                {
                    continue;
                }

                var code = MapPart(thread, instruction, (ulong)HookBlock.CodeBytes, ReadExecute);
                var data = MapPart(thread, instruction, HookBlock.DataBytes, ReadWrite);
                return (code, data);
            }

            Thread.Sleep(20);
        }

        throw new ThreadCallException("no thread of it could be stopped (is the process itself stopped?)");
    }

    private static ulong MapPart(StoppedThread thread, ulong instruction, ulong bytes, ulong protection)
    {
        var part = thread.SystemCall(instruction, Mmap, 0, bytes, protection, PrivateAnonymous, ulong.MaxValue, 0);
        return part > 0 ? (ulong)part : throw new ThreadCallException($"it may not map memory (error {-part})");
    }

    private bool Start(IReadOnlyList<TargetCall> calls, Dictionary<string, ulong> threads)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            foreach (var tid in ThreadEntry.FindWaitingThreads(pid))
            {
                if (!isOutsideOfAllocator(tid))
                {
                    continue;
                }

                var started = System.Diagnostics.Stopwatch.GetTimestamp();
                using var thread = StoppedThread.TryStop(pid, tid);
                if (thread is null || !ThreadEntry.IsWaiting(thread.Registers))
                {
                    continue;
                }

                thread.Write(Data + HookBlock.Calls, Encode(calls, threads));
                var result = thread.Call(
                    threads["pthread_create"],
                    Code + HookBlock.Trap,
                    StartLimit,
                    thread.Scratch,
                    0,
                    Code + HookBlock.Run,
                    Data + HookBlock.Calls
                );
                var stopped = System.Diagnostics.Stopwatch.GetElapsedTime(started);
                LongestStop = stopped > LongestStop ? stopped : LongestStop;
                return (int)result == 0;
            }

            Thread.Sleep(5);
        }

        return false;
    }

    /// <summary>struct calls: done, count, self, detach; then for each call its function, six arguments, where these come from, and its result.</summary>
    private static byte[] Encode(IReadOnlyList<TargetCall> calls, Dictionary<string, ulong> threads)
    {
        var words = new List<ulong> { 0, (ulong)calls.Count, threads["pthread_self"], threads["pthread_detach"] };
        foreach (var call in calls)
        {
            words.Add(call.Function);
            words.AddRange(Enumerable.Range(0, 6).Select(i => i < call.Arguments.Count ? call.Arguments[i].Value : 0));
            words.AddRange(
                Enumerable
                    .Range(0, 6)
                    .Select(i => i < call.Arguments.Count ? (ulong)(call.Arguments[i].ResultOf + 1) : 0)
            );
            words.Add(0);
        }

        var bytes = new byte[words.Count * sizeof(ulong)];
        for (var i = 0; i < words.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), words[i]);
        }

        return bytes;
    }

    private ulong[] ReadResults(ProcessMemory memory, int count)
    {
        const int header = 4;
        const int call = 14;
        var results = new ulong[count];
        for (var i = 0; i < count; i++)
        {
            results[i] = memory.ReadWord(
                Data + HookBlock.Calls + (ulong)((header + (i * call) + call - 1) * sizeof(ulong))
            );
        }

        return results;
    }
}
