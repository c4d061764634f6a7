using System.Diagnostics;
using Tidemark.Formats;
using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>The program whose profiles are compared, compiled once.</summary>
public sealed class ShopProgram : IDisposable
{
    public ShopProgram()
    {
        Path = System.IO.Path.Combine(Folder, "shop");
        Tool.Run("g++", $"-g -O2 -pthread -o {Path} {System.IO.Path.Combine(AppContext.BaseDirectory, "shop.cpp")}");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("tidemark-peers-").FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Runs it under a profiler and gives the file that this left behind.</summary>
    public string Profile(
        string pattern,
        string program,
        string arguments,
        params (string Name, string Value)[] environment
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = Folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} cannot be started");
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, error.Result);
        return Directory.GetFiles(Folder, pattern).ShouldHaveSingleItem();
    }

    public static ProfileSnapshot Read(string path)
    {
        var file = DumpFile.Open(path);
        return DumpFormats
            .Detect(file)
            .ShouldNotBeNull()
            .Read(file, ReadContext.Quiet)
            .ShouldBeOfType<ProfileSnapshot>();
    }
}
