using System.Diagnostics;
using System.Globalization;
using Tidemark.Core.Allocation;
using Tidemark.Formats.NativeStacks;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Processes;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Native;

/// <summary>
/// Outstanding allocations by probes of the kernel (uprobes, set by bpftrace) on malloc and free, for programs whose allocator is
/// linked into them, where nothing leads from one object to another that could be led elsewhere.
/// </summary>
/// <remarks>
/// Only ever on the program's own file: a probe on the C library would slow down every process of the machine. One allocation
/// in so many bytes is written down with its stack, which the kernel walks by frame pointers. Each call is a trap all the same, some
/// microseconds, so the probes are taken away at once where the program makes very many of them.
/// </remarks>
internal sealed class KernelProbes : IAsyncDisposable
{
    /// <summary>Bytes between two samples on average.</summary>
    public const long Period = 32 << 10;

    /// <summary>Calls in a second that cost about a tenth of a core: 5 microseconds each were measured in a virtual machine.</summary>
    public const long MostCalls = 20_000;

    // The kernel's own namespace of process numbers has this number in every kernel (PROC_PID_INIT_INO).
    private const string HostNumbers = "pid:[4026531836]";

    private const int Interrupt = 2;
    private const string Ready = "ready";
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    private static readonly SampleType[] Columns =
    [
        SampleType.InUseObjects,
        SampleType.InUseSpace,
        SampleType.AllocObjects,
        SampleType.AllocSpace,
    ];

    private readonly Process probe;
    private readonly KernelSamples samples;
    private readonly Task reading;

    private KernelProbes(Process probe, KernelSamples samples, Task reading)
    {
        this.probe = probe;
        this.samples = samples;
        this.reading = reading;
    }

    /// <summary>Why the kernel cannot be asked here and what to do; null where it can.</summary>
    public static string? WhyNot(LinuxProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WhyNot(
            Programs.Find("bpftrace") is not null,
            LinuxProcess.Find(Environment.ProcessId)?.Capabilities ?? 0,
            new FileInfo("/proc/self/ns/pid").LinkTarget == HostNumbers,
            Directory.Exists("/sys/bus/event_source/devices/uprobe"),
            Functions(process).IsSupersetOf(["malloc", "free"])
        );
    }

    /// <param name="isInstalled">bpftrace is there.</param>
    /// <param name="capabilities">What this process may do, a bit each.</param>
    /// <param name="isOnHost">Processes have the numbers here that the kernel gives them.</param>
    /// <param name="hasUprobes">The kernel can probe programs.</param>
    /// <param name="isNamed">The program's allocator is in its symbol table.</param>
    internal static string? WhyNot(bool isInstalled, ulong capabilities, bool isOnHost, bool hasUprobes, bool isNamed)
    {
        const int administer = 21;
        const int performance = 38;
        const int filter = 39;
        return !isInstalled ? "bpftrace is not installed (Debian: apt install bpftrace)"
            : !Has(administer) && !(Has(performance) && Has(filter)) ? "bpftrace needs root, or CAP_BPF and CAP_PERFMON"
            : !isOnHost ? "the kernel counts processes by the numbers of the host: run tidemark there"
            : !hasUprobes ? "this kernel has no probes of programs (CONFIG_UPROBE_EVENTS)"
            : !isNamed
                ? "malloc and free are not in the symbol table of the program itself (it was stripped, or they are in a library that others use too)"
            : null;

        bool Has(int capability) => (capabilities & (1UL << capability)) != 0;
    }

