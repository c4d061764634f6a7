using System.Globalization;

namespace Tidemark.Metrics.Procfs;

/// <summary>The files that the Linux kernel keeps of one process under <c>/proc/PID</c> (see proc(5)).</summary>
/// <remarks>All of them are read without any I/O of the target and without stopping it, except for
/// <see cref="ReadSmapsRollup"/>, which walks its page tables under its mmap lock: milliseconds a gigabyte, so it is not for every sample.</remarks>
public sealed class ProcessFiles
{
    private readonly string root;

    /// <param name="pid">The process.</param>
    /// <param name="proc">Where procfs is mounted.</param>
    public ProcessFiles(int pid, string proc = "/proc")
    {
        Pid = pid;
        root = Path.Combine(proc, pid.ToString(CultureInfo.InvariantCulture));
    }

    public int Pid { get; }

    /// <summary>True while there is a process of that number that is not a zombie.</summary>
    public bool Exists => ReadStat() is { State: not ('Z' or 'X') };

    /// <summary><c>/proc/PID/stat</c>: null where there is no such process.</summary>
    public ProcessStat? ReadStat() => Read("stat") is { } text ? ProcessStat.Parse(text) : null;

    /// <summary><c>/proc/PID/status</c>: null where there is no such process.</summary>
    public ProcessStatus? ReadStatus() => Read("status") is { } text ? ProcessStatus.Parse(text) : null;

    /// <summary><c>/proc/PID/smaps_rollup</c>: null where it may not be read or the kernel is older than 4.14.</summary>
    public SmapsRollup? ReadSmapsRollup() => Read("smaps_rollup") is { } text ? SmapsRollup.Parse(text) : null;

    /// <summary>How many file descriptors are open: null where that may not be seen.</summary>
    public int? CountHandles() => DirectoryEntries.Count(Path.Combine(root, "fd"));

    /// <summary>The command line, empty for a kernel thread or where it may not be read.</summary>
    public IReadOnlyList<string> ReadCommandLine() =>
        Read("cmdline")?.Split('\0', StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>The running program's path, null where it may not be read.</summary>
    public string? ReadExecutable()
    {
        try
        {
            return File.ResolveLinkTarget(Path.Combine(root, "exe"), returnFinalTarget: false)?.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The processes that it has started and that run, each thread's; empty where there is none, or the kernel does not tell (CONFIG_PROC_CHILDREN).</summary>
    public IReadOnlyList<int> ReadChildren()
    {
        var children = new List<int>();
        try
        {
            foreach (var thread in Directory.EnumerateDirectories(Path.Combine(root, "task")))
            {
                foreach (var word in Read(Path.Combine(thread, "children"))?.Split(' ') ?? [])
                {
                    if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var child))
                    {
                        children.Add(child);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile: what was seen stands.
        }

        return children;
    }

    internal string? Read(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or somebody else's: both are an answer, and the caller says which matters.
            return null;
        }
    }
}

/// <summary>What <c>/proc/PID/stat</c> says.</summary>
/// <param name="Command">The program's short name.</param>
/// <param name="State">R, S, D, Z, T, ...</param>
/// <param name="Parent">The parent's process id.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot: with the pid, the identity of a process.</param>
public readonly record struct ProcessStat(string Command, char State, int Parent, long StartTicks)
{
    internal static ProcessStat? Parse(string text)
    {
        // The name stands in parentheses and may hold spaces and parentheses itself: the last one closes it.
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var close = text.LastIndexOf(')');
        if (open < 0 || close < open)
        {
            return null;
        }

        var fields = text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const int parent = 1;
        const int startTime = 19;
        return
            fields.Length > startTime
            && int.TryParse(fields[parent], NumberStyles.Integer, CultureInfo.InvariantCulture, out var parentPid)
            && long.TryParse(fields[startTime], NumberStyles.Integer, CultureInfo.InvariantCulture, out var start)
            ? new ProcessStat(text[(open + 1)..close], fields[0][0], parentPid, start)
            : null;
    }
}

/// <summary>What <c>/proc/PID/status</c> says of memory; bytes.</summary>
/// <param name="Resident">Resident set (VmRSS).</param>
/// <param name="Anonymous">Its anonymous part (RssAnon).</param>
/// <param name="File">Its file-backed part (RssFile), which the kernel can drop.</param>
/// <param name="Shared">Its shared-memory part (RssShmem).</param>
/// <param name="Swapped">What was swapped out (VmSwap).</param>
/// <param name="Threads">Threads.</param>
/// <param name="Uid">The effective user.</param>
public readonly record struct ProcessStatus(
    long Resident,
    long Anonymous,
    long File,
    long Shared,
    long Swapped,
    int Threads,
    int Uid
)
{
    internal static ProcessStatus Parse(string text)
    {
        var fields = KernelFields.Of(text);
        return new ProcessStatus(
            fields.Bytes("VmRSS"),
            fields.Bytes("RssAnon"),
            fields.Bytes("RssFile"),
            fields.Bytes("RssShmem"),
            fields.Bytes("VmSwap"),
            (int)fields.Number("Threads"),
            (int)fields.Number("Uid", word: 1)
        );
    }
}

/// <summary>What <c>/proc/PID/smaps_rollup</c> says; bytes.</summary>
/// <param name="Resident">Resident set.</param>
/// <param name="Proportional">Proportional set: shared pages counted by their share.</param>
/// <param name="Anonymous">Anonymous pages.</param>
/// <param name="ProportionalAnonymous">Its share of them; 0 before Linux 5.3, which does not tell.</param>
/// <param name="LazyFree">Pages given back by MADV_FREE that the kernel has not taken yet: counted as resident, but free.</param>
public readonly record struct SmapsRollup(
    long Resident,
    long Proportional,
    long Anonymous,
    long ProportionalAnonymous,
    long LazyFree
)
{
    internal static SmapsRollup Parse(string text)
    {
        var fields = KernelFields.Of(text);
        return new SmapsRollup(
            fields.Bytes("Rss"),
            fields.Bytes("Pss"),
            fields.Bytes("Anonymous"),
            fields.Bytes("Pss_Anon"),
            fields.Bytes("LazyFree")
        );
    }
}

/// <summary>Lines of <c>Name:  value kB</c>, as the kernel writes them.</summary>
internal readonly struct KernelFields(Dictionary<string, string> values)
{
    public static KernelFields Of(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                values[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return new KernelFields(values);
    }

    public long Bytes(string name) => Number(name) * 1024;

    public long Number(string name, int word = 0) =>
        values.TryGetValue(name, out var value)
        && value.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is var words
        && words.Length > word
        && long.TryParse(words[word], NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;
}
