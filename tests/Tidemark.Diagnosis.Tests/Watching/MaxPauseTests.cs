using System.Diagnostics;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Cases;
using Tidemark.Diagnosis.Watching;
using Tidemark.Runtimes;
using Tidemark.Runtimes.Jvm;

namespace Tidemark.Diagnosis.Tests.Watching;

/// <summary>A real JVM, whose captures all stop it for some milliseconds at the least.</summary>
public sealed class MaxPauseTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-pause-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_would_stop_the_target_for_longer_is_not_taken_and_the_answer_says_so()
    {
        File.WriteAllText(
            Path.Combine(folder, "Idle.java"),
            "class Idle { public static void main(String[] a) throws Exception { System.out.println(1); System.in.read(); } }"
        );
        using var java = Process.Start(
            new ProcessStartInfo("java", ["-XX:+UseSerialGC", Path.Combine(folder, "Idle.java")])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            await java.StandardOutput.ReadLineAsync();
            var target = new Target(java.Id, null, "idle");
            var options = new WatchOptions { For = TimeSpan.FromSeconds(6), MaxPause = TimeSpan.FromMilliseconds(1) };
            using var cases = CaseFolder.Create(
                Path.Combine(folder, "case"),
                new CaseFile
                {
                    Target = new CaseTarget("idle", "jvm", java.Id, null),
                    StartedAt = DateTimeOffset.UtcNow,
                    ForSeconds = 6,
                }
            );
            var live = await LiveTarget.AttachAsync(target, new JvmRuntime(), null, TimeProvider.System, default);
            var watch = new Watch(
                live,
                cases,
                options,
                new ProcessHistoryBuilder("idle"),
                _ => Task.FromResult<LiveTarget?>(null),
                TimeProvider.System,
                progress: null
            );

            await watch.RunAsync(default);
            await watch.Target.DisposeAsync();

            cases.File.Captures.ShouldBeEmpty();
            cases.File.Notes.ShouldContain(n => n.StartsWith("no class histogram") && n.Contains("--max-pause"));
            cases.File.Notes.ShouldContain(n => n.StartsWith("no heap dump") && n.Contains("--max-pause"));
            // Nor is it asked for collections, which stop it as well.
            cases.File.Notes.ShouldNotContain(n => n.Contains("full collections"));
        }
        finally
        {
            java.Kill();
        }
    }
}
