using System.Globalization;

namespace Tidemark.Runtimes.Injection;

/// <summary>Runs what stops threads of another process on a thread of its own, because the kernel ties the traced to the tracing thread.</summary>
internal static class Tracer
{
    /// <summary>Runs it.</summary>
    public static Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var tracer = new Thread(() =>
        {
            try
            {
                using var unwatched = Ptrace.UnwatchedChildren();
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = "tracer",
        };
        tracer.Start();
        return done.Task;
    }

    /// <summary>Stops all threads of a process, does something, and lets them go on.</summary>
    /// <remarks>A thread that does not stop is in the kernel, where it runs no code of the program.</remarks>
    /// <exception cref="UnauthorizedAccessException">Tracing is not allowed.</exception>
    public static void WhileStopped(int pid, Action work)
    {
        var stopped = new Dictionary<int, StoppedThread>();
        try
        {
            // Threads that run may start others meanwhile: until a round finds no new one.
            for (var (round, found) = (0, true); found && round < 10; round++)
            {
                found = false;
                foreach (var tid in Threads(pid))
                {
                    if (!stopped.ContainsKey(tid) && StoppedThread.TryStop(pid, tid) is { } thread)
                    {
                        stopped.Add(tid, thread);
                        found = true;
                    }
                }
            }

            work();
        }
        finally
        {
            foreach (var thread in stopped.Values)
            {
                thread.Dispose();
            }
        }
    }

    /// <summary>The threads of a process; empty where it is gone.</summary>
    public static IReadOnlyList<int> Threads(int pid)
    {
        try
        {
            return
            [
                .. Directory
                    .EnumerateDirectories($"/proc/{pid}/task")
                    .Select(t => int.Parse(Path.GetFileName(t), CultureInfo.InvariantCulture)),
            ];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
