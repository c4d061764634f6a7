using Spectre.Console;
using Tidemark.Core;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Reports.Heaps;

/// <summary>What the heap is used for, on a terminal: groups of dominators, duplicates, collections.</summary>
internal static class HeapUseText
{
    public static void WriteGroups(IAnsiConsole console, HeapGraph graph, IReadOnlyList<DominatorGroup> groups)
    {
        var table = HeapText.NewTable("retained", "share", "shallow", "objects", "type");
        Add(groups, "");
        console.WriteLine();
        console.Write(table);

        void Add(IReadOnlyList<DominatorGroup> level, string indent)
        {
            foreach (var group in level)
            {
                table.AddRow(
                    Quantity.Bytes(group.RetainedBytes),
                    Quantity.Percent((double)group.RetainedBytes / Math.Max(1, graph.Dominators.TotalBytes)),
                    Quantity.Bytes(group.ShallowBytes),
                    Quantity.Count(group.Count),
                    Markup.Escape(indent + HeapText.Fitting(group.Type))
                );
                Add(group.Children, indent + "  ");
            }
        }
    }

    public static void WriteDuplicates(
        IAnsiConsole console,
        HeapGraph graph,
        DuplicateContents duplicates,
        IReadOnlyList<IReadOnlyList<ContentHolder>> holders
    )
    {
        console.WriteLine();
        console.MarkupLineInterpolated(
            $"[bold]{Quantity.Bytes(duplicates.WastedBytes)}[/] in copies: {Quantity.Count(duplicates.Groups)} contents of {Quantity.Count(duplicates.Objects)} texts and arrays are there more than once"
        );
        var table = HeapText.NewTable("wasted", "copies", "content, and who holds most of its copies");
        foreach (var (duplicate, heldBy) in duplicates.Largest.Zip(holders))
        {
            table.AddRow(
                Quantity.Bytes(duplicate.WastedBytes),
                Quantity.Count(duplicate.Copies),
                Markup.Escape($"{graph.Describe(duplicate.Node)} {graph.Labels.Text(duplicate.Node)}")
            );
            if (!graph.Labels.IsContentWhole(duplicate.Node))
            {
                table.AddRow("", "", "  equal in size and as far as the dump keeps them");
            }

            foreach (var holder in heldBy)
            {
                table.AddRow("", "", Markup.Escape($"  {Quantity.Percent(holder.Share)} in {holder.Holder}"));
            }
        }

        console.WriteLine();
        console.Write(table);
    }

    public static void WriteCollections(
        IAnsiConsole console,
        HeapGraph graph,
        CollectionCensus census,
        IReadOnlyDictionary<int, string> holders,
        int most
    )
    {
        var biggest = HeapText.NewTable(
            "entries",
            "filled",
            "own",
            "retained",
            "biggest collections, and who holds them"
        );
        foreach (var one in census.Biggest.Take(most))
        {
            biggest.AddRow(
                Quantity.Count(one.Entries),
                one.Slots == 0 ? "" : Quantity.Percent((double)one.UsedSlots / one.Slots),
                Quantity.Bytes(one.OwnBytes),
                Quantity.Bytes(one.RetainedBytes),
                Markup.Escape(graph.Describe(one.Node))
            );
            if (holders.TryGetValue(one.Node, out var holder))
            {
                biggest.AddRow("", "", "", "", Markup.Escape($"  in {holder}"));
            }
        }

        var types = HeapText.NewTable("collections", "empty", "entries", "filled", "own", "type");
        foreach (var type in census.Types.Take(most))
        {
            types.AddRow(
                Quantity.Count(type.Count),
                Quantity.Count(type.Empty),
                Quantity.Count(type.Entries),
                type.FillRatio is { } ratio ? Quantity.Percent(ratio) : "",
                Quantity.Bytes(type.OwnBytes),
                Markup.Escape(HeapText.Fitting(type.Type))
            );
        }

        console.WriteLine();
        console.Write(biggest);
        console.WriteLine();
        console.Write(types);
    }
}
