using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Formats.V8;

/// <summary>Names of references and objects, read from the file again where they are asked for: keeping a name for each edge would take as much memory as the graph itself.</summary>
internal sealed class V8Labels(
    V8SnapshotHeader header,
    V8NodeRows nodes,
    V8Rows edges,
    V8Strings strings,
    V8Locations locations,
    IReadOnlySet<ulong> weakMapTables
) : HeapLabels
{
    private const int ShownProperties = 5;
    private const int ShownCharacters = 120;
    private const long MostKept = 1 << 20;

    /// <summary>V8's name for what a promise holds, settled or not.</summary>
    private const string Settling = "reactions_or_result";

    /// <summary>Rows of more edges are read in parts of so many.</summary>
    private const int LongRow = 2048;
    private readonly uint[] edgeCodes = V8EdgeTable.Codes(header.EdgeTypes);
    private readonly V8Texts texts = new(header, nodes, edges, strings);
    private readonly V8Code code = new(header, nodes, edges, strings, locations);
    private readonly Lock reading = new();
    private readonly Dictionary<int, (V8EdgeType Type, long Name)[]> references = [];

    /// <summary>Of the long rows that were asked for: how many references there are before each part.</summary>
    private readonly Dictionary<int, int[]> heldBefore = [];
    private long referencesKept;

    /// <summary>Which of an object's edges count as references; set once that is known.</summary>
    public EssentialEdges? Essential { get; set; }

    /// <inheritdoc />
    public override string? Reference(int from, int ordinal)
    {
        lock (reading)
        {
            if (ReferenceAt(from, ordinal) is not { } found)
            {
                return null;
            }

            var label = Show(found.Type, found.Name);
            return found.Type != V8EdgeType.Internal ? label
                // A scope around this one, or its description: no variable.
                : V8Names.IsContext(strings[(int)nodes[from].Name]) ? ""
                : label == Settling ? Settled(from, ordinal)
                : label.StartsWith('[') && code.OwnerOf(from) is not null
                    ? code.ExportAt(from, strings[(int)found.Name]) ?? label
                : label;
        }
    }

    /// <inheritdoc />
    public override string? Describe(int node)
    {
        lock (reading)
        {
            var row = nodes[node];
            var name = strings[(int)row.Name];
            return nodes.TypeName(row) switch
            {
                "string" or "symbol" or "regexp" => Shorten(name),
                "concatenated string" => texts.Beginning(node, ShownCharacters + 1) is { } text ? Shorten(text) : null,
                "closure" or "code" or "synthetic" => name.Length == 0 ? null : Shorten(name),
                "object" when name == "Object" => Properties(node, V8EdgeType.Property),
                "object" when V8Names.IsContext(name) => Properties(node, V8EdgeType.Context),
                _ => null,
            };
        }
    }

    /// <inheritdoc />
    public override CodeSite? Code(int node)
    {
        lock (reading)
        {
            return code.Of(node);
        }
    }

    /// <inheritdoc />
    public override bool IsFunction(int node)
    {
        lock (reading)
        {
            return nodes.TypeName(nodes[node]) == "closure";
        }
    }

    /// <inheritdoc />
    public override bool IsOwnField(int from, int ordinal)
    {
        lock (reading)
        {
            return ReferenceAt(from, ordinal) is { Type: V8EdgeType.Property } found
                && strings[(int)found.Name] is not ("__proto__" or "prototype" or "constructor");
        }
    }

    /// <inheritdoc />
    public override CodeSite? Exported(int module, int cell)
    {
        lock (reading)
        {
            return code.Exported(module, cell);
        }
    }

    /// <inheritdoc />
    public override ScopeOwner? ScopeOwner(int node)
    {
        lock (reading)
        {
            return code.OwnerOf(node);
        }
    }

    /// <inheritdoc />
    public override bool ContentTellsAll => true;

    /// <inheritdoc />
    public override bool VisitContents(ContentVisitor visit, CancellationToken cancellation)
    {
        lock (reading)
        {
            texts.Visit(visit, cancellation);
        }

        return true;
    }

    /// <inheritdoc />
    public override bool IsContentWhole(int node)
    {
        lock (reading)
        {
            return texts.IsWhole(node);
        }
    }

    /// <summary>The name that V8 gave the node.</summary>
    public string NameOf(int node)
    {
        lock (reading)
        {
            return strings[(int)nodes[node].Name];
        }
    }

    /// <summary>What a promise holds: those who wait for it until it is settled, its result from then on.</summary>
    private string Settled(int promise, int ordinal)
    {
        var row = nodes[promise];
        for (var edge = row.FirstEdge; edge < row.EdgeEnd; edge++)
        {
            if (TryReadHolding(promise, row.Id, edge, out var reference) && ordinal-- == 0)
            {
                var target = nodes[(int)(edges[edge][header.EdgeTo] / (ulong)header.NodeColumns)];
                return
                    reference.Type == V8EdgeType.Internal
                    && strings[(int)target.Name].EndsWith("PromiseReaction", StringComparison.Ordinal)
                    ? "reactions"
                    : "result";
            }
        }

        return Settling;
    }

    /// <summary>The names of the first few properties or variables, in braces.</summary>
    private string? Properties(int node, V8EdgeType type)
    {
        var names = HoldingEdges(node, nodes[node])
            .Where(r => r.Type == type)
            .Select(r => strings[(int)r.Name])
            .Where(n => n != "__proto__")
            .Take(ShownProperties + 1)
            .ToList();
        if (names.Count > ShownProperties)
        {
            names[ShownProperties] = "…";
        }

        return names.Count == 0 ? null : Shorten("{" + string.Join(", ", names) + "}");
    }

    private string Show(V8EdgeType type, long name)
    {
        if (V8EdgeTable.IsIndexed(type))
        {
            return $"[{name}]";
        }

        var text = strings[(int)name];
        if (type != V8EdgeType.Internal)
        {
            return Shorten(text);
        }

        if (EphemeronName.TryParse(text, out _))
        {
            return "value in a WeakMap";
        }

        return text.Length > 0 && text.All(char.IsAsciiDigit) ? $"[{text}]" : Shorten(text);
    }

    private static string Shorten(string text) =>
        text.Length <= ShownCharacters ? text : string.Concat(text.AsSpan(0, ShownCharacters), "…");

    /// <summary>One of an object's references. Of a long row (an array's, a large map's) only the part that it stands in is read.</summary>
    private (V8EdgeType Type, long Name)? ReferenceAt(int from, int ordinal)
    {
        var node = nodes[from];
        if (node.EdgeCount <= LongRow)
        {
            var all = ReferencesOf(from, node);
            return ordinal < all.Length ? all[ordinal] : null;
        }

        if (!heldBefore.TryGetValue(from, out var marks))
        {
            heldBefore.Add(from, marks = CountHolding(from, node));
        }

        // The last part before which there are no more than that.
        var (part, high) = (0, marks.Length - 1);
        while (part < high)
        {
            var middle = (part + high + 1) >>> 1;
            (part, high) = marks[middle] <= ordinal ? (middle, high) : (part, middle - 1);
        }

        var held = marks[part];
        for (var edge = node.FirstEdge + part * (long)LongRow; edge < node.EdgeEnd; edge++)
        {
            if (TryReadHolding(from, node.Id, edge, out var reference) && held++ == ordinal)
            {
                return reference;
            }
        }

        return null;
    }

    /// <summary>How many of a long row's edges hold their target before each part of it.</summary>
    private int[] CountHolding(int from, V8NodeRow node)
    {
        var marks = new int[(node.EdgeCount + LongRow - 1) / LongRow];
        var held = 0;
        for (long edge = 0; edge < node.EdgeCount; edge++)
        {
            if (edge % LongRow == 0)
            {
                marks[edge / LongRow] = held;
            }

            held += TryReadHolding(from, node.Id, node.FirstEdge + edge, out _) ? 1 : 0;
        }

        return marks;
    }

    private (V8EdgeType Type, long Name)[] ReferencesOf(int from, V8NodeRow node)
    {
        if (references.TryGetValue(from, out var all))
        {
            return all;
        }

        all = [.. HoldingEdges(from, node)];
        referencesKept += all.Length;
        if (referencesKept > MostKept)
        {
            references.Clear();
            referencesKept = all.Length;
        }

        references.Add(from, all);
        return all;
    }

    private IEnumerable<(V8EdgeType Type, long Name)> HoldingEdges(int from, V8NodeRow node)
    {
        for (var edge = node.FirstEdge; edge < node.EdgeEnd; edge++)
        {
            if (TryReadHolding(from, node.Id, edge, out var reference))
            {
                yield return reference;
            }
        }
    }

    /// <summary>Reads an edge.</summary>
    /// <returns>False where it does not count as a reference.</returns>
    private bool TryReadHolding(int from, ulong id, long edge, out (V8EdgeType Type, long Name) reference)
    {
        var row = edges[edge];
        reference = ((V8EdgeType)edgeCodes[row[header.EdgeType]], (long)row[header.EdgeName]);
        return Essential!.Holds(from, (int)(row[header.EdgeTo] / (ulong)header.NodeColumns), reference.Type)
            && !IsEphemeronOfTable(reference.Type, reference.Name, id);
    }

    private bool IsEphemeronOfTable(V8EdgeType type, long name, ulong id) =>
        type == V8EdgeType.Internal
        && weakMapTables.Contains(id)
        && EphemeronName.TryParse(strings[(int)name], out var table)
        && table == id;
}

/// <summary>Names that V8 gives to its own things.</summary>
internal static class V8Names
{
    public const string DomTrees = "(Document DOM trees)";

    /// <summary>True for the object that holds the variables of a function that closures share; newer versions add the function's name.</summary>
    public static bool IsContext(string name) =>
        name == "system / Context" || name.StartsWith("system / Context / ", StringComparison.Ordinal);
}
