using System.Globalization;

namespace Tidemark.Metrics.Procfs;

/// <summary>The memory controller of the control group that a process is in: version 1 or 2 of the interface.</summary>
/// <remarks>The working set is computed as the kubelet does: usage minus inactive file pages, never below zero.</remarks>
public sealed class CgroupMemory
{
    // Version 1 writes "no limit" as the largest multiple of a page; anything near it is no limit.
    private const long NoLimit = long.MaxValue / 4;

    private readonly string mount;
    private readonly bool isVersion2;

    private CgroupMemory(string mount, string path, bool isVersion2)
    {
        this.mount = mount;
        Folder = path;
        this.isVersion2 = isVersion2;
    }

    /// <summary>The group's folder below the mount point.</summary>
    public string Folder { get; }

    /// <summary>True where the group is the root of the hierarchy, which has no usage of its own.</summary>
    public bool IsRoot => Path.TrimEndingDirectorySeparator(Folder) == Path.TrimEndingDirectorySeparator(mount);

    /// <summary>The group of a process: null where there is no memory controller to be seen.</summary>
    /// <param name="process">The process.</param>
    /// <param name="mountInfo">The caller's <c>/proc/self/mountinfo</c>.</param>
    public static CgroupMemory? Of(ProcessFiles process, string mountInfo = "/proc/self/mountinfo")
    {
        ArgumentNullException.ThrowIfNull(process);
        if (process.Read("cgroup") is not { } membership || !File.Exists(mountInfo))
        {
            return null;
        }

        var mounts = File.ReadLines(mountInfo).Select(Mount.Parse).OfType<Mount>().ToList();
        // Lines are hierarchy:controllers:path; version 2 has the empty list of controllers.
        var lines = membership.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(':', 3)).ToList();
        foreach (var version2 in (bool[])[false, true])
        {
            var line = lines.Find(l =>
                l.Length == 3 && (version2 ? l[0] == "0" && l[1].Length == 0 : l[1].Split(',').Contains("memory"))
            );
            var mount = mounts.Find(m =>
                version2 ? m.Type == "cgroup2" : m.Type == "cgroup" && m.Options.Split(',').Contains("memory")
            );
            if (line is null || mount is null)
            {
                continue;
            }

            var below = line[2].StartsWith(mount.Root, StringComparison.Ordinal)
                ? line[2][mount.Root.Length..]
                : line[2];
            var folder = Path.Combine(mount.Point, below.TrimStart('/'));
            if (File.Exists(Path.Combine(folder, version2 ? "memory.stat" : "memory.usage_in_bytes")))
            {
                return new CgroupMemory(mount.Point, folder, version2);
            }
        }

        return null;
    }

    /// <summary>What the group is charged now; null where it cannot be read.</summary>
    public CgroupUsage? ReadUsage()
    {
        if (
            ReadNumber(Folder, isVersion2 ? "memory.current" : "memory.usage_in_bytes") is not { } usage
            || ReadText(Folder, "memory.stat") is not { } stat
        )
        {
            return null;
        }

        // Version 1 counts the children of the group in the fields that begin with total_.
        var prefix = isVersion2 ? "" : "total_";
        long inactiveFile = 0;
        long file = 0;
        long reclaimableSlab = 0;
        foreach (var line in stat.AsSpan().EnumerateLines())
        {
            var space = line.IndexOf(' ');
            if (space < 0 || !long.TryParse(line[(space + 1)..], CultureInfo.InvariantCulture, out var value))
            {
                continue;
            }

            var name = line[..space];
            if (name.SequenceEqual($"{prefix}inactive_file"))
            {
                inactiveFile = value;
            }
            else if (name.SequenceEqual(isVersion2 ? "file" : "total_cache"))
            {
                file = value;
            }
            else if (name is "slab_reclaimable")
            {
                reclaimableSlab = value;
            }
        }

        return new CgroupUsage(usage, Math.Max(0, usage - inactiveFile), file + reclaimableSlab);
    }

    /// <summary>The lowest memory limit on the way to the root, in bytes: null where there is none.</summary>
    public long? ReadLimit()
    {
        var file = isVersion2 ? "memory.max" : "memory.limit_in_bytes";
        long? lowest = null;
        var top = Path.TrimEndingDirectorySeparator(mount);
        for (
            var folder = Path.TrimEndingDirectorySeparator(Folder);
            folder is not null && folder.StartsWith(top, StringComparison.Ordinal);
            folder = Path.GetDirectoryName(folder)
        )
        {
            if (ReadNumber(folder, file) is { } limit and > 0 and < NoLimit && limit < (lowest ?? long.MaxValue))
            {
                lowest = limit;
            }
        }

        return lowest;
    }

    /// <summary>How many processes of the group the kernel has killed for want of memory: null where it does not count them (version 1 before Linux 4.13), or the group is gone.</summary>
    public long? ReadKills()
    {
        foreach (var line in (ReadText(Folder, isVersion2 ? "memory.events" : "memory.oom_control") ?? "").Split('\n'))
        {
            if (
                line.Split(' ') is ["oom_kill", var count]
                && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var kills)
            )
            {
                return kills;
            }
        }

        return null;
    }

    /// <summary>The processes in the group itself, not in its children.</summary>
    public IReadOnlyList<int> ReadProcesses() =>
        [
            .. (ReadText(Folder, "cgroup.procs") ?? "")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => int.Parse(l, CultureInfo.InvariantCulture)),
        ];

    private static long? ReadNumber(string folder, string file) =>
        ReadText(folder, file) is { } text && long.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static string? ReadText(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>One line of mountinfo: id, parent, device, root, mount point, options, optional fields, "-", type, source, super options.</summary>
    private sealed record Mount(string Root, string Point, string Type, string Options)
    {
        public static Mount? Parse(string line)
        {
            var words = line.Split(' ');
            var dash = Array.IndexOf(words, "-");
            return dash > 5 && words.Length > dash + 3
                ? new Mount(words[3] == "/" ? "" : words[3], words[4], words[dash + 1], words[dash + 3])
                : null;
        }
    }
}

/// <summary>What a control group is charged; bytes.</summary>
/// <param name="Usage">Everything.</param>
/// <param name="WorkingSet">Without inactive file pages: what the out-of-memory killer cannot get back easily.</param>
/// <param name="PageCache">File pages and reclaimable slab.</param>
public readonly record struct CgroupUsage(long Usage, long WorkingSet, long PageCache);
