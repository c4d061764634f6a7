using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Jvm;

/// <summary>An attached HotSpot JVM.</summary>
/// <remarks>
/// Signals come from the counters' file, which costs the JVM nothing, and from the attach socket where there is no such file.
/// Captures go through the attach socket; where the JVM cannot be attached to, the signals remain and each capture says why it is refused.
/// </remarks>
internal sealed partial class JvmSession : RuntimeSession
{
    private static readonly TimeSpan QuickPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LeastCapturePatience = TimeSpan.FromMinutes(1);

    // More than any capture was seen to leave: what comes on top was taken by the program meanwhile.
    private const long MostLeft = 96 << 20;
    private static readonly TimeSpan CollectionPatience = TimeSpan.FromSeconds(30);

    private readonly JvmProcess jvm;
    private readonly AttachChannel? channel;
    private readonly string? refusal;
    private readonly ResidentHeap? residentHeap;
    private readonly double? maxHeapSize;
    private readonly FlightRecording? recording;
    private readonly RequestsPage metrics;
    private readonly NativeMemory? nativeMemory;
    private readonly SharedHeap sharedHeap = new();

    // Read once a sample: for what the kernel counts several times, and then for the signals.
    private PerfData? countersOfSample;
    private double leftBytes;
    private bool isRecorderKnown;
    private readonly JvmSignals signals = new();
    private readonly CapturePace pace = new();
    private double? classMetadataAtStart;
    private double? censusBytes;
    private double? liveAfterCapture;
    private bool mayCollectUnseen;

    private JvmSession(JvmProcess jvm, string refusal)
    {
        this.jvm = jvm;
        this.refusal = refusal;
        metrics = new RequestsPage(jvm.Process.Pid, jvm.ReadControlPorts());
    }

    private JvmSession(
        JvmProcess jvm,
        AttachChannel channel,
        HeapInfo? heap,
        NativeMemory? nativeMemory,
        double? maxHeapSize,
        int version
    )
    {
        this.nativeMemory = nativeMemory;
        this.jvm = jvm;
        this.channel = channel;
        this.maxHeapSize = maxHeapSize;
        metrics = new RequestsPage(jvm.Process.Pid, jvm.ReadControlPorts());
        residentHeap = heap is { To: > 0 } ? new ResidentHeap(jvm.Process, heap) : null;
        recording = version >= FlightRecording.FirstVersion ? new FlightRecording(jvm.Process, channel) : null;
    }

    /// <inheritdoc />
    public override IReadOnlyList<CaptureMethod> Methods =>
        recording is null
            ? [JvmCaptures.Histogram, JvmCaptures.HeapDump]
            : [JvmCaptures.Histogram, JvmCaptures.HeapDump, JvmCaptures.AllocationSamples];

    /// <exception cref="AttachFailedException">There are neither counters nor a way to attach.</exception>
    public static async Task<JvmSession> OpenAsync(JvmProcess jvm, CancellationToken cancellation)
    {
        try
        {
            var channel = await AttachChannel.OpenAsync(jvm, cancellation);
            var flags = await channel.RunAsync("VM.flags", QuickPatience, cancellation);
            var version = await channel.RunAsync("VM.version", QuickPatience, cancellation);
            return new JvmSession(
                jvm,
                channel,
                await ReadHeapInfoAsync(channel, cancellation),
                await NativeMemory.OpenAsync(channel, cancellation),
                (double?)Number(MaxHeapSizeFlag(), flags),
                (int)(Number(JdkVersion(), version) ?? 0)
            )
            {
                // Where asking only begins a cycle beside the program, or nothing, what is in use afterwards says nothing.
                mayCollectUnseen =
                    !flags.Contains("+DisableExplicitGC", StringComparison.Ordinal)
                    && (
                        !flags.Contains("+ExplicitGCInvokesConcurrent", StringComparison.Ordinal)
                        || !flags.Contains("+UseG1GC", StringComparison.Ordinal)
                    ),
            };
        }
        catch (Exception e) when (e is AttachFailedException or IOException or TimeoutException)
        {
            // Half of the answer is in the counters: only without them is there nothing to go on with.
            return jvm.ReadPerfData() is not null
                ? new JvmSession(jvm, e.Message)
                : throw new AttachFailedException(e.Message, e);
        }
    }

