using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Node;

/// <summary>A process that runs Node.js, seen from outside.</summary>
internal sealed partial class NodeProcess
{
    /// <summary>The signal that asks Node.js to open its inspector.</summary>
    public const int OpenInspector = 10;

    private const int DefaultPort = 9229;

    // A single executable that carries Node.js in it takes tens of megabytes; small files are not looked into.
    private const long SmallestEmbedder = 20 << 20;

    private NodeProcess(LinuxProcess process) => Process = process;

    public LinuxProcess Process { get; }

    /// <summary>True where the process was started with its inspector open.</summary>
    public bool StartedWithInspector => Options().Any(o => InspectOption().IsMatch(o));

    /// <summary>The port that the inspector opens at when it is asked to; 0 for any.</summary>
    public int InspectorPort =>
        Options()
            .Select(o => PortOption().Match(o))
            .Where(m => m.Success)
            .Select(m => int.Parse(m.Groups["port"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture))
            .LastOrDefault(DefaultPort);

    /// <summary>The process, if it is there and runs Node.js.</summary>
    public static NodeProcess? Find(int pid) =>
        LinuxProcess.Find(pid) is { } process && IsNode(process) ? new NodeProcess(process) : null;

    private static bool IsNode(LinuxProcess process)
    {
        var executable = new FileInfo($"/proc/{process.Pid}/exe");
        string? target;
        try
        {
            target = executable.LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return process.ReadCommand() is { } command && ProgramName().IsMatch(command);
        }

        if (target is null)
        {
            return false;
        }

        // An executable that was replaced by an update since the start is shown as deleted.
        return ProgramName().IsMatch(Path.GetFileName(target.Replace(" (deleted)", "", StringComparison.Ordinal)))
            || process
                .ReadMappedFiles()
                ?.Any(f => Path.GetFileName(f).StartsWith("libnode.so", StringComparison.Ordinal)) == true
            || (process.Catches(OpenInspector) && HoldsNode(executable.FullName));
    }

    /// <summary>True where the file is a large program with Node.js' entry point among its symbols.</summary>
    private static bool HoldsNode(string path)
    {
        var mark = "_ZN4node5StartEiPPc"u8;
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length < SmallestEmbedder)
            {
                return false;
            }

            var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
            try
            {
                var kept = 0;
                int read;
                while ((read = file.Read(buffer, kept, buffer.Length - kept)) > 0)
                {
                    var seen = buffer.AsSpan(0, kept + read);
                    if (seen.IndexOf(mark) >= 0)
                    {
                        return true;
                    }

                    kept = Math.Min(mark.Length, seen.Length);
                    seen[^kept..].CopyTo(buffer);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What may not be read cannot be recognised.
        }

        return false;
    }

    private IEnumerable<string> Options() =>
        Process
            .ReadCommandLine()
            .Skip(1)
            .TakeWhile(a => a.StartsWith('-'))
            .Concat((Process.ReadEnvironment("NODE_OPTIONS") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"^(node|nodejs)[-_.\d]*$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ProgramName();

    [GeneratedRegex(@"^--inspect(-brk|-wait)?(=|$)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex InspectOption();

    [GeneratedRegex(
        @"^--(inspect(-brk|-wait|-port)?|debug-port)=(.*:)?(?<port>\d{1,5})$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex PortOption();
}
