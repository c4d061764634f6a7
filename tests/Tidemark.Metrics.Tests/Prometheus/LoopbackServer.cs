using System.Diagnostics;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>A real server on a port of the loopback, with a folder of its own that goes with it.</summary>
public abstract class LoopbackServer(string folder, Process process, Uri url) : IAsyncDisposable
{
    public Uri Url => url;

    protected bool HasExited => process.HasExited;

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
