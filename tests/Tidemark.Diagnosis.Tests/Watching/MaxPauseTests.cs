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
            await using var watched = await WatchedProcess.AttachAsync(
                java.Id,
                new JvmRuntime(),
                new WatchOptions { For = TimeSpan.FromSeconds(6), MaxPause = TimeSpan.FromMilliseconds(1) },
                folder
            );

            await watched.RunAsync();

            watched.File.Captures.ShouldBeEmpty();
            watched.File.Notes.ShouldContain(n => n.StartsWith("no class histogram") && n.Contains("--max-pause"));
            watched.File.Notes.ShouldContain(n => n.StartsWith("no heap dump") && n.Contains("--max-pause"));
            // Nor is it asked for collections, which stop it as well.
            watched.File.Notes.ShouldNotContain(n => n.Contains("full collections"));
        }
        finally
        {
            java.Kill();
        }
    }
}
