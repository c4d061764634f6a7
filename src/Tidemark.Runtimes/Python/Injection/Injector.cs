using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Tidemark.Runtimes.Injection;

namespace Tidemark.Runtimes.Python.Injection;

/// <summary>Starts a script inside a CPython process that was not prepared for it, and hands back a private connection to it.</summary>
/// <remarks>
/// What gdb would be asked to do, without gdb: one thread is stopped for well under a millisecond, the others keep running.
/// Nothing of the interpreter runs while it is stopped. The stopped thread makes a socket pair (one end is taken over here,
/// so that there is no name anybody else could connect to), a block of memory with the script, and a thread that waits for
/// the interpreter lock like every other; the block and the thread are gone when the script ends.
/// A thread is used that waits in the kernel in a call that is never made while an allocator's lock is held. Where there is
/// none, because the only thread computes, <c>Py_AddPendingCall</c> is all that is called: the interpreter starts the thread
/// itself at its next safe point.
/// </remarks>
internal static class Injector
{
    private const int Attempts = 40;
    private const int WaitingAttempts = 15;
    private const long Mmap = 9;
    private const long Munmap = 11;
    private const long CloseCall = 3;
    private const long SocketPair = 53;
    private const ulong ReadExecute = 5;
    private const ulong PrivateAnonymous = 0x22;
    private const ulong Unix = 1;
    private const ulong StreamCloseOnExec = 1 | 0x80000;

    // Long, for a machine that is very short of processor time: a call that is given up half-way may leave a lock of the C library held.
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    private static readonly string[] PythonFunctions =
    [
        "Py_IsInitialized",
        "PyGILState_Ensure",
        "PyGILState_Release",
        "PyRun_SimpleString",
        "Py_AddPendingCall",
    ];

    private static readonly string[] ThreadFunctions = ["pthread_create", "pthread_self", "pthread_detach"];

    /// <summary>Starts the script.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="script">Gives the source for the number that the script's end of the connection has in the target.</param>
    /// <param name="cancellation">Ends the attempts between two stops.</param>
    /// <returns>The other end, and how long a thread of the target was stopped.</returns>
    /// <exception cref="AttachFailedException">It could not be done; the target is as it was.</exception>
    public static Task<(Socket Connection, TimeSpan Stopped)> StartAsync(
        int pid,
        Func<int, string> script,
        CancellationToken cancellation
    ) => Tracer.RunAsync(() => Start(pid, script, cancellation));

    private static (Socket Connection, TimeSpan Stopped) Start(
        int pid,
        Func<int, string> script,
        CancellationToken cancellation
    )
    {
        var image = ProcessImage.Read(pid);
        var functions = FindFunctions(image);
        var instruction = ThreadEntry.FindSystemCallInstruction(image);
        var last = "no thread of it could be stopped (is the process itself stopped?)";
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                var waiting = ThreadEntry.FindWaitingThread(pid);
                if (waiting is null && attempt < WaitingAttempts)
                {
                    Thread.Sleep(2);
                    continue;
                }

                if (TryStart(pid, waiting ?? pid, waiting is not null, functions, instruction, script) is { } started)
                {
                    return started;
                }
            }
            catch (ThreadCallException e)
            {
                last = e.Message;
            }
            catch (UnauthorizedAccessException) when (attempt > 0)
            {
                break; // it was let in before: a thread that would not stop is still on its way to us
            }
            catch (UnauthorizedAccessException e)
            {
                throw new AttachFailedException(
                    $"process {pid} may not be traced ({e.Message}): run as root or give CAP_SYS_PTRACE, or let the "
                        + "program load the agent itself (tidemark python-agent --help)",
                    e
                );
            }

