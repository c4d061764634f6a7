using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tidemark.Cli;
using Tidemark.Cli.Zoo;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Cases;
using Tidemark.Diagnosis.Watching;
using Tidemark.Metrics.Procfs;
using Tidemark.Runtimes;

namespace Tidemark.Acceptance;

// One class a runtime: xunit runs classes side by side and the cases of one class in turn.
public class DotNetZooTests : ZooTests
{
    public static TheoryData<string> Cases => Of("dotnet");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_fault_is_named(string name) => DiagnoseAsync("dotnet", name);
}

public class GoZooTests : ZooTests
{
    public static TheoryData<string> Cases => Of("go");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_fault_is_named(string name) => DiagnoseAsync("go", name);
}

public class JvmZooTests : ZooTests
{
    public static TheoryData<string> Cases => Of("jvm");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_fault_is_named(string name) => DiagnoseAsync("jvm", name);
}

public class NodeZooTests : ZooTests
{
    public static TheoryData<string> Cases => Of("node");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_fault_is_named(string name) => DiagnoseAsync("node", name);
}

public class PythonZooTests : ZooTests
{
    public static TheoryData<string> Cases => Of("python");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_fault_is_named(string name) => DiagnoseAsync("python", name);
}

public class NativeZooTests : ZooTests
{
    public static TheoryData<string> Cases => Of("native");

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_fault_is_named(string name) => DiagnoseAsync("native", name);
}

/// <summary>Starts a real service of the zoo, diagnoses it from outside as a user does, and holds the answer against the truth.</summary>
public abstract class ZooTests
{
    /// <summary>How long a diagnosis may watch; the goal is 120 s at the most.</summary>
    private static readonly string WatchFor = Environment.GetEnvironmentVariable("TIDEMARK_ACCEPTANCE_FOR") ?? "90s";

    private static readonly TimeSpan Start = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The cases of one runtime.</summary>
    protected static TheoryData<string> Of(string runtime) =>
        Directory.Exists(Path.Combine(ZooCase.FindZoo(), runtime))
            ? [.. ZooCase.All(Path.Combine(ZooCase.FindZoo(), runtime)).Select(c => c.Name)]
            : [];

    /// <summary>
    /// So many services are watched side by side, which is more than two cores carry comfortably. A case that is told wrong
    /// beside others is told again alone, on a quiet machine, and fails if it is told wrong there twice. Every attempt is on record.
    /// </summary>
    private static readonly SideBySide Machine = new(5);

    private const int AttemptsAlone = 2;

