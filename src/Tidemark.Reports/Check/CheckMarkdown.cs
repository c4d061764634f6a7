using System.Text;
using Tidemark.Core;
using Tidemark.Reports.Text;

namespace Tidemark.Reports.Check;

/// <summary>The answer of a check as a Markdown table, for a ticket or a chat.</summary>
public static class CheckMarkdown
{
    private const int SparkWidth = 16;

    public static string Write(CheckAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var text = new StringBuilder();
        text.Append("# ").Append(CheckText.Summary(answer)).Append("\n\n");
        text.Append("| kind | process | footprint | now | a day | limit in | sure | why | next |\n");
        text.Append("|---|---|---|--:|--:|--:|--:|---|---|\n");
        foreach (var s in answer.Series)
        {
            var sketch = s.Sketch.ToArray();
            string[] cells =
            [
                ContractNames.Of(s.Verdict.Kind),
                s.Target,
                Sparkline.Of(sketch, SparkWidth),
                double.IsNaN(Sparkline.Last(sketch)) ? "" : Quantity.Bytes(Sparkline.Last(sketch)),
                NextStep.PerDay(s.Verdict),
                NextStep.TimeLeft(s.Verdict, answer.Now),
                Quantity.Percent(s.Verdict.Confidence),
                s.Verdict.Evidence.Count > 0 ? s.Verdict.Evidence[0].Finding : "",
                NextStep.Of(s.Verdict),
            ];
            text.Append("| ").AppendJoin(" | ", cells.Select(Cell)).Append(" |\n");
        }

        if (answer.Hidden > 0)
        {
            text.Append("\n... and ").Append(Quantity.Count(answer.Hidden)).Append(" more\n");
        }

        foreach (var warning in answer.Warnings)
        {
            text.Append("\n> warning: ").Append(warning).Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("|", "\\|", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal);
}
