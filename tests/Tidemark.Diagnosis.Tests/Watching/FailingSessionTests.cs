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
        file.Remark.ShouldBe("a remark of the test");
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
    public async Task Samples_that_the_runtime_does_not_answer_hold_what_the_kernel_tells()
    {
        var (history, file) = await WatchAsync(new FaultyRuntime(failingCaptures: 0, failingSamples: int.MaxValue));
        history.Has(Signal.Footprint).ShouldBeTrue();
        history.Has(Signal.LiveHeap).ShouldBeFalse();
        file.Ending.ShouldBe(CaseEnding.Complete);
        file.Notes.ShouldContain(n => n.StartsWith("the runtime did not answer") && n.Contains("nothing to read"));
    }

    private async Task<(ProcessHistory History, CaseFile File)> WatchAsync(FaultyRuntime runtime)
    {
        using var sleep = Process.Start("sleep", "60");
        try
        {
            using var cases = CaseFolder.Create(
                Path.Combine(folder, "case"),
                new CaseFile
                {
                    Target = new CaseTarget("sleep", "native", sleep.Id, null),
                    StartedAt = DateTimeOffset.UtcNow,
                    ForSeconds = 5,
                }
            );
            var live = await LiveTarget.AttachAsync(
                new Target(sleep.Id, null, "sleep"),
                runtime,
                null,
                TimeProvider.System,
                default
            );
            var watch = new Watch(
                live,
                cases,
                new WatchOptions { For = TimeSpan.FromSeconds(5) },
                new ProcessHistoryBuilder("sleep"),
                _ => Task.FromResult<LiveTarget?>(null),
                TimeProvider.System,
                progress: null
            );
            var history = await watch.RunAsync(default);
            await watch.Target.DisposeAsync();
            return (history, cases.File);
        }
        finally
        {
            sleep.Kill();
        }
    }

    private sealed class FaultyRuntime(int failingCaptures, int failingSamples) : RuntimeSession, IRuntime
    {
        public int Attempts { get; private set; }

        private int Samples { get; set; }

        public string Name => "native";

        public RuntimeKnowledge Knowledge => throw new NotSupportedException();

        public override string? Remark => "a remark of the test";

        public override IReadOnlyList<CaptureMethod> Methods { get; } =
        [new("census", "smaps", ".txt", CaptureRole.Census, "census of the test")];

        public ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation) => new(true);

        public Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation) =>
            Task.FromResult<RuntimeSession>(this);

        public override ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation)
        {
            ObjectDisposedException.ThrowIf(Attempts is 1 && failingCaptures > 0, this);
            if (Samples++ < failingSamples)
            {
                throw new InvalidOperationException("nothing to read");
            }

            sample[Signal.LiveHeap] = 1 << 20;
            return ValueTask.CompletedTask;
        }

        public override Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation) =>
            Task.FromResult(new CaptureEstimate(TimeSpan.Zero, 1, 0));

        public override async Task<CaptureOutcome> CaptureAsync(
            CaptureMethod method,
            string path,
            CancellationToken cancellation
        )
        {
            if (Attempts++ < failingCaptures)
            {
                throw new CaptureFailedException("out of step");
            }

            await File.WriteAllTextAsync(path, Attempts.ToString(CultureInfo.InvariantCulture), CancellationToken.None);
            return new CaptureOutcome(TimeSpan.Zero, []);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
