using Tidemark.Core;
using Tidemark.Core.Heap;

namespace Tidemark.Reports.Html;

/// <summary>A dominator tree, grouped by type along the ways in which objects are held, cut to what a page bears.</summary>
internal static class HeapMapSection
{
    /// <summary>A group that retains a smaller share of the heap is left out.</summary>
    private const double SmallestShare = 0.001;

    /// <summary>The largest page stays some hundred kilobytes, however large the dump is.</summary>
    private const int MostGroups = 4000;

    /// <summary>Types in the table.</summary>
    private const int MostRows = 100;

    public static HeapSection Of(string title, HeapGraph graph)
    {
        var rows = TypeHistogram
            .Of(graph)
            .Rows.Select(r => new TableRow(r.Name, null, r.ShallowBytes, null, r.Count, r.RetainedBytes))
            .OrderByDescending(r => r.Total)
            .ToList();
        return Section(title, null, HoldingCensus.Of(graph, new HoldingPaths([graph])), rows);
    }

    public static HeapSection Of(string title, HeapDiff diff)
    {
        var rows = diff
            .Types.Select(t => new TableRow(
                t.Name,
                t.ShallowBytes[0],
                t.ShallowBytes[^1],
                t.Count[0],
                t.Count[^1],
                t.RetainedBytes[^1]
            ))
            .ToList();
        return Section(title, diff.Censuses[0], diff.Censuses[^1], rows);
    }

    private static HeapSection Section(string title, HoldingCensus? before, HoldingCensus now, List<TableRow> rows)
    {
        var paths = now.Paths;
        var kept = Keep(now);
        var types = new List<string>();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var children = new Dictionary<int, List<HeapMapNode>>();
        foreach (var path in kept)
        {
            Below(paths.Parent(path)).Add(Node(path));
        }

        var root = new HeapMapNode("", Number(""), 0, 0, now.RetainedBytes(0), Growth(0), Largest(0));
        return new HeapSection(
            title,
            new HeapMapData(title, types, root),
            [.. rows.Take(MostRows)],
            Math.Max(0, rows.Count - MostRows),
            Lead(before, now),
            LeftOut(now, kept.Count)
        );

        HeapMapNode Node(int path) =>
            new(
                paths.Holder(path) ?? "",
                Number(paths.Type(path)),
                now.Count(path),
                now.ShallowBytes(path),
                now.RetainedBytes(path),
                Growth(path),
                Largest(path)
            );

        List<HeapMapNode> Below(int path) => children.TryGetValue(path, out var list) ? list : children[path] = [];

        List<HeapMapNode> Largest(int path) =>
            children.Remove(path, out var list) ? [.. list.OrderByDescending(n => n.RetainedBytes)] : [];

        long? Growth(int path) => before is null ? null : now.RetainedBytes(path) - before.RetainedBytes(path);

        int Number(string type)
        {
            if (!numbers.TryGetValue(type, out var number))
            {
                numbers.Add(type, number = types.Count);
                types.Add(type);
            }

            return number;
        }
    }

    private static string Lead(HoldingCensus? before, HoldingCensus now)
    {
        var (bytes, objects) = (now.RetainedBytes(0), now.Graph.Dominators.Count);
        return before is null
            ? $"{Quantity.Bytes(bytes)} in {Quantity.Count(objects)} objects."
            : $"{Quantity.Bytes(before.RetainedBytes(0))} -> {Quantity.Bytes(bytes)} ({Quantity.SignedBytes(bytes - before.RetainedBytes(0))}), objects {Quantity.Count(before.Graph.Dominators.Count)} -> {Quantity.Count(objects)}.";
    }

    private static string LeftOut(HoldingCensus now, int kept)
    {
        var all = Enumerable.Range(1, now.Paths.Count - 1).Count(p => now.Count(p) > 0);
        return all <= kept
            ? ""
            : $"{Quantity.Count(kept)} groups are shown; {Quantity.Count(all - kept)} that retain less than {Quantity.Bytes(now.RetainedBytes(0) * SmallestShare)} each are left out: tidemark dominators shows them.";
    }

    /// <summary>The ways worth showing, the innermost first; with each its parent, because a smaller parent cannot hold a larger child.</summary>
    private static List<int> Keep(HoldingCensus now)
    {
        var smallest = now.RetainedBytes(0) * SmallestShare;
        return
        [
            .. Enumerable
                .Range(1, now.Paths.Count - 1)
                .Where(p => now.RetainedBytes(p) > smallest)
                .OrderByDescending(now.RetainedBytes)
                .ThenBy(p => p)
                .Take(MostGroups)
                .OrderDescending(),
        ];
    }
}
