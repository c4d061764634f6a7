using System.Globalization;
using System.Runtime.InteropServices;

namespace Tidemark.Runtimes.Processes;

/// <summary>A process of this machine as <c>/proc</c> shows it: identity, namespaces, mapped files. Reading it does not touch the process.</summary>
public sealed partial class LinuxProcess
{
    private readonly string proc;
    private readonly string startTime;

    private LinuxProcess(int pid, string proc, string startTime, ProcessIds ids)
    {
        Pid = pid;
        this.proc = proc;
        this.startTime = startTime;
        Ids = ids;
    }

    /// <summary>Its process id as we see it.</summary>
    public int Pid { get; }

    /// <summary>Who it is: to the kernel and inside of its own namespaces.</summary>
    public ProcessIds Ids { get; }

    /// <summary>When it was started, in clock ticks since the machine was, as <c>/proc/PID/stat</c> tells it.</summary>
    public string StartTime => startTime;

    /// <summary>Its file system as it sees it itself: in a container, the container's.</summary>
    public string Root => $"{proc}/root";

    /// <summary>The program that it runs, even where the file was replaced or removed since.</summary>
    public string Executable => $"{proc}/exe";

    /// <summary>The path of the program that it runs, as it sees it itself; null where that may not be seen.</summary>
    public string? ReadExecutable() => ReadLink($"{proc}/exe");

    /// <summary>Its working directory, seen from here.</summary>
    public string WorkingDirectory => $"{proc}/cwd";

    /// <summary>Its working directory, as it names it itself; null where that may not be seen.</summary>
    public string? ReadWorkingDirectory() => ReadLink($"{proc}/cwd");

    /// <summary>True where a path means the same file to the process and to us.</summary>
    public bool SharesOurFiles =>
        ReadLink($"{proc}/ns/mnt") is { } theirs
        && theirs == ReadLink("/proc/self/ns/mnt")
        && ReadLink($"{proc}/root") == ReadLink("/proc/self/root");

    /// <summary>R, S, D, T (stopped), t (traced), Z (ended), X (ending), ...; null where it is gone, or another process has its number.</summary>
    public char? State => ReadStat(proc) is { } stat && stat.StartTime == startTime ? stat.State : null;

    /// <summary>True while it is this very process that runs under this number.</summary>
    public bool IsRunning => State is not (null or 'Z' or 'X');

    /// <summary>The process of that number; null where there is none.</summary>
    public static LinuxProcess? Find(int pid)
    {
        var proc = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        return ReadStat(proc) is { State: not ('Z' or 'X') } stat && ReadText($"{proc}/status") is { } status
            ? new LinuxProcess(pid, proc, stat.StartTime, ProcessIds.Parse(status, pid))
            : null;
    }