    /// <summary>Sets the probes.</summary>
    /// <exception cref="CaptureFailedException">bpftrace or the kernel refused.</exception>
    public static async Task<KernelProbes> StartAsync(LinuxProcess process, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(process);
        var start = new ProcessStartInfo(Programs.Find("bpftrace")!, ["-B", "line", "-e", Script(process)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BPFTRACE_MAP_KEYS_MAX"] = "100000";
        var probe = Process.Start(start)!;
        var samples = new KernelSamples();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var complaint = probe.StandardError.ReadToEndAsync(CancellationToken.None);
        var reading = ReadAsync(probe, samples, ready);
        var probes = new KernelProbes(probe, samples, reading);
        try
        {
            await ready.Task.WaitAsync(StartPatience, cancellation);
            return probes;
        }
        catch (Exception e)
        {
            await probes.DisposeAsync();
            var lines = (await complaint).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var said = lines.LastOrDefault(l => l.StartsWith("ERROR", StringComparison.Ordinal)) ?? "it does not begin";
            throw e is OperationCanceledException && cancellation.IsCancellationRequested
                ? e
                : new CaptureFailedException($"the kernel's probes could not be set by bpftrace: {said.Trim()}", e);
        }
    }

    /// <summary>What was allocated since the start and is alive.</summary>
    /// <exception cref="CaptureFailedException">The probes were taken away, because the program makes too many calls.</exception>
    public AllocationProfile ToProfile(Symboliser symboliser, DateTimeOffset takenAt)
    {
        if (samples.MostCallsASecond is > MostCalls and var calls)
        {
            throw new CaptureFailedException(
                FormattableString.Invariant(
                    $"the program calls malloc and free {calls} times a second, each of which the kernel's probes make some microseconds longer: they were taken away at once"
                )
            );
        }

        var header = new ProfileHeader
        {
            DefaultSampleType = SampleType.InUseSpace.Name,
            PeriodType = new SampleType("space", "bytes"),
            Period = Period,
            TakenAt = takenAt,
            Comments = ["allocations since the kernel's probes were set; callers by frame pointers"],
        };
        var rows = samples.ToRows(Period);
        var builder = new AddressStacks(Columns, header, symboliser, rows.Count);
        foreach (var row in rows)
        {
            builder.Add(row.Stack, [row.LiveObjects, row.LiveBytes, row.Objects, row.Bytes]);
        }

        return builder.Build();
    }

    /// <summary>Ends bpftrace: the kernel takes its probes away with it.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            LinuxProcess.Find(probe.Id)?.Signal(Interrupt);
            using var patience = new CancellationTokenSource(EndPatience);
            await probe.WaitForExitAsync(patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            if (!probe.HasExited)
            {
                probe.Kill();
            }
        }

        await reading;
        probe.Dispose();
    }

    private static async Task ReadAsync(Process probe, KernelSamples samples, TaskCompletionSource ready)
    {
        while (await probe.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == Ready)
            {
                ready.TrySetResult();
            }

            samples.Add(line);
            if (samples.MostCallsASecond > MostCalls)
            {
                LinuxProcess.Find(probe.Id)?.Signal(Interrupt);
            }
        }

        ready.TrySetException(new IOException("bpftrace has ended"));
    }

    /// <summary>Counted is what the program asks for; a block that is made larger is released and allocated anew.</summary>
    private static string Script(LinuxProcess process)
    {
        var file = Executable(process);
        var there = Functions(process);
        var parts = new List<string> { $"BEGIN {{ printf(\"{Ready}\\n\"); }}" };
        parts.Add($"interval:ms:{1000 / KernelSamples.CountsASecond} {{ printf(\"= %d\\n\", @calls); @calls = 0; }}");
        Release("free", "arg0");
        Allocation("malloc", "arg0", "");
        Allocation("calloc", "arg0 * arg1", "");
        Allocation("realloc", "arg1", "if (@live[arg0]) { delete(@live[arg0]); printf(\"- %lx\\n\", arg0); } ");
        return string.Join('\n', parts);

        void Release(string function, string pointer) =>
            parts.Add(
                $"uprobe:\"{file}\":{function} /pid == {process.Pid}/ {{ @calls++; if (@live[{pointer}]) {{ delete(@live[{pointer}]); printf(\"- %lx\\n\", {pointer}); }} }}"
            );

        void Allocation(string function, string size, string before)
        {
            if (there.Contains(function))
            {
                parts.Add(
                    $"uprobe:\"{file}\":{function} /pid == {process.Pid}/ {{ @calls++; {before}if (rand % {Period} < {size}) {{ @size[tid] = {size}; }} }}"
                );
                parts.Add(
                    $"uretprobe:\"{file}\":{function} /pid == {process.Pid} && @size[tid]/ {{ if (retval) {{ @live[retval] = 1; printf(\"+ %lx %lu\\n%s\\n\", retval, @size[tid], ustack(perf, 30)); }} delete(@size[tid]); }}"
                );
            }
        }
    }

    private static string Executable(LinuxProcess process)
    {
        var path =
            new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/exe")).LinkTarget ?? "";
        return process.SharesOurFiles ? path : process.Root + path;
    }

    private static HashSet<string> Functions(LinuxProcess process)
    {
        try
        {
            using var image = ElfImage.TryOpen(Executable(process));
            return image is null ? [] : [.. image.Find(["malloc", "calloc", "realloc", "free"]).Keys];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }
}
