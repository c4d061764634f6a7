using System.Diagnostics;
using Tidemark.Core.Allocation;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Formats.Pprof;
using Tidemark.Runtimes.Go;

namespace Tidemark.Runtimes.Tests.Go;

/// <summary>Against real Go programs: what they tell, where they serve it, and every way in which they do not.</summary>
public sealed class GoSessionTests(GoTarget go) : IClassFixture<GoTarget>, IDisposable
{
    private const double Mebibyte = 1 << 20;
    private static readonly TimeSpan PastOwnCollections = TimeSpan.FromSeconds(5.2);

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-captures-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_live_heap_rises_and_falls_with_what_the_program_holds()
    {
        await using var service = await go.StartAsync("usual");
        await using var session = await AttachAsync(service);
        var (before, _) = await AfterCaptureAsync(session, "1");

        // Within five seconds after a collection of its own a profile counts as one of this moment.
        await service.HoldAsync(100);
        await Task.Delay(PastOwnCollections);
        var (held, growth) = await AfterCaptureAsync(session, "2");
        await service.ClearAsync();
        await Task.Delay(PastOwnCollections);
        var (after, _) = await AfterCaptureAsync(session, "3");

        (held[Signal.LiveHeap] - before[Signal.LiveHeap]).ShouldBeInRange(95 * Mebibyte, 110 * Mebibyte);
        (after[Signal.LiveHeap] - before[Signal.LiveHeap]).ShouldBeInRange(-5 * Mebibyte, 5 * Mebibyte);
        // One in eight of such objects is not sampled: four standard deviations.
        Sum(growth, SampleType.InUseSpace, "main.hold").ShouldBeInRange((long)(84 * Mebibyte), (long)(116 * Mebibyte));

        // What was let go is room that is used again, and no longer committed beyond it.
        held[Signal.CommittedHeap].ShouldBeGreaterThan(100 * Mebibyte);
        after[Signal.ReusableHeap].ShouldBeLessThan(after[Signal.CommittedHeap]);
        (after[Signal.CommittedHeap] - after[Signal.ReusableHeap] - after[Signal.LiveHeap]).ShouldBeInRange(
            0,
            25 * Mebibyte
        );
        after[Signal.GcCount].ShouldBeGreaterThan(before[Signal.GcCount]);
    }

    [Fact]
    public async Task Allocations_are_told_by_what_they_are_for()
    {
        await using var service = await go.StartAsync("usual");
        await using var session = await AttachAsync(service);
        await service.HoldAsync(64);

        var (_, profile) = await AfterCaptureAsync(session, "1");

        var values = profile.Values(profile.DefaultIndex).ToArray();
        var labels = profile.Labels(Array.IndexOf(values, values.Max())).ToArray();
        labels.ShouldContain(l => l.Key == AllocationLabels.Type && l.Text == "[]uint8");
        profile.Header.Comments.ShouldContain(c => c.StartsWith("#memstats HeapAlloc="));
    }

    [Fact]
    public async Task Goroutines_that_wait_for_ever_are_counted_and_told_with_who_started_them()
    {
        await using var service = await go.StartAsync("usual");
        await using var session = await AttachAsync(service);
        await service.StartStuckAsync(150);

        (await SampleAsync(session))[Signal.Tasks].ShouldBeInRange(150, 170);
        var path = NewPath("stuck.pb.gz");
        await session.CaptureAsync(GoSession.GoroutineProfile, path, default);

        var profile = Read(path);
        Sum(profile, SampleType.Goroutines, "main.waitForEver").ShouldBe(150);
        Sum(profile, SampleType.Goroutines, "main.startStuck").ShouldBe(150);
    }

    [Fact]
    public async Task The_memory_limit_of_the_environment_is_the_heap_s_limit()
    {
        await using var service = await go.StartAsync("usual", ("GOMEMLIMIT", "300MiB"));
        await using var session = await AttachAsync(service);

        (await SampleAsync(session))[Signal.HeapLimit].ShouldBe(300 * Mebibyte);
    }

    [Fact]
    public async Task Requests_cache_entries_and_limit_are_taken_from_the_metrics()
    {
        await using var service = await go.StartAsync("metrics");
        await using var session = await AttachAsync(service);

        var sample = await SampleAsync(session);

        sample[Signal.Requests].ShouldBe(42);
        sample[Signal.CacheEntries].ShouldBe(12);
        sample[Signal.HeapLimit].ShouldBe(1000 * Mebibyte);
        sample.Has(Signal.CommittedHeap).ShouldBeTrue();
    }

    [Theory]
    [InlineData("prefix", "")]
    [InlineData("prefix", "admin/debug/pprof/heap")]
    [InlineData("usual", "debug/pprof")]
    public async Task Profiles_are_found_where_the_service_has_put_them(string mode, string path)
    {
        await using var service = await go.StartAsync(mode);
        await using var session = await AttachAsync(new Uri(service.Address, path));

        (await SampleAsync(session)).Has(Signal.CommittedHeap).ShouldBeTrue();
    }

