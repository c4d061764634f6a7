using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Tidemark.Cli.Tests.Check;

public sealed class CheckTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-check-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_folder_of_histories_is_judged_worst_first()
    {
        Write("flat", m => 300e6 + (m % 5 * 1e6));
        Write("grows", m => 300e6 + (m * 1e5) + (m % 5 * 1e6));
        var run = await TidemarkRun.OfAsync("check", "--csv", folder, "--limit", "2g", "--format", "json");

        run.Status.ShouldBe(1);
        using var json = JsonDocument.Parse(run.Output);
        var series = json.RootElement.GetProperty("series").EnumerateArray().ToList();
        series.Select(s => s.GetProperty("target").GetString()).ShouldBe(["grows", "flat"]);
        series[0]
            .GetProperty("verdict")
            .GetProperty("outOfMemory")
            .GetProperty("limitBytes")
            .GetInt64()
            .ShouldBe(2L << 30);
    }

    [Fact]
    public async Task A_panel_of_many_processes_has_a_line_for_each()
    {
        string Row(int m) =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{1_700_000_000_000 + (m * 60_000)},{300e6 + (m % 5 * 1e6)},{300e6 + (m * 1e5) + (m % 5 * 1e6)},2 GiB"
            );
        await File.WriteAllLinesAsync(
            Path.Combine(folder, "panel.csv"),
            [
                "sep=,",
                "\"Time\",\"web-0\",\"{namespace=\"\"shop\"\", pod=\"\"cart-1\"\"}\",\"limits\"",
                .. Enumerable.Range(0, 1440).Select(Row),
            ]
        );
        var run = await TidemarkRun.OfAsync(folder, ["check", "--csv", "panel.csv", "--format", "json"]);

        run.Status.ShouldBe(1);
        using var json = JsonDocument.Parse(run.Output);
        var series = json.RootElement.GetProperty("series").EnumerateArray().ToList();
        series.Select(s => s.GetProperty("target").GetString()).ShouldBe(["shop/cart-1", "web-0"]);
        series[0].GetProperty("labels").GetProperty("pod").GetString().ShouldBe("cart-1");
        series[0].GetProperty("verdict").GetProperty("kind").GetString().ShouldBe("leak");
        series[1].GetProperty("verdict").GetProperty("kind").GetString().ShouldBe("steady");
        run.Error.TrimEnd().ShouldBe("warning: panel.csv: 'limits' names a quantity, not a process: it is ignored");
    }

    [Fact]
    public async Task Of_several_damaged_files_one_is_told()
    {
        foreach (var name in (string[])["a.csv", "b.csv", "c.csv"])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), "time,footprint_bytes\n1,x\n");
        }

        var run = await TidemarkRun.OfAsync(folder, ["check", "--csv", "."]);
        run.Status.ShouldBe(2);
        run.Error.TrimEnd()
            .ShouldEndWith("line 2: footprint_bytes is 'x'; expected a number of at least 0, or nothing");
    }

    [Fact]
    public async Task What_is_redirected_has_no_colours_on_a_CI_server_either()
    {
        Write("grows", m => 300e6 + (m * 1e5) + (m % 5 * 1e6));
        using var check = TidemarkRun.Start(folder, ["check", "--csv", folder], ("GITHUB_ACTIONS", "true"));
        var text = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();

        text.ShouldContain("leak");
        text.ShouldNotContain("\u001b");
    }

    [Theory]
    [InlineData("name one source")]
    [InlineData("no .csv files there", "--csv", ".")]
    [InlineData("name the server as well", "--selector", "{}")]
    [InlineData("no process 999999999 is running", "--pid", "999999999")]
    public async Task What_cannot_be_done_is_said_in_one_line(string message, params string[] arguments)
    {
        var run = await TidemarkRun.OfAsync(folder, ["check", .. arguments]);
        run.Status.ShouldBe(2);
        run.Error.ShouldContain(message);
        run.Error.TrimEnd().Split('\n').Length.ShouldBe(1, run.Error);
    }

    [Fact]
    public async Task A_process_is_watched_from_outside()
    {
        using var sleep = Process.Start("sleep", "120");
        try
        {
            var pid = sleep.Id.ToString(CultureInfo.InvariantCulture);
            var run = await TidemarkRun.OfAsync("check", "--pid", pid, "--for", "20s", "--format", "json");

            run.Status.ShouldBeOneOf(0, 3); // on a busy machine the samples may be too few
            using var json = JsonDocument.Parse(run.Output);
            var series = json.RootElement.GetProperty("series").EnumerateArray().Single();
            series.GetProperty("labels").GetProperty("pid").GetString().ShouldBe(pid);
            series.GetProperty("observed").GetProperty("samples").GetInt32().ShouldBeGreaterThan(1);
        }
        finally
        {
            sleep.Kill();
        }
    }

    [Fact]
    public async Task A_process_that_ends_leaves_what_was_seen_of_it()
    {
        using var sleep = Process.Start("sleep", "600");
        var pid = sleep.Id.ToString(CultureInfo.InvariantCulture);
        using var check = TidemarkRun.Start(null, ["check", "--pid", pid, "--for", "10m"]);
        var output = check.StandardOutput.ReadToEndAsync();
        // How long it takes to start is the machine's affair: the process ends when it is being watched.
        (await check.StandardError.ReadLineAsync())
            .ShouldNotBeNull()
            .ShouldContain("watching sleep");
        await Task.Delay(1000);
        sleep.Kill();

        var error = await check.StandardError.ReadToEndAsync();
        await check.WaitForExitAsync();
        check.ExitCode.ShouldBe(3, error);
        error.ShouldContain("has ended");
        (await output).ShouldContain("sleep");
    }

    private void Write(string name, Func<int, double> footprint) =>
        File.WriteAllLines(
            Path.Combine(folder, name + ".csv"),
            Enumerable
                .Range(0, 1440)
                .Select(m => string.Create(CultureInfo.InvariantCulture, $"{1.7e9 + (m * 60)},{footprint(m)}"))
                .Prepend("time,footprint_bytes")
        );
}
