using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Native;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Tests.Native;

/// <summary>The sampler and the allocators' figures against what real processes know of themselves.</summary>
public class NativeSessionTests
{
    private const int Records = 40_000;
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task The_count_is_exact_and_the_profile_names_the_site_with_its_callers()
    {
        // Nothing else allocates here: the fewer samples a site has, the more its share depends on chance.
        await using var service = await NativeService.StartAsync(threads: 0);
        await using var session = await AttachAsync(service);
        await session.PrepareAsync(None);
        var before = await LiveAsync(session);

        var usable = long.Parse(await service.AskAsync($"keep {Records} 200"), CultureInfo.InvariantCulture);
        var after = await LiveAsync(session);

        (after - before).ShouldBeInRange((Records * usable) - 200_000, (Records * usable) + 200_000);

        var profile = await ProfileAsync(session);
        var inUse = profile.IndexOf("inuse_space");
        var rows = Enumerable.Range(0, profile.StackCount).OrderByDescending(s => profile.Values(inUse)[s]).ToList();
        var stack = profile
            .Stack(rows[0])
            .ToArray()
            .Select(f => profile.Functions[profile.Frames[f].Function].Name)
            .ToList();
        stack[0].ShouldBe("keep_records");
        stack.Count(f => f == "serve_request").ShouldBe(6);
        stack.ShouldContain("main");
        ((double)profile.Values(inUse)[rows[0]]).ShouldBe(Records * usable, Records * usable * 0.15);
        ((double)profile.Values(profile.IndexOf("inuse_objects"))[rows[0]]).ShouldBe(Records, Records * 0.15);

        // What is released is taken off again.
        await service.AskAsync("release");
        (await LiveAsync(session)).ShouldBeInRange(before - 200_000, before + 200_000);
        profile = await ProfileAsync(session);
        Enumerable.Range(0, profile.StackCount).Sum(s => profile.Values(inUse)[s]).ShouldBeLessThan(400_000);
    }

    [Fact]
    public async Task Many_rounds_on_busy_threads_leave_the_program_as_it_was()
    {
        await using var service = await NativeService.StartAsync(threads: 4);
        var slots = ReadSlots(service.Pid);
        var mappings = 0;
        for (var round = 0; round < 25; round++)
        {
            await using (var session = await AttachAsync(service))
            {
                await session.PrepareAsync(None);
                await LiveAsync(session);
            }

            if (round == 0)
            {
                mappings = File.ReadLines($"/proc/{service.Pid}/maps")
                    .Count(l => l.Contains("r-xp 00000000 00:00 0", StringComparison.Ordinal));
            }
        }

        var (wrong, rounds) = await service.StateAsync();
        wrong.ShouldBe(0);
        rounds.ShouldBeGreaterThan(100);
        ReadSlots(service.Pid).ShouldBe(slots);
        File.ReadLines($"/proc/{service.Pid}/maps")
            .Count(l => l.Contains("r-xp 00000000 00:00 0", StringComparison.Ordinal))
            .ShouldBe(mappings);
        service.IsRunning.ShouldBeTrue();
    }