    protected static async Task DiagnoseAsync(string runtime, string name)
    {
        var zooCase = ZooCase.Read(Path.Combine(ZooCase.FindZoo(), runtime, name));
        zooCase.Runtime.ShouldBe(runtime);
        try
        {
            using (await Machine.BesideOthersAsync())
            {
                await DiagnoseAsync(zooCase);
            }

            return;
        }
        catch (Exception wrong) when (IsWrongAnswer(wrong))
        {
            Record($"{runtime}/{name}: wrong beside others, tried again alone\n{wrong.Message}\n");
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using (await Machine.AloneAsync())
                {
                    await DiagnoseAsync(zooCase);
                }

                return;
            }
            catch (Exception wrong) when (attempt < AttemptsAlone && IsWrongAnswer(wrong))
            {
                Record($"{runtime}/{name}: wrong alone, tried again alone\n{wrong.Message}\n");
            }
        }
    }

    /// <summary>A wrong answer, none in time, or a service that did not come up beside the others.</summary>
    private static bool IsWrongAnswer(Exception e) =>
        e
            is ShouldAssertException
                or OperationCanceledException
                or HttpRequestException
                or AttachFailedException
                or TargetGoneException
                or CommandFailedException;

    private static async Task DiagnoseAsync(ZooCase zooCase)
    {
        using var patience = new CancellationTokenSource(Patience);
        await ZooSetup.RunAsync(zooCase, _ => { }, patience.Token);
        await using var service = StartedProcess.Start(zooCase.Start, zooCase.Folder);
        await service.ReadyAsync(Start, patience.Token);
        var pid = service.FindService().Pid!.Value;

        var folder = Path.Combine(Directory.CreateTempSubdirectory("tidemark-acceptance").FullName, "case");
        try
        {
            var (status, answer, errors) = await RunAsync(
                [
                    "diagnose",
                    "--pid",
                    pid.ToString(CultureInfo.InvariantCulture),
                    "--for",
                    WatchFor,
                    // Several services share few processors here: what stops one of them takes its time.
                    "--max-pause",
                    "60s",
                    "--format",
                    "json",
                    "--out",
                    folder,
                ],
                patience.Token
            );
            answer.ShouldNotBeEmpty($"status {status}: {errors}");
            using var diagnosis = JsonDocument.Parse(answer);
            var kind = diagnosis.RootElement.GetProperty("verdict").GetProperty("kind").GetString();
            var first = diagnosis
                .RootElement.GetProperty("suspects")
                .EnumerateArray()
                .Select(s => s.Clone())
                .FirstOrDefault();
            Record(zooCase, kind, first);
            Keep(zooCase, answer, folder);

            kind.ShouldBe(zooCase.Kind, Story(diagnosis.RootElement, folder));
            status.ShouldBe(zooCase.Kind is "steady" or "warm-up" or "load" ? 0 : 1, errors);
            if (zooCase.Culprit.Count > 0)
            {
                var words = Words(first);
                zooCase.Culprit.ShouldContain(
                    c => words.Exists(w => Regex.IsMatch(w, c, RegexOptions.None, TimeSpan.FromSeconds(1))),
                    $"the first suspect is {first.GetProperty("subject")}\n{Story(diagnosis.RootElement, folder)}"
                );
            }

            new ProcessFiles(pid).Exists.ShouldBeTrue("the target must survive its diagnosis");
            if (zooCase.Port > 0)
            {
                using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
                using var _ = await client.GetAsync(new Uri($"http://127.0.0.1:{zooCase.Port}/"), patience.Token);
            }
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
        }
    }

    /// <summary>All that a culprit may be told by: subject, site, stack and root path of a suspect.</summary>
    private static List<string> Words(JsonElement suspect)
    {
        var words = new List<string>();
        if (suspect.ValueKind != JsonValueKind.Object)
        {
            return words;
        }

        words.Add(suspect.GetProperty("subject").GetString()!);
        if (suspect.GetProperty("site") is { ValueKind: JsonValueKind.Object } site)
        {
            AddSite(site);
        }

        if (suspect.GetProperty("stack") is { ValueKind: JsonValueKind.Array } stack)
        {
            foreach (var frame in stack.EnumerateArray())
            {
                AddSite(frame);
            }
        }

        if (suspect.GetProperty("rootPath") is { ValueKind: JsonValueKind.Array } path)
        {
            var steps = path.EnumerateArray().Select(p => p.GetString()!).ToList();
            words.AddRange(steps);
            words.Add(string.Join(" -> ", steps));
        }

        return words;

        void AddSite(JsonElement frame)
        {
            words.Add(frame.GetProperty("function").GetString()!);
            words.Add(frame.GetProperty("file").GetString() ?? "");
        }
    }

    private static async Task<(int Status, string Answer, string Errors)> RunAsync(
        string[] arguments,
        CancellationToken cancellation
    )
    {
        // The program as users run it: published, by the script at the root of the checkout.
        var program = Path.Combine(Path.GetDirectoryName(ZooCase.FindZoo())!, "tidemark");
        using var tidemark = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        try
        {
            var answer = tidemark.StandardOutput.ReadToEndAsync(cancellation);
            var errors = tidemark.StandardError.ReadToEndAsync(cancellation);
            await tidemark.WaitForExitAsync(cancellation);
            return (tidemark.ExitCode, await answer, await errors);
        }
        finally
        {
            if (!tidemark.HasExited)
            {
                // With what it has started; and gone before its folder is.
                tidemark.Kill(entireProcessTree: true);
                await tidemark.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>One line a case, for whoever wants to see how the answers came out.</summary>
    private static void Record(ZooCase zooCase, string? kind, JsonElement first)
    {
        var subject = first.ValueKind == JsonValueKind.Object ? first.GetProperty("subject").GetString() : "";
        Record($"{zooCase.Runtime}/{zooCase.Name}: {zooCase.Kind} told as {kind}; first suspect: {subject}\n");
    }

    private static void Record(string line)
    {
        var file = Path.Combine(Path.GetDirectoryName(ZooCase.FindZoo())!, "artifacts", "acceptance.txt");
        lock (Gate)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.AppendAllText(file, line);
        }
    }

    /// <summary>Why an answer came out as it did, in few enough lines for the log of a machine that nobody can look at: evidence, suspects, notes, and the course of the signals.</summary>
    private static string Story(JsonElement diagnosis, string folder)
    {
        var lines = new List<string>();
        var verdict = diagnosis.GetProperty("verdict");
        foreach (var evidence in verdict.GetProperty("evidence").EnumerateArray())
        {
            lines.Add($"{evidence.GetProperty("signal")}: {evidence.GetProperty("finding")}");
        }

        foreach (var suspect in diagnosis.GetProperty("suspects").EnumerateArray().Take(3))
        {
            lines.Add($"suspect: {suspect.GetProperty("subject")}");
        }

        lines.AddRange(diagnosis.GetProperty("notes").EnumerateArray().Take(4).Select(n => $"note: {n}"));
        var history = File.ReadAllLines(Path.Combine(folder, CaseFolder.HistoryName));
        const int rows = 12;
        lines.Add(history[0]);
        for (var row = 1; row <= rows; row++)
        {
            lines.Add(history[Math.Max(1, row * (history.Length - 1) / rows)]);
        }

        return string.Join('\n', lines);
    }

    /// <summary>The whole answer and what was seen, of every attempt, for whoever wants to know why it came out as it did.</summary>
    private static void Keep(ZooCase zooCase, string answer, string caseFolder)
    {
        var folder = Path.Combine(Path.GetDirectoryName(ZooCase.FindZoo())!, "artifacts", "acceptance");
        Directory.CreateDirectory(folder);
        var attempt = Directory.GetFiles(folder, $"{zooCase.Runtime}-{zooCase.Name}.*.json").Length + 1;
        var name = Path.Combine(folder, $"{zooCase.Runtime}-{zooCase.Name}.{attempt}");
        File.WriteAllText($"{name}.json", answer);
        File.Copy(Path.Combine(caseFolder, CaseFolder.HistoryName), $"{name}.csv", overwrite: true);
    }

    private static readonly Lock Gate = new();
}
