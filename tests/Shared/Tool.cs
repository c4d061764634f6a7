using System.Diagnostics;

namespace Tidemark.Tests;

/// <summary>Runs another program and gives what it printed.</summary>
internal static class Tool
{
    public static string Run(string program, string arguments, string input = "") =>
        Run(new ProcessStartInfo(program, arguments), input);

    /// <summary>With arguments that may hold anything.</summary>
    public static string Run(string program, IEnumerable<string> arguments) =>
        Run(new ProcessStartInfo(program, arguments), "");

    private static string Run(ProcessStartInfo start, string input)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using var process =
            Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} cannot be started");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{start.FileName} {start.Arguments}: {error.Result}");
        return output.Result;
    }
}
