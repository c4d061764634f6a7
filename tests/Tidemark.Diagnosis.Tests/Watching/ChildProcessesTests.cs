using System.Diagnostics;
using Tidemark.Diagnosis.Watching;

namespace Tidemark.Diagnosis.Tests.Watching;

/// <summary>A master that starts two workers, of which one keeps what it is given.</summary>
public sealed class ChildProcessesTests
{
    private const string Master = """
        import os, sys, time
        def idle():
            while True: time.sleep(60)
        if os.fork() == 0:
            idle()
        worker = os.fork()
        if worker == 0:
            kept = []
            print(os.getpid(), flush=True)
            for line in sys.stdin:
                if line.startswith("grow"):
                    kept.append(b"x" * (512 << 10))
                print("done", flush=True)
            sys.exit()
        sys.stdin.close()
        idle()
        """;

    [Theory]
    [InlineData("grow")]
    [InlineData("rest")]
    public async Task A_worker_that_grows_is_told_of_and_one_that_does_not_is_not(string order)
    {
        using var master = Process.Start(
            new ProcessStartInfo("python3", ["-c", Master])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            var worker = await master.StandardOutput.ReadLineAsync();
            var children = new ChildProcesses(master.Id, TimeSpan.FromSeconds(120));
            for (var second = 0; second < 120; second += 2)
            {
                await master.StandardInput.WriteLineAsync(order);
                await master.StandardInput.FlushAsync();
                (await master.StandardOutput.ReadLineAsync()).ShouldBe("done");
                children.Sample(TimeSpan.FromSeconds(second), 1_700_000_000 + second);
            }

            var said = children.Growing();

            if (order == "rest")
            {
                said.ShouldBeNull();
                return;
            }

            said.ShouldNotBeNull();
            said.ShouldStartWith("1 of 2 child processes grows: ");
            said.ShouldContain($"(pid {worker})");
            said.ShouldEndWith($"run next: `tidemark diagnose --pid {worker}`");
        }
        finally
        {
            master.Kill(entireProcessTree: true);
        }
    }
}
