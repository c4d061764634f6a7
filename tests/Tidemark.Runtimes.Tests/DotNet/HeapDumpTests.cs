using System.Diagnostics;
using Tidemark.Core.Heap;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Runtimes.DotNet;

namespace Tidemark.Runtimes.Tests.DotNet;

/// <summary>Heap dumps of a real process, held against what that process knows of itself.</summary>
public sealed class HeapDumpTests : IDisposable
{
    private const int Sessions = 20_000;
    private const int Stop = 19;
    private const int GoOn = 18;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-dotnet").FullName;

    private string File => Path.Combine(folder, "heap.nettrace");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_dump_holds_what_the_process_knows_that_it_holds()
    {
        await using var target = await DotNetTarget.StartAsync(Sessions);
        var state = await target.StateAsync();
        var graph = await CaptureAsync(target);

        var types = TypeHistogram.Of(graph).Rows.ToDictionary(t => t.Name, StringComparer.Ordinal);
        types["Tidemark.DotNetTarget.Session"].Count.ShouldBe(state["sessions"]);
        types["Tidemark.DotNetTarget.Session"].ShallowBytes.ShouldBe(state["sessions"] * state["sessionBytes"]);
        types["Tidemark.DotNetTarget.Listener"].Count.ShouldBe(Sessions / 10);
        types["Tidemark.DotNetTarget.Attached"].Count.ShouldBe(Sessions / 10);
        types["Tidemark.DotNetTarget.Pinned"].Count.ShouldBe(7);
        types["Tidemark.DotNetTarget.PerThread"].Count.ShouldBe(1);

        // The collector's own figure counts the room between objects that is too small to be told apart.
        graph.Dominators.TotalBytes.ShouldBeInRange((long)(state["total"] * 0.95), (long)(state["total"] * 1.05));
    }

    [Fact]
    public async Task Who_holds_what_is_named_in_the_words_of_the_source()
    {
        await using var target = await DotNetTarget.StartAsync(Sessions);
        AssertNamed(await CaptureAsync(target));
    }

    [Fact]
    public async Task A_single_file_program_with_the_runtime_in_it_is_named_as_well()
    {
        var executable = DotNetTarget.PublishSingleFile(folder, withRuntime: true);
        Directory.GetFiles(folder, "*.dll").ShouldBeEmpty();

        await using var target = await DotNetTarget.StartSingleFileAsync(executable, Sessions);
        AssertNamed(await CaptureAsync(target));
    }

    [Fact]
    public async Task A_single_file_program_is_named_as_well_and_a_damaged_one_is_none()
    {
        var executable = DotNetTarget.PublishSingleFile(folder, withRuntime: false);
        await using (var target = await DotNetTarget.StartSingleFileAsync(executable, Sessions))
        {
            AssertNamed(await CaptureAsync(target));
        }

        var bundle = SingleFileBundle.Open(executable, "/app").ShouldNotBeNull();
        bundle.Assembly("/app/Tidemark.DotNetTarget.dll").ShouldNotBeNull().Dispose();
        bundle.Assembly("/app/Missing.dll").ShouldBeNull();
        bundle.Assembly("/other/Tidemark.DotNetTarget.dll").ShouldBeNull();

        var whole = await System.IO.File.ReadAllBytesAsync(executable);
        foreach (var length in (int[])[0, 10, 64, whole.Length / 2, whole.Length - 1])
        {
            await System.IO.File.WriteAllBytesAsync(executable, whole[..length]);
            SingleFileBundle.Open(executable, "/app").ShouldBeNull();
        }
    }

    private static void AssertNamed(HeapGraph graph)
    {
        WayTo(graph, "Listener")
            .ShouldStartWith("static Tidemark.DotNetTarget.KnownHeap.PriceChanged -> System.EventHandler");
        WayTo(graph, "Session")
            .ShouldBe(
                "static Tidemark.DotNetTarget.KnownHeap.ById"
                    + " -> System.Collections.Generic.Dictionary<System.Int32, Tidemark.DotNetTarget.Session>._entries"
                    + " -> System.Collections.Generic.Dictionary<System.Int32, Tidemark.DotNetTarget.Session>+Entry[]"
                    + " -> Tidemark.DotNetTarget.Session"
            );
        WayTo(graph, "Pinned").ShouldBe("strong handle -> Tidemark.DotNetTarget.Pinned");
        WayTo(graph, "PerThread").ShouldContain("thread static Tidemark.DotNetTarget.KnownHeap.perThread");
        WayTo(graph, "Attached").ShouldContain("(attached by ConditionalWeakTable)");
    }

    [Fact]
    public async Task What_is_pinned_between_holes_is_told_with_its_holder()
    {
        const int receivers = 500;
        await using var target = await DotNetTarget.StartAsync(100);
        await target.AskAsync($"fragment {receivers}");
        await using var session = await target.AttachAsync();
        var snapshot = await CaptureSnapshotAsync(session);

        var suspect = HoleSuspects.Find(snapshot.Graph, snapshot.Holes, DotNetKnowledge.Value)[0];
        suspect.Subject.ShouldBe("System.Byte[] in Tidemark.DotNetTarget.Receiver.packet");
        suspect.Pattern.ShouldBe("pinned-objects");
        suspect.RootPath![0].ShouldBe("static Tidemark.DotNetTarget.Receiver.All");
        suspect.GrowthCount.ShouldBeInRange(receivers / 2, receivers);

        // Between two of them were 60 arrays of 1000 bytes.
        suspect.GrowthBytes.ShouldBeInRange(receivers * 25_000L, receivers * 62_000L);
    }

