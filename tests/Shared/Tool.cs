using System.Diagnostics;

namespace Tidemark.Tests;

/// <summary>Runs another program and gives what it printed.</summary>
internal static class Tool
{
    public static string Run(string program, string arguments, string input = "")
    {
        using var process =
            Process.Start(
                new ProcessStartInfo(program, arguments)
                {
                    UseShellExecute = false,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            ) ?? throw new InvalidOperationException($"{program} cannot be started");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} {arguments}: {error.Result}");
        return output.Result;
    }
}
