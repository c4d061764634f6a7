using System.Diagnostics;
using Tidemark.Core.Growth;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Cases;
using Tidemark.Runtimes.Native;

namespace Tidemark.Diagnosis.Tests.Watching;

/// <summary>Real processes that end while they are watched: who was killed at its memory limit is told so, and nobody else.</summary>
public sealed class KilledTargetTests : IDisposable
{
    // Grows once it is asked to, until somebody stops it.
    private const string Program =
        "print('ready', flush=True); input(); kept = []\nwhile True: kept.append(b'x' * 1000000)";

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-killed-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>By the kernel itself where control groups may be made, else with what the kernel counts written beside it.</summary>
    [Fact]
    public async Task A_process_that_the_kernel_kills_at_its_limit_is_told_so()
    {
        using var group = MemoryGroup.TryMake() ?? MemoryGroup.OfFiles();
        await AssertToldAsync(group);
    }

    [Fact]
    public async Task One_whose_group_counts_a_kill_is_told_so()
    {
        using var group = MemoryGroup.OfFiles();
        await AssertToldAsync(group);
    }

    [Fact]
    public async Task One_that_somebody_else_kills_is_not()
    {
        using var group = MemoryGroup.OfFiles();
        var (file, evidence) = await WatchAsync(group, p => p.Kill());

        file.Ending.ShouldBe(CaseEnding.TargetGone);
        file.Killed.ShouldBeNull();
        file.Notes.ShouldContain(n => n.Contains("has ended after"));
        evidence.ShouldNotContain(e => e.Signal == "limit");
    }

    private async Task AssertToldAsync(MemoryGroup group)
    {
        var (file, evidence) = await WatchAsync(group, p => group.Kill(p, () => p.StandardInput.WriteLine()));

        file.Ending.ShouldBe(CaseEnding.TargetGone);
        file.Killed.ShouldNotBeNull().ShouldEndWith("for want of memory, at its limit of 64.0 MiB (67108864 bytes)");
        file.Notes.ShouldContain(n => n.StartsWith(file.Killed));
        evidence.ShouldContain(e => e.Signal == "limit" && e.Finding == file.Killed);
    }

    private async Task<(CaseFile File, IReadOnlyList<Evidence> Evidence)> WatchAsync(
        MemoryGroup group,
        Action<Process> end
    )
    {
        using var process = Process.Start(
            new ProcessStartInfo("python3", ["-c", Program])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
            await using var watched = await WatchedProcess.AttachAsync(
                process.Id,
                new NativeRuntime(),
                new() { For = TimeSpan.FromSeconds(60), Captures = false },
                folder,
                group.Enter(process)
            );
            var running = watched.RunAsync();
            await Task.Delay(1500);
            end(process);
            var history = await running;
            var diagnosis = CaseAnalysis.Analyze(watched.File, watched.Path, history, new RuntimeKnowledge(), new());
            return (watched.File, diagnosis.Verdict.Evidence);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }
}
