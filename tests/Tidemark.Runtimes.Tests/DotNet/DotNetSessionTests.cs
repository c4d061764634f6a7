using Tidemark.Core.Series;
using Tidemark.Runtimes.DotNet;

namespace Tidemark.Runtimes.Tests.DotNet;

/// <summary>Attaching to a real process: its signals against its own figures, and what it is like afterwards.</summary>
public class DotNetSessionTests
{
    private const int OwnThreads = 4;

    [Fact]
    public async Task The_live_heap_is_what_the_process_itself_says_and_is_told_once_a_collection()
    {
        await using var target = await DotNetTarget.StartAsync(50_000);
        await using var session = await target.AttachAsync();
        (await session.CollectAsync(CancellationToken.None)).ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        var sample = await SampleAsync(session);
        var state = await target.StateAsync();

        ((long)sample[Signal.LiveHeap]).ShouldBeInRange((long)(state["total"] * 0.97), (long)(state["total"] * 1.03));
        ((long)sample[Signal.CommittedHeap]).ShouldBeInRange(
            (long)(state["committed"] * 0.9),
            (long)(state["committed"] * 1.1) + (4 << 20)
        );
        sample[Signal.GcCount].ShouldBeGreaterThan(0);
        sample[Signal.GcPause].ShouldBeGreaterThan(0);

        // The process has collected for its own answer, several times: their events come a moment later.
        for (var wait = 0; wait < 600 && sample[Signal.GcCount] < state["collections"]; wait++)
        {
            await Task.Delay(100);
            sample = await SampleAsync(session);
        }

        sample[Signal.GcCount].ShouldBe(state["collections"]);
        sample.Has(Signal.LiveHeap).ShouldBeTrue("it was told with the last one");
        (await SampleAsync(session)).Has(Signal.LiveHeap).ShouldBeFalse("nothing was collected since");
    }

    [Fact]
    public async Task A_socket_that_another_process_left_under_the_same_number_is_not_taken_for_its_own()
    {
        using var sleep = System.Diagnostics.Process.Start("sleep", "60");
        var left = $"/tmp/dotnet-diagnostic-{sleep.Id}-1-socket";
        await File.WriteAllTextAsync(left, "");
        try
        {
            (await new DotNetRuntime().RecognisesAsync(new Target(sleep.Id, null, "sleep"), default)).ShouldBeFalse();
        }
        finally
        {
            File.Delete(left);
            sleep.Kill();
        }

        await using var target = await DotNetTarget.StartAsync(10);
        await File.WriteAllTextAsync(left = $"/tmp/dotnet-diagnostic-{target.Pid}-1-socket", "");
        try
        {
            DiagnosticPort
                .Find(target.Process)
                .ShouldBe($"/tmp/dotnet-diagnostic-{target.Pid}-{target.Process.StartTime}-socket");
        }
        finally
        {
            File.Delete(left);
        }
    }

    [Fact]
    public async Task A_limit_of_the_heap_is_read()
    {
        await using var target = await DotNetTarget.StartAsync(10, ("DOTNET_GCHeapHardLimit", "0x8000000"));
        await using var session = await target.AttachAsync();

        (await SampleAsync(session))[Signal.HeapLimit].ShouldBe(0x8000000);
    }

    [Fact]
    public async Task The_process_is_left_as_it_was_found()
    {
        await using var target = await DotNetTarget.StartAsync(1000);
        await target.StateAsync();
        var before = await target.StateAsync();
        for (var round = 0; round < 20; round++)
        {
            await using var session = await target.AttachAsync();
            await session.CollectAsync(CancellationToken.None);
        }

        Dictionary<string, long> after;
        var patience = 600;
        do
        {
            await Task.Delay(100);
            after = await target.StateAsync();
        } while (
            patience-- > 0
            && (
                after["files"] > before["files"]
                || after["listening"] > 0
                || after["threads"] > before["threads"] + OwnThreads
            )
        );

        after["files"].ShouldBeLessThanOrEqualTo(before["files"]);
        after["listening"].ShouldBe(0, "its event sources are off again");
        after["threads"]
            .ShouldBeLessThanOrEqualTo(before["threads"] + OwnThreads, "the runtime keeps a few threads of its own");
        after["sessions"].ShouldBe(before["sessions"]);
    }

    [Fact]
    public async Task A_process_without_its_diagnostic_port_is_told_what_to_change()
    {
        await using var target = await DotNetTarget.StartAsync(10, ("DOTNET_EnableDiagnostics", "0"));
        var refused = await Should.ThrowAsync<AttachFailedException>(target.AttachAsync());

        refused.Message.ShouldContain("DOTNET_EnableDiagnostics");
        refused.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_target_that_ends_is_told_as_gone()
    {
        await using var target = await DotNetTarget.StartAsync(10);
        await using var session = await target.AttachAsync();
        await target.KillAsync();

        // The stream of its events ends a moment later.
        await Should.ThrowAsync<TargetGoneException>(async () =>
        {
            for (var wait = 0; wait < 600; wait++)
            {
                await SampleAsync(session);
                await Task.Delay(50);
            }
        });
    }

    private static async Task<SignalSample> SampleAsync(DotNetSession session)
    {
        var sample = new SignalSample();
        await session.SampleAsync(sample, CancellationToken.None);
        return sample;
    }
}
