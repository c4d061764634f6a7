using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Injection;

/// <summary>What was asked of a stopped thread did not come to an end in time, or ended in a fault; the thread goes on as if nothing had been asked.</summary>
internal sealed class ThreadCallException(string message) : Exception(message);

/// <summary>One stopped thread of another process, its registers kept: it can be made to do a system call or a function call, and goes on where it was when disposed.</summary>
/// <remarks>All calls must come from the operating system thread that stopped it. The other threads of the process keep running.</remarks>
internal sealed unsafe class StoppedThread : IDisposable
{
    private const int XStateLimit = 32 << 10;
    private const int RedZone = 128;

    // Faults must reach us; everything else waits until the thread is its own again.
    private const ulong BlockedSignals = ~((1UL << 3) | (1UL << 4) | (1UL << 6) | (1UL << 7) | (1UL << 10));

    // None of these calls blocks: on a busy machine the thread waits for a processor, as it would without us.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // So long nobody asks whether a stop was told to somebody else.
    private static readonly TimeSpan Unnoticed = TimeSpan.FromMilliseconds(20);

    /// <summary>32-bit words of a <c>siginfo_t</c>.</summary>
    private const int SignalWords = 32;

    private readonly int tid;
    private readonly SafeFileHandle memory;
    private readonly Registers saved;
    private readonly byte[] savedExtended;
    private readonly ulong savedMask;
    private bool lost;

    private StoppedThread(int tid, SafeFileHandle memory, Registers saved, byte[] savedExtended, ulong savedMask)
    {
        this.tid = tid;
        this.memory = memory;
        this.saved = saved;
        this.savedExtended = savedExtended;
        this.savedMask = savedMask;
    }

    /// <summary>The registers as the thread left them.</summary>
    public Registers Registers => saved;

