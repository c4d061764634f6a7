using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tidemark.Runtimes.DotNet;
using Tidemark.Runtimes.Processes;
using Tidemark.Tests;

namespace Tidemark.Runtimes.Tests.DotNet;

/// <summary>A real .NET process that holds a heap which it knows, and tells of itself.</summary>
internal sealed class DotNetTarget : IAsyncDisposable
{
    private readonly Process process;

    private DotNetTarget(Process process) => this.process = process;

    public int Pid => process.Id;

    public Target Target => new(Pid, null, "target");

    public LinuxProcess Process => LinuxProcess.Find(Pid)!;

    public static Task<DotNetTarget> StartAsync(int sessions, params (string Name, string Value)[] environment) =>
        StartAsync("dotnet", [Program()], sessions, environment);

    /// <summary>The same program as a single file.</summary>
    public static Task<DotNetTarget> StartSingleFileAsync(string executable, int sessions) =>
        StartAsync(executable, [], sessions, []);

    /// <summary>Publishes the program as a single file: with the runtime in it and packed, or for the runtime of the machine.</summary>
    /// <returns>The executable.</returns>
    public static string PublishSingleFile(string folder, bool withRuntime)
    {
        Tool.Run(
            "dotnet",
            [
                "publish",
                Path.Combine(Machine.Repository, "tests", "Tidemark.DotNetTarget"),
                .. (string[])["-c", "Release", "--use-current-runtime", "--nologo", "-v", "quiet", "-nodeReuse:false"],
                .. (string[])["-p:UseAppHost=true", "-p:PublishSingleFile=true", $"-p:SelfContained={withRuntime}"],
                $"-p:EnableCompressionInSingleFile={withRuntime}",
                $"-p:ArtifactsPath={Path.Combine(folder, "artifacts")}",
                .. (string[])["-o", folder],
            ]
        );
        return Path.Combine(folder, "Tidemark.DotNetTarget");
    }

    private static async Task<DotNetTarget> StartAsync(
        string program,
        IEnumerable<string> arguments,
        int sessions,
        (string Name, string Value)[] environment
    )
    {
        var start = new ProcessStartInfo(program, [.. arguments, sessions.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var target = new DotNetTarget(System.Diagnostics.Process.Start(start)!);
        (await target.process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        return target;
    }

    public async Task<DotNetSession> AttachAsync() =>
        (DotNetSession)await new DotNetRuntime().AttachAsync(Target, CancellationToken.None);

    /// <summary>What the process says of itself after a full collection of its own.</summary>
    public async Task<Dictionary<string, long>> StateAsync() =>
        JsonSerializer.Deserialize<Dictionary<string, long>>(await AskAsync("state"))!;

    public async Task<string> AskAsync(string question)
    {
        await process.StandardInput.WriteLineAsync(question);
        await process.StandardInput.FlushAsync();
        return await process.StandardOutput.ReadLineAsync() ?? throw new IOException("the target has ended");
    }

    /// <summary>Ends it, and waits until it has ended.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    /// <summary>It is built beside the tests.</summary>
    private static string Program()
    {
        var ours = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(
            ours.Parent!.Parent!.FullName,
            "Tidemark.DotNetTarget",
            ours.Name,
            "Tidemark.DotNetTarget.dll"
        );
    }
}
