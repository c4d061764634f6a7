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

    /// <summary>Keeps the kernel from signalling the stops of traced threads, until disposed.</summary>
    /// <remarks>The runtime would take a signalled stop of a process that it has started itself for that process's end.</remarks>
    public static IDisposable QuietStops() => new StopsUnsignalled();

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

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

    private sealed class StopsUnsignalled : IDisposable
    {
        private const int Child = 17;
        private const int NoStopSignals = 1;
        private readonly bool isOurs = Change(set: true);

        public void Dispose()
        {
            if (isOurs)
            {
                Change(set: false);
            }
        }

        private static bool Change(bool set)
        {
            SignalDisposition disposition;
            _ = SignalAction(Child, null, &disposition);
            if ((disposition.Flags & NoStopSignals) != 0 == set)
            {
                return false;
            }

            disposition.Flags ^= NoStopSignals;
            _ = SignalAction(Child, &disposition, null);
            return true;
        }
    }
}
