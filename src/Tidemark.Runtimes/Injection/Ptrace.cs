using System.Runtime.InteropServices;

namespace Tidemark.Runtimes.Injection;

/// <summary>The registers of an x86-64 thread in the kernel's order (<c>struct user_regs_struct</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Registers
{
    public ulong R15,
        R14,
        R13,
        R12,
        Rbp,
        Rbx,
        R11,
        R10,
        R9,
        R8,
        Rax,
        Rcx,
        Rdx,
        Rsi,
        Rdi,
        OrigRax,
        Rip,
        Cs,
        Eflags,
        Rsp,
        Ss,
        FsBase,
        GsBase,
        Ds,
        Es,
        Fs,
        Gs;
}

/// <summary>The system calls behind a debugger, as the C library offers them.</summary>
internal static unsafe partial class Ptrace
{
    public const int Seize = 0x4206;
    public const int Interrupt = 0x4207;
    public const int Continue = 7;
    public const int SingleStep = 9;
    public const int Detach = 17;
    public const int GetRegisters = 12;
    public const int SetRegisters = 13;
    public const int GetRegisterSet = 0x4204;
    public const int SetRegisterSet = 0x4205;
    public const int GetSignalMask = 0x420a;
    public const int SetSignalMask = 0x420b;
    public const int PeekSignals = 0x4209;
    public const int GetSignal = 0x4202;
    public const int XState = 0x202;
    public const int StopEvent = 128;
    public const int NoHang = 1;
    public const int AllChildren = 0x40000000;
    public const int Trap = 5;
    private const long PidfdOpen = 434;
    private const long PidfdGetfd = 438;

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    public static partial long Request(long request, int tid, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int tid, int* status, int options);

    /// <summary>Takes a copy of another process's file descriptor; needs the right to trace it.</summary>
    /// <returns>The descriptor here, or -1 with the error set.</returns>
    public static int TakeDescriptor(int pid, int descriptor)
    {
        var process = (int)SystemCall(PidfdOpen, pid, 0, 0);
        if (process < 0)
        {
            return -1;
        }

        var taken = (int)SystemCall(PidfdGetfd, process, descriptor, 0);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(process);
        Marshal.SetLastPInvokeError(error);
        return taken;
    }

    /// <summary>Keeps the runtime from looking after the processes that it has started, until disposed.</summary>
    /// <remarks>
    /// Told of an end that it knows nothing of (a traced thread's), it asks for the state of every process that it has started, and
    /// takes the stop of a traced one for that process's end. What has ended meanwhile it is told of afterwards.
    /// </remarks>
    public static IDisposable UnwatchedChildren() => new ChildrenUnwatched();

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long first, long second, long third);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int SignalAction(int signal, SignalDisposition* set, SignalDisposition* old);

    /// <summary>The C library's <c>struct sigaction</c> on x86-64 Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SignalDisposition
    {
        public nint Handler;
        public fixed byte Mask[128];
        public int Flags;
        public nint Restorer;
    }

    private sealed class ChildrenUnwatched : IDisposable
    {
        private const int Child = 17;
        private const nint Default = 0;
        private static readonly Lock Gate = new();
        private static int tracers;
        private static SignalDisposition watched;

        public ChildrenUnwatched()
        {
            lock (Gate)
            {
                if (tracers++ > 0)
                {
                    return;
                }

                SignalDisposition now;
                _ = SignalAction(Child, null, &now);
                watched = now;
                if (watched.Handler != Default)
                {
                    var none = default(SignalDisposition);
                    _ = SignalAction(Child, &none, null);
                }
            }
        }

        public void Dispose()
        {
            lock (Gate)
            {
                if (--tracers > 0 || watched.Handler == Default)
                {
                    return;
                }

                // Where the runtime has begun to look after children meanwhile, it has put its own handler there.
                SignalDisposition now;
                _ = SignalAction(Child, null, &now);
                if (now.Handler == Default)
                {
                    now = watched;
                    _ = SignalAction(Child, &now, null);
                    _ = Kill(Environment.ProcessId, Child);
                }
            }
        }
    }
}
