using System.Diagnostics;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Native;
using Tidemark.Runtimes.Tests.Native;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Tests.Injection;

/// <summary>Tracing processes that we have started ourselves: the kernel tells their parent of more than their end.</summary>
public sealed class TracerTests
{
    [Fact]
    public async Task A_stop_that_is_told_to_somebody_else_is_noticed_all_the_same()
    {
        await using var service = await NativeService.StartAsync(threads: 0);
        var map = MemoryMap.Parse(File.ReadLines($"/proc/{service.Pid}/maps"));
        var block = await Tracer.RunAsync(() => TargetBlock.Create(service.Pid, map, _ => true));
        var sleep = block.Find("usleep").ShouldNotBeNull()["usleep"];
        var (stolen, isOver) = (0, false);
        // What the runtime does once it is told of an end that it knows nothing of, for each process that it has started.
        var thief = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                stolen += Steal(service.Pid) ? 1 : 0;
                Thread.Yield();
            }
        });
        thief.Start();

        for (var round = 0; round < 30; round++)
        {
            await Tracer.RunAsync(() =>
            {
                using var thread = StoppedThread.TryStop(service.Pid, service.Pid).ShouldNotBeNull();
                thread.Call(sleep, block.Code + HookBlock.Trap, TimeSpan.FromSeconds(20), 100, 0).ShouldBe(0);
                return 0;
            });
        }

        Volatile.Write(ref isOver, true);
        thief.Join();
        stolen.ShouldBeGreaterThan(0);
        (await service.StateAsync()).Wrong.ShouldBe(0);
        service.IsRunning.ShouldBeTrue();
    }

    [Fact]
    public async Task A_process_of_ours_that_ends_while_threads_are_traced_is_noticed_afterwards()
    {
        using var child = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!;
        var (first, second) = (Ptrace.UnwatchedChildren(), Ptrace.UnwatchedChildren());
        first.Dispose();

        child.StandardInput.Close();
        while (IsRunning(child.Id))
        {
            await Task.Delay(10);
        }

        second.Dispose();
        await child.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        child.ExitCode.ShouldBe(0);

        // It is a zombie then, unless the runtime was just looking after another one.
        static bool IsRunning(int pid)
        {
            try
            {
                return File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1][0] != 'Z';
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    private static unsafe bool Steal(int pid)
    {
        int status;
        return Ptrace.WaitPid(pid, &status, Ptrace.NoHang) == pid;
    }
}
