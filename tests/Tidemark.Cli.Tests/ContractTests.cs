using System.Globalization;
using System.Text;
using System.Text.Json;
using Tidemark.Formats.V8;

namespace Tidemark.Cli.Tests;

/// <summary>What scripts rely on: exit status, standard output and error, and the names in JSON.</summary>
[Collection("console")]
public sealed class ContractTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-contract").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("", "Required command", "tidemark --help")]
    [InlineData("chek", "did you mean check?", "tidemark --help")]
    [InlineData("diff --top 3 a.pb.gz b.pb.gz", "no option '--top'", "tidemark diff --help")]
    [InlineData("frobnicate", "no command 'frobnicate'", "tidemark --help")]
    [InlineData("top", "Required argument", "tidemark top --help")]
    [InlineData("top a b", "'b'", "tidemark top --help")]
    [InlineData("diagnose --pid abc", "--pid takes a whole number, not 'abc'", "tidemark diagnose --help")]
    [InlineData("diagnose --for 10", "'10' is not a duration", "90s")]
    [InlineData("diagnose --limit huge", "'huge' is not a size", "512MiB")]
    [InlineData("diagnose", "--pid N, --url URL", "--help")]
    [InlineData("diagnose --url ftp://shop", "'ftp://shop' is not a URL", "http://localhost:6060")]
    [InlineData("capture --url http:// -o x", "'http://' is not a URL", "http://localhost:6060")]
    [InlineData("check --format xml", "text, json, markdown or html", "'xml'")]
    [InlineData("diagnose --pid 4194305", "no process 4194305", "")]
    [InlineData("top /no/such/file", "/no/such/file: no such file", "")]
    [InlineData("top /no/such/file --format markdown", "/no/such/file: no such file", "")]
    [InlineData("check --csv /no/such/file", "/no/such/file", "")]
    public async Task What_cannot_be_done_is_one_line_on_standard_error_and_status_2(
        string line,
        string said,
        string advice
    )
    {
        var (status, output, error) = await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        status.ShouldBe(2);
        output.ShouldBeEmpty();
        error.TrimEnd('\n').ShouldNotContain("\n");
        error.ShouldStartWith("tidemark: ");
        error.ShouldContain(said);
        error.ShouldContain(advice);
    }

    [Fact]
    public async Task What_is_no_capture_is_refused_by_its_name()
    {
        var file = Write("notes.txt", "not a capture at all"u8);

        var (status, _, error) = await RunAsync("top", file);

        status.ShouldBe(2);
        error.ShouldContain($"{file}: not a capture of a known format");
    }

    [Theory]
    [InlineData("leak", 1)]
    [InlineData("steady", 0)]
    [InlineData("inconclusive", 3)]
    public async Task A_verdict_is_the_exit_status_and_stands_in_the_json(string kind, int expected)
    {
        var file = Write("shop.csv", Encoding.UTF8.GetBytes(History(kind)));

        var (status, output, _) = await RunAsync("check", "--csv", file, "--format", "json");

        status.ShouldBe(expected);
        using var answer = JsonDocument.Parse(output);
        answer.RootElement.GetProperty("schema").GetString().ShouldBe("tidemark.check/v1");
        var series = answer.RootElement.GetProperty("series")[0];
        series.GetProperty("labels").ValueKind.ShouldBe(JsonValueKind.Object);
        series.GetProperty("target").GetString().ShouldBe("shop");
        series.GetProperty("observed").GetProperty("samples").GetInt32().ShouldBeGreaterThan(0);
        var verdict = series.GetProperty("verdict");
        verdict.GetProperty("kind").GetString().ShouldBe(kind);
        verdict.GetProperty("shape").GetString().ShouldNotBeNullOrEmpty();
        verdict.GetProperty("confidence").GetDouble().ShouldBeInRange(0, 1);
        var evidence = verdict.GetProperty("evidence")[0];
        evidence.GetProperty("signal").GetString().ShouldNotBeNullOrEmpty();
        evidence.GetProperty("finding").GetString().ShouldNotBeNullOrEmpty();
        evidence.GetProperty("unit").GetString().ShouldNotBeNullOrEmpty();
        if (kind == "leak")
        {
            var rate = verdict.GetProperty("bytesPerHour");
            var (low, value, high) = (Number(rate, "low"), Number(rate, "value"), Number(rate, "high"));
            low.ShouldBeLessThan(value);
            value.ShouldBeLessThan(high);
            // 20 MB an hour, as the history was made.
            20e6.ShouldBeInRange(low, high);
            var end = verdict.GetProperty("outOfMemory");
            end.GetProperty("limitBytes").GetInt64().ShouldBe(2_000_000_000);
            var at = end.GetProperty("at").GetDateTimeOffset();
            end.GetProperty("earliest").GetDateTimeOffset().ShouldBeLessThanOrEqualTo(at);
            end.GetProperty("latest").GetDateTimeOffset().ShouldBeGreaterThanOrEqualTo(at);
        }
    }

    [Fact]
    public async Task A_profile_answers_top_with_the_names_of_the_contract()
    {
        var (status, output, _) = await RunAsync("top", Goroutines("now", 5), "--format", "json");

        status.ShouldBe(0);
        using var answer = JsonDocument.Parse(output);
        answer.RootElement.GetProperty("schema").GetString().ShouldBe("tidemark.snapshot/v1");
        answer.RootElement.GetProperty("format").GetString().ShouldBe("go-stacks");
        var first = answer.RootElement.GetProperty("functions")[0];
        first.GetProperty("function").GetString().ShouldBe("main.run");
        first.GetProperty("file").GetString().ShouldBe("/src/map.go");
        first.GetProperty("flatCount").GetInt64().ShouldBe(5);
        first.GetProperty("cumCount").GetInt64().ShouldBe(5);
    }

    [Fact]
    public async Task A_diff_of_profiles_has_before_after_and_growth_of_each_row()
    {
        var (status, output, _) = await RunAsync(
            "diff",
            Goroutines("base", 2),
            Goroutines("now", 9),
            "--format",
            "json"
        );

        status.ShouldBe(0);
        using var answer = JsonDocument.Parse(output);
        answer.RootElement.GetProperty("schema").GetString().ShouldBe("tidemark.diff/v1");
        answer.RootElement.GetProperty("base").ValueKind.ShouldNotBe(JsonValueKind.Null);
        answer.RootElement.GetProperty("now").ValueKind.ShouldNotBe(JsonValueKind.Null);
        answer.RootElement.GetProperty("functions").GetArrayLength().ShouldBeGreaterThan(0);
        answer.RootElement.GetProperty("suspects").ValueKind.ShouldBe(JsonValueKind.Array);
    }

    [Fact]
    public async Task A_heap_answers_with_types_and_dominators()
    {
        var file = HeapSnapshot(100);
        var (status, output, _) = await RunAsync("histogram", file, "--format", "json");

        status.ShouldBe(0);
        using var answer = JsonDocument.Parse(output);
        answer.RootElement.GetProperty("objects").GetInt64().ShouldBeGreaterThan(100);
        answer.RootElement.GetProperty("bytes").GetInt64().ShouldBeGreaterThan(4800);
        var type = answer
            .RootElement.GetProperty("types")
            .EnumerateArray()
            .Single(t => t.GetProperty("type").GetString() == "Session");
        type.GetProperty("count").GetInt64().ShouldBe(100);
        type.GetProperty("shallowBytes").GetInt64().ShouldBe(4800);
        type.GetProperty("retainedBytes").GetInt64().ShouldBe(4800);

        var (_, dominators, _) = await RunAsync("dominators", file, "--format", "json");
        using var tree = JsonDocument.Parse(dominators);
        var first = tree.RootElement.GetProperty("dominators")[0];
        first.GetProperty("retainedBytes").GetInt64().ShouldBeGreaterThanOrEqualTo(4800);
        first.GetProperty("type").GetString().ShouldNotBeNullOrEmpty();
        first.TryGetProperty("object", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("markdown", "```")]
    [InlineData("html", "<!DOCTYPE html>")]
    public async Task Every_question_to_a_capture_answers_in_markdown_and_html_too(string format, string begins)
    {
        var file = HeapSnapshot(100);
        foreach (string[] question in new[] { new[] { "top" }, ["histogram"], ["dominators"], ["suspects"] })
        {
            var (status, output, _) = await RunAsync([.. question, file, "--format", format]);
            status.ShouldBe(0);
            output.ShouldStartWith(begins);
        }
    }

    [Fact]
    public async Task Every_command_has_help_with_an_example()
    {
        var (_, list, _) = await RunAsync("--help");
        foreach (var name in new[] { "demo", "diagnose", "check", "capture", "top", "list", "tree", "diff", "report" })
        {
            list.ShouldContain(name);
            var (status, help, _) = await RunAsync(name, "--help");
            status.ShouldBe(0);
            help.ShouldContain($"  tidemark {name} ", customMessage: $"tidemark {name} --help shows no example");
        }
    }

    private static double Number(JsonElement of, string name) => of.GetProperty(name).GetDouble();

    private string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private string Goroutines(string name, int stuck)
    {
        var text = new StringBuilder("goroutine 1 [IO wait, 5 minutes]:\nmain.main()\n\t/src/main.go:9 +0x12\n\n");
        for (var i = 0; i < stuck; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"goroutine {i + 2} [chan send, 2 minutes]:\nmain.run()\n\t/src/map.go:7 +0x1\n\n"
            );
        }

        return Write(name + ".txt", Encoding.UTF8.GetBytes(text.ToString()));
    }

    private string HeapSnapshot(int sessions)
    {
        var writer = new V8SnapshotWriter();
        var root = writer.AddNode("synthetic", "", 0);
        var global = writer.AddNode("object", "global", 32);
        writer.AddEdge(root, "element", 1, global);
        var store = writer.AddNode("object", "Store", 64);
        writer.AddEdge(global, "property", "store", store);
        for (var i = 0; i < sessions; i++)
        {
            writer.AddEdge(store, "element", i, writer.AddNode("object", "Session", 48));
        }

        var path = Path.Combine(folder, "app.heapsnapshot");
        using var stream = File.Create(path);
        writer.Write(stream);
        return path;
    }

    /// <summary>Two days at one sample a minute, or five minutes.</summary>
    private static string History(string kind)
    {
        var dice = new Random(7);
        var text = new StringBuilder("time,footprint_bytes,limit_bytes\n");
        for (var minute = 0; minute < (kind == "inconclusive" ? 5 : 2880); minute++)
        {
            var level = 300e6 + (kind == "leak" ? 20e6 / 60 * minute : 0) + (dice.NextDouble() * 4e6);
            text.Append(
                CultureInfo.InvariantCulture,
                $"{1_780_000_000 + (minute * 60)},{Math.Round(level)},2000000000\n"
            );
        }

        return text.ToString();
    }

    private static async Task<(int Status, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var (standard, standardError) = (Console.Out, Console.Error);
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            var status = await Program.Main(arguments);
            return (status, output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(standard);
            Console.SetError(standardError);
        }
    }
}
