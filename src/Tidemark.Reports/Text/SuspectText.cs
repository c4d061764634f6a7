using Spectre.Console;
using Tidemark.Core.Suspects;

namespace Tidemark.Reports.Text;

/// <summary>Suspects on a terminal, worst first.</summary>
public static class SuspectText
{
    private const int FramesShown = 6;

    /// <param name="console">Where to.</param>
    /// <param name="suspects">Worst first.</param>
    /// <param name="most">At most so many are shown.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<Suspect> suspects, int most)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(suspects);
        for (var i = 0; i < Math.Min(suspects.Count, most); i++)
        {
            var suspect = suspects[i];
            console.WriteLine();
            console.MarkupLine(
                $"[bold]{i + 1}. {Markup.Escape(suspect.Subject)}[/]  {Sentences.Growth(suspect)}  [grey]{suspect.Pattern}[/]"
            );
            if (suspect.Site is { } site)
            {
                console.MarkupLineInterpolated($"   [grey]allocated at[/] {Sentences.Site(site)}");
            }

            if (suspect.RootPath is { Count: > 0 } path)
            {
                console.MarkupLineInterpolated($"   [grey]held by[/] {string.Join(" -> ", path)}");
            }

            foreach (var frame in Callers(suspect).Take(FramesShown))
            {
                console.MarkupLineInterpolated($"   [grey]  called by {Sentences.Site(frame)}[/]");
            }

            foreach (var line in suspect.Evidence)
            {
                console.MarkupLineInterpolated($"   [grey]{line}[/]");
            }

            console.MarkupLineInterpolated($"   {suspect.Advice}");
        }

        if (suspects.Count > most)
        {
            console.MarkupLine($"[grey]   and {suspects.Count - most} more: see the report or --format json[/]");
        }
    }

    /// <summary>Who called the site. What is further in, such as the library that allocates on its behalf, it has called itself.</summary>
    private static IEnumerable<CodeSite> Callers(Suspect suspect)
    {
        var stack = suspect.Stack ?? [];
        var further = stack.TakeWhile(frame => frame != suspect.Site).Count();
        return stack.Skip(further < stack.Count ? further + 1 : 1);
    }
}
