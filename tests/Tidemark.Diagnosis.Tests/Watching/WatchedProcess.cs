using Tidemark.Core.Series;
using Tidemark.Diagnosis.Cases;
using Tidemark.Diagnosis.Watching;
using Tidemark.Metrics.Procfs;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Tests.Watching;

/// <summary>A running process, a case for it in a folder, and a watch that goes on until its time is up or the process is gone.</summary>
internal sealed class WatchedProcess : IAsyncDisposable
{
    private readonly CaseFolder cases;
    private readonly Watch watch;

    private WatchedProcess(CaseFolder cases, Watch watch)
    {
        this.cases = cases;
        this.watch = watch;
    }

    /// <summary>The case as it stands.</summary>
    public CaseFile File => cases.File;

    /// <summary>Where the case is kept.</summary>
    public string Path => cases.Path;

    /// <param name="pid">The process.</param>
    /// <param name="runtime">How it is attached to.</param>
    /// <param name="options">How it is watched.</param>
    /// <param name="folder">Where the case goes.</param>
    /// <param name="kernel">What the kernel tells; null for the kernel itself.</param>
    public static async Task<WatchedProcess> AttachAsync(
        int pid,
        IRuntime runtime,
        WatchOptions options,
        string folder,
        ProcfsSource? kernel = null
    )
    {
        var cases = CaseFolder.Create(
            System.IO.Path.Combine(folder, "case"),
            new CaseFile
            {
                Target = new CaseTarget("target", runtime.Name, pid, null),
                StartedAt = DateTimeOffset.UtcNow,
                ForSeconds = options.For.TotalSeconds,
            }
        );
        try
        {
            var live = await LiveTarget.AttachAsync(
                new Target(pid, null, "target"),
                runtime,
                kernel ?? ProcfsSource.Open(pid),
                null,
                TimeProvider.System,
                default
            );
            var watch = new Watch(
                live,
                cases,
                options,
                new ProcessHistoryBuilder("target"),
                _ => Task.FromResult<LiveTarget?>(null),
                TimeProvider.System,
                progress: null
            );
            return new WatchedProcess(cases, watch);
        }
        catch
        {
            cases.Dispose();
            throw;
        }
    }

    public Task<ProcessHistory> RunAsync() => watch.RunAsync(default);

    public async ValueTask DisposeAsync()
    {
        await watch.Target.DisposeAsync();
        cases.Dispose();
    }
}
