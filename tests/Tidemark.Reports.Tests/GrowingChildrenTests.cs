using Spectre.Console;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Diagnosis;
using Tidemark.Diagnosis.Cases;
using Tidemark.Reports.Html;
using Tidemark.Reports.Json;
using Tidemark.Reports.Markdown;
using Tidemark.Reports.Text;

namespace Tidemark.Reports.Tests;

/// <summary>A steady master whose worker grows: every answer says so at its top, with the command to run next.</summary>
public sealed class GrowingChildrenTests
{
    private const string Growing =
        "1 of 4 child processes grows: gunicorn (pid 4711) from 20 MiB to 80 MiB; run next: `tidemark diagnose --pid 4711`";

    [Theory]
    [InlineData(Growing)]
    [InlineData(null)]
    public async Task The_answer_begins_with_the_child_that_grows(string? children)
    {
        var diagnosis = Diagnose(children);
        (diagnosis.Verdict.Kind, diagnosis.Verdict.IsLeaking).ShouldBe((GrowthKind.Steady, false));

        var text = Text(diagnosis);
        foreach (
            var answer in new[]
            {
                text,
                DiagnosisMarkdown.Write(diagnosis),
                await HtmlReport.RenderAsync(DiagnosisPage.Of(diagnosis)),
            }
        )
        {
            var top = answer[..answer.IndexOf("does not grow beyond its noise", StringComparison.Ordinal)];
            top.Contains("of process 4242 alone, but 1 of 4 child").ShouldBe(children is not null);
            top.Contains("tidemark diagnose --pid 4711").ShouldBe(children is not null);
        }

        text.Contains("nothing to fix in this process, but in its children").ShouldBe(children is not null);
        ReportJson
            .Write(DiagnosisDocument.Of(diagnosis, null, null))
            .Contains("\"signal\": \"children\"")
            .ShouldBe(children is not null);
    }

    private static Diagnosis.Diagnosis Diagnose(string? children)
    {
        var history = new ProcessHistoryBuilder("gunicorn");
        var sample = new SignalSample();
        for (var second = 0; second < 600; second += 2)
        {
            sample[Signal.Footprint] = (32 << 20) + (second % 3 << 12);
            history.Add(1_700_000_000 + second, sample);
        }

        var file = new CaseFile
        {
            Target = new CaseTarget("gunicorn", "python", 4242, null),
            StartedAt = DateTimeOffset.UnixEpoch,
            ForSeconds = 600,
            Children = children,
        };
        return CaseAnalysis.Analyze(file, "", history.ToHistory(), new(), new());
    }

    private static string Text(Diagnosis.Diagnosis diagnosis)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) }
        );
        console.Profile.Width = 300;
        DiagnosisText.Write(console, diagnosis, null, null);
        return writer.ToString();
    }
}
