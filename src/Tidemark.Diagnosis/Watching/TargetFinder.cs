using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Metrics.Procfs;
using Tidemark.Runtimes;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Diagnosis.Watching;

/// <summary>Turns what the user names (a process id, an address, a command that was started) into a target and its runtime.</summary>
public static class TargetFinder
{
    // Options of the interpreters below that take their value as the next word.
    private static readonly string[] OptionsWithValue =
    [
        "-cp",
        "-classpath",
        "--class-path",
        "-p",
        "-r",
        "--require",
        "-W",
        "-X",
    ];

    /// <summary>The process of this id.</summary>
    /// <exception cref="TargetGoneException">There is none.</exception>
    public static Target OfPid(int pid, Uri? url = null)
    {
        var files = new ProcessFiles(pid);
        return files.Exists
            ? new Target(pid, url, NameOf(files))
            : throw new TargetGoneException($"no process {pid} is running: look for the right one with `ps -e`");
    }

    /// <summary>
    /// The process that serves this address. Whoever listens there on this machine need not be it: it may be a tunnel
    /// (<c>kubectl port-forward</c>), so it is known by its address alone.
    /// </summary>
    public static Target OfUrl(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return new Target(null, url, url.Authority);
    }

    /// <summary>The runtime of a target: the one that was named, or the first that recognises it.</summary>
    /// <exception cref="AttachFailedException">None does.</exception>
    public static async Task<IRuntime> RuntimeOfAsync(Target target, string? name, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        foreach (var runtime in KnownRuntimes.All)
        {
            if (name is null ? await runtime.RecognisesAsync(target, cancellation) : runtime.Name == name)
            {
                return runtime;
            }
        }

        throw new AttachFailedException(
            name is null
                ? $"{target.Name}: none of the runtimes {Names} recognises it: name one with --runtime"
                : $"unknown runtime '{name}': name one of {Names}"
        );
    }

    private static string Names => string.Join(", ", KnownRuntimes.All.Select(r => r.Name));

    /// <summary>What people call a process: its program, or the script, jar or class that an interpreter runs.</summary>
    internal static string NameOf(ProcessFiles files)
    {
        var words = files.ReadCommandLine();
        var program = Path.GetFileName(files.ReadExecutable() ?? words.FirstOrDefault() ?? "");
        var command = files.ReadStat()?.Command;
        var fallback = command ?? files.Pid.ToString(CultureInfo.InvariantCulture);
        return ProgramName.Own(command, words) is { } own && !IsInterpreter(own)
            ? own
            : NameOf(program.Length > 0 ? program : fallback, words);
    }

    private static bool IsInterpreter(string program) =>
        program is "java" or "node" or "nodejs" or "dotnet" or "bun" or "ruby"
        || program.StartsWith("python", StringComparison.Ordinal);

    internal static string NameOf(string program, IReadOnlyList<string> words)
    {
        if (!IsInterpreter(program))
        {
            return program;
        }

        for (var i = 1; i < words.Count; i++)
        {
            if (program != "java" && words[i] is "-c" or "-e" or "--eval" or "--print")
            {
                // What follows is the program itself, and no name.
                return $"{program} {words[i]}";
            }

            if (OptionsWithValue.Contains(words[i]))
            {
                i++;
            }
            else if (!words[i].StartsWith('-'))
            {
                var name = Path.GetFileName(words[i].TrimEnd('/'));
                var stem = Path.GetFileNameWithoutExtension(name);
                // A class name has dots of its own; only the endings of files are cut off.
                return Path.GetExtension(name) is ".py" or ".js" or ".mjs" or ".cjs" or ".jar" or ".dll" ? stem : name;
            }
        }

        return program;
    }
}
