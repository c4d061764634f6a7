using System.Globalization;
using Spectre.Console;
using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Checklist;

namespace Tidemark.Reports.Text;

/// <summary>A diagnosis on a terminal: the answer first, the evidence below.</summary>
public static class DiagnosisText
{
    private const int SuspectsShown = 5;

    /// <param name="console">Where to.</param>
    /// <param name="diagnosis">The answer.</param>
    /// <param name="folder">The case folder, where there is one.</param>
    /// <param name="report">The HTML page, where one was written.</param>
    public static void Write(IAnsiConsole console, Diagnosis.Diagnosis diagnosis, string? folder, string? report)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(diagnosis);
        WriteAnswer(console, diagnosis);
        SuspectText.Write(console, diagnosis.Suspects, SuspectsShown);
        WriteEvidence(console, diagnosis.Verdict);
        WriteChecklist(console, diagnosis.Checklist);
        foreach (var note in diagnosis.Notes)
        {
            console.MarkupLineInterpolated($"[yellow]note:[/] {note}");
        }

        if (folder is not null)
        {
            console.MarkupLineInterpolated($"[grey]case:[/] {folder}");
        }

        if (report is not null)
        {
            console.MarkupLineInterpolated($"[grey]report:[/] {report}");
        }
    }

    private static void WriteAnswer(IAnsiConsole console, Diagnosis.Diagnosis diagnosis)
    {
        var verdict = diagnosis.Verdict;
        var target = diagnosis.Target;
        var pid = target.Pid is { } p ? string.Create(CultureInfo.InvariantCulture, $", pid {p}") : "";
        var kind = ContractNames.Of(verdict.Kind).ToUpperInvariant();
        var watched = Quantity.Duration(diagnosis.History.To - diagnosis.History.From);
        console.WriteLine();
        console.MarkupLine(
            $"[bold {Color(verdict)}]{kind}[/]  [bold]{Markup.Escape(target.Name)}[/] [grey]({target.Runtime}{pid}; watched {watched}, {diagnosis.History.Count} samples; {Quantity.Percent(verdict.Confidence)} sure)[/]"
        );
        console.WriteLine(Sentences.Meaning(verdict.Kind));
        if (Sentences.Children(diagnosis) is { } children)
        {
            console.MarkupLineInterpolated($"[bold red]{children}[/]");
        }

        if (verdict.NeedsMore is { } more)
        {
            console.WriteLine($"Watch for at least {Quantity.Duration(more)} more.");
        }

        if (Sentences.Rate(verdict) is { } rate)
        {
            var oom = Sentences.OutOfMemory(verdict, diagnosis.History.To) is { } when ? $"; {when}" : "";
            console.WriteLine($"footprint {rate}{oom}");
        }

        WriteGraph(console, diagnosis.History, Signal.Footprint);
        WriteGraph(console, diagnosis.History, Signal.LiveHeap);
    }

    private static void WriteGraph(IAnsiConsole console, ProcessHistory history, Signal signal)
    {
        if (history.Has(signal))
        {
            var values = history.Values(signal);
            console.MarkupLine(
                $"[grey]{signal.Describe().Name, -10}[/] [aqua]{Sparkline.Of(values, 60)}[/] {Quantity.Bytes(Sparkline.Last(values))}"
            );
        }
    }

    private static void WriteEvidence(IAnsiConsole console, GrowthVerdict verdict)
    {
        if (verdict.Evidence.Count == 0)
        {
            return;
        }

        console.WriteLine();
        console.MarkupLine("[bold]Evidence[/]");
        foreach (var evidence in verdict.Evidence)
        {
            console.MarkupLineInterpolated($"  [grey]{evidence.Signal}:[/] {evidence.Finding}");
        }
    }

    private static void WriteChecklist(IAnsiConsole console, IReadOnlyList<ChecklistAnswer> checklist)
    {
        console.WriteLine();
        console.MarkupLine("[bold]Checklist[/]");
        foreach (var answer in checklist)
        {
            var (mark, color) = answer.Answer switch
            {
                Finding.Confirmed => ("yes", "green"),
                Finding.RuledOut => ("no ", "grey"),
                _ => ("?  ", "yellow"),
            };
            console.MarkupLine($"  {answer.Step} [{color}]{mark}[/] {Markup.Escape(answer.Question)}");
            console.MarkupLineInterpolated($"        [grey]{answer.Sentence}[/]");
        }

        console.WriteLine();
    }

    private static string Color(GrowthVerdict verdict) =>
        verdict.IsLeaking ? "red"
        : verdict.Kind == GrowthKind.Inconclusive ? "yellow"
        : "green";
}
