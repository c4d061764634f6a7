using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Tidemark.Metrics.Procfs;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Watching;

/// <summary>A process that was started to be diagnosed, and is stopped afterwards with all that it started.</summary>
public sealed class StartedProcess : IAsyncDisposable
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private const int LinesKept = 50;

    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StartedProcess(Process process) => this.process = process;

    /// <summary>The last lines that it printed, on either stream.</summary>
    public IReadOnlyList<string> LastLines => [.. lines];

    /// <summary>Starts a command in a session of its own, so that Ctrl-C stops the diagnosis and not the service.</summary>
    /// <remarks>
    /// A shell stands between: a process that is our own child cannot be traced reliably, because .NET waits for its
    /// children and would take the news of a tracing stop away from who waits for that.
    /// </remarks>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="folder">Its working directory; null for ours.</param>
    /// <exception cref="AttachFailedException">It cannot be started.</exception>
    public static StartedProcess Start(IReadOnlyList<string> command, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        var start = new ProcessStartInfo("setsid", ["sh", "-c", "\"$@\"; exit $?", "sh", .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        if (Locate(command[0], folder) is null)
        {
            throw new AttachFailedException($"{command[0]}: no such program");
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new AttachFailedException($"{string.Join(' ', command)}: cannot be started: {e.Message}", e);
        }

        var started = new StartedProcess(process);
        process.OutputDataReceived += started.Receive;
        process.ErrorDataReceived += started.Receive;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Waits until the command prints a line that is <c>ready</c>.</summary>
    /// <exception cref="AttachFailedException">It ended or did not say so in time.</exception>
    public async Task ReadyAsync(TimeSpan patience, CancellationToken cancellation)
    {
        var ended = process.WaitForExitAsync(cancellation);
        var first = await Task.WhenAny(ready.Task, ended, Task.Delay(patience, cancellation));
        cancellation.ThrowIfCancellationRequested();
        if (first != ready.Task)
        {
            throw new AttachFailedException(
                first == ended
                    ? Ended()
                    : $"the service did not print 'ready' within {patience.TotalSeconds:0} s{LastWords()}"
            );
        }
    }

    /// <summary>Waits until the command has settled, and names the process that does the work: itself, or the largest that it started.</summary>
    /// <exception cref="AttachFailedException">It ended at once.</exception>
    public async Task<Target> SettleAsync(TimeProvider time, CancellationToken cancellation)
    {
        await Task.Delay(Settling, time, cancellation);
        if (process.HasExited)
        {
            // Its last words may still be on their way; what it left running would keep the pipe open for ever.
            await Task.WhenAny(process.WaitForExitAsync(cancellation), Task.Delay(Settling, cancellation));
            throw new AttachFailedException(Ended());
        }

        return FindService();
    }

    /// <summary>The process that does the work now: the largest of all that the command has started.</summary>
    public Target FindService() =>
        TargetFinder.OfPid(Family(process.Id).MaxBy(pid => new ProcessFiles(pid).ReadStatus()?.Resident ?? 0));

    /// <summary>Asks the command and all that it started to end, and makes them after a moment.</summary>
    public async ValueTask DisposeAsync()
    {
        var family = Family(process.Id);
        foreach (var pid in family)
        {
            Signal(pid, "TERM");
        }

        using var grace = new CancellationTokenSource(Grace);
        try
        {
            while (family.Exists(pid => new ProcessFiles(pid).Exists))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), grace.Token);
            }
        }
        catch (OperationCanceledException)
        {
            foreach (var pid in family)
            {
                Signal(pid, "KILL");
            }

            // Killed is not yet gone: its ports and its memory are free only then.
            for (var wait = 0; wait < 100 && family.Exists(pid => new ProcessFiles(pid).Exists); wait++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
            }
        }

        process.Dispose();
    }

    private void Receive(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not { } text)
        {
            return;
        }

        lines.Enqueue(text);
        while (lines.Count > LinesKept)
        {
            lines.TryDequeue(out _);
        }

        if (text.Trim() == "ready")
        {
            ready.TrySetResult();
        }
    }

    private string Ended() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"the command ended by itself with status {process.ExitCode} before it could be watched{LastWords()}"
        );

    private string LastWords() => lines.LastOrDefault(l => l.Length > 0) is { } last ? $"; it last said: {last}" : "";

    /// <summary>A process and its descendants.</summary>
    private static List<int> Family(int root)
    {
        var parents = Directory
            .EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(n => int.TryParse(n, CultureInfo.InvariantCulture, out _))
            .Select(n => int.Parse(n!, CultureInfo.InvariantCulture))
            .Select(pid => (Pid: pid, new ProcessFiles(pid).ReadStat()?.Parent))
            .ToList();
        var family = new List<int> { root };
        for (var i = 0; i < family.Count; i++)
        {
            family.AddRange(parents.Where(p => p.Parent == family[i]).Select(p => p.Pid));
        }

        return family;
    }

    private static void Signal(int pid, string signal)
    {
        using var kill = Process.Start(
            new ProcessStartInfo("kill", ["-s", signal, pid.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardError = true,
            }
        );
        kill?.WaitForExit();
    }

    private static string? Locate(string program, string? folder)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.GetFullPath(program, Path.GetFullPath(folder ?? "."));
            return File.Exists(path) ? path : null;
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(d => Path.Combine(d, program))
            .FirstOrDefault(File.Exists);
    }
}
