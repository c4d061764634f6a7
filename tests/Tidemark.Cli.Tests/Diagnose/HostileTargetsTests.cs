using System.Diagnostics;
using System.Text.Json;
using Tidemark.Cli.Tests.Check;
using Tidemark.Tests;

namespace Tidemark.Cli.Tests.Diagnose;

/// <summary>Diagnoses that cannot go well: each says so in one line, or gives the best answer so far, and keeps what it has.</summary>
public sealed class HostileTargetsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-hostile").FullName;

    private string Case => Path.Combine(folder, "case");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_process_of_another_user_is_refused_by_the_way_in()
    {
        using var sleep = Process.Start("sleep", "60");
        try
        {
            // Nobody may read neither the folder of the tests nor ours.
            var copy = Directory.CreateDirectory(Path.Combine(folder, "program")).FullName;
            Tool.Run("cp", $"-r {AppContext.BaseDirectory}/. {copy}");
            Tool.Run("chmod", $"-R a+rX {folder}");

            var run = await RunAsync(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "env",
                "-C",
                copy,
                "HOME=/nonexistent",
                "DOTNET_gcServer=0",
                "dotnet",
                Path.Combine(copy, "tidemark.dll"),
                "diagnose",
                "--pid",
                $"{sleep.Id}",
                "--for",
                "5s"
            );

            run.Status.ShouldBe(2, run.Error);
            run.Error.ShouldBe(
                $"tidemark: no permission to look into process {sleep.Id}: run tidemark as the user it runs as, or as root\n"
            );
            run.Output.ShouldBeEmpty();
        }
        finally
        {
            sleep.Kill();
        }
    }

    [Fact]
    public async Task An_address_where_nothing_listens_is_refused_with_the_reason()
    {
        var run = await DiagnoseAsync("--url", $"localhost:{Machine.ClosedPort()}", "--for", "5s");

        run.Status.ShouldBe(2);
        run.Error.ShouldStartWith("tidemark: http://localhost:");
        run.Error.ShouldContain("Connection refused");
        run.Error.ShouldContain("net/http/pprof");
        run.Error.TrimEnd('\n').ShouldNotContain("\n");
        Directory.Exists(Case).ShouldBeFalse();
    }

    [Fact]
    public async Task A_service_without_profiles_is_refused_with_what_to_import()
    {
        var port = Machine.FreePort();
        using var server = Process.Start(
            new ProcessStartInfo("python3", ["-u", "-m", "http.server", $"{port}", "--bind", "127.0.0.1"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            }
        )!;
        try
        {
            (await server.StandardOutput.ReadLineAsync()).ShouldStartWith("Serving HTTP");

            var run = await DiagnoseAsync("--url", $"http://127.0.0.1:{port}", "--for", "5s");

            run.Status.ShouldBe(2);
            run.Error.ShouldStartWith($"tidemark: http://127.0.0.1:{port}/ serves no pprof (/debug/pprof/ answers 404");
            run.Error.ShouldContain("net/http/pprof");
            run.Error.TrimEnd('\n').ShouldNotContain("\n");
        }
        finally
        {
            server.Kill();
        }
    }

    [Fact]
    public async Task A_process_that_ends_while_it_is_watched_leaves_the_answer_so_far()
    {
        using var sleep = Process.Start("sleep", "15");

        var run = await DiagnoseAsync("--pid", $"{sleep.Id}", "--for", "10m", "--format", "json");

        run.Status.ShouldBe(3, run.Error);
        using var answer = JsonDocument.Parse(run.Output);
        answer.RootElement.GetProperty("verdict").GetProperty("kind").GetString().ShouldBe("inconclusive");
        run.Output.ShouldContain($"process {sleep.Id} has ended after");
        File.ReadLines(Path.Combine(Case, "history.csv")).Count().ShouldBeGreaterThan(1);
        File.Exists(Path.Combine(Case, "case.json")).ShouldBeTrue();
    }

    [Fact]
    public async Task On_a_disk_with_no_room_for_a_capture_the_graphs_decide()
    {
        using var disk = new SmallDisk(folder, "400k");
        using var sleep = Process.Start("sleep", "60");
        try
        {
            var run = await DiagnoseAsync("--pid", $"{sleep.Id}", "--for", "20s", "--format", "json");

            run.Status.ShouldBeOneOf(0, 3); // steady, or samples too few on a busy machine
            using var answer = JsonDocument.Parse(run.Output);
            if (disk.IsThere)
            {
                run.Output.ShouldContain("are free in");
                answer.RootElement.GetProperty("captures").GetArrayLength().ShouldBe(0);
            }

            File.ReadLines(Path.Combine(Case, "history.csv")).Count().ShouldBeGreaterThan(1);
        }
        finally
        {
            sleep.Kill();
        }
    }

    [Fact]
    public async Task A_full_disk_is_told_before_anything_is_done_to_the_target()
    {
        using var disk = new SmallDisk(folder, "64k");
        if (disk.IsThere)
        {
            using var filler = File.Create(Path.Combine(folder, "filler"));
            Should.Throw<IOException>(() => filler.Write(new byte[1 << 17]));
        }

        using var sleep = Process.Start("sleep", "60");
        try
        {
            // Where no disk can be mounted, one that takes no files stands for it.
            var target = disk.IsThere ? Case : "/proc/case";
            var run = await TidemarkRun.OfAsync("diagnose", "--pid", $"{sleep.Id}", "--for", "5s", "--out", target);

            run.Status.ShouldBe(2);
            run.Error.ShouldStartWith(disk.IsThere ? "tidemark: No space left on device" : "tidemark: ");
            run.Error.ShouldContain(target);
            run.Error.TrimEnd('\n').ShouldNotContain("\n");
        }
        finally
        {
            sleep.Kill();
        }
    }

    private Task<TidemarkRun> DiagnoseAsync(params string[] arguments) =>
        TidemarkRun.OfAsync(["diagnose", .. arguments, "--out", Case]);

    private static async Task<TidemarkRun> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new TidemarkRun(process.ExitCode, await output, await error);
    }

    /// <summary>A file system in memory, of a few pages, over a folder, where we may mount one.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly string folder;

        public SmallDisk(string folder, string size)
        {
            this.folder = folder;
            using var mount = Process.Start("mount", $"-t tmpfs -o size={size} tmpfs {folder}");
            mount.WaitForExit();
            IsThere = mount.ExitCode == 0;
        }

        public bool IsThere { get; }

        public void Dispose()
        {
            if (IsThere)
            {
                Tool.Run("umount", folder);
            }
        }
    }
}
