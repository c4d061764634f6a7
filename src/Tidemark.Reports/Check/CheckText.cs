using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Reports.Text;

namespace Tidemark.Reports.Check;

/// <summary>The answer of a check on a terminal: a line a series, worst first.</summary>
public static class CheckText
{
    private const int SparkWidth = 16;
    private const int NarrowSparkWidth = 8;

    /// <summary>Columns of figures, with the sparkline.</summary>
    private const int FiguresWidth = 71;

    /// <summary>A name gets no more than this before what is to be done next does.</summary>
    private const int UsualName = 40;

    /// <summary>In less than this, what is to be done next would stand a word a line: it stands below the table.</summary>
    private const int LeastNext = 36;

    /// <summary>So many different ones are told below it.</summary>
    private const int MostNext = 6;

    /// <summary>With so few series there is room for the evidence of each.</summary>
    private const int FewSeries = 3;

    public static void Write(IAnsiConsole console, CheckAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.Series.Count > 0)
        {
            var name = Math.Min(UsualName, answer.Series.Max(series => series.Target.Length));
            var isNarrow = console.Profile.Width < FiguresWidth + name + LeastNext;
            var spark = console.Profile.Width < FiguresWidth + name ? NarrowSparkWidth : SparkWidth;
            console.Write(Table(answer, isNarrow, spark));
            if (isNarrow)
            {
                WriteNext(console, answer);
            }
        }

        if (answer.Total <= FewSeries)
        {
            WriteEvidence(console, answer);
        }

        if (answer.Hidden > 0)
        {
            console.MarkupLine($"[grey]... and {Quantity.Count(answer.Hidden)} more (--top 0 shows all)[/]");
        }

        console.WriteLine(Summary(answer));
    }

    /// <summary>How many there are of each kind, such as <c>3 series: 1 leak, 2 steady</c>.</summary>
    public static string Summary(CheckAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var kinds = answer
            .Counts.Where(c => c.Value > 0)
            .OrderByDescending(c => Rank(c.Key))
            .Select(c => $"{Quantity.Count(c.Value)} {ContractNames.Of(c.Key)}");
        var missing = answer.IsPartial ? "; some could not be read" : "";
        return $"{Quantity.Count(answer.Total)} series: {string.Join(", ", kinds)}{missing}";
    }

    private static int Rank(GrowthKind kind) =>
        kind switch
        {
            GrowthKind.Leak => 7,
            GrowthKind.UnboundedCache => 6,
            GrowthKind.NativeLeak => 5,
            GrowthKind.Fragmentation => 4,
            GrowthKind.Inconclusive => 3,
            GrowthKind.Load => 2,
            GrowthKind.WarmUp => 1,
            _ => 0,
        };

    private static Table Table(CheckAnswer answer, bool isNarrow, int sparkWidth)
    {
        var table = new Table().Border(TableBorder.None).Collapse();
        table.AddColumn(new TableColumn("[grey]kind[/]").NoWrap());
        table.AddColumn(new TableColumn("[grey]process[/]"));
        table.AddColumn(new TableColumn("[grey]footprint[/]").NoWrap());
        table.AddColumn(new TableColumn("[grey]now[/]").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("[grey]a day[/]").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("[grey]limit in[/]").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("[grey]sure[/]").RightAligned().NoWrap());
        if (!isNarrow)
        {
            table.AddColumn(new TableColumn("[grey]next[/]"));
        }

        foreach (var s in answer.Series)
        {
            var sketch = s.Sketch.ToArray();
            List<IRenderable> cells =
            [
                new Markup($"[{Color(s.Verdict)}]{ContractNames.Of(s.Verdict.Kind)}[/]"),
                new Spectre.Console.Text(s.Target),
                new Markup($"[aqua]{Sparkline.Of(sketch, sparkWidth)}[/]"),
                new Spectre.Console.Text(
                    double.IsNaN(Sparkline.Last(sketch)) ? "" : Quantity.Bytes(Sparkline.Last(sketch))
                ),
                new Spectre.Console.Text(NextStep.PerDay(s.Verdict)),
                new Spectre.Console.Text(NextStep.TimeLeft(s.Verdict, answer.Now)),
                new Spectre.Console.Text(Quantity.Percent(s.Verdict.Confidence)),
            ];
            if (!isNarrow)
            {
                cells.Add(new Markup($"[grey]{Markup.Escape(NextStep.Of(s.Verdict))}[/]"));
            }

            table.AddRow(cells);
        }

        return table;
    }

    /// <summary>What is to be done next, once for all that it is to be done about.</summary>
    private static void WriteNext(IAnsiConsole console, CheckAnswer answer)
    {
        var steps = answer
            .Series.Select(s => (s.Verdict.Kind, Step: NextStep.Of(s.Verdict)))
            .Where(s => s.Step.Length > 0)
            .Distinct();
        foreach (var (kind, step) in steps.Take(MostNext))
        {
            console.MarkupLineInterpolated($"{ContractNames.Of(kind)}: [grey]{step}[/]");
        }
    }

    private static void WriteEvidence(IAnsiConsole console, CheckAnswer answer)
    {
        foreach (var s in answer.Series)
        {
            console.WriteLine();
            console.MarkupLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"[bold]{Markup.Escape(s.Target)}[/] [grey]({s.Samples} samples over {Quantity.Duration(s.To - s.From)})[/]"
                )
            );
            console.WriteLine($"  {Sentences.Meaning(s.Verdict.Kind)}");
            foreach (var evidence in s.Verdict.Evidence)
            {
                console.MarkupLineInterpolated($"  [grey]{evidence.Signal}:[/] {evidence.Finding}");
            }
        }

        console.WriteLine();
    }

    private static string Color(GrowthVerdict verdict) =>
        verdict.IsLeaking ? "red"
        : verdict.Kind == GrowthKind.Inconclusive ? "yellow"
        : "green";
}
