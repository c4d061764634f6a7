using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Formats.PythonHeap;

/// <summary>Names for the references and objects of a capture: attributes, keys that are names, indices, closure variables; and where objects were allocated.</summary>
internal sealed class PythonHeapLabels(PythonHeapTables tables, PythonHeapEdges edges) : HeapLabels
{
    private int lastNode = -1;
    private PythonEdge[] lastEdges = [];

    /// <inheritdoc />
    public override string? Reference(int from, int ordinal)
    {
        if (from >= edges.Original.Length)
        {
            return null; // the holder of the garbage
        }

        if (from != lastNode)
        {
            lastEdges = [.. edges.Of(edges.Original[from])];
            lastNode = from;
        }

        var edge = lastEdges[ordinal];
        return edge.Run < 0 ? null
            : edge.IsKey ? "(key)"
            : Name(edge);
    }

    /// <inheritdoc />
    public override string? Describe(int node) =>
        node < edges.Original.Length ? tables.Texts.GetValueOrDefault(tables.Address[edges.Original[node]]) : null;

    /// <inheritdoc />
    public override IReadOnlyList<CodeSite>? AllocationStack(int node) =>
        node < edges.Original.Length
        && tables.SiteOf.TryGetValue(tables.Address[edges.Original[node]], out var site)
        && tables.Sites.TryGetValue(site, out var lines)
            ? [.. lines.Select(l => new CodeSite(tables.Functions.GetValueOrDefault(l, ""), l.File, l.Number))]
            : null;

    private string? Name(PythonEdge edge)
    {
        var run = tables.Runs[edge.Run];
        if (run.KeyStart >= 0)
        {
            var node = edges.KeyOf(run, edge.Place);
            var key = node < 0 ? null : tables.Texts.GetValueOrDefault(tables.Address[node]);
            var isPlainDict = run.Kind == 'D' && edges.Original.AsSpan().BinarySearch(run.Node) >= 0;
            return key is null ? null
                : isPlainDict ? $"['{key}']"
                : key;
        }

        var type = tables.TypeOf[run.Node];
        switch (tables.Types[type].Kind)
        {
            case "list" or "tuple":
                // The collector visits their items from the last to the first.
                var index = run.Count - 1 - edge.Place;
                return
                    tables.ClosureNames.TryGetValue(tables.Address[run.Node], out var variables)
                    && index < variables.Length
                    ? variables[index]
                    : $"[{index}]";
            case "cell":
                return "cell_contents";
            case "function":
                return FunctionPart(edges.TargetOf(run, edge.Place));
            default:
                return tables.Layouts.TryGetValue((type, run.Count), out var names) && edge.Place < names.Length
                    ? names[edge.Place]
                    : null;
        }
    }

    private string? FunctionPart(int target) =>
        tables.ClosureNames.ContainsKey(tables.Address[target])
            ? "__closure__"
            : tables.Types[tables.TypeOf[target]].Kind switch
            {
                "code" => "__code__",
                "tuple" => "__defaults__",
                _ => null,
            };
}
