using System.Diagnostics;
using System.Globalization;

namespace Tidemark.Tests;

/// <summary>A Go service of the zoo, built and running at a port of its own.</summary>
internal sealed class GoService : IAsyncDisposable
{
    private readonly Process process;

    private GoService(Process process, int port)
    {
        this.process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Where the sources of a service are.</summary>
    public static string SourceOf(string name) => Path.Combine(Machine.Repository, "zoo", "go", name);

    /// <param name="name">Its folder in the zoo.</param>
    /// <param name="folder">Where the program goes.</param>
    public static async Task<GoService> StartAsync(string name, string folder)
    {
        var program = Path.Combine(folder, "app");
        using (
            var build = Process.Start(
                new ProcessStartInfo("go", ["build", "-o", program, "."]) { WorkingDirectory = SourceOf(name) }
            )!
        )
        {
            await build.WaitForExitAsync();
            build.ExitCode.ShouldBe(0);
        }

        var port = Machine.FreePort();
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        start.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        var service = new GoService(Process.Start(start)!, port);
        (await service.process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
