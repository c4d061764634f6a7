using System.Diagnostics;
using System.Globalization;
using Tidemark.Metrics.Procfs;

namespace Tidemark.Diagnosis.Tests.Watching;

/// <summary>A control group with a limit of its own: the kernel's, where one may be made, else the files that the kernel would show, around a real process.</summary>
internal sealed class MemoryGroup : IDisposable
{
    public const int Limit = 64 << 20;

    private readonly string path;
    private readonly bool isKernels;

    private MemoryGroup(string path, bool isKernels)
    {
        this.path = path;
        this.isKernels = isKernels;
    }

    /// <summary>One of the kernel's; null where none may be made.</summary>
    public static MemoryGroup? TryMake()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"tidemark-{Environment.ProcessId}-{Guid.NewGuid():N}");
        foreach (
            var (parent, limit) in new[]
            {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                ("/sys/fs/cgroup", "memory.max"),
            }
        )
        {
            var path = Path.Combine(parent, name);
            try
            {
                if (!File.Exists(Path.Combine(parent, "cgroup.procs")))
                {
                    continue;
                }

                Directory.CreateDirectory(path);
                File.WriteAllText(Path.Combine(path, limit), Limit.ToString(CultureInfo.InvariantCulture));
                return new MemoryGroup(path, isKernels: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (Directory.Exists(path))
                {
                    Directory.Delete(path);
                }
            }
        }

        return null;
    }

    /// <summary>One of files, which counts a kill when it is told to.</summary>
    public static MemoryGroup OfFiles() =>
        new(Directory.CreateTempSubdirectory("tidemark-group-").FullName, isKernels: false);

    /// <summary>Has the process in it, and begins to watch it.</summary>
    public ProcfsSource Enter(Process process)
    {
        var pid = process.Id.ToString(CultureInfo.InvariantCulture);
        if (isKernels)
        {
            File.WriteAllText(Path.Combine(path, "cgroup.procs"), pid);
            return ProcfsSource.Open(process.Id);
        }

        var proc = Directory.CreateDirectory(Path.Combine(path, pid)).FullName;
        foreach (var file in (string[])["stat", "status", "statm", "smaps_rollup", "fd", "task", "cmdline"])
        {
            File.CreateSymbolicLink(Path.Combine(proc, file), $"/proc/{pid}/{file}");
        }

        File.WriteAllText(Path.Combine(proc, "cgroup"), "0::/app\n");
        var mountInfo = Path.Combine(path, "mountinfo");
        File.WriteAllText(mountInfo, $"30 1 0:26 / {path}/groups rw - cgroup2 cgroup2 rw\n");
        Directory.CreateDirectory(Path.Combine(path, "groups", "app"));
        Write("memory.stat", "inactive_file 0\n");
        Write("memory.current", "20000000\n");
        Write("memory.max", string.Create(CultureInfo.InvariantCulture, $"{Limit}\n"));
        Write("memory.events", "oom 0\noom_kill 0\n");
        Write("cgroup.procs", $"{pid}\n");
        return ProcfsSource.Open(process.Id, path, mountInfo);
    }

    /// <summary>Has it killed as the kernel does that: the kill is counted, and then the process is gone.</summary>
    /// <param name="process">A process of the group.</param>
    /// <param name="grow">Makes it grow without end.</param>
    public void Kill(Process process, Action grow)
    {
        if (isKernels)
        {
            grow();
            return;
        }

        Write("memory.events", "oom 1\noom_kill 1\n");
        process.Kill();
    }

    public void Dispose()
    {
        if (!isKernels)
        {
            Directory.Delete(path, recursive: true);
            return;
        }

        // The kernel lets go of an ended process's group a moment later.
        for (var attempt = 0; Directory.Exists(path) && attempt < 100; attempt++)
        {
            try
            {
                Directory.Delete(path);
            }
            catch (IOException)
            {
                Thread.Sleep(50);
            }
        }
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(path, "groups", "app", file), text);
}