    [Fact]
    public async Task A_process_that_ends_while_it_is_counted_is_let_go()
    {
        await using var service = await NativeService.StartAsync(threads: 1);
        var session = await AttachAsync(service);
        await session.PrepareAsync(None);
        using (var process = System.Diagnostics.Process.GetProcessById(service.Pid))
        {
            process.Kill();
        }

        await session.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), None);
    }

    [Fact]
    public async Task A_watch_that_was_killed_is_cleaned_up_by_the_next_one()
    {
        await using var service = await NativeService.StartAsync(threads: 2);
        var slots = ReadSlots(service.Pid);
        var abandoned = await AttachAsync(service); // never disposed of: what a killed tidemark leaves behind
        await abandoned.PrepareAsync(None);
        ReadSlots(service.Pid).ShouldNotBe(slots);

        await using (var session = await AttachAsync(service))
        {
            await session.PrepareAsync(None);
            var before = await LiveAsync(session);
            await service.AskAsync($"keep {Records} 200");
            (await LiveAsync(session) - before).ShouldBeGreaterThan(Records * 190);
        }

        // Words that were not yet bound when the first one came are bound now; none leads to us.
        var hooks = ReadSlots(service.Pid).Where((now, i) => now != slots[i]).ToList();
        hooks.ShouldAllBe(now => IsInLibrary(service.Pid, now));
        (await service.StateAsync()).Wrong.ShouldBe(0);
    }

    [Theory]
    [InlineData("libjemalloc.so.2", "jemalloc")]
    [InlineData("libtcmalloc_minimal.so.4", "tcmalloc")]
    public async Task Other_allocators_are_asked_and_sampled_too(string library, string name)
    {
        // Nothing else allocates here: beside a thread that allocates a gigabyte a second, a few megabytes may go without a sample.
        await using var service = await NativeService.StartAsync(threads: 0, "", ("LD_PRELOAD", library));
        await using var session = await AttachAsync(service);
        session.Allocator.ShouldNotBeNull().Name.ShouldBe(name);
        await session.PrepareAsync(None);
        var before = await LiveAsync(session);
        var usable = long.Parse(await service.AskAsync($"keep {Records} 200"), CultureInfo.InvariantCulture);
        // These count what their threads keep at hand for the next calls, too.
        (await LiveAsync(session) - before).ShouldBe(Records * usable, 0.1 * Records * usable);
        var profile = await ProfileAsync(session);
        var suspect = AllocationSuspects.Find(profile, NativeKnowledge.Value)[0];
        suspect.Site!.Function.ShouldBe("keep_records");
    }

    [Fact]
    public async Task The_profiler_of_jemalloc_is_used_where_it_is_running()
    {
        await using var service = await NativeService.StartAsync(
            threads: 1,
            "",
            ("LD_PRELOAD", "libjemalloc.so.2"),
            ("MALLOC_CONF", "prof:true,lg_prof_sample:12")
        );
        await service.AskAsync($"keep {Records} 200");
        await using var session = await AttachAsync(service);
        session.Preparation.ShouldBeNull("nothing is put before an allocator that counts itself");
        var profile = await ProfileAsync(session);
        AllocationSuspects.Find(profile, NativeKnowledge.Value)[0].Site!.Function.ShouldBe("keep_records");
    }

    [Fact]
    public async Task What_lies_free_is_given_back_when_that_is_asked_for()
    {
        await using var service = await NativeService.StartAsync(threads: 0);
        await service.AskAsync("keep 60000 2000");
        // The block at its end keeps the heap from shrinking by itself.
        await service.AskAsync("release keep");
        ReadResident(service.Pid).ShouldBeGreaterThan(100L << 20);
        await using var session = await AttachAsync(service);
        (await session.ReleaseAsync(None)).ShouldBe("malloc_trim(0)");
        (await service.StateAsync()).Wrong.ShouldBe(0);
        ReadResident(service.Pid).ShouldBeLessThan(40L << 20);
    }

    [Fact]
    public async Task A_program_with_its_allocator_linked_in_is_watched_from_outside_and_told_what_to_do()
    {
        await using var service = await NativeService.StartAsync(threads: 1, "-static");
        await using var session = await AttachAsync(service);
        await Should.ThrowAsync<CaptureFailedException>(() => session.PrepareAsync(None));
        var refusal = await Should.ThrowAsync<CaptureFailedException>(() =>
            session.EstimateAsync(session.Methods[0], None)
        );
        refusal.Message.ShouldContain("heaptrack");
        refusal.Message.ShouldNotContain("\n");
        var path = Path.GetTempFileName();
        File.Delete(path);
        await session.CaptureAsync(session.Methods.Single(m => m.Format == "smaps"), path, None);
        new FileInfo(path).Length.ShouldBeGreaterThan(1000);
        File.Delete(path);
        (await service.StateAsync()).Wrong.ShouldBe(0);
    }

    private static async Task<NativeSession> AttachAsync(NativeService service) =>
        (NativeSession)await new NativeRuntime().AttachAsync(new Target(service.Pid, null, "service"), None);

    private static async Task<double> LiveAsync(NativeSession session)
    {
        var sample = new SignalSample();
        for (var attempt = 0; attempt < 100 && !sample.Has(Signal.LiveHeap); attempt++)
        {
            sample.Clear();
            await session.SampleAsync(sample, None);
        }

        return sample[Signal.LiveHeap];
    }

    private static async Task<Core.Allocation.AllocationProfile> ProfileAsync(NativeSession session)
    {
        var path = Path.Combine(Path.GetTempPath(), $"tidemark-{Guid.NewGuid():N}.heap");
        try
        {
            await session.CaptureAsync(session.Methods[0], path, None);
            var file = DumpFile.Open(path);
            return ((ProfileSnapshot)DumpFormats.Detect(file)!.Read(file, ReadContext.Quiet)).Profile;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static long ReadResident(int pid) =>
        Tidemark.Runtimes.Processes.LinuxProcess.Find(pid)!.ReadResidentBytes();

    /// <summary>What the words that lead to the allocator lead to now.</summary>
    private static List<ulong> ReadSlots(int pid)
    {
        using var symboliser = new Symboliser(MemoryMap.Parse(File.ReadLines($"/proc/{pid}/maps")));
        using var memory = ProcessMemory.Open(pid);
        return [.. AllocatorImports.Find(symboliser, []).Select(s => memory.ReadWord(s.Address))];
    }

    private static bool IsInLibrary(int pid, ulong address)
    {
        var map = MemoryMap.Parse(File.ReadLines($"/proc/{pid}/maps"));
        return map.IndexOf(address) is >= 0 and var index && map.Mappings[index].IsFile;
    }
}
