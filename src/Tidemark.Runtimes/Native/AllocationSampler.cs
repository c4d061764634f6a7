using System.Runtime.InteropServices;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Processes;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Native;

/// <summary>Counts and samples the allocations of a watched process: the words that lead to its allocator lead to our hooks meanwhile.</summary>
/// <remarks>
/// All threads stand still for the moment in which these words are written, so that none reads half of one. The hooks take no
/// lock, allocate nothing and call nothing but the allocator and two system calls, so that nothing can be waited for.
/// </remarks>
internal sealed class AllocationSampler : IAsyncDisposable
{
    // Enough to tell sites apart within seconds, and few enough to cost less than a hundredth of a core.
    private const double SamplesPerSecond = 250;
    private const long SmallestPeriod = 512;
    private const long LargestPeriod = 64 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Judging = TimeSpan.FromSeconds(2);

    private readonly int pid;
    private readonly TargetBlock block;
    private readonly Symboliser symboliser;
    private readonly ProcessMemory memory;
    private readonly List<ImportSlot> slots = [];
    private readonly Dictionary<ImportSlot, ulong> originals = [];
    private readonly ulong[] real;
    private readonly CancellationTokenSource end = new();
    private readonly Lock gate = new();
    private readonly ulong[] shards = new ulong[HookBlock.Shards * HookBlock.ShardWords];
    private readonly long[] netBefore = new long[HookBlock.SizeClasses];
    private Task draining = Task.CompletedTask;
    private long period = 64 << 10;
    private readonly HashSet<ulong> ahead = []; // taken before an older one that is still being written
    private ulong taken;
    private TimeSpan stopped;
    private long smallest = SmallestPeriod;
    private long lostBefore;
    private long lostAtStart;

    private AllocationSampler(int pid, TargetBlock block, Symboliser symboliser, ulong[] real, List<ImportSlot> slots)
    {
        this.pid = pid;
        this.block = block;
        this.symboliser = symboliser;
        this.real = real;
        this.slots = slots;
        memory = ProcessMemory.Open(pid);
        Samples = new AllocationSamples(symboliser);
    }

    /// <summary>What was sampled so far; use it under <see cref="Gate"/>.</summary>
    public AllocationSamples Samples { get; }

    public Lock Gate => gate;

    /// <summary>How long the target stood still for us since this was last asked.</summary>
    public TimeSpan TakeStopped()
    {
        var since = stopped;
        stopped = TimeSpan.Zero;
        return since;
    }

    /// <summary>Memory of the target that the sampler takes, in bytes.</summary>
    public long TargetBytes
    {
        get
        {
            var ring = Math.Min(taken, HookBlock.RingSamples) * HookBlock.SampleBytes;
            return (long)(HookBlock.Addresses + ring) + (taken > 0 ? 2L * HookBlock.TableSlots * sizeof(ulong) : 0);
        }
    }

    /// <summary>Samples that were lost because they came too fast, since the start.</summary>
    public long LostSinceStart => Lost - lostAtStart;

    private long Lost =>
        (long)(memory.ReadWord(block.Data + HookBlock.Lost) + memory.ReadWord(block.Data + HookBlock.Forgotten));

