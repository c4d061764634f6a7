using System.Diagnostics;
using System.Globalization;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Cases;
using Tidemark.Diagnosis.Watching;
using Tidemark.Runtimes;
using Tidemark.Runtimes.Native;

namespace Tidemark.Diagnosis.Tests.Watching;

/// <summary>Real processes that end while they are watched: who was killed at its memory limit is told so, and nobody else.</summary>
public sealed class KilledTargetTests : IDisposable
{
    private const int Limit = 64 << 20;

    // Grows once it is asked to, until somebody stops it.
    private const string Program =
        "print('ready', flush=True); input(); kept = []\nwhile True: kept.append(b'x' * 1000000)";

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-killed-").FullName;
    private readonly string? group = MakeGroup();

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        // The kernel lets go of an ended process's group a moment later.
        for (var attempt = 0; group is not null && Directory.Exists(group) && attempt < 100; attempt++)
        {
            try
            {
                Directory.Delete(group);
            }
            catch (IOException)
            {
                Thread.Sleep(50);
            }
        }
    }

    /// <summary>By the kernel itself, where control groups may be made.</summary>
    [Fact]
    public async Task A_process_that_the_kernel_kills_at_its_limit_is_told_so()
    {
        if (group is null)
        {
            // What the counters say is tested with ProcfsSource on files; here only the kernel's own deed would add to that.
            return;
        }

        var (file, evidence) = await WatchAsync(p => p.StandardInput.WriteLine());

        file.Ending.ShouldBe(CaseEnding.TargetGone);
        file.Killed.ShouldNotBeNull().ShouldEndWith("for want of memory, at its limit of 64.0 MiB (67108864 bytes)");
        file.Notes.ShouldContain(n => n.StartsWith(file.Killed));
        evidence.ShouldContain(e => e.Signal == "limit" && e.Finding == file.Killed);
    }

    [Fact]
    public async Task One_that_somebody_else_kills_is_not()
    {
        var (file, evidence) = await WatchAsync(p => p.Kill());

        file.Ending.ShouldBe(CaseEnding.TargetGone);
        file.Killed.ShouldBeNull();
        file.Notes.ShouldContain(n => n.Contains("has ended after"));
        evidence.ShouldNotContain(e => e.Signal == "limit");
    }

    private async Task<(CaseFile File, IReadOnlyList<Evidence> Evidence)> WatchAsync(Action<Process> end)
    {
        var enter = group is null ? "" : $"echo $$ > {group}/cgroup.procs; ";
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", $"{enter}exec python3 -c \"$0\"", Program])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
            using var cases = CaseFolder.Create(
                Path.Combine(folder, "case"),
                new CaseFile
                {
                    Target = new CaseTarget("python3", "native", process.Id, null),
                    StartedAt = DateTimeOffset.UtcNow,
                    ForSeconds = 60,
                }
            );
            var live = await LiveTarget.AttachAsync(
                new Target(process.Id, null, "python3"),
                new NativeRuntime(),
                null,
                TimeProvider.System,
                default
            );
            var watch = new Watch(
                live,
                cases,
                new WatchOptions { For = TimeSpan.FromSeconds(60), Captures = false },
                new ProcessHistoryBuilder("python3"),
                _ => Task.FromResult<LiveTarget?>(null),
                TimeProvider.System,
                progress: null
            );
            var running = watch.RunAsync(default);
            await Task.Delay(1500);
            end(process);
            var history = await running;
            await watch.Target.DisposeAsync();
            var diagnosis = CaseAnalysis.Analyze(cases.File, cases.Path, history, new RuntimeKnowledge(), new());
            return (cases.File, diagnosis.Verdict.Evidence);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>A control group with a limit of its own; null where none may be made.</summary>
    private static string? MakeGroup()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"tidemark-{Environment.ProcessId}-{Guid.NewGuid():N}");
        foreach (
            var (parent, limit) in new[]
            {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                ("/sys/fs/cgroup", "memory.max"),
            }
        )
        {
            var path = Path.Combine(parent, name);
            try
            {
                if (!File.Exists(Path.Combine(parent, "cgroup.procs")))
                {
                    continue;
                }

                Directory.CreateDirectory(path);
                File.WriteAllText(Path.Combine(path, limit), Limit.ToString(CultureInfo.InvariantCulture));
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (Directory.Exists(path))
                {
                    Directory.Delete(path);
                }
            }
        }

        return null;
    }
}
