using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Jvm;

namespace Tidemark.Runtimes.Tests.Jvm;

/// <summary>The footprint of a JVM that maps its heap at several addresses, against the pages that the heap's file holds.</summary>
public sealed class SharedHeapTests(JavaTarget java) : IClassFixture<JavaTarget>
{
    private const double Slack = 4 << 20;

    [Fact]
    public async Task A_page_of_the_heap_counts_once_however_often_ZGC_maps_it()
    {
        await using var jvm = await java.StartAsync("-XX:+UseZGC", "-Xms32m");
        await using var session = await new JvmRuntime().AttachAsync(jvm.Target, default);
        await jvm.HoldMoreAsync();
        // Each cycle changes the colour, and marking touches what is held at the next address.
        for (var cycle = 0; cycle < 4; cycle++)
        {
            (await session.CollectAsync(default)).ShouldNotBeNull();
        }

        var status = Status(jvm.Pid);
        var sample = new SignalSample { [Signal.Footprint] = status["VmRSS"] };
        session.CorrectShared(sample, status["RssShmem"]);
        await session.SampleAsync(sample, default);

        var heap = HeapFileBytes(jvm.Pid);
        var outside = status["VmRSS"] - status["RssShmem"];
        status["RssShmem"].ShouldBeGreaterThan(heap + (8 << 20), "the premise: it is counted more than once");
        sample[Signal.Footprint].ShouldBe(outside + heap, Slack);
        (sample[Signal.Footprint] - sample[Signal.CommittedHeap]).ShouldBe(outside, Slack);
    }

    [Fact]
    public async Task Shared_memory_of_a_JVM_whose_heap_is_none_stays_in_its_footprint()
    {
        await using var jvm = await java.StartAsync("-XX:+UseSerialGC");
        await using var session = await new JvmRuntime().AttachAsync(jvm.Target, default);
        var sample = new SignalSample { [Signal.Footprint] = 900 << 20 };

        session.CorrectShared(sample, 800 << 20);

        sample[Signal.Footprint].ShouldBe(900 << 20);
    }

    private static Dictionary<string, long> Status(int pid) =>
        File.ReadLines($"/proc/{pid}/status")
            .Select(l => l.Split([':', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(w => w is [_, _, "kB"])
            .ToDictionary(w => w[0], w => long.Parse(w[1], CultureInfo.InvariantCulture) * 1024);

    /// <summary>What the heap's file in memory holds, as the file system accounts for it.</summary>
    private static long HeapFileBytes(int pid)
    {
        var file = Directory
            .EnumerateFiles($"/proc/{pid}/fd")
            .First(f => new FileInfo(f).LinkTarget?.Contains("java_heap", StringComparison.Ordinal) ?? false);
        using var stat = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-L", "-c", "%b", file]) { RedirectStandardOutput = true }
        )!;
        return long.Parse(stat.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture) * 512;
    }
}
