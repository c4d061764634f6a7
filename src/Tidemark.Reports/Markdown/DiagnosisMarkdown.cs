using System.Text;
using Tidemark.Core;

namespace Tidemark.Reports.Markdown;

/// <summary>A diagnosis for a ticket.</summary>
public static class DiagnosisMarkdown
{
    private const int SuspectsShown = 5;

    public static string Write(Diagnosis.Diagnosis diagnosis)
    {
        ArgumentNullException.ThrowIfNull(diagnosis);
        var text = new StringBuilder();
        var verdict = diagnosis.Verdict;
        text.AppendLine($"## {Escape(diagnosis.Target.Name)}: {ContractNames.Of(verdict.Kind)}");
        text.AppendLine();
        text.Append($"{Sentences.Meaning(verdict.Kind)} ");
        text.Append($"Watched {Quantity.Duration(diagnosis.History.To - diagnosis.History.From)} ");
        text.AppendLine($"({diagnosis.Target.Runtime}); {Quantity.Percent(verdict.Confidence)} sure.");
        if (Sentences.Children(diagnosis) is { } children)
        {
            text.AppendLine().AppendLine($"**{Escape(children)}**");
        }

        if (Sentences.Rate(verdict) is { } rate)
        {
            text.AppendLine().AppendLine($"- footprint {rate}");
        }

        if (Sentences.OutOfMemory(verdict, diagnosis.History.To) is { } oom)
        {
            text.AppendLine($"- {oom}");
        }

        foreach (var evidence in verdict.Evidence)
        {
            text.AppendLine($"- {evidence.Signal}: {Escape(evidence.Finding)}");
        }

        AppendSuspects(text, diagnosis);
        text.AppendLine().AppendLine("### Checklist").AppendLine();
        text.AppendLine("| | question | answer | evidence |").AppendLine("|---|---|---|---|");
        foreach (var answer in diagnosis.Checklist)
        {
            text.AppendLine(
                $"| {answer.Step} | {Escape(answer.Question)} | {ContractNames.Of(answer.Answer)} | {Escape(answer.Sentence)} |"
            );
        }

        if (diagnosis.Notes.Count > 0)
        {
            text.AppendLine().AppendLine("### Notes").AppendLine();
            foreach (var note in diagnosis.Notes)
            {
                text.AppendLine($"- {Escape(note)}");
            }
        }

        return text.ToString();
    }

    private static void AppendSuspects(StringBuilder text, Diagnosis.Diagnosis diagnosis)
    {
        if (diagnosis.Suspects.Count == 0)
        {
            return;
        }

        text.AppendLine().AppendLine("### Suspects");
        foreach (var suspect in diagnosis.Suspects.Take(SuspectsShown))
        {
            text.AppendLine().AppendLine($"1. **`{suspect.Subject}`** {Sentences.Growth(suspect)} ({suspect.Pattern})");
            if (suspect.Site is { } site)
            {
                text.AppendLine($"   - allocated at `{Sentences.Site(site)}`");
            }

            if (suspect.RootPath is { Count: > 0 } path)
            {
                text.AppendLine($"   - held by `{string.Join(" -> ", path)}`");
            }

            text.AppendLine($"   - {Escape(suspect.Advice)}");
        }
    }

    /// <summary>Names of generics and pointers must not be read as HTML, emphasis or the end of a table's cell.</summary>
    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("|", "\\|", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace("*", "\\*", StringComparison.Ordinal)
            .Replace("_", "\\_", StringComparison.Ordinal)
            .ReplaceLineEndings(" ");
}