    /// <summary>Finds the allocator and puts the hooks before it.</summary>
    /// <exception cref="CaptureFailedException">The program's allocator is called in another way.</exception>
    public static async Task<AllocationSampler> StartAsync(int pid, TargetBlock block, Symboliser symboliser)
    {
        var slots = AllocatorImports.Find(symboliser, []);
        var real = RealFunctions.Find(pid, block, symboliser, slots);
        var sampler = new AllocationSampler(
            pid,
            block,
            symboliser,
            real.Functions,
            [.. slots.Where(s => real.IsHooked(s.Function))]
        );
        sampler.Prepare(real.UsableSize);
        await Tracer.RunAsync(() =>
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            Tracer.WhileStopped(pid, sampler.PutIn);
            sampler.stopped = System.Diagnostics.Stopwatch.GetElapsedTime(start);
            return true;
        });
        sampler.draining = sampler.DrainAsync(sampler.end.Token);
        return sampler;
    }

    /// <summary>Bytes allocated less bytes released since the start, by size class.</summary>
    public long[] ReadNet()
    {
        lock (gate)
        {
            ReadShards();
            var net = new long[HookBlock.SizeClasses];
            for (var s = 0; s < HookBlock.Shards; s++)
            {
                for (var c = 0; c < net.Length; c++)
                {
                    net[c] += (long)shards[(s * HookBlock.ShardWords) + 8 + c];
                }
            }

            for (var c = 0; c < net.Length; c++)
            {
                net[c] -= netBefore[c];
            }

            return net;
        }
    }

    /// <summary>Bytes allocated since the block was made.</summary>
    public long ReadAllocated() => ReadSum(1);

    /// <summary>Allocations since the block was made.</summary>
    public long ReadAllocations() => ReadSum(2);

    private long ReadSum(int word)
    {
        lock (gate)
        {
            ReadShards();
            var sum = 0UL;
            for (var s = 0; s < HookBlock.Shards; s++)
            {
                sum += shards[(s * HookBlock.ShardWords) + word];
            }

            return (long)sum;
        }
    }

    /// <summary>Brings up to date which samples are still alive; call it under <see cref="Gate"/>.</summary>
    public void Refresh()
    {
        Take();
        var addresses = new ulong[HookBlock.TableSlots];
        var numbers = new ulong[HookBlock.TableSlots];
        memory.ReadWords(block.Data + HookBlock.Addresses, addresses);
        memory.ReadWords(block.Data + HookBlock.Numbers, numbers);
        Samples.Forget(addresses, numbers);
    }

    public long Period => period;

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await draining;
        try
        {
            await Tracer.RunAsync(() =>
            {
                Tracer.WhileStopped(pid, TakeOut);
                return true;
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ThreadCallException)
        {
            // The process has ended, and the hooks with it.
        }

        memory.Dispose();
        end.Dispose();
    }

    private void Prepare(ulong usableSize)
    {
        var head = new ulong[32];
        real.CopyTo(head, 0);
        memory.WriteWords(block.Code + HookBlock.RealFunctions, head);
        memory.WriteWord(block.Code + HookBlock.UsableSize, usableSize);
        WriteVariates();
        // Addresses that an earlier watch has remembered were perhaps released since.
        memory.Write(block.Data + HookBlock.Addresses, new byte[HookBlock.TableSlots * sizeof(ulong)]);
        taken = memory.ReadWord(block.Data + HookBlock.Written);
        memory.WriteWord(block.Data + HookBlock.Taken, taken);
        var net = ReadNet();
        net.CopyTo(netBefore, 0);
        Samples.Start(taken);
        lostBefore = lostAtStart = Lost;
        memory.WriteWord(block.Data + HookBlock.Enabled, 1);
    }

    private void PutIn()
    {
        foreach (var slot in slots)
        {
            var hook = block.Code + HookBlock.Entry(slot.Function);
            var before = memory.ReadWord(slot.Address);
            // Left behind by a watch that was killed: what it led to is in the block's head.
            originals[slot] = before == hook ? real[slot.Function] : before;
            memory.WriteWord(slot.Address, hook);
        }
    }

    private void TakeOut()
    {
        memory.WriteWord(block.Data + HookBlock.Enabled, 0);
        foreach (var (slot, before) in originals)
        {
            if (memory.ReadWord(slot.Address) == block.Code + HookBlock.Entry(slot.Function))
            {
                memory.WriteWord(slot.Address, before);
            }
        }
    }

    private async Task DrainAsync(CancellationToken cancellation)
    {
        try
        {
            var judged = System.Diagnostics.Stopwatch.GetTimestamp();
            var allocated = ReadAllocated();
            var quick = true;
            while (!cancellation.IsCancellationRequested)
            {
                await Task.Delay(Pause, CancellationToken.None);
                lock (gate)
                {
                    Take();
                }

                var since = System.Diagnostics.Stopwatch.GetElapsedTime(judged);
                if (since >= Judging || (quick && since > Judging / 8))
                {
                    var now = ReadAllocated();
                    Adjust((now - allocated) / since.TotalSeconds, Lost);
                    quick = false;
                    (judged, allocated) = (System.Diagnostics.Stopwatch.GetTimestamp(), now);
                }
            }
        }
        catch (IOException)
        {
            // The process has ended: the watch says so.
        }
    }

    /// <summary>Samples come at the same pace whether the program allocates much or little.</summary>
    private void Adjust(double bytesPerSecond, long lostNow)
    {
        const int worthIt = 2;
        if (lostNow > lostBefore)
        {
            // The average is right, but the allocations come in bursts.
            smallest = Math.Min(LargestPeriod, period * worthIt);
            lostBefore = lostNow;
        }

        var wanted = (long)Math.Clamp(bytesPerSecond / SamplesPerSecond, smallest, LargestPeriod);
        if (wanted >= period * worthIt || wanted < period / worthIt)
        {
            lock (gate)
            {
                Take();
                period = wanted;
                WriteVariates();
            }
        }
    }

    private void WriteVariates()
    {
        var variates = new ulong[HookBlock.Variates];
        for (var i = 0; i < variates.Length; i++)
        {
            variates[i] = (ulong)Math.Max(1, -Math.Log(1 - Random.Shared.NextDouble()) * period);
        }

        memory.WriteWords(block.Data + HookBlock.VariateTable, variates);
        // The distances that are under way are of the old period.
        for (var s = 0; s < HookBlock.Shards; s++)
        {
            memory.WriteWord(
                block.Data + HookBlock.ShardTable + (ulong)(s * HookBlock.ShardWords * sizeof(ulong)),
                variates[s]
            );
        }
    }

    private void ReadShards() => memory.Read(block.Data + HookBlock.ShardTable, MemoryMarshal.AsBytes(shards.AsSpan()));

    private void Take()
    {
        var written = memory.ReadWord(block.Data + HookBlock.Written);
        var sample = new byte[HookBlock.SampleBytes];
        for (var number = taken; number < written; number++)
        {
            if (ahead.Contains(number) || TryTake(number, sample))
            {
                ahead.Add(number);
            }
            else if (number == taken && written - taken >= HookBlock.RingSamples / 2)
            {
                ahead.Add(number); // by a thread that does not come on: the ring must not fill up behind it
            }

            while (ahead.Remove(taken))
            {
                taken++;
            }
        }

        memory.WriteWord(block.Data + HookBlock.Taken, taken);
    }

    /// <summary>Takes over one sample, if all of it is written: a thread may lose its processor in the middle of that.</summary>
    private bool TryTake(ulong number, byte[] sample)
    {
        var at = block.Data + HookBlock.Ring + (number % HookBlock.RingSamples * HookBlock.SampleBytes);
        memory.Read(at, sample.AsSpan(0, HookBlock.SampleHeader));
        var header = MemoryMarshal.Cast<byte, ulong>(sample.AsSpan(0, HookBlock.SampleHeader));
        if (header[0] != number + 1)
        {
            return false;
        }

        var stack = sample.AsSpan(
            HookBlock.SampleHeader,
            (int)Math.Min(header[12], (ulong)(HookBlock.SampleBytes - HookBlock.SampleHeader))
        );
        memory.Read(at + HookBlock.SampleHeader, stack);
        Samples.Add(header, stack, period);
        return true;
    }
}
