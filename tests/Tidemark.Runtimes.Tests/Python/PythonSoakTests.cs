using System.Diagnostics;
using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Python;

namespace Tidemark.Runtimes.Tests.Python;

/// <summary>
/// Attached to and left again, over and over, while the service does everything at once. <c>TIDEMARK_SOAK_ROUNDS</c> sets how
/// often, <c>TIDEMARK_SOAK_LOG</c> names a file that is told of every round.
/// </summary>
public sealed class PythonSoakTests : IDisposable
{
    private static readonly PythonRuntime Runtime = new();

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-soak").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Interpreters))]
    public async Task Rounds_of_attach_capture_detach_on_a_busy_service_change_nothing(string interpreter)
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("TIDEMARK_SOAK_ROUNDS"), out var wanted)
            ? wanted
            : 4;
        var log = Environment.GetEnvironmentVariable("TIDEMARK_SOAK_LOG");
        await using var service = await PythonService.StartAsync(interpreter, "soak");
        var before = await service.SettingsBeforeAsync();
        var served = 0L;
        for (var round = 0; round < rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                await RoundAsync(service, round);
            }
            catch (Exception e) when (service.Ended is { } status)
            {
                Assert.Fail($"round {round + 1}: the service ended with status {status}: {e}");
            }

            var state = await service.StateAsync();
            state.GetProperty("wrong").GetString().ShouldBe("");
            var now = state.GetProperty("served").GetInt64();
            now.ShouldBeGreaterThan(served);
            served = now;
            await service.SettledAsync(before);
            if (log is not null)
            {
                var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                await File.AppendAllTextAsync(
                    log,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{interpreter} round {round + 1}: {seconds:0.00} s, served {now}\n"
                    )
                );
            }
        }
    }

    public static TheoryData<string> Interpreters() => PythonService.Interpreters();

    /// <summary>
    /// Every round captures and hangs up; of eight, one goes on watching so long that allocations are traced, one leaves while that
    /// is on, and two hang up in the middle of a capture.
    /// </summary>
    private async Task RoundAsync(PythonService service, int round)
    {
        var session = await Runtime.AttachAsync(service.Target, default);
        try
        {
            await CaptureAsync(session, $"{round}-1", default);
            switch (round % 8)
            {
                case 1:
                    // Growth between two captures has the session switch tracemalloc on after a while, where that is safe, and the third one off again.
                    await service.GrowAsync(3000);
                    await CaptureAsync(session, $"{round}-2", default);
                    for (var samples = 0; samples < 20; samples++)
                    {
                        await Task.Delay(30);
                        await session.SampleAsync(new SignalSample(), default);
                    }

                    await CaptureAsync(session, $"{round}-3", default);
                    break;
                case 2:
                    // Left while tracemalloc is on, if it is by then, and while the live heap is being weighed.
                    await service.GrowAsync(3000);
                    await CaptureAsync(session, $"{round}-2", default);
                    for (var samples = 0; samples < 10; samples++)
                    {
                        await session.SampleAsync(new SignalSample(), default);
                        await Task.Delay(30);
                    }

                    await session.CollectAsync(default);
                    break;
                case 3 or 7:
                    using (var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(round * 7 % 100)))
                    {
                        try
                        {
                            await CaptureAsync(session, $"{round}-2", soon.Token);
                        }
                        catch (OperationCanceledException)
                        {
                            // Hung up in the middle of a capture, as one who presses Ctrl-C does.
                        }
                    }

                    break;
            }
        }
        finally
        {
            await session.DisposeAsync();
        }

        await service.ShrinkAsync();
    }

    private async Task<CaptureOutcome> CaptureAsync(RuntimeSession session, string name, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, name + ".pyheap.gz");
        try
        {
            return await session.CaptureAsync(session.Methods[0], path, cancellation);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
