using System.Diagnostics;

namespace Tidemark.Cli.Zoo;

/// <summary>Builds a service of the zoo.</summary>
public static class ZooSetup
{
    private static readonly Dictionary<string, string> DebianPackages = new(StringComparer.Ordinal)
    {
        ["go"] = "golang-go",
        ["java"] = "default-jdk-headless",
        ["javac"] = "default-jdk-headless",
        ["node"] = "nodejs",
        ["python3"] = "python3",
        ["g++"] = "g++",
        ["gcc"] = "gcc",
        ["cc"] = "gcc",
        ["make"] = "make",
        ["cmake"] = "cmake",
        ["rustc"] = "rustc",
        ["dotnet"] = "dotnet-sdk-10.0",
    };

    /// <summary>Runs the case's set-up commands in its folder.</summary>
    /// <exception cref="CommandFailedException">A tool is missing or a command failed; the message says which and what to do.</exception>
    public static async Task RunAsync(ZooCase zooCase, Action<string> say, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(zooCase);
        ArgumentNullException.ThrowIfNull(say);
        foreach (var command in zooCase.Setup.Append(string.Join(' ', zooCase.Start)))
        {
            RequireTool(
                command
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .FirstOrDefault(w => !w.Contains('=', StringComparison.Ordinal))
                    ?? "",
                zooCase
            );
        }

        foreach (var command in zooCase.Setup)
        {
            say($"{zooCase.Name}: {command}");
            await RunAsync(command, zooCase.Folder, cancellation);
        }
    }

    private static async Task RunAsync(string command, string folder, CancellationToken cancellation)
    {
        using var shell =
            Process.Start(
                new ProcessStartInfo("sh", ["-c", command + " 2>&1"])
                {
                    WorkingDirectory = folder,
                    RedirectStandardOutput = true,
                }
            ) ?? throw new CommandFailedException("sh cannot be started");
        try
        {
            var printed = await shell.StandardOutput.ReadToEndAsync(cancellation);
            await shell.WaitForExitAsync(cancellation);
            if (shell.ExitCode != 0)
            {
                var line =
                    printed.Split('\n').FirstOrDefault(l => l.Contains("error", StringComparison.OrdinalIgnoreCase))
                    ?? printed;
                throw new CommandFailedException($"{folder}: `{command}` failed: {line.Trim()}");
            }
        }
        finally
        {
            if (!shell.HasExited)
            {
                shell.Kill(entireProcessTree: true);
            }
        }
    }

    private static void RequireTool(string tool, ZooCase zooCase)
    {
        if (!DebianPackages.TryGetValue(tool, out var package))
        {
            return;
        }

        var found = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Any(d => File.Exists(Path.Combine(d, tool)));
        if (!found)
        {
            throw new CommandFailedException(
                $"the {zooCase.Runtime} service needs '{tool}', which is not installed: try `apt-get install {package}` and call again"
            );
        }
    }
}