    /// <summary>Sends a signal, if it still is this very process.</summary>
    /// <exception cref="IOException">It may not be sent.</exception>
    public void Signal(int signal)
    {
        if (!IsRunning || Kill(Pid, signal) != 0)
        {
            throw new IOException($"process {Pid} cannot be signalled: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>True where the process handles this signal itself, so that sending it does not end the process.</summary>
    public bool Catches(int signal) =>
        ReadText($"{proc}/status") is { } status
        && ProcessIds.Field(status, "SigCgt") is { } mask
        && ulong.TryParse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var caught)
        && (caught & (1UL << (signal - 1))) != 0;

    /// <summary>The files that are mapped into it, each once; null where that may not be seen.</summary>
    public IReadOnlySet<string>? ReadMappedFiles()
    {
        if (ReadText($"{proc}/maps") is not { } maps)
        {
            return null;
        }

        var files = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in maps.AsSpan().EnumerateLines())
        {
            // Of the six columns only the last, a path that may hold spaces, has a slash.
            if (line.IndexOf('/') is > 0 and var slash)
            {
                files.Add(line[slash..].ToString());
            }
        }

        return files;
    }

    /// <summary>How much is in memory of what is mapped between two addresses; null where that may not be seen.</summary>
    /// <remarks>The kernel walks the page tables for it, milliseconds a gigabyte, up to the second address and no further.</remarks>
    public long? ReadResidentBytes(ulong from, ulong to)
    {
        try
        {
            return MemoryMapping
                .Parse(File.ReadLines($"{proc}/smaps"))
                .TakeWhile(m => m.From < to)
                .Where(m => m.To > from)
                .Sum(m => m.ResidentBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The processes that it has started and that run; empty where there is none, or the kernel does not tell (CONFIG_PROC_CHILDREN).</summary>
    public IReadOnlyList<int> ReadChildren()
    {
        try
        {
            return
            [
                .. Directory
                    .EnumerateDirectories($"{proc}/task")
                    .SelectMany(t => ReadText($"{t}/children")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [])
                    .Select(c =>
                        int.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out var child) ? child : 0
                    )
                    .Where(c => c > 0),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The command line; empty where it may not be seen.</summary>
    public IReadOnlyList<string> ReadCommandLine() =>
        ReadText($"{proc}/cmdline")?.Split('\0', StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>An environment variable as it was when the process started; null where it was not set or may not be seen.</summary>
    public string? ReadEnvironment(string name)
    {
        var prefix = name + "=";
        return ReadText($"{proc}/environ")
            ?.Split('\0')
            .FirstOrDefault(v => v.StartsWith(prefix, StringComparison.Ordinal))
            ?[prefix.Length..];
    }

    /// <summary>What is resident of it, in bytes; 0 where that may not be seen.</summary>
    public long ReadResidentBytes() =>
        ReadText($"{proc}/status") is { } status
        && ProcessIds.Field(status, "VmRSS") is { } resident
        && long.TryParse(resident.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes * 1024
            : 0;

    /// <summary>What it may do beyond its user, a bit for each of capabilities(7).</summary>
    public ulong Capabilities =>
        ReadText($"{proc}/status") is { } status
        && ProcessIds.Field(status, "CapEff") is { } mask
        && ulong.TryParse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var held)
            ? held
            : 0;

    /// <summary>The program's short name.</summary>
    public string? ReadCommand() => ReadText($"{proc}/comm")?.TrimEnd('\n');

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    private static (char State, string StartTime)? ReadStat(string proc)
    {
        // The name stands in parentheses and may hold spaces and parentheses itself: the last one closes it.
        if (ReadText($"{proc}/stat") is not { } stat || stat.LastIndexOf(')') is not (> 0 and var close))
        {
            return null;
        }

        const int flags = 6;
        const int exiting = 4;
        const int startTime = 19;
        var fields = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= startTime)
        {
            return null;
        }

        // On its way out it has closed its files, and who spoke to it knows, before its state says so.
        var isExiting = long.TryParse(fields[flags], CultureInfo.InvariantCulture, out var set) && (set & exiting) != 0;
        return (isExiting ? 'X' : fields[0][0], fields[startTime]);
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or somebody else's: both are an answer, and the caller says which matters.
            return null;
        }
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>Who a process is.</summary>
/// <param name="User">Its effective user.</param>
/// <param name="Group">Its effective group.</param>
/// <param name="NamespacePid">Its process id as it knows it itself: in a container, the one that is valid there.</param>
public readonly record struct ProcessIds(int User, int Group, int NamespacePid)
{
    internal static ProcessIds Parse(string status, int pid)
    {
        const int effective = 1;
        return new ProcessIds(
            Number(Field(status, "Uid"), effective) ?? -1,
            Number(Field(status, "Gid"), effective) ?? -1,
            // Outermost namespace first; kernels before 4.1 do not write the line.
            Number(Field(status, "NSpid"), ^1) ?? pid
        );
    }

    internal static string? Field(string status, string name)
    {
        foreach (var line in status.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name) && line.Length > name.Length && line[name.Length] == ':')
            {
                return line[(name.Length + 1)..].Trim().ToString();
            }
        }

        return null;
    }

    private static int? Number(string? field, Index word) =>
        field?.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is { } words
        && word.GetOffset(words.Length) is var at
        && at >= 0
        && at < words.Length
        && int.TryParse(words[at], NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