    /// <inheritdoc />
    public override async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ThrowIfGone();
        double classMetadata = 0;
        var read = countersOfSample ?? jvm.ReadPerfData();
        countersOfSample = null;
        if (read is { } counters)
        {
            signals.Read(counters, sample);
            classMetadata = JvmSignals.ClassMetadata(counters);
        }
        else if (channel is not null && await ReadHeapInfoAsync(channel, cancellation) is { Committed: > 0 } heap)
        {
            sample[Signal.CommittedHeap] = heap.Committed;
        }

        if (maxHeapSize is { } limit)
        {
            sample[Signal.HeapLimit] = limit;
        }

        if (liveAfterCapture is { } live)
        {
            sample[Signal.LiveHeap] = live;
            liveAfterCapture = null;
        }

        if (residentHeap is not null)
        {
            AddResidentHeap(sample, residentHeap.Read());
        }

        sharedHeap.Add(sample);
        if (metrics.Read() is { } requests)
        {
            sample[Signal.Requests] = requests;
        }

        AddClassMetadata(sample, classMetadata);
    }

    /// <inheritdoc />
    /// <remarks>The JVM goes on while it prints <c>VM.info</c>.</remarks>
    public override async Task<IReadOnlyList<HeapDivision>> DivideAsync(CancellationToken cancellation)
    {
        if (channel is null)
        {
            return [];
        }

        try
        {
            return G1Regions.Parse(await channel.RunAsync("VM.info", QuickPatience, cancellation))?.Divide() ?? [];
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            ThrowIfGone();
            throw new CaptureFailedException($"VM.info: {e.Message}", e);
        }
    }

    /// <summary>Without its counters (-XX:-UsePerfData, a /tmp that is read-only) what is in use right after a collection stands for what is live.</summary>
    /// <returns>How long the request took, which is no shorter than the pause.</returns>
    private async Task<TimeSpan?> CollectUnseenAsync(AttachChannel open, CancellationToken cancellation)
    {
        var outsideBefore = OutsideHeap();
        var start = Stopwatch.GetTimestamp();
        try
        {
            await open.RunAsync("GC.run", CollectionPatience, cancellation);
            var took = Stopwatch.GetElapsedTime(start);
            if (await ReadHeapInfoAsync(open, cancellation) is not { Used: > 0 } heap)
            {
                return null;
            }

            liveAfterCapture = heap.Used;
            LearnLeft(outsideBefore);
            return took;
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            ThrowIfGone();
            throw new CaptureFailedException(e.Message, e);
        }
    }

    /// <inheritdoc />
    /// <remarks>
    /// Collections of the young generation leave what they have promoted where it is, dead or not: only a whole one tells what is
    /// live, and a JVM with room to spare makes none for hours.
    /// </remarks>
    public override async Task<TimeSpan?> CollectAsync(CancellationToken cancellation)
    {
        if (channel is null)
        {
            return null;
        }

        if (jvm.ReadPerfData() is not { } before)
        {
            return mayCollectUnseen ? await CollectUnseenAsync(channel, cancellation) : null;
        }

        if (JvmSignals.Stopped(before) is not { } stopped)
        {
            return null;
        }

        ReadCollectionOfCapture();
        var outsideBefore = OutsideHeap();
        HeapInfo? heap = null;
        try
        {
            await channel.RunAsync("GC.run", CollectionPatience, cancellation);
            heap = JvmSignals.IsConcurrent(before) ? await ReadHeapInfoAsync(channel, cancellation) : null;
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            ThrowIfGone();
            throw new CaptureFailedException(e.Message, e);
        }

        LearnLeft(outsideBefore);
        if (
            jvm.ReadPerfData() is not { } after
            || JvmSignals.WholeCollections(after) == JvmSignals.WholeCollections(before)
        )
        {
            // Asking only begins a concurrent cycle (-XX:+ExplicitGCInvokesConcurrent).
            return null;
        }

        ReadCollectionOfCapture();
        if (JvmSignals.IsConcurrent(after))
        {
            // The program has gone on: what is in use rises by the moment, and the counters follow only now and then.
            liveAfterCapture = heap is { Used: > 0 } ? heap.Used : JvmSignals.UsedAfterCollection(after);
        }

        return JvmSignals.Stopped(after) - stopped;
    }

    /// <inheritdoc />
    /// <remarks>The collector's marking tables, the buffers of a dump, the flight recorder: they stay once they were used.</remarks>
    public override void Correct(SignalSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        foreach (var signal in (ReadOnlySpan<Signal>)[Signal.Footprint, Signal.Anonymous])
        {
            if (sample.Has(signal))
            {
                sample[signal] = Math.Max(0, sample[signal] - leftBytes);
            }
        }
    }

    /// <inheritdoc />
    public override void CorrectShared(SignalSample sample, long shared)
    {
        countersOfSample = jvm.ReadPerfData();
        if (countersOfSample is { } counters)
        {
            sharedHeap.Correct(sample, counters, shared);
        }
    }

    /// <inheritdoc />
    public override async Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(method);
        return pace.Estimate(method, await HeapBytesAsync(cancellation));
    }

    /// <inheritdoc />
    public override async Task<CaptureOutcome> CaptureAsync(
        CaptureMethod method,
        string path,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(method);
        ThrowIfGone();
        if (channel is null)
        {
            throw new CaptureFailedException(refusal!);
        }

        var estimate = await EstimateAsync(method, cancellation);
        var patience = TimeSpan.FromTicks(Math.Max(LeastCapturePatience.Ticks, estimate.Pause.Ticks * 10));
        var stoppedBefore = Stopped();
        var start = Stopwatch.GetTimestamp();
        var notes = new List<string>();
        var outsideBefore = OutsideHeap();
        if (method == JvmCaptures.HeapDump)
        {
            await new TargetFiles(jvm.Process, channel).WriteAsync(
                path,
                estimate.DiskBytes,
                there => $"GC.heap_dump \"{there}\"",
                "Heap dump file created",
                patience,
                cancellation
            );
        }
        else if (method == JvmCaptures.AllocationSamples && recording is not null)
        {
            await recording.WriteAsync(path, estimate.DiskBytes, patience, cancellation);
        }
        else
        {
            await WriteHistogramAsync(channel, path, patience, cancellation);
            liveAfterCapture = censusBytes;
            if (nativeMemory is not null && await nativeMemory.DescribeGrowthAsync(cancellation) is { } grown)
            {
                notes.Add(grown);
            }
        }

        NoteRecorder(method, LearnLeft(outsideBefore), notes);
        ReadCollectionOfCapture();
        // Without the counter the answer's time is the nearest that can be said: not less than the pause.
        var pause = Stopped() - stoppedBefore ?? Stopwatch.GetElapsedTime(start);
        pace.Learn(method, await HeapBytesAsync(cancellation), pause);
        return new CaptureOutcome(pause, notes);
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        metrics.Dispose();
        return recording?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private void ThrowIfGone()
    {
        if (!jvm.Process.IsRunning)
        {
            throw new TargetGoneException($"process {jvm.Process.Pid} has ended");
        }
    }

    /// <summary>Every capture forces a full collection, and what it left is read at once, before the next ones blur it.</summary>
    /// <remarks>A concurrent collector does not show it in its counters, and the census itself must do.</remarks>
    private void ReadCollectionOfCapture()
    {
        if (jvm.ReadPerfData() is { } counters)
        {
            var seen = new SignalSample();
            signals.Read(counters, seen);
            liveAfterCapture = seen.Has(Signal.LiveHeap) ? seen[Signal.LiveHeap] : liveAfterCapture;
        }
    }

    /// <summary>
    /// The Java heap as far as it is in memory, and what of that is not live. A JVM uses the latter again before it takes more: it
    /// touches the room for new objects bit by bit, and moves what is live together, so that nothing is stuck in between.
    /// </summary>
    private void AddResidentHeap(SignalSample sample, long? resident)
    {
        if (!residentHeap!.IsVisible)
        {
            return;
        }

        sample[Signal.CommittedHeap] = resident ?? double.NaN;
        if (resident is { } bytes && (signals.LiveHeap ?? censusBytes) is { } live)
        {
            sample[Signal.ReusableHeap] = Math.Max(0, bytes - live);
        }
    }

    /// <summary>Classes live outside of the heap, but are managed like it: a class loader leak fills them, and must not look like one of native memory.</summary>
    /// <remarks>Only what they have gained since we attached counts as live, so that the live heap still compares with -Xmx.</remarks>
    private void AddClassMetadata(SignalSample sample, double classMetadata)
    {
        classMetadataAtStart ??= classMetadata;
        sample[Signal.LiveHeap] += classMetadata - classMetadataAtStart.Value;
        sample[Signal.CommittedHeap] += classMetadata;
    }

    private TimeSpan? Stopped() => jvm.ReadPerfData() is { } counters ? JvmSignals.Stopped(counters) : null;

    /// <summary>The live heap where it is known, and the heap in use otherwise.</summary>
    private async Task<long> HeapBytesAsync(CancellationToken cancellation)
    {
        if ((signals.LiveHeap ?? censusBytes) is { } live)
        {
            return (long)live;
        }

        if (channel is not null && await ReadHeapInfoAsync(channel, cancellation) is { } heap)
        {
            return heap.Used;
        }

        return jvm.ReadPerfData() is { } counters ? (long)JvmSignals.UsedAfterCollection(counters) : 0;
    }

    /// <summary>What is in memory beside the Java heap; null where that may not be seen.</summary>
    private double? OutsideHeap() => jvm.Process.ReadResidentBytes() - residentHeap?.ReadNow();

    /// <summary>What a capture has left in the process is no growth of the program's.</summary>
    /// <returns>Bytes that it has left.</returns>
    private double LearnLeft(double? before)
    {
        var left = Math.Clamp((OutsideHeap() - before) ?? 0, 0, MostLeft);
        leftBytes += left;
        return left;
    }

    /// <summary>The recorder stays loaded until the JVM ends: that is worth saying.</summary>
    private void NoteRecorder(CaptureMethod method, double left, List<string> notes)
    {
        if (method == JvmCaptures.AllocationSamples && !isRecorderKnown)
        {
            isRecorderKnown = true;
            notes.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the flight recorder took {left / 1048576:0} MiB in the target, which stay until it ends; they are not counted as growth"
                )
            );
        }
    }

    private async Task WriteHistogramAsync(
        AttachChannel attached,
        string path,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        string text;
        try
        {
            text = await attached.RunAsync("GC.class_histogram", patience, cancellation);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            ThrowIfGone();
            throw new CaptureFailedException(e.Message, e);
        }

        censusBytes =
            Number(HistogramTotal(), text)
            ?? throw new CaptureFailedException($"process {jvm.Process.Pid} gave no class histogram: {text.Trim()}");
        await CaptureFile.WriteAsync(
            path,
            file => file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation).AsTask()
        );
    }

    /// <summary>Null where this JVM has no such command (version 8).</summary>
    private static async Task<HeapInfo?> ReadHeapInfoAsync(AttachChannel channel, CancellationToken cancellation)
    {
        try
        {
            return HeapInfo.Parse(await channel.RunAsync("GC.heap_info", QuickPatience, cancellation));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long? Number(Regex pattern, string text) =>
        pattern.Match(text) is { Success: true } match
            ? long.Parse(match.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : null;

    [GeneratedRegex(@"-XX:MaxHeapSize=(?<number>\d{1,18})", RegexOptions.NonBacktracking)]
    private static partial Regex MaxHeapSizeFlag();

    // Such as JDK 17.0.15, JDK 8.0_402.
    [GeneratedRegex(@"JDK (?<number>\d{1,4})", RegexOptions.NonBacktracking)]
    private static partial Regex JdkVersion();

    // The last line: Total, instances, bytes.
    [GeneratedRegex(@"Total\s+\d+\s+(?<number>\d{1,18})", RegexOptions.NonBacktracking)]
    private static partial Regex HistogramTotal();
}
