using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Formats.MallocInfo;
using Tidemark.Formats.Pprof;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Processes;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Native;

/// <summary>An attached native process.</summary>
/// <remarks>
/// The allocator is asked every few seconds what is live and what it has taken from the system, by a thread of ours in the
/// target that lives for these calls alone. Once the first heap profile is taken, allocations are counted as they happen, and
/// the live heap is known at every moment.
/// </remarks>
internal sealed class NativeSession : RuntimeSession
{
    private static readonly TimeSpan FirstWindow = TimeSpan.FromSeconds(10);

    private readonly LinuxProcess process;
    private readonly Symboliser symboliser;
    private readonly TargetBlock? block;
    private readonly AllocatorQuestions allocator;
    private string? refusal;
    private AllocationSampler? sampler;
    private KernelProbes? probes;
    private readonly NativeAotHeap? managed;

    private NativeSession(
        LinuxProcess process,
        Symboliser symboliser,
        TargetBlock? block,
        NativeAllocator? allocator,
        string? refusal,
        CaptureMethod? profile
    )
    {
        this.process = process;
        this.symboliser = symboliser;
        this.block = block;
        this.allocator = new AllocatorQuestions(process, allocator);
        this.refusal = refusal;
        // Allocators that are linked in cannot be counted as the others are: there the kernel is asked, where it may be.
        var heap =
            profile
            ?? (KernelProbes.WhyNot(process) is null ? NativeCaptures.KernelProfile : NativeCaptures.SampledProfile);
        Methods =
            allocator is Glibc
                ? [heap, NativeCaptures.Mappings, GlibcArenas.Method, HeaptrackInjection.Method]
                : [heap, NativeCaptures.Mappings, HeaptrackInjection.Method];
        if (NativeAotProgram.Is(process.Executable))
        {
            HiddenHeap = NativeAotProgram.HiddenHeap;
            managed = NativeAotHeap.TryOpen(process);
        }
    }

    /// <inheritdoc />
    public override string? HiddenHeap { get; }

    /// <inheritdoc />
    public override IReadOnlyList<CaptureMethod> Methods { get; }

    /// <summary>The allocator, where it is one that can be asked.</summary>
    internal NativeAllocator? Allocator => allocator.Allocator;

    /// <summary>While this goes on, heaptrack records.</summary>
    internal Func<CancellationToken, Task> HeaptrackWindow { get; set; } =
        c => Task.Delay(HeaptrackInjection.Window, c);

    /// <summary>Opens the process, as far as it may be entered.</summary>
    public static async Task<NativeSession> OpenAsync(LinuxProcess process, CancellationToken cancellation)
    {
        var map = ReadMap(process.Pid);
        var symboliser = new Symboliser(map, process.SharesOurFiles ? "" : process.Root)
        {
            ProgramName = ProgramName.Own(process.ReadCommand(), process.ReadCommandLine()),
        };
        try
        {
            var waiting = new WaitingThreads(process.Pid, symboliser);
            var block = await Tracer.RunAsync(() => TargetBlock.Create(process.Pid, map, waiting.IsOutsideOfAllocator));
            var allocator = NativeAllocator.Of(block);
            return new NativeSession(
                process,
                symboliser,
                block,
                allocator,
                refusal: null,
                await ProfileAsync(allocator, cancellation)
            );
        }
        catch (AttachFailedException e)
        {
            return new NativeSession(process, symboliser, null, null, e.Message, null);
        }
    }

    /// <inheritdoc />
    public override async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (HiddenHeap is not null)
        {
            // What malloc counts is next to nothing of such a heap, and would tell all the rest as memory outside of it.
            managed?.Sample(sample);
            return;
        }

        await allocator.AskAsync(sampler, cancellation);
        if (allocator.Figures is not { } known)
        {
            return;
        }

        if (sampler is { } counting)
        {
            sample[Signal.LiveHeap] = Math.Max(0, known.Live + counting.ReadNet().Sum() - allocator.NetAtFigures);
            // Nobody tells how many requests a native service has served; what it allocates follows its work.
            sample[Signal.Requests] = counting.ReadAllocations();
        }
        else if (allocator.AreFiguresNew)
        {
            sample[Signal.LiveHeap] = known.Live;
        }