    [Fact]
    public async Task What_grew_between_two_dumps_is_told_with_its_holder()
    {
        await using var target = await DotNetTarget.StartAsync(Sessions);
        await using var session = await target.AttachAsync();
        var before = await CaptureAsync(session);
        await target.AskAsync("add 5000");
        var after = await CaptureAsync(session);

        var suspects = HeapSuspects.Find(HeapDiff.Between([before, after]), DotNetKnowledge.Value);
        suspects[0]
            .Subject.ShouldStartWith("Tidemark.DotNetTarget.Session in static Tidemark.DotNetTarget.KnownHeap.ById");
        suspects[0].Pattern.ShouldBe("static-map");
        suspects[0].GrowthCount.ShouldBe(5000);
        suspects
            .First(s => s.Pattern == "event-handlers")
            .Subject.ShouldContain("static Tidemark.DotNetTarget.KnownHeap.PriceChanged");
    }

    [Fact]
    public async Task The_cost_is_said_before_and_measured_after()
    {
        await using var target = await DotNetTarget.StartAsync(Sessions);
        await using var session = await target.AttachAsync();
        var estimate = await session.EstimateAsync(DotNetSession.HeapDump, CancellationToken.None);
        var began = Stopwatch.GetTimestamp();
        var outcome = await session.CaptureAsync(DotNetSession.HeapDump, File, CancellationToken.None);

        estimate.Pause.ShouldBeGreaterThan(TimeSpan.Zero);
        estimate.DiskBytes.ShouldBeInRange(new FileInfo(File).Length / 4, new FileInfo(File).Length * 8);
        outcome.Pause.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromTicks(1), Stopwatch.GetElapsedTime(began));
        outcome.Notes.ShouldBeEmpty();
        System.IO.File.GetUnixFileMode(File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Lost_events_are_noticed_and_nothing_is_read_from_such_a_dump()
    {
        await using var target = await DotNetTarget.StartAsync(200_000);
        await using var port = await DiagnosticPort.OpenAsync(target.Process, CancellationToken.None);
        HeapCaptureResult result;
        await using (var file = new SlowFile(File))
        {
            result = await new HeapCapture(port, bufferMegabytes: 1).TakeAsync(file, CancellationToken.None);
        }

        result.Problem.ShouldNotBeNull();
        Should
            .Throw<MalformedDumpException>(() =>
                new Formats.NetTrace.NetTraceFormat().Read(DumpFile.Open(File), ReadContext.Quiet)
            )
            .Message.ShouldContain("take it again");
    }

    [Fact]
    public async Task A_process_that_ends_meanwhile_leaves_no_file()
    {
        await using var target = await DotNetTarget.StartAsync(200_000);
        await using var session = await target.AttachAsync();
        Task capture;
        do
        {
            System.IO.File.Delete(File);
            capture = session.CaptureAsync(DotNetSession.HeapDump, File, CancellationToken.None);
            while (new FileInfo(File) is not { Exists: true, Length: > 0 } && !capture.IsCompleted)
            {
                await Task.Delay(1);
            }

            // The first objects are there. Stopped, the process sends no more; where it had sent all before, it is asked once more.
            target.Process.Signal(Stop);
            await Task.WhenAny(capture, Task.Delay(500));
            if (capture.IsCompletedSuccessfully)
            {
                target.Process.Signal(GoOn);
            }
        } while (capture.IsCompletedSuccessfully);

        await target.KillAsync();

        await Should.ThrowAsync<TargetGoneException>(capture);
        System.IO.File.Exists(File).ShouldBeFalse();
    }

    /// <summary>A disk that is slower than a walk over the heap, whatever else the machine has to do.</summary>
    private sealed class SlowFile(string path) : FileStream(path, FileMode.Create)
    {
        private static readonly TimeSpan Slowly = TimeSpan.FromMilliseconds(500);

        private int slow = 8;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (slow-- > 0)
            {
                Thread.Sleep(Slowly);
            }

            base.Write(buffer);
        }
    }

    private static string WayTo(HeapGraph graph, string type)
    {
        var nodes = Enumerable
            .Range(0, graph.NodeCount)
            .Where(n => graph.TypeNameOf(n) == $"Tidemark.DotNetTarget.{type}")
            .ToList();
        return string.Join(" -> ", MergedRootPath.Of(graph, nodes)[0].Elements);
    }

    private async Task<HeapGraph> CaptureAsync(DotNetTarget target)
    {
        await using var session = await target.AttachAsync();
        return await CaptureAsync(session);
    }

    private async Task<HeapGraph> CaptureAsync(DotNetSession session) => (await CaptureSnapshotAsync(session)).Graph;

    private async Task<HeapSnapshot> CaptureSnapshotAsync(DotNetSession session)
    {
        System.IO.File.Delete(File);
        await session.CaptureAsync(DotNetSession.HeapDump, File, CancellationToken.None);
        return new Formats.NetTrace.NetTraceFormat()
            .Read(DumpFile.Open(File), ReadContext.Quiet)
            .ShouldBeOfType<HeapSnapshot>();
    }
}
