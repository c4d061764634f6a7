using System.Diagnostics;
using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Cases;
using Tidemark.Diagnosis.Watching;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Tests.Watching;

/// <summary>A real process whose runtime answers wrongly: no fault of a session ends a watch.</summary>
public sealed class FailingSessionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-failing-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_capture_that_fails_once_is_taken_a_little_later()
    {
        var (history, file) = await WatchAsync(new FaultyRuntime(failingCaptures: 1, failingSamples: 0));
        file.Captures.Count.ShouldBeGreaterThan(1);
        file.Notes.ShouldContain("the census of the test was taken at the second attempt: out of step");
        file.Ending.ShouldBe(CaseEnding.Complete);
        file.HiddenHeap.ShouldBe("nobody walks the heap of the test");
        history.Has(Signal.LiveHeap).ShouldBeTrue();
    }

    [Fact]
    public async Task A_capture_that_fails_again_is_given_up()
    {
        var runtime = new FaultyRuntime(failingCaptures: int.MaxValue, failingSamples: 0);
        var (_, file) = await WatchAsync(runtime);
        runtime.Attempts.ShouldBe(2);
        file.Captures.ShouldBeEmpty();
        file.Notes.Count(n => n == "no census of the test: out of step").ShouldBe(1);
    }

    [Fact]
    public async Task An_estimate_that_fails_after_a_capture_makes_no_failed_capture_of_it()
    {
        // A dear capture: its cost is asked for again once it is known, and it waits until the process is seen to grow.
        const string grow = """
            import time
            kept = []
            while True:
                kept.append(b"x" * (4 << 20))
                time.sleep(0.2)
            """;
        var runtime = new FaultyRuntime(0, 0) { Pause = TimeSpan.FromSeconds(3), EstimatesBeforeCapturesOnly = true };
        var (_, file) = await WatchAsync(runtime, TimeSpan.FromSeconds(25), "python3", "-c", grow);

        runtime.RefusedEstimates.ShouldBeGreaterThan(0);
        file.Captures.Count.ShouldBe(2);
        file.Notes.ShouldNotContain(n => n.Contains("no figures"));
    }

    [Fact]
    public async Task Samples_that_the_runtime_does_not_answer_hold_what_the_kernel_tells()
    {
        var (history, file) = await WatchAsync(new FaultyRuntime(failingCaptures: 0, failingSamples: int.MaxValue));
        history.Has(Signal.Footprint).ShouldBeTrue();
        history.Has(Signal.LiveHeap).ShouldBeFalse();
        file.Ending.ShouldBe(CaseEnding.Complete);
        file.Notes.ShouldContain(n => n.StartsWith("the runtime did not answer") && n.Contains("nothing to read"));
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("estimate")]
    [InlineData("prepare")]
    [InlineData("collect")]
    [InlineData("capture")]
    public async Task A_target_that_never_answers_does_not_hold_the_watch(string question)
    {
        var (history, file) = await WatchAsync(new FaultyRuntime(0, 0) { Unanswered = question });

        file.Ending.ShouldBe(CaseEnding.Complete);
        history.Has(Signal.Footprint).ShouldBeTrue();
        if (question is "collect" or "capture")
        {
            // The samples went on meanwhile.
            history.Count.ShouldBeGreaterThan(3);
        }

        if (question is not "collect")
        {
            file.Notes.ShouldContain(n =>
                n.Contains("answered for more than") || n.Contains("after the end of the watch")
            );
        }
    }

    private Task<(ProcessHistory History, CaseFile File)> WatchAsync(FaultyRuntime runtime) =>
        WatchAsync(runtime, TimeSpan.FromSeconds(5), "sleep", "60");

    private async Task<(ProcessHistory History, CaseFile File)> WatchAsync(
        FaultyRuntime runtime,
        TimeSpan duration,
        string program,
        params string[] arguments
    )
    {
        using var process = Process.Start(program, arguments);
        try
        {
            await using var watched = await WatchedProcess.AttachAsync(
                process.Id,
                runtime,
                new WatchOptions { For = duration, Grace = TimeSpan.FromSeconds(1) },
                folder
            );
            return (await watched.RunAsync(), watched.File);
        }
        finally
        {
            process.Kill();
        }
    }

    private sealed class FaultyRuntime(int failingCaptures, int failingSamples) : RuntimeSession, IRuntime
    {
        public int Attempts { get; private set; }

        /// <summary>What it is asked and never answers, nor gives up when it is told to.</summary>
        public string? Unanswered { get; init; }

        /// <summary>How long a capture is said to take.</summary>
        public TimeSpan Pause { get; init; }

        /// <summary>True where it says what a capture costs until one was taken, and fails to afterwards.</summary>
        public bool EstimatesBeforeCapturesOnly { get; init; }

        public int RefusedEstimates { get; private set; }

        private int Samples { get; set; }

        public string Name => "native";

        public RuntimeKnowledge Knowledge => throw new NotSupportedException();

        public override string? HiddenHeap => "nobody walks the heap of the test";

        public override IReadOnlyList<CaptureMethod> Methods { get; } =
        [new("census", "smaps", ".txt", CaptureRole.Census, "census of the test")];

        public ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation) => new(true);

        public Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation) =>
            Task.FromResult<RuntimeSession>(this);

        public override string? Preparation => Unanswered == "prepare" ? "it is prepared" : null;

        public override Task PrepareAsync(CancellationToken cancellation) => WaitAsync("prepare");

        public override async Task<TimeSpan?> CollectAsync(CancellationToken cancellation)
        {
            await WaitAsync("collect");
            return TimeSpan.Zero;
        }

        public override async ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
        {
            await WaitAsync("sample");
            ObjectDisposedException.ThrowIf(Attempts is 1 && failingCaptures > 0, this);
            if (Samples++ < failingSamples)
            {
                throw new InvalidOperationException("nothing to read");
            }

            sample[Signal.LiveHeap] = 1 << 20;
        }

        public override async Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation)
        {
            await WaitAsync("estimate");
            if (EstimatesBeforeCapturesOnly && Attempts > 0)
            {
                RefusedEstimates++;
                throw new CaptureFailedException("no figures");
            }

            return new CaptureEstimate(Pause, 1, 0);
        }

        public override async Task<CaptureOutcome> CaptureAsync(
            CaptureMethod method,
            string path,
            CancellationToken cancellation
        )
        {
            await WaitAsync("capture");
            if (Attempts++ < failingCaptures)
            {
                throw new CaptureFailedException("out of step");
            }

            await File.WriteAllTextAsync(path, Attempts.ToString(CultureInfo.InvariantCulture), CancellationToken.None);
            return new CaptureOutcome(TimeSpan.Zero, []);
        }

        private Task WaitAsync(string question) =>
            question == Unanswered ? new TaskCompletionSource().Task : Task.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
