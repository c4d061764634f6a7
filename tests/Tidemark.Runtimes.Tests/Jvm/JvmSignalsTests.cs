using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Jvm;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Tests.Jvm;

/// <summary>The signals of a JVM against what the JDK's own tools say of it.</summary>
public sealed class JvmSignalsTests(JavaTarget java) : IClassFixture<JavaTarget>, IDisposable
{
    private const int HeldBytes = 20_000 * 1016;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-captures-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("-XX:+UseG1GC")]
    [InlineData("-XX:+UseSerialGC")]
    [InlineData("-XX:+UseParallelGC")]
    public async Task They_are_what_jstat_and_jcmd_tell(string collector)
    {
        await using var jvm = await java.StartAsync(collector);
        await using var session = await new JvmRuntime().AttachAsync(jvm.Target, default);
        (await session.CollectAsync(default)).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);

        var sample = await SampleAsync(session);
        var told = Jstat(jvm.Pid);

        sample[Signal.GcCount].ShouldBe(told["YGC"] + told["FGC"] + told.GetValueOrDefault("CGC"));
        sample[Signal.GcPause].ShouldBe(told["GCT"], 0.01);
        sample[Signal.LiveHeap].ShouldBe(told["OU"] * 1024, told["OU"] * 1024 * 0.02);
        sample[Signal.HeapLimit].ShouldBe(FlagOf(jvm.Pid, "MaxHeapSize"));
        var committed = told["S0C"] + told["S1C"] + told["EC"] + told["OC"] + told["MC"];
        sample[Signal.CommittedHeap].ShouldBeInRange(told["OU"] * 1024, committed * 1024);
        sample[Signal.ReusableHeap].ShouldBeInRange(0, sample[Signal.CommittedHeap]);
    }

    [Theory]
    [InlineData("-XX:+UseG1GC")]
    [InlineData("-XX:+UseSerialGC")]
    [InlineData("-XX:+UseZGC")]
    public async Task A_collection_that_is_asked_for_shows_what_the_program_has_let_go(string collector)
    {
        await using var jvm = await java.StartAsync(collector);
        await using var session = await new JvmRuntime().AttachAsync(jvm.Target, default);
        await session.CollectAsync(default);
        var before = await LiveAsync(session);
        await jvm.ClearAsync();

        await session.CollectAsync(default);

        (before - await LiveAsync(session)).ShouldBeInRange(HeldBytes * 0.6, HeldBytes * 1.5);
    }

    [Fact]
    public async Task A_JVM_that_only_begins_a_concurrent_cycle_when_asked_is_not_asked_again()
    {
        await using var jvm = await java.StartAsync("-XX:+ExplicitGCInvokesConcurrent");
        await using var session = await new JvmRuntime().AttachAsync(jvm.Target, default);

        (await session.CollectAsync(default)).ShouldBeNull();
    }

    [Fact]
    public async Task Native_memory_that_the_JVM_accounts_for_is_named_once_it_grows()
    {
        await using var jvm = await java.StartAsync("-XX:NativeMemoryTracking=summary");
        await using var session = await new JvmRuntime().AttachAsync(jvm.Target, default);
        var quiet = await session.CaptureAsync(JvmCaptures.Histogram, Path.Combine(folder, "1.histo.txt"), default);
        await jvm.AllocateDirectAsync();

        var grown = await session.CaptureAsync(JvmCaptures.Histogram, Path.Combine(folder, "2.histo.txt"), default);

        quiet.Notes.ShouldBeEmpty();
        grown.Notes.ShouldHaveSingleItem().ShouldContain("Other 30");
    }

    [Fact]
    public async Task Twenty_rounds_of_attaching_and_capturing_leave_a_JVM_that_works_and_nothing_behind()
    {
        await using var jvm = await java.StartAsync();
        // The whole number: 6838 is part of 683862 too, which may be a process of another test. What stood there before is not ours.
        var ofThisJvm = new Regex($@"(?<!\d){jvm.Pid}(?!\d)");
        string[] Left() =>
            [.. Directory.EnumerateFiles("/tmp").Select(f => Path.GetFileName(f)).Where(f => ofThisJvm.IsMatch(f))];
        var before = Left();
        for (var round = 0; round < 20; round++)
        {
            await using var session = await new JvmRuntime().AttachAsync(jvm.Target, default);
            await session.CollectAsync(default);
            await session.CaptureAsync(JvmCaptures.HeapDump, Path.Combine(folder, $"{round}.hprof"), default);
        }

        await jvm.HoldMoreAsync();
        Left().Except(before).ShouldBeSubsetOf([$".java_pid{jvm.Pid}"]);
        Directory.EnumerateFiles($"/proc/{jvm.Pid}/cwd/", ".attach_pid*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Requests_are_read_from_the_port_on_which_the_service_shows_them()
    {
        await using var jvm = await java.StartAsync();
        await using var session = await new JvmRuntime().AttachAsync(jvm.Target, default);
        await jvm.ServeMetricsAsync();
        var sample = await SampleAsync(session);
        // A page that does not answer a busy machine in time is looked for again 20 seconds later.
        for (var wait = 0; wait < 900 && !sample.Has(Signal.Requests); wait++)
        {
            await Task.Delay(100);
            sample = await SampleAsync(session);
        }

        sample[Signal.Requests].ShouldBe(42);
    }

    private static async Task<SignalSample> SampleAsync(RuntimeSession session)
    {
        var sample = new SignalSample();
        await session.SampleAsync(sample, default);
        return sample;
    }

    /// <summary>The live heap; a concurrent collector tells it once the use of the heap has risen again.</summary>
    private static async Task<double> LiveAsync(RuntimeSession session)
    {
        for (var wait = 0; wait < 1200; wait++)
        {
            if (await SampleAsync(session) is var sample && sample.Has(Signal.LiveHeap))
            {
                return sample[Signal.LiveHeap];
            }

            await Task.Delay(50);
        }

        throw new TimeoutException("no live heap was told");
    }

    /// <summary>The columns of jstat -gc: capacities and uses in KiB, counts, seconds.</summary>
    private static Dictionary<string, double> Jstat(int pid)
    {
        var lines = Run("jstat", "-gc", $"{pid}").Split('\n');
        string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Words(lines[0])
            .Zip(Words(lines[1]))
            .Where(c => c.Second != "-")
            .ToDictionary(c => c.First, c => double.Parse(c.Second, CultureInfo.InvariantCulture));
    }

    private static double FlagOf(int pid, string flag) =>
        double.Parse(
            Regex.Match(Run("jcmd", $"{pid}", "VM.flags"), $"-XX:{flag}=([0-9]+)").Groups[1].Value,
            CultureInfo.InvariantCulture
        );

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd();
    }
}