            Thread.Sleep(20);
        }

        throw new AttachFailedException($"process {pid} could not be entered: {last}");
    }

    private static (Socket Connection, TimeSpan Stopped)? TryStart(
        int pid,
        int tid,
        bool waits,
        TargetFunctions functions,
        ulong instruction,
        Func<int, string> script
    )
    {
        var start = Stopwatch.GetTimestamp();
        Socket? connection = null;
        try
        {
            using (var thread = StoppedThread.TryStop(pid, tid))
            {
                if (thread is null || (waits && !ThreadEntry.IsWaiting(thread.Registers)))
                {
                    return null;
                }

                var theirs = Connect(pid, thread, instruction, out connection);
                var source = script(theirs);
                var length = (ulong)Trampoline.LengthFor(source);
                var block = thread.SystemCall(
                    instruction,
                    Mmap,
                    0,
                    length,
                    ReadExecute,
                    PrivateAnonymous,
                    ulong.MaxValue,
                    0
                );
                if (block < 0)
                {
                    thread.SystemCall(instruction, CloseCall, (ulong)theirs);
                    throw new ThreadCallException($"it may not map executable memory (error {-block})");
                }

                var trampoline = new Trampoline(functions, (ulong)block, source);
                thread.Write((ulong)block, trampoline.Bytes);
                // Where the call is given up, nobody knows whether the script has begun already: it takes away the block that it
                // runs in, and its end of the connection, when it sees that the other end is closed. They are not taken from under it.
                if (!Schedule(thread, waits, functions, trampoline))
                {
                    thread.SystemCall(instruction, Munmap, (ulong)block, length);
                    thread.SystemCall(instruction, CloseCall, (ulong)theirs);
                    throw new ThreadCallException("its queue of pending calls is full");
                }
            }
        }
        catch
        {
            connection?.Dispose();
            throw;
        }

        return (connection, Stopwatch.GetElapsedTime(start));
    }

    /// <returns>False where the interpreter takes no more pending calls.</returns>
    private static bool Schedule(StoppedThread thread, bool waits, TargetFunctions functions, Trampoline trampoline)
    {
        var result = waits
            ? thread.Call(trampoline.Start, trampoline.Trap, CallLimit, 0, 0)
            : thread.Call(functions.AddPendingCall, trampoline.Trap, CallLimit, trampoline.Start, 0);
        return (int)result == 0;
    }

    private static int Connect(int pid, StoppedThread thread, ulong instruction, out Socket connection)
    {
        var pair = thread.Scratch;
        var made = thread.SystemCall(instruction, SocketPair, Unix, StreamCloseOnExec, 0, pair);
        if (made < 0)
        {
            throw new ThreadCallException($"it could not open a socket (error {-made})");
        }

        var descriptors = MemoryMarshal.Cast<byte, int>(thread.Read(pair, 8));
        var (ours, theirs) = (descriptors[0], descriptors[1]);
        var taken = Ptrace.TakeDescriptor(pid, ours);
        var error = Marshal.GetLastPInvokeErrorMessage();
        thread.SystemCall(instruction, CloseCall, (ulong)ours);
        if (taken < 0)
        {
            thread.SystemCall(instruction, CloseCall, (ulong)theirs);
            throw new ThreadCallException($"its end of the connection could not be taken over ({error})");
        }

        connection = new Socket(new SafeSocketHandle(taken, ownsHandle: true));
        return theirs;
    }

    private static TargetFunctions FindFunctions(ProcessImage image)
    {
        var python =
            image.Find(_ => true, PythonFunctions)
            ?? throw new AttachFailedException(
                $"process {image.Pid} has no CPython whose functions can be found (stripped, or not CPython 3)"
            );
        var threads =
            image.Find(ThreadEntry.IsSystemLibrary, ThreadFunctions)
            ?? image.Find(_ => true, ThreadFunctions)
            ?? throw new AttachFailedException($"process {image.Pid} has no thread library that is known");
        var unmap =
            image.Find(ThreadEntry.IsSystemLibrary, "munmap")
            ?? image.Find(_ => true, "munmap")
            ?? throw new AttachFailedException($"process {image.Pid} has no C library that is known");
        return new TargetFunctions(
            python["Py_IsInitialized"],
            python["PyGILState_Ensure"],
            python["PyGILState_Release"],
            python["PyRun_SimpleString"],
            python["Py_AddPendingCall"],
            threads["pthread_create"],
            threads["pthread_self"],
            threads["pthread_detach"],
            unmap["munmap"]
        );
    }
}