    /// <summary>Stops one thread.</summary>
    /// <returns>Null where it has ended or would not stop in time.</returns>
    /// <exception cref="UnauthorizedAccessException">Tracing is not allowed.</exception>
    public static StoppedThread? TryStop(int pid, int tid)
    {
        if (Ptrace.Request(Ptrace.Seize, tid, 0, 0) != 0)
        {
            const int noSuchProcess = 3;
            return Marshal.GetLastPInvokeError() == noSuchProcess
                ? null
                : throw new UnauthorizedAccessException(Marshal.GetLastPInvokeErrorMessage());
        }

        if (Ptrace.Request(Ptrace.Interrupt, tid, 0, 0) != 0 || !WaitForInterrupt(tid))
        {
            _ = Ptrace.Request(Ptrace.Detach, tid, 0, 0);
            return null;
        }

        try
        {
            Registers registers;
            ulong mask;
            Check(Ptrace.Request(Ptrace.GetRegisters, tid, 0, (nint)(&registers)));
            Check(Ptrace.Request(Ptrace.GetSignalMask, tid, sizeof(ulong), (nint)(&mask)));
            var extended = ReadExtended(tid);
            var memory = File.OpenHandle($"/proc/{pid}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var blocked = BlockedSignals;
            Check(Ptrace.Request(Ptrace.SetSignalMask, tid, sizeof(ulong), (nint)(&blocked)));
            return new StoppedThread(tid, memory, registers, extended, mask);
        }
        catch
        {
            _ = Ptrace.Request(Ptrace.Detach, tid, 0, 0);
            throw;
        }
    }

    /// <summary>Reads the process's memory.</summary>
    public byte[] Read(ulong address, int count)
    {
        var bytes = new byte[count];
        return RandomAccess.Read(memory, bytes, (long)address) == count
            ? bytes
            : throw new ThreadCallException($"its memory at 0x{address:x} could not be read");
    }

    /// <summary>Writes the process's memory, write-protected or not.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes) => MemoryFile.Write(memory, address, bytes);

    /// <summary>Memory below the stack that a signal handler would use as well.</summary>
    public ulong Scratch => (saved.Rsp - RedZone - 1024) & ~0xfUL;

    /// <summary>Makes the thread do one system call.</summary>
    /// <param name="instruction">The address of a <c>syscall</c> instruction in the process.</param>
    /// <param name="number">The call's number.</param>
    /// <param name="arguments">At most six.</param>
    /// <returns>Its result; a negative error number where it failed.</returns>
    public long SystemCall(ulong instruction, long number, params ReadOnlySpan<ulong> arguments)
    {
        var registers = saved;
        registers.Rip = instruction;
        registers.Rax = (ulong)number;
        registers.OrigRax = ulong.MaxValue;
        Span<ulong> six = stackalloc ulong[6];
        six.Clear();
        arguments.CopyTo(six);
        (registers.Rdi, registers.Rsi, registers.Rdx) = (six[0], six[1], six[2]);
        (registers.R10, registers.R8, registers.R9) = (six[3], six[4], six[5]);
        return Run(registers, Ptrace.SingleStep, Patience, "a system call");
    }

    /// <summary>Makes the thread call a function, on its own stack below what it uses.</summary>
    /// <param name="function">The function's address.</param>
    /// <param name="trap">The address of a breakpoint instruction to return to.</param>
    /// <param name="limit">How long it may take; the thread is put back to where it was after that.</param>
    /// <param name="first">The first argument.</param>
    /// <param name="second">The second argument.</param>
    /// <param name="third">The third argument.</param>
    /// <param name="fourth">The fourth argument.</param>
    /// <returns>What the function returned.</returns>
    public long Call(
        ulong function,
        ulong trap,
        TimeSpan limit,
        ulong first,
        ulong second,
        ulong third = 0,
        ulong fourth = 0
    )
    {
        var registers = saved;
        registers.Rip = function;
        registers.Rsp = Scratch - sizeof(ulong);
        registers.Rdi = first;
        registers.Rsi = second;
        registers.Rdx = third;
        registers.Rcx = fourth;
        registers.Rax = 0;
        registers.OrigRax = ulong.MaxValue;
        const ulong directionAndTrapFlags = 0x500;
        registers.Eflags &= ~directionAndTrapFlags;
        Write(registers.Rsp, BitConverter.GetBytes(trap));
        return Run(registers, Ptrace.Continue, limit, "a function call");
    }

    /// <summary>Puts the thread back to where it was and lets it go.</summary>
    public void Dispose()
    {
        memory.Dispose();
        if (lost)
        {
            return;
        }

        var registers = saved;
        var mask = savedMask;
        _ = Ptrace.Request(Ptrace.SetRegisters, tid, 0, (nint)(&registers));
        fixed (byte* bytes = savedExtended)
        {
            var vector = new IoVector { Base = (nint)bytes, Length = savedExtended.Length };
            _ = Ptrace.Request(Ptrace.SetRegisterSet, tid, Ptrace.XState, (nint)(&vector));
        }

        _ = Ptrace.Request(Ptrace.SetSignalMask, tid, sizeof(ulong), (nint)(&mask));
        _ = Ptrace.Request(Ptrace.Detach, tid, 0, 0);
    }

    private long Run(Registers registers, int resume, TimeSpan limit, string what)
    {
        Check(Ptrace.Request(Ptrace.SetRegisters, tid, 0, (nint)(&registers)));
        Check(Ptrace.Request(resume, tid, 0, 0));
        if (Wait(tid, limit) is not { } stop)
        {
            return ReturnedLate() is { } result
                ? result
                : throw new ThreadCallException($"{what} in it did not return within {limit.TotalSeconds:0.#} s");
        }

        if (stop.Ended)
        {
            lost = true;
            throw new ThreadCallException("it ended");
        }

        if (stop.Signal != Ptrace.Trap)
        {
            throw new ThreadCallException($"{what} in it met signal {stop.Signal}");
        }

        Check(Ptrace.Request(Ptrace.GetRegisters, tid, 0, (nint)(&registers)));
        return (long)registers.Rax;
    }

    /// <summary>
    /// Interrupts a call whose time is over. One that ends just then has ended: the signal of its breakpoint must never go on to the
    /// program, which would die of it.
    /// </summary>
    /// <returns>Its result; null where it had none yet.</returns>
    private long? ReturnedLate()
    {
        long? result = null;
        var isInterrupted = false;
        _ = Ptrace.Request(Ptrace.Interrupt, tid, 0, 0);
        while (Wait(tid, Patience) is { Ended: false } stop)
        {
            if (stop.Event == Ptrace.StopEvent && stop.Signal != Ptrace.Trap)
            {
                return result; // somebody else has stopped the process: it is stopped all the same
            }

            if (stop.Event == Ptrace.StopEvent)
            {
                isInterrupted = true;
            }
            else if (stop.Signal == Ptrace.Trap)
            {
                Registers registers;
                Check(Ptrace.Request(Ptrace.GetRegisters, tid, 0, (nint)(&registers)));
                result = (long)registers.Rax;
            }

            // The two come in any order: the thread goes on only where the other one comes before it does anything else.
            if (isInterrupted && (result is not null || !IsTrapPending()))
            {
                return result;
            }

            var isOurs = stop.Event == Ptrace.StopEvent || stop.Signal == Ptrace.Trap;
            _ = Ptrace.Request(Ptrace.Continue, tid, 0, isOurs ? 0 : stop.Signal);
        }

        lost = true;
        return null;
    }

    /// <summary>True where the thread has run into its breakpoint and the signal of that waits behind our interruption.</summary>
    private bool IsTrapPending()
    {
        const int most = 32;
        var question = new PendingSignals { Count = most };
        var answers = stackalloc byte[most * PendingSignals.AnswerSize];
        var pending = Ptrace.Request(Ptrace.PeekSignals, tid, (nint)(&question), (nint)answers);
        for (var i = 0; i < pending; i++)
        {
            if (*(int*)(answers + (i * PendingSignals.AnswerSize)) == Ptrace.Trap)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Stop(int Signal, int Event, bool Ended);

    private static bool WaitForInterrupt(int tid)
    {
        while (Wait(tid, Patience) is { Ended: false } stop)
        {
            if (stop.Event == Ptrace.StopEvent)
            {
                // A process that somebody stopped (SIGSTOP) shows the stopping signal here.
                return stop.Signal == Ptrace.Trap;
            }

            // A signal of its own on the way: it gets it, then comes our stop.
            _ = Ptrace.Request(Ptrace.Continue, tid, 0, stop.Signal);
        }

        return false;
    }

    private static Stop? Wait(int tid, TimeSpan limit)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            int status;
            var got = Ptrace.WaitPid(tid, &status, Ptrace.AllChildren | Ptrace.NoHang);
            if (got == tid)
            {
                var stopped = (status & 0xff) == 0x7f;
                return new Stop((status >> 8) & 0xff, status >> 16, !stopped);
            }

            if (got < 0)
            {
                return new Stop(0, 0, Ended: true);
            }

            var waited = Stopwatch.GetElapsedTime(start);
            if (waited > Unnoticed && TakenFromUs(tid) is { } taken)
            {
                return taken;
            }

            if (waited > limit)
            {
                return null;
            }

            if (waited.TotalMilliseconds > 1)
            {
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>
    /// The stop of a thread that has stopped without our being told: whoever else waits in this process for the one that it belongs
    /// to (the runtime, for a process that we have started) is told instead. To go on as if it ran would be its death.
    /// </summary>
    /// <returns>Null where it runs, or we are told after all.</returns>
    private static Stop? TakenFromUs(int tid)
    {
        const int invalid = 22;
        const int stopped = 19;
        var signal = stackalloc int[SignalWords];
        var isStopped = Ptrace.Request(Ptrace.GetSignal, tid, 0, (nint)signal) == 0;
        var isHeld = !isStopped && Marshal.GetLastPInvokeError() == invalid; // somebody has stopped the process
        int status;
        if (!isStopped && !isHeld)
        {
            return null;
        }

        if (Ptrace.WaitPid(tid, &status, Ptrace.AllChildren | Ptrace.NoHang) == tid)
        {
            return new Stop((status >> 8) & 0xff, status >> 16, (status & 0xff) != 0x7f);
        }

        // The signal's number, an error number, and its code, which holds the event as a status does.
        return isHeld
            ? new Stop(stopped, Ptrace.StopEvent, Ended: false)
            : new Stop(signal[0], signal[2] >> 8, Ended: false);
    }

    private static byte[] ReadExtended(int tid)
    {
        var bytes = new byte[XStateLimit];
        fixed (byte* start = bytes)
        {
            var vector = new IoVector { Base = (nint)start, Length = bytes.Length };
            Check(Ptrace.Request(Ptrace.GetRegisterSet, tid, Ptrace.XState, (nint)(&vector)));
            return bytes[..(int)vector.Length];
        }
    }

    private static void Check(long result)
    {
        if (result != 0)
        {
            throw new ThreadCallException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    /// <summary><c>struct ptrace_peeksiginfo_args</c>: signals of the thread, from the first on.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PendingSignals
    {
        /// <summary>Bytes of a <c>siginfo_t</c>, whose first word is the signal's number.</summary>
        public const int AnswerSize = 128;

        public ulong Offset;
        public uint Flags;
        public int Count;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public nint Base;
        public nint Length;
    }
}
