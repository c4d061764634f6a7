using System.Diagnostics;

namespace Tidemark.Cli.Tests.Check;

/// <summary>The command as a process of its own.</summary>
public sealed record TidemarkRun(int Status, string Output, string Error)
{
    private static readonly string Dll = Path.Combine(AppContext.BaseDirectory, "tidemark.dll");

    /// <summary>Runs it to its end.</summary>
    public static async Task<TidemarkRun> OfAsync(params string[] arguments) => await OfAsync(null, arguments);

    /// <summary>The same in a folder.</summary>
    public static async Task<TidemarkRun> OfAsync(string? folder, string[] arguments)
    {
        using var process = Start(folder, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new TidemarkRun(process.ExitCode, await output, await error);
    }

    public static Process Start(string? folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        // Whoever runs the tests in the background has Ctrl-C ignored, and so would every program that they start.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Dll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
