using Tidemark.Core.Series;
using Tidemark.Diagnosis.Watching;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Tests;

public class TargetFinderTests
{
    [Theory]
    [InlineData("checkout", "checkout", "/srv/checkout --port 80")]
    [InlineData("java", "com.acme.Shop", "java -Xmx1g -cp a.jar:b.jar com.acme.Shop --port 80")]
    [InlineData("java", "shop", "java -jar /srv/shop.jar")]
    [InlineData("python3.11", "worker", "python3 -u /srv/worker.py")]
    [InlineData("node", "server", "node --max-old-space-size=512 dist/server.mjs")]
    [InlineData("dotnet", "Acme.Shop", "dotnet /srv/Acme.Shop.dll")]
    [InlineData("python3", "python3", "python3")]
    [InlineData("python3", "python3 -c", "python3 -c print(1)")]
    [InlineData("node", "node -e", "node -e setInterval(f,1)")]
    public void A_process_is_called_by_what_it_runs(string program, string name, string commandLine) =>
        TargetFinder.NameOf(program, commandLine.Split(' ')).ShouldBe(name);

    [Theory]
    [InlineData("redis-server", "redis-server", "redis-server *:6379")]
    [InlineData("gunicorn", "gunicorn", "gunicorn: master [shop:app]")]
    [InlineData("httpd", "httpd", "/bin/httpd -f")]
    [InlineData("a-program-with-a", "a-program-with-a-long-name", "/srv/a-program-with-a-long-name --port 80")]
    [InlineData("gunicorn", null, "/usr/bin/python3 /usr/bin/gunicorn shop:app")]
    [InlineData("worker-3", null, "/srv/checkout --port 80")]
    public void A_process_goes_by_the_name_that_it_was_started_by_or_has_given_itself(
        string command,
        string? name,
        string commandLine
    ) =>
        Runtimes
            .Processes.ProgramName.Own(
                command[..Math.Min(15, command.Length)],
                commandLine.Contains('*')
                || commandLine.Contains(':', StringComparison.Ordinal) && !commandLine.StartsWith('/')
                    ? [commandLine]
                    : commandLine.Split(' ')
            )
            .ShouldBe(name);

    [Fact]
    public void A_program_that_goes_by_several_names_is_called_by_the_one_it_was_started_by()
    {
        var link = Path.Combine(Path.GetTempPath(), $"ticker-{Guid.NewGuid():N}"[..14]);
        File.CreateSymbolicLink(
            link,
            File.ResolveLinkTarget("/bin/sleep", returnFinalTarget: true)?.FullName ?? "/bin/sleep"
        );
        using var process = System.Diagnostics.Process.Start(link, "100")!;
        try
        {
            var files = new Metrics.Procfs.ProcessFiles(process.Id);
            SpinWait.SpinUntil(() => files.ReadStat()?.Command == Path.GetFileName(link), TimeSpan.FromSeconds(30));

            TargetFinder.NameOf(files).ShouldBe(Path.GetFileName(link));
        }
        finally
        {
            process.Kill();
            File.Delete(link);
        }
    }

    [Fact]
    public void A_wrong_pid_is_told_in_one_line() =>
        Should.Throw<TargetGoneException>(() => TargetFinder.OfPid(int.MaxValue)).Message.ShouldContain("ps -e");

    [Fact]
    public async Task A_wrapper_is_looked_through_and_everything_it_started_is_stopped()
    {
        Target target;
        await using (var started = StartedProcess.Start(["sh", "-c", "sleep 100 & exec_me=1; tail -f /dev/null; true"]))
        {
            target = await started.SettleAsync(TimeProvider.System, default);
            new Metrics.Procfs.ProcessFiles(target.Pid!.Value).Exists.ShouldBeTrue();
        }

        new Metrics.Procfs.ProcessFiles(target.Pid!.Value).Exists.ShouldBeFalse();
    }

    [Fact]
    public async Task A_command_that_ends_at_once_says_its_last_words()
    {
        await using var started = StartedProcess.Start(["sh", "-c", "echo port 80 is taken; exit 3"]);

        var failure = await Should.ThrowAsync<AttachFailedException>(() =>
            started.SettleAsync(TimeProvider.System, default)
        );

        failure.Message.ShouldContain("status 3");
        failure.Message.ShouldContain("port 80 is taken");
    }

    [Fact]
    public void A_missing_program_is_told() =>
        Should
            .Throw<AttachFailedException>(() => StartedProcess.Start(["./no-such-program"]))
            .Message.ShouldContain("no such program");

    [Fact]
    public async Task Ready_is_waited_for()
    {
        await using var started = StartedProcess.Start(["sh", "-c", "sleep 0.2; echo ready; sleep 60"]);

        await started.ReadyAsync(TimeSpan.FromSeconds(10), default);
        await Should.ThrowAsync<AttachFailedException>(async () =>
        {
            await using var silent = StartedProcess.Start(["sleep", "60"]);
            await silent.ReadyAsync(TimeSpan.FromMilliseconds(300), default);
        });
    }
}
