using Spectre.Console;
using Tidemark.Core;
using Tidemark.Core.Suspects;

namespace Tidemark.Reports.Heaps;

/// <summary>Which objects are new and which have survived, on a terminal.</summary>
public static class SurvivorText
{
    public static void Write(IAnsiConsole console, Survivors survivors)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(survivors);
        var cohorts = survivors.Cohorts;
        console.WriteLine();
        console.MarkupLine("[bold]Object by object[/]");
        console.WriteLine(
            $"  {Told(cohorts[0])} were there from the beginning, {Quantity.Count(survivors.Gone)} objects of the first capture are gone"
        );
        for (var i = 1; i < cohorts.Count; i++)
        {
            console.WriteLine(
                $"  {Told(cohorts[i])} came between capture {i} and {i + 1}{(i + 1 < cohorts.Count ? " and are still there" : "")}"
            );
        }

        console.WriteLine();
        console.MarkupLine(
            cohorts.Count == 2
                ? "[bold]New since the first capture[/], by what holds them:"
                : $"[bold]Came after capture 1 and before capture {cohorts.Count - 1}, and still there in capture {cohorts.Count}[/], by what holds them:"
        );
        foreach (var group in survivors.Groups)
        {
            console.MarkupLineInterpolated(
                $"  [bold]{Quantity.Bytes(group.Bytes)}[/] in {Quantity.Count(group.Objects)} {group.Type} and what they hold"
            );
            console.MarkupLineInterpolated($"    [grey]held by {string.Join(" -> ", group.RootPath)}[/]");
        }
    }

    private static string Told(Cohort cohort) =>
        $"{Quantity.Count(cohort.Objects)} objects ({Quantity.Bytes(cohort.Bytes)})";
}
