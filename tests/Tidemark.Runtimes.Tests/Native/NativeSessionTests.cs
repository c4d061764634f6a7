using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Native;
using Tidemark.Runtimes.Processes;
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
        var stack = Functions(profile, rows[0]);
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

    /// <summary>A call that returns just when it is given up has returned; its breakpoint's signal would end the program.</summary>
    [Fact]
    public async Task A_call_that_returns_at_its_very_limit_harms_nobody()
    {
        await using var service = await NativeService.StartAsync(threads: 0);
        var map = MemoryMap.Parse(File.ReadLines($"/proc/{service.Pid}/maps"));
        var block = await Tracer.RunAsync(() => TargetBlock.Create(service.Pid, map, _ => true));
        var sleep = block.Find("usleep").ShouldNotBeNull()["usleep"];
        var limit = TimeSpan.FromMilliseconds(10);
        for (var round = 0; round < 100; round++)
        {
            // Around the limit, now a little shorter, now a little longer.
            var microseconds = (ulong)(9_000 + (round * 30));
            await Tracer.RunAsync(() =>
            {
                using var thread = StoppedThread.TryStop(service.Pid, service.Pid).ShouldNotBeNull();
                try
                {
                    thread.Call(sleep, block.Code + HookBlock.Trap, limit, microseconds, 0).ShouldBe(0);
                }
                catch (ThreadCallException)
                {
                    // Given up in time.
                }

                return 0;
            });
        }

        (await service.StateAsync()).Wrong.ShouldBe(0);
        service.IsRunning.ShouldBeTrue();
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

    /// <summary>The kernel is asked where it may be; where not, the answer says why, and what to do.</summary>
    [Fact]
    public async Task A_program_with_its_allocator_linked_in_is_told_by_the_kernel_or_from_outside()
    {
        await using var service = await NativeService.StartAsync(threads: 0, "-static -fno-omit-frame-pointer");
        await using (var session = await AttachAsync(service))
        {
            if (await PreparedAsync(session) is { } refusal)
            {
                refusal.ShouldContain("bpftrace");
                refusal.ShouldNotContain("\n");
            }
            else
            {
                session.Methods[0].Name.ShouldBe("kernel-profile");
                session.Preparation.ShouldNotBeNull().ShouldContain("probes of the kernel");
                await service.AskAsync($"keep {Records} 200");
                var (profile, attempts) = (await ProfileAsync(session), 0);
                while (profile.StackCount == 0 && attempts++ < 600)
                {
                    await Task.Delay(100, None); // bpftrace tells what it saw a moment later
                    profile = await ProfileAsync(session);
                }

                AllocationSuspects.Find(profile, NativeKnowledge.Value)[0].Site!.Function.ShouldBe("keep_records");
            }

            var path = Path.GetTempFileName();
            File.Delete(path);
            await session.CaptureAsync(session.Methods.Single(m => m.Format == "smaps"), path, None);
            new FileInfo(path).Length.ShouldBeGreaterThan(1000);
            File.Delete(path);
        }

        (await service.StateAsync()).Wrong.ShouldBe(0);
    }

    /// <returns>Why not, as one who asks for a capture is told it; null where it is prepared.</returns>
    private static async Task<string?> PreparedAsync(NativeSession session)
    {
        try
        {
            await session.PrepareAsync(None);
            return null;
        }
        catch (CaptureFailedException refused)
        {
            return session.Methods[0].Name == "kernel-profile"
                ? refused.Message
                : (
                    await Should.ThrowAsync<CaptureFailedException>(() =>
                        session.EstimateAsync(session.Methods[0], None)
                    )
                ).Message;
        }
    }

    [Fact]
    public async Task What_lies_free_is_told_by_arena()
    {
        await using var service = await NativeService.StartAsync(threads: 2);
        await service.AskAsync("keep 60000 2000");
        await service.AskAsync("release keep");
        await using var session = await AttachAsync(service);
        var arenas = await ProfileAsync(session, session.Methods.Single(m => m.Name == "malloc-info"));
        var free = arenas.IndexOf("free_space");
        Enumerable.Range(0, arenas.StackCount).Sum(s => arenas.Values(free)[s]).ShouldBeGreaterThan(100L << 20);

        var division = await session.DivideAsync(None);

        division[0].Finding.ShouldStartWith("glibc's ");
        division[0].Value.ShouldBeGreaterThan(100 << 20);
        division.ShouldContain(d => d.Finding.Contains("holes between blocks"));
        (await service.StateAsync()).Wrong.ShouldBe(0);
    }

    [Fact]
    public async Task Heaptrack_records_for_a_while_and_is_gone_again()
    {
        await using var service = await NativeService.StartAsync(threads: 2);
        var threads = Directory.GetDirectories($"/proc/{service.Pid}/task").Length;
        for (var round = 0; round < 2; round++)
        {
            await using var session = await AttachAsync(service);
            session.HeaptrackWindow = async _ =>
            {
                for (var asked = 0; asked < 20; asked++)
                {
                    await service.AskAsync("keep 1000 200");
                }
            };
            var method = session.Methods.Single(m => m.Name == "heaptrack");
            method.OnRequest.ShouldBeTrue("nothing is loaded into a process that nobody asked it for");
            await session.EstimateAsync(method, None);
            var profile = await ProfileAsync(session, method);
            // Every call is seen, and not a share of them.
            var count = profile.IndexOf("inuse_objects");
            Enumerable
                .Range(0, profile.StackCount)
                .Where(s => Functions(profile, s).Contains("keep_records"))
                .Sum(s => profile.Values(count)[s])
                .ShouldBe(20_000);
            AllocationSuspects.Find(profile, NativeKnowledge.Value)[0].Site!.Function.ShouldBe("keep_records");
        }

        var map = MemoryMap.Parse(File.ReadLines($"/proc/{service.Pid}/maps"));
        ReadSlots(service.Pid)
            .ShouldAllBe(s => map.IndexOf(s) < 0 || !map.Mappings[map.IndexOf(s)].Path.Contains("heaptrack"));
        // The thread that made the calls for us has said so before it ends.
        int Threads() => Directory.GetDirectories($"/proc/{service.Pid}/task").Length;
        for (var wait = 0; wait < 600 && Threads() != threads; wait++)
        {
            await Task.Delay(50, None);
        }

        Threads().ShouldBe(threads);
        (await service.StateAsync()).Wrong.ShouldBe(0);
        service.IsRunning.ShouldBeTrue();
    }

    [Theory]
    [InlineData("<u8 as alloc::vec::spec_from_elem::SpecFromElem>::from_elem", true)]
    [InlineData("<T as alloc::slice::<impl [T]>::to_vec_in::ConvertVec>::to_vec", true)]
    [InlineData("<alloc::boxed::Box<F,A> as core::ops::function::Fn<Args>>::call", true)]
    [InlineData("<str as alloc::string::ToString>::to_string", true)]
    [InlineData("hashbrown::raw::RawTable<T,A>::reserve_rehash", true)]
    [InlineData("<device_hub::device::Device as core::clone::Clone>::clone", false)]
    [InlineData("<Order as core::clone::Clone>::clone", false)]
    [InlineData("device_hub::hub::Hub::connect", false)]
    public void Rusts_library_is_told_from_the_program(string function, bool isLibrary) =>
        NativeKnowledge.Value.Library.Any(l => l.IsMatch(function)).ShouldBe(isLibrary);

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

    private static async Task<Core.Allocation.AllocationProfile> ProfileAsync(
        NativeSession session,
        CaptureMethod? method = null
    )
    {
        var path = Path.Combine(Path.GetTempPath(), $"tidemark-{Guid.NewGuid():N}.heap");
        try
        {
            await session.CaptureAsync(method ?? session.Methods[0], path, None);
            var file = DumpFile.Open(path);
            return ((ProfileSnapshot)DumpFormats.Detect(file)!.Read(file, ReadContext.Quiet)).Profile;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static List<string> Functions(Core.Allocation.AllocationProfile profile, int stack) =>
        [.. profile.Stack(stack).ToArray().Select(f => profile.Functions[profile.Frames[f].Function].Name)];

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