        if (known.Committed > 0)
        {
            sample[Signal.CommittedHeap] = known.Committed;
        }
    }

    /// <inheritdoc />
    public override void Correct(SignalSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (sampler is { } counting && sample.Has(Signal.Footprint))
        {
            sample[Signal.Footprint] -= counting.TargetBytes;
            sample[Signal.Anonymous] -= counting.TargetBytes;
        }
    }

    /// <inheritdoc />
    public override string? Preparation =>
        block is not null && Methods.Contains(NativeCaptures.SampledProfile)
            ? "calls of malloc and free lead through a counter until the end of the watch, and then to where they led before; a few pages of code that is no longer called stay in the process"
        : Methods.Contains(NativeCaptures.KernelProfile)
            ? "probes of the kernel (bpftrace) stand at malloc and free of this program until the end of the watch, and each call takes some microseconds longer meanwhile; where there are more than 20,000 a second, they are taken away at once"
        : null;

    /// <inheritdoc />
    public override async Task PrepareAsync(CancellationToken cancellation)
    {
        if (Methods.Contains(NativeCaptures.KernelProfile))
        {
            probes ??= await KernelProbes.StartAsync(process, cancellation);
            return;
        }

        try
        {
            sampler ??= await AllocationSampler.StartAsync(process.Pid, block!, symboliser);
            allocator.AskAtOnce(); // its figures are tied to the count from now on
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ThreadCallException)
        {
            throw new CaptureFailedException($"allocations of process {process.Pid} cannot be counted: {e.Message}", e);
        }
        catch (CaptureFailedException e)
        {
            refusal = e.Message;
            throw;
        }
    }

    /// <inheritdoc />
    public override Task<string?> ReleaseAsync(CancellationToken cancellation) => allocator.ReleaseAsync(cancellation);

    /// <inheritdoc />
    public override async Task<IReadOnlyList<HeapDivision>> DivideAsync(CancellationToken cancellation)
    {
        if (allocator is not { Allocator: Glibc, IsSilent: false })
        {
            return [];
        }

        try
        {
            return GlibcArenas.Divide(
                MallocInfoReader.Read("malloc_info", await allocator.ReadArenasAsync(cancellation))
            );
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or ThreadCallException or MalformedDumpException)
        {
            throw new CaptureFailedException($"malloc_info: {e.Message}", e);
        }
    }

    /// <inheritdoc />
    public override Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(method);
        var resident = process.ReadResidentBytes();
        if (method == NativeCaptures.Mappings)
        {
            const double secondsPerByte = 0.01 / (1L << 30);
            return Task.FromResult(new CaptureEstimate(TimeSpan.FromSeconds(resident * secondsPerByte), 1 << 20, 0));
        }

        if (method == NativeCaptures.SampledProfile && (block is null || refusal is not null))
        {
            var kernel = KernelProbes.WhyNot(process) is { } why ? $"; nor can the kernel tell: {why}" : "";
            throw new CaptureFailedException($"{refusal}{kernel}; {HowToProfile}");
        }

        if (method == HeaptrackInjection.Method)
        {
            _ = HeaptrackInjection.Of(process, block, refusal);
            const long recorded = 64 << 20;
            return Task.FromResult(new CaptureEstimate(TimeSpan.FromMilliseconds(20), recorded, recorded));
        }

        return Task.FromResult(
            method == NativeCaptures.SampledProfile
                ? new CaptureEstimate(TimeSpan.FromMilliseconds(20), 1 << 20, (long)HookBlock.DataBytes)
                : new CaptureEstimate(TimeSpan.FromMilliseconds(100), 8 << 20, 8 << 20)
        );
    }

    /// <inheritdoc />
    public override async Task<CaptureOutcome> CaptureAsync(
        CaptureMethod method,
        string path,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(method);
        if (!process.IsRunning)
        {
            throw new TargetGoneException($"process {process.Pid} has ended");
        }

        try
        {
            return method == NativeCaptures.Mappings ? await WriteMappingsAsync(path)
                : method == NativeCaptures.SampledProfile ? await WriteProfileAsync(path, cancellation)
                : method == NativeCaptures.KernelProfile ? await WriteKernelProfileAsync(path, cancellation)
                : method == GlibcArenas.Method ? await allocator.WriteArenasAsync(path, cancellation)
                : method == HeaptrackInjection.Method ? await WriteHeaptrackAsync(path, cancellation)
                : await allocator.DumpAsync(path, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ThreadCallException)
        {
            throw process.IsRunning
                ? new CaptureFailedException($"{method.Title}: {e.Message}", e)
                : new TargetGoneException($"process {process.Pid} has ended");
        }
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        if (sampler is { } counting)
        {
            await counting.DisposeAsync();
        }

        if (probes is { } kernel)
        {
            await kernel.DisposeAsync();
        }

        managed?.Dispose();
        symboliser.Dispose();
        allocator.Dispose();
    }

    private const string HowToProfile =
        "for allocation sites start it under heaptrack, or with jemalloc (LD_PRELOAD=libjemalloc.so.2 MALLOC_CONF=prof:true) or tcmalloc (LD_PRELOAD=libtcmalloc.so.4 HEAPPROFILE=/tmp/name)";

    private static MemoryMap ReadMap(int pid)
    {
        try
        {
            return MemoryMap.Parse(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/maps")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new MemoryMap([]);
        }
    }

    /// <summary>The profiler of the allocator itself, where it is running: it has seen everything since the start.</summary>
    private static async Task<CaptureMethod?> ProfileAsync(NativeAllocator? allocator, CancellationToken cancellation)
    {
        try
        {
            return allocator switch
            {
                Jemalloc jemalloc when await jemalloc.IsProfilingAsync(cancellation) => NativeCaptures.JemallocProfile,
                Tcmalloc tcmalloc when await tcmalloc.IsProfilingAsync(cancellation) => NativeCaptures.TcmallocProfile,
                _ => null,
            };
        }
        catch (CaptureFailedException)
        {
            return null;
        }
    }

    private async Task<CaptureOutcome> WriteMappingsAsync(string path)
    {
        var smaps = await File.ReadAllBytesAsync(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/smaps")
        );
        await CaptureFile.WriteAsync(path, file => file.WriteAsync(smaps).AsTask());
        return new CaptureOutcome(null, []);
    }

    private async Task<CaptureOutcome> WriteProfileAsync(string path, CancellationToken cancellation)
    {
        var notes = new List<string>();
        if (sampler is null)
        {
            await PrepareAsync(cancellation);
            notes.Add(Preparation!);
            await Task.Delay(FirstWindow, cancellation);
        }

        var pause = sampler!.TakeStopped();
        var net = sampler.ReadNet();
        Core.Allocation.AllocationProfile profile;
        lock (sampler.Gate)
        {
            sampler.Refresh();
            profile = sampler.Samples.ToProfile(
                net,
                sampler.Period,
                DateTimeOffset.UtcNow,
                ["allocations since the sampling began; live is what is more now than then"]
            );
        }

        if (sampler.LostSinceStart is > 0 and var lost)
        {
            notes.Add(
                string.Create(CultureInfo.InvariantCulture, $"{lost} samples were lost because they came too fast")
            );
        }

        await CaptureFile.WriteAsync(
            path,
            file =>
            {
                PprofWriter.Write(profile, file);
                return Task.CompletedTask;
            }
        );
        return new CaptureOutcome(pause, notes);
    }

    private async Task<CaptureOutcome> WriteKernelProfileAsync(string path, CancellationToken cancellation)
    {
        var notes = new List<string>();
        if (probes is null)
        {
            await PrepareAsync(cancellation);
            notes.Add(Preparation!);
            await Task.Delay(FirstWindow, cancellation);
        }

        var profile = probes!.ToProfile(symboliser, DateTimeOffset.UtcNow);
        await CaptureFile.WriteAsync(
            path,
            file =>
            {
                PprofWriter.Write(profile, file);
                return Task.CompletedTask;
            }
        );
        return new CaptureOutcome(TimeSpan.Zero, notes);
    }

    private Task<CaptureOutcome> WriteHeaptrackAsync(string path, CancellationToken cancellation) =>
        allocator.AloneAsync(
            async () =>
            {
                await HeaptrackInjection.Of(process, block, refusal).WriteAsync(path, HeaptrackWindow, cancellation);
                return new CaptureOutcome(null, ["heaptrack was stopped, and the words it had changed are as before"]);
            },
            cancellation
        );
}
