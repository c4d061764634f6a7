using Spectre.Console;
using Tidemark.Core;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Reports.Text;

namespace Tidemark.Reports.Heaps;

/// <summary>Answers about heap graphs on a terminal.</summary>
public static class HeapText
{
    /// <param name="console">Where to.</param>
    /// <param name="answer">What was asked and found.</param>
    /// <param name="most">Rows a table.</param>
    public static void Write(IAnsiConsole console, HeapAnswer answer, int most)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(answer);
        var graph = answer.Snapshot.Graph;
        console.MarkupLineInterpolated(
            $"[bold]{Quantity.Bytes(graph.Dominators.TotalBytes)}[/] in {Quantity.Count(graph.Dominators.Count)} objects, {Quantity.Count(graph.Roots.Count)} roots [grey]({answer.Snapshot.Format})[/]"
        );
        if (answer.Suspects is { } suspects)
        {
            WriteSuspects(console, suspects, most);
        }

        if (answer.Histogram is { } histogram)
        {
            WriteHistogram(console, histogram, most);
        }

        if (answer.Dominators is { } dominators)
        {
            WriteDominators(console, graph, dominators);
        }

        if (answer.DominatorGroups is { } groups)
        {
            HeapUseText.WriteGroups(console, graph, groups);
        }

        if (answer.Duplicates is { } duplicates)
        {
            HeapUseText.WriteDuplicates(console, graph, duplicates, answer.ContentHolders);
        }

        if (answer.Collections is { } collections)
        {
            HeapUseText.WriteCollections(console, graph, collections, answer.CollectionHolders, most);
        }

        if (answer.Paths is { } paths)
        {
            WritePaths(console, paths, most);
        }
    }

    /// <param name="console">Where to.</param>
    /// <param name="diff">Two or more snapshots.</param>
    /// <param name="suspects">What grew, worst first.</param>
    /// <param name="most">Rows a table.</param>
    public static void WriteDiff(IAnsiConsole console, HeapDiff diff, IReadOnlyList<Suspect> suspects, int most)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(diff);
        console.MarkupLineInterpolated(
            $"[bold]{Quantity.SignedBytes(diff.TotalGrowth)}[/] ({string.Join(" -> ", diff.Snapshots.Select(s => Quantity.Bytes(s.Dominators.TotalBytes)))}), objects {string.Join(" -> ", diff.Snapshots.Select(s => Quantity.Count(s.Dominators.Count)))}"
        );
        WriteSuspects(console, suspects, most);
        var table = NewTable("retained", "shallow", "objects", "type");
        foreach (var type in diff.Types.Where(t => t.RetainedGrowth != 0 || t.CountGrowth != 0).Take(most))
        {
            table.AddRow(
                Quantity.SignedBytes(type.RetainedGrowth),
                Quantity.SignedBytes(type.ShallowGrowth),
                string.Join(" -> ", type.Count.Select(Quantity.Count)),
                Markup.Escape(Fitting(type.Name))
            );
        }

        console.WriteLine();
        console.Write(table);
    }

    private static void WriteSuspects(IAnsiConsole console, IReadOnlyList<Suspect> suspects, int most)
    {
        if (suspects.Count == 0)
        {
            console.WriteLine("No place stands out where objects pile up.");
            return;
        }

        SuspectText.Write(console, suspects, most);
    }

    private static void WriteHistogram(IAnsiConsole console, TypeHistogram histogram, int most)
    {
        var table = NewTable("objects", "shallow", "retained", "type");
        foreach (var row in histogram.Rows.Take(most))
        {
            table.AddRow(
                Quantity.Count(row.Count),
                Quantity.Bytes(row.ShallowBytes),
                Quantity.Bytes(row.RetainedBytes),
                Markup.Escape(Fitting(row.Name))
            );
        }

        console.WriteLine();
        console.Write(table);
        if (histogram.Rows.Count > most)
        {
            console.MarkupLine(
                $"[grey]and {Quantity.Count(histogram.Rows.Count - most)} more types: --top or --format json[/]"
            );
        }

        if (histogram.UnreachableCount > 0)
        {
            console.MarkupLine(
                $"[grey]not among them: {Quantity.Count(histogram.UnreachableCount)} objects ({Quantity.Bytes(histogram.UnreachableBytes)}) that no root reaches[/]"
            );
        }
    }

    private static void WriteDominators(IAnsiConsole console, HeapGraph graph, IReadOnlyList<DominatorBranch> branches)
    {
        var table = NewTable("retained", "share", "shallow", "object");
        Add(branches, "");
        console.WriteLine();
        console.Write(table);

        void Add(IReadOnlyList<DominatorBranch> level, string indent)
        {
            foreach (var branch in level)
            {
                var retained = graph.Dominators.RetainedSize(branch.Node);
                table.AddRow(
                    Quantity.Bytes(retained),
                    Quantity.Percent((double)retained / Math.Max(1, graph.Dominators.TotalBytes)),
                    Quantity.Bytes(graph.ShallowSize(branch.Node)),
                    Markup.Escape(indent + graph.Describe(branch.Node))
                );
                Add(branch.Children, indent + "  ");
            }
        }
    }

    private static void WritePaths(IAnsiConsole console, IReadOnlyList<MergedRootPath> paths, int most)
    {
        if (paths.Count == 0)
        {
            console.WriteLine("No root reaches it.");
        }

        foreach (var path in paths.Take(most))
        {
            console.WriteLine();
            console.MarkupLine(
                $"[bold]{Quantity.Count(path.Count)}[/] held this way [grey]({Quantity.Bytes(path.ShallowBytes)}, retaining {Quantity.Bytes(path.RetainedBytes)})[/]"
            );
            foreach (var (element, depth) in path.Elements.Select((e, i) => (e, i)))
            {
                console.MarkupLineInterpolated($"{new string(' ', 2 + 2 * depth)}{element}");
            }
        }

        if (paths.Count > most)
        {
            console.MarkupLine($"[grey]and {Quantity.Count(paths.Count - most)} more ways: --top or --format json[/]");
        }
    }

    /// <summary>A table of figures with a name at the end.</summary>
    /// <summary>A type's name on one line: the arguments of a C++ template fill several, and the figures beside it would be broken up.</summary>
    internal static string Fitting(string type)
    {
        const int most = 110;
        const int end = 30;
        return type.Length <= most ? type : $"{type[..(most - end)]} ... {type[^end..]}";
    }

    internal static Table NewTable(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false };
        foreach (var figure in columns.SkipLast(1))
        {
            table.AddColumn(new TableColumn(figure).RightAligned().NoWrap());
        }

        // On a narrow terminal it is wrapped: where none may be, all are cut, figures among them.
        table.AddColumn(new TableColumn(columns[^1]));
        return table;
    }
}
