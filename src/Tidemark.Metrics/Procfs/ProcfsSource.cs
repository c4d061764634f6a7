using Tidemark.Core.Series;

namespace Tidemark.Metrics.Procfs;

/// <summary>The signals that the Linux kernel has of any process: footprint, limit, threads, handles, anonymous memory, page cache.</summary>
/// <remarks>
/// The footprint is the working set of the control group where the process has one to itself (a container), because that is
/// what its limit is held against; and the resident set elsewhere.
/// </remarks>
public sealed class ProcfsSource : ISignalSource
{
    private const double MostOfOthers = 0.25;

    private readonly ProcessFiles files;
    private readonly long startTicks;
    private readonly CgroupMemory? cgroup;
    private readonly bool ownsCgroup;
    private readonly long? killsBefore;
    private long? limitBytes;

    private ProcfsSource(ProcessFiles files, long startTicks, CgroupMemory? cgroup, bool ownsCgroup)
    {
        this.files = files;
        this.startTicks = startTicks;
        this.cgroup = cgroup;
        this.ownsCgroup = ownsCgroup;
        killsBefore = cgroup?.ReadKills();
    }

    /// <summary>True where the footprint is the working set of a control group rather than the resident set.</summary>
    public bool FootprintIsWorkingSet => ownsCgroup;

    /// <summary>Shared memory in the footprint of the last sample, in bytes: null where that is not the resident set, whose mappings add up.</summary>
    public long? SharedInFootprint { get; private set; }

    /// <summary>Begins to watch a process.</summary>
    /// <exception cref="TargetGoneException">There is no such process.</exception>
    public static ProcfsSource Open(int pid) => Open(pid, "/proc", "/proc/self/mountinfo");

    /// <summary>The same with the kernel's files in another place.</summary>
    internal static ProcfsSource Open(int pid, string proc, string mountInfo)
    {
        var files = new ProcessFiles(pid, proc);
        if (files.ReadStat() is not { State: not ('Z' or 'X') } stat)
        {
            throw new TargetGoneException($"no process {pid} is running: look for the right one with `ps -e`");
        }

        var cgroup = CgroupMemory.Of(files, mountInfo);
        return new ProcfsSource(files, stat.StartTicks, cgroup, cgroup is not null && IsAlone(pid, cgroup));
    }

    /// <inheritdoc />
    public ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        // A pid is used again after a while: only with its start time is it the same process.
        if (files.ReadStat() is not { State: not ('Z' or 'X') } stat || stat.StartTicks != startTicks)
        {
            throw new TargetGoneException($"process {files.Pid} has ended");
        }

        if (files.ReadStatus() is { } status)
        {
            sample[Signal.Footprint] = status.Resident;
            sample[Signal.Anonymous] = status.Anonymous + status.Swapped;
            sample[Signal.PageCache] = status.File;
            sample[Signal.Threads] = status.Threads;
            SharedInFootprint = status.Shared;
        }

        if (files.CountHandles() is { } handles)
        {
            sample[Signal.Handles] = handles;
        }

        if (ownsCgroup && cgroup?.ReadUsage() is { } usage)
        {
            sample[Signal.Footprint] = usage.WorkingSet;
            sample[Signal.PageCache] = usage.PageCache;
            SharedInFootprint = null;
        }

        if (cgroup?.ReadLimit() is { } limit)
        {
            sample[Signal.Limit] = limit;
            limitBytes = limit;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// What the control group tells of the end of a process that is gone: null where the kernel has killed nothing in it since the watch
    /// began, or the group has gone as well.
    /// </summary>
    public MemoryKill? ReadKill() =>
        // The kernel counts a kill before it sends the signal.
        killsBefore is { } before
        && cgroup!.ReadKills() > before
            ? new MemoryKill(limitBytes, ownsCgroup)
            : null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// True where every process of the group is the target, its ancestor inside of the group, or its descendant, and those others are small:
    /// beside workers of its own size the group's memory is not that of the process.
    /// </summary>
    private static bool IsAlone(int pid, CgroupMemory cgroup)
    {
        if (cgroup.IsRoot)
        {
            return false;
        }

        var others = 0L;
        foreach (var member in cgroup.ReadProcesses())
        {
            // A group that we run in ourselves is a login session, not a container.
            if (
                member == Environment.ProcessId
                || (member != pid && !DescendsFrom(member, pid) && !DescendsFrom(pid, member))
            )
            {
                return false;
            }

            others += member == pid ? 0 : new ProcessFiles(member).ReadStatus()?.Anonymous ?? 0;
        }

        return others <= MostOfOthers * (new ProcessFiles(pid).ReadStatus()?.Anonymous ?? 0);
    }

    private static bool DescendsFrom(int pid, int ancestor)
    {
        // A chain of parents is short; the bound is against a table that changes while it is read.
        for (var hops = 0; pid > 1 && hops < 64; hops++)
        {
            if (pid == ancestor)
            {
                return true;
            }

            pid = new ProcessFiles(pid).ReadStat()?.Parent ?? 0;
        }

        return false;
    }
}

/// <summary>The kernel's out-of-memory killer has been at work in the control group of a process that is gone.</summary>
/// <param name="LimitBytes">The group's limit; null where it had none, and the machine itself was out of memory.</param>
/// <param name="WasAlone">True where nothing else of its size was in the group, so that it was this process.</param>
public readonly record struct MemoryKill(long? LimitBytes, bool WasAlone);
