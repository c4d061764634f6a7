using System.Globalization;

namespace Tidemark.Runtimes.Injection;

/// <summary>Where another process may be entered: a thread that waits in the kernel, and an instruction that calls it.</summary>
internal static class ThreadEntry
{
    // read, write, poll, select, accept, sendto, recvfrom, sendmsg, recvmsg, wait4, semop, msgrcv, pause, nanosleep, futex,
    // rt_sigtimedwait, rt_sigsuspend, io_getevents, restart_syscall, clock_nanosleep, epoll_wait, waitid, pselect6, ppoll,
    // epoll_pwait, accept4, recvmmsg: calls that wait, and that no allocator makes under its lock.
    private static readonly HashSet<long> WaitingCalls =
    [
        0,
        1,
        7,
        23,
        34,
        35,
        43,
        44,
        45,
        46,
        47,
        61,
        65,
        70,
        128,
        130,
        202,
        208,
        219,
        230,
        232,
        247,
        270,
        271,
        281,
        288,
        299,
    ];

    /// <summary>True for the name of a C library or its thread library.</summary>
    public static bool IsSystemLibrary(string name) =>
        name.StartsWith("libc.", StringComparison.Ordinal)
        || name.StartsWith("libc-", StringComparison.Ordinal)
        || name.StartsWith("libpthread", StringComparison.Ordinal)
        || name.StartsWith("ld-musl", StringComparison.Ordinal);

    /// <summary>The address of a <c>syscall</c> instruction in the C library.</summary>
    /// <exception cref="AttachFailedException">There is none that is known.</exception>
    public static ulong FindSystemCallInstruction(ProcessImage image)
    {
        ReadOnlySpan<byte> systemCall = [0x0f, 0x05];
        foreach (var name in (ReadOnlySpan<string>)["getpid", "munmap", "syscall"])
        {
            if ((image.Find(IsSystemLibrary, name) ?? image.Find(_ => true, name)) is not { } found)
            {
                continue;
            }

            using var memory = File.OpenHandle(
                $"/proc/{image.Pid}/mem",
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite
            );
            var bytes = new byte[64];
            var read = RandomAccess.Read(memory, bytes, (long)found[name]);
            var at = bytes.AsSpan(0, read).IndexOf(systemCall);
            if (at >= 0)
            {
                return found[name] + (ulong)at;
            }
        }

        throw new AttachFailedException($"process {image.Pid} has no C library that is known");
    }

    /// <summary>True where a stopped thread waited in such a call.</summary>
    public static bool IsWaiting(Registers registers)
    {
        // Interrupted while it waited: EINTR or one of the kernel's restart codes (512 to 516).
        var result = -(long)registers.Rax;
        return WaitingCalls.Contains((long)registers.OrigRax) && result is 4 or (>= 512 and <= 516);
    }

    /// <summary>A thread that waits in one of the calls that no allocator makes under its lock; null where there is none.</summary>
    public static int? FindWaitingThread(int pid) => FindWaitingThreads(pid) is [var first, ..] ? first : null;

    /// <summary>All such threads, those that wait for a lock last.</summary>
    public static IReadOnlyList<int> FindWaitingThreads(int pid)
    {
        const long futex = 202;
        var outside = new List<int>();
        var locks = new List<int>();
        foreach (var task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            try
            {
                var call = File.ReadAllText(Path.Combine(task, "syscall")).AsSpan();
                var end = call.IndexOf(' ');
                if (
                    end > 0
                    && long.TryParse(call[..end], CultureInfo.InvariantCulture, out var number)
                    && WaitingCalls.Contains(number)
                )
                {
                    (number == futex ? locks : outside).Add(
                        int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture)
                    );
                }
            }
            catch (IOException)
            {
                // This thread has just ended.
            }
        }

        return [.. outside, .. locks];
    }
}