    [Fact]
    public async Task By_address_alone_the_footprint_is_what_the_runtime_has_taken()
    {
        await using var service = await go.StartAsync("usual");
        await service.HoldAsync(50);
        await using var session = await AttachAsync(service.Address);

        (await SampleAsync(session))[Signal.Footprint].ShouldBeInRange(50 * Mebibyte, 150 * Mebibyte);
    }

    [Fact]
    public async Task A_password_in_the_address_opens_the_profiles_and_is_shown_nowhere()
    {
        await using var service = await go.StartAsync("password");
        var right = new UriBuilder(service.Address) { UserName = "ops", Password = "s3cret" }.Uri;
        var wrong = new UriBuilder(service.Address) { UserName = "ops", Password = "guess" }.Uri;

        await using var session = await AttachAsync(right);
        (await SampleAsync(session)).Has(Signal.CommittedHeap).ShouldBeTrue();

        var refused = await Should.ThrowAsync<AttachFailedException>(() => AttachAsync(wrong));
        refused.Message.ShouldContain("401");
        refused.Message.ShouldNotContain("guess");
        refused.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Without_pprof_the_graphs_go_on_and_a_capture_says_how_to_switch_it_on()
    {
        await using var service = await go.StartAsync("plain");
        await using var session = await AttachAsync(service);

        (await SampleAsync(session)).Has(Signal.CommittedHeap).ShouldBeFalse();
        var refused = await Should.ThrowAsync<CaptureFailedException>(() =>
            session.CaptureAsync(GoSession.HeapProfile, NewPath("none.pb.gz"), default)
        );

        refused.Message.ShouldContain("net/http/pprof");
        refused.Message.ShouldContain(service.Address.Authority);
        refused.Message.ShouldNotContain("\n");
        Directory.GetFiles(folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_program_that_has_switched_its_heap_profile_off_is_told_so()
    {
        await using var service = await go.StartAsync("unprofiled");
        await using var session = await AttachAsync(service);

        var refused = await Should.ThrowAsync<CaptureFailedException>(() =>
            session.CaptureAsync(GoSession.HeapProfile, NewPath("off.pb.gz"), default)
        );

        refused.Message.ShouldContain("MemProfileRate");
        Directory.GetFiles(folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_process_that_ends_is_gone_for_samples_and_captures()
    {
        await using var service = await go.StartAsync("usual");
        await using var session = await AttachAsync(service);
        await SampleAsync(session);

        await service.KillAsync();

        await Should.ThrowAsync<TargetGoneException>(() => SampleAsync(session));
        await Should.ThrowAsync<TargetGoneException>(() =>
            session.CaptureAsync(GoSession.HeapProfile, NewPath("gone.pb.gz"), default)
        );
        Directory.GetFiles(folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_where_nobody_listens_is_refused_in_one_line()
    {
        var refused = await Should.ThrowAsync<AttachFailedException>(() => AttachAsync(new Uri("http://127.0.0.1:1/")));

        refused.Message.ShouldContain("127.0.0.1:1");
        refused.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Only_go_programs_are_recognised()
    {
        await using var service = await go.StartAsync("plain");
        var runtime = new GoRuntime();

        (await runtime.RecognisesAsync(new Target(service.Pid, null, "target"), default)).ShouldBeTrue();
        (await runtime.RecognisesAsync(new Target(Environment.ProcessId, null, "dotnet"), default)).ShouldBeFalse();
    }

    private static Task<RuntimeSession> AttachAsync(GoService service) =>
        new GoRuntime().AttachAsync(new Target(service.Pid, null, "target"), default);

    private static Task<RuntimeSession> AttachAsync(Uri address) =>
        new GoRuntime().AttachAsync(new Target(null, address, "target"), default);

    /// <summary>A heap profile of this moment, and the signals right after it.</summary>
    private async Task<(SignalSample Sample, AllocationProfile Profile)> AfterCaptureAsync(
        RuntimeSession session,
        string name
    )
    {
        var path = NewPath(name + ".pb.gz");
        var began = Stopwatch.GetTimestamp();
        var outcome = await session.CaptureAsync(GoSession.HeapProfile, path, default);
        outcome.Pause.ShouldNotBeNull().ShouldBeInRange(TimeSpan.Zero, Stopwatch.GetElapsedTime(began));
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return (await SampleAsync(session), Read(path));
    }

    private static async Task<SignalSample> SampleAsync(RuntimeSession session)
    {
        var sample = new SignalSample();
        await session.SampleAsync(sample, default);
        return sample;
    }

    private static AllocationProfile Read(string path) =>
        ((ProfileSnapshot)new PprofFormat().Read(DumpFile.Open(path), new ReadContext())).Profile;

    /// <summary>The sum over all stacks that the function is on.</summary>
    private static long Sum(AllocationProfile profile, SampleType column, string function)
    {
        var values = profile.Values(profile.IndexOf(column.Name));
        var sum = 0L;
        for (var s = 0; s < profile.StackCount; s++)
        {
            foreach (var frame in profile.Stack(s))
            {
                if (profile.Functions[profile.Frames[frame].Function].Name == function)
                {
                    sum += values[s];
                    break;
                }
            }
        }

        return sum;
    }

    private string NewPath(string name) => Path.Combine(folder, name);
}
