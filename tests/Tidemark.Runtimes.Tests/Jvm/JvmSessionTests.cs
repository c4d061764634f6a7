using System.Diagnostics;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Runtimes.Jvm;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Tests.Jvm;

/// <summary>Against real JVMs of every collector, every way to be hidden, and every way to refuse.</summary>
public sealed class JvmSessionTests(JavaTarget java) : IClassFixture<JavaTarget>, IDisposable
{
    private const int HeldBytes = 20_000 * 1016;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-captures-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("-XX:+UseG1GC")]
    [InlineData("-XX:+UseSerialGC")]
    [InlineData("-XX:+UseParallelGC")]
    [InlineData("-XX:+UseZGC")]
    [InlineData("-XX:+UseShenandoahGC")]
    [InlineData("-XX:+UseG1GC", "-XX:-UsePerfData")]
    public async Task The_live_heap_falls_by_what_the_program_lets_go_once_a_census_is_taken(params string[] options)
    {
        await using var jvm = await java.StartAsync(options);
        await using var session = await AttachAsync(jvm);
        (await SampleAsync(session))[Signal.CommittedHeap].ShouldBeInRange(1 << 20, 300 << 20);

        await session.CaptureAsync(JvmCaptures.Histogram, NewPath("1.histo.txt"), default);
        var before = (await SampleAsync(session))[Signal.LiveHeap];
        await jvm.ClearAsync();
        await session.CaptureAsync(JvmCaptures.Histogram, NewPath("2.histo.txt"), default);
        var sample = await SampleAsync(session);

        // The serial collector leaves up to a twentieth of the old generation as dead wood.
        (before - sample[Signal.LiveHeap]).ShouldBeInRange(HeldBytes * 0.6, HeldBytes * 1.2);
        sample[Signal.HeapLimit].ShouldBeInRange(200 << 20, (200 << 20) + (1 << 20));
    }

    [Theory]
    [InlineData("-XX:+UseG1GC")]
    [InlineData("-XX:+UseSerialGC")]
    [InlineData("-XX:+UseZGC")]
    public async Task Without_its_counters_a_collection_tells_the_live_heap_all_the_same(string collector)
    {
        await using var jvm = await java.StartAsync(collector, "-XX:-UsePerfData");
        await using var session = await AttachAsync(jvm);

        (await session.CollectAsync(default)).ShouldNotBeNull();
        var before = (await SampleAsync(session))[Signal.LiveHeap];
        await jvm.ClearAsync();
        (await session.CollectAsync(default)).ShouldNotBeNull();
        var after = (await SampleAsync(session))[Signal.LiveHeap];

        (before - after).ShouldBeInRange(HeldBytes * 0.6, HeldBytes * 1.2);
    }

    [Fact]
    public async Task Without_its_counters_a_collection_that_only_begins_is_not_asked_for()
    {
        await using var jvm = await java.StartAsync(
            "-XX:+UseG1GC",
            "-XX:+ExplicitGCInvokesConcurrent",
            "-XX:-UsePerfData"
        );
        await using var session = await AttachAsync(jvm);

        (await session.CollectAsync(default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_histogram_names_what_is_held_and_is_for_its_owner_alone()
    {
        await using var jvm = await java.StartAsync();
        await using var session = await AttachAsync(jvm);
        var path = NewPath("a.histo.txt");

        var began = Stopwatch.GetTimestamp();
        var outcome = await session.CaptureAsync(JvmCaptures.Histogram, path, default);

        File.ReadAllText(path).ShouldContain("[B (java.base@");
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        outcome
            .Pause.ShouldNotBeNull()
            .ShouldBeInRange(TimeSpan.FromMilliseconds(0.1), Stopwatch.GetElapsedTime(began));
    }

    [Fact]
    public async Task A_heap_dump_is_written_within_its_estimate_and_for_its_owner_alone()
    {
        await using var jvm = await java.StartAsync();
        await using var session = await AttachAsync(jvm);
        var path = NewPath("a.hprof");
        var estimate = await session.EstimateAsync(JvmCaptures.HeapDump, default);

        var outcome = await session.CaptureAsync(JvmCaptures.HeapDump, path, default);

        IsHprof(path).ShouldBeTrue();
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new FileInfo(path).Length.ShouldBeInRange(HeldBytes, estimate.DiskBytes);
        outcome.Pause.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Samples_of_live_objects_name_the_line_that_allocates_what_stays_and_the_recording_ends_with_the_session()
    {
        await using var jvm = await java.StartAsync();
        var path = NewPath("after.jfr");
        await using (var session = await AttachAsync(jvm))
        {
            var first = await session.CaptureAsync(JvmCaptures.AllocationSamples, NewPath("before.jfr"), default);
            first.Notes.ShouldHaveSingleItem().ShouldContain("the flight recorder took");
            await jvm.HoldMoreAsync();
            await session.CaptureAsync(JvmCaptures.Histogram, NewPath("a.histo.txt"), default);
            await session.CaptureAsync(JvmCaptures.AllocationSamples, path, default);
            (await RunJcmdAsync(jvm, "JFR.check")).ShouldContain("tidemark");
        }

        (await RunJcmdAsync(jvm, "JFR.check")).ShouldNotContain("tidemark");
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var dump = DumpFile.Open(path);
        var profile = DumpFormats.Detect(dump)!.Read(dump, ReadContext.Quiet).ShouldBeOfType<ProfileSnapshot>().Profile;
        profile.Functions.ToArray().Select(f => f.Name).ShouldContain("Target.hold");
    }

    [Fact]
    public async Task A_file_that_exists_is_neither_overwritten_nor_removed()
    {
        await using var jvm = await java.StartAsync();
        await using var session = await AttachAsync(jvm);
        var path = NewPath("precious");
        File.WriteAllText(path, "precious");

        foreach (var method in session.Methods)
        {
            await Should.ThrowAsync<Exception>(() => session.CaptureAsync(method, path, default));
        }

        File.ReadAllText(path).ShouldBe("precious");
    }

    [Fact]
    public async Task The_request_to_attach_is_cleaned_up_and_a_second_session_needs_none()
    {
        await using var jvm = await java.StartAsync();

        await using var first = await AttachAsync(jvm);
        await using var second = await AttachAsync(jvm);

        File.Exists($"/proc/{jvm.Pid}/cwd/.attach_pid{jvm.Pid}").ShouldBeFalse();
        File.Exists($"/tmp/.attach_pid{jvm.Pid}").ShouldBeFalse();
        File.Exists($"/tmp/.java_pid{jvm.Pid}").ShouldBeTrue();
    }

    [Fact]
    public async Task A_JVM_that_forbids_attaching_still_gives_its_counters_and_says_why_it_gives_no_captures()
    {
        await using var jvm = await java.StartAsync("-XX:+DisableAttachMechanism");
        await using var session = await AttachAsync(jvm);

        (await SampleAsync(session))[Signal.HeapLimit].ShouldBeGreaterThan(0);
        var failure = await Should.ThrowAsync<CaptureFailedException>(() =>
            session.CaptureAsync(JvmCaptures.HeapDump, NewPath("a.hprof"), default)
        );
        failure.Message.ShouldContain("-XX:+DisableAttachMechanism");
    }

    [Fact]
    public async Task A_JVM_without_signal_handlers_is_attached_to_without_a_signal_and_survives()
    {
        await using var jvm = await java.StartAsync("-Xrs", "-XX:-UsePerfData");
        await using var session = await AttachAsync(jvm);

        await session.CaptureAsync(JvmCaptures.Histogram, NewPath("a.histo.txt"), default);

        (await SampleAsync(session))[Signal.LiveHeap].ShouldBeGreaterThan(HeldBytes);
    }

    [Fact]
    public async Task A_JVM_that_would_end_by_the_signal_is_never_sent_it()
    {
        await using var jvm = await java.StartAsync("-Xrs", "-XX:-UsePerfData");
        // Without its socket it looks like one that has not opened it yet, and -Xrs leaves SIGQUIT deadly.
        File.Delete($"/tmp/.java_pid{jvm.Pid}");

        var failure = await Should.ThrowAsync<AttachFailedException>(() => AttachAsync(jvm));

        failure.Message.ShouldContain("-Xrs");
        Directory.Exists($"/proc/{jvm.Pid}").ShouldBeTrue();
    }

    [Fact]
    public async Task A_stopped_JVM_is_said_to_be_stopped_at_once()
    {
        await using var jvm = await java.StartAsync("-XX:-UsePerfData");
        Run("kill", "-STOP", $"{jvm.Pid}");
        for (var wait = 0; wait < 600 && LinuxProcess.Find(jvm.Pid)!.State != 'T'; wait++)
        {
            await Task.Delay(50);
        }

        var failure = await Should.ThrowAsync<AttachFailedException>(() => AttachAsync(jvm));

        // Not what is said after waiting for an answer that cannot come.
        failure.Message.ShouldContain("is stopped");
    }

    [Fact]
    public async Task A_JVM_of_another_user_is_dumped_into_a_file_of_ours_and_nothing_stays_behind()
    {
        await using var jvm = await java.StartThroughAsync([
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ]);
        await using var session = await AttachAsync(jvm);
        var path = NewPath("a.hprof");
        var before = FilesOfNobody();

        await session.CaptureAsync(JvmCaptures.HeapDump, path, default);

        IsHprof(path).ShouldBeTrue();
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // What it writes is its own; other tests have files of our user there.
        FilesOfNobody().ShouldBe(before);
    }

    [Fact]
    public async Task A_JVM_in_a_container_is_reached_through_its_own_file_system_and_its_own_process_id()
    {
        // New process and mount namespaces, and a /tmp of its own: what a container is to us.
        var itsTmp = Directory.CreateDirectory(Path.Combine(folder, "its-tmp")).FullName;
        await using var jvm = await java.StartThroughAsync(
            [
                "unshare",
                "--pid",
                "--mount",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                $"mount --bind {itsTmp} /tmp && \"$@\"; exit $?",
                "sh",
            ],
            "-Xshare:auto"
        );
        await using var session = await AttachAsync(jvm);
        var path = NewPath("a.hprof");
        await session.CaptureAsync(JvmCaptures.Histogram, NewPath("a.histo.txt"), default);
        await session.CaptureAsync(JvmCaptures.HeapDump, path, default);

        IsHprof(path).ShouldBeTrue();
        (await SampleAsync(session))[Signal.GcCount].ShouldBeGreaterThan(0);
        Directory.EnumerateFiles(itsTmp, "tidemark-*").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_JVM_that_ends_is_gone_for_samples_and_captures()
    {
        await using var jvm = await java.StartAsync();
        await using var session = await AttachAsync(jvm);
        await jvm.KillAsync();

        await Should.ThrowAsync<TargetGoneException>(() => SampleAsync(session));
        await Should.ThrowAsync<TargetGoneException>(() =>
            session.CaptureAsync(JvmCaptures.HeapDump, NewPath("a.hprof"), default)
        );
        File.Delete($"/tmp/.java_pid{jvm.Pid}");
    }

    [Fact]
    public async Task A_process_that_is_no_JVM_is_not_recognised_and_never_signalled()
    {
        using var process = Process.Start("sleep", "60");
        var target = new Target(process.Id, null, "sleep");
        var runtime = new JvmRuntime();

        (await runtime.RecognisesAsync(target, default)).ShouldBeFalse();
        var failure = await Should.ThrowAsync<AttachFailedException>(() => runtime.AttachAsync(target, default));

        failure.Message.ShouldContain("no HotSpot JVM");
        process.HasExited.ShouldBeFalse();
        process.Kill();
    }

    private string NewPath(string name) => Path.Combine(folder, name);

    private static async Task<RuntimeSession> AttachAsync(RunningJava jvm)
    {
        var runtime = new JvmRuntime();
        (await runtime.RecognisesAsync(jvm.Target, default)).ShouldBeTrue();
        return await runtime.AttachAsync(jvm.Target, default);
    }

    private static async Task<SignalSample> SampleAsync(RuntimeSession session)
    {
        var sample = new SignalSample();
        await session.SampleAsync(sample, default);
        return sample;
    }

    private static bool IsHprof(string path)
    {
        using var file = File.OpenRead(path);
        var magic = new byte[12];
        file.ReadExactly(magic);
        return magic.AsSpan().SequenceEqual("JAVA PROFILE"u8);
    }

    private static Task<string> RunJcmdAsync(RunningJava jvm, string command)
    {
        using var process = Process.Start(
            new ProcessStartInfo("jcmd", [$"{jvm.Pid}", command])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        return Task.FromResult(process.StandardOutput.ReadToEnd());
    }

    private static string FilesOfNobody()
    {
        using var find = Process.Start(
            new ProcessStartInfo(
                "find",
                ["/tmp", "/var/tmp", "-maxdepth", "1", "-user", "65534", "-name", "tidemark-*"]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        return find.StandardOutput.ReadToEnd();
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        process.WaitForExit();
    }
}
