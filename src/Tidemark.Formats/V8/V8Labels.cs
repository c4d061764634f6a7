using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>Names of references and objects, read from the file again where they are asked for: keeping a name for each edge would take as much memory as the graph itself.</summary>
internal sealed class V8Labels(V8Content content, V8SnapshotHeader header, V8RowOffsets rows, V8Strings strings)
    : HeapLabels
{
    private const int ShownProperties = 5;
    private const int ShownCharacters = 120;
    private readonly uint[] edgeCodes = V8EdgeTable.Codes(header.EdgeTypes);
    private readonly JsonScanner nodeReader = new(content, 1 << 14);
    private readonly JsonScanner edgeReader = new(content, 1 << 14);
    private readonly Lock reading = new();
    private readonly List<(V8EdgeType Type, long Name)> references = [];
    private int referencesOf = -1;

    /// <summary>Which of an object's edges count as references; set once that is known.</summary>
    public EssentialEdges? Essential { get; set; }

    /// <inheritdoc />
    public override string? Reference(int from, int ordinal)
    {
        lock (reading)
        {
            ReadReferences(from);
            return ordinal < references.Count ? Show(references[ordinal].Type, references[ordinal].Name) : null;
        }
    }

    /// <inheritdoc />
    public override string? Describe(int node)
    {
        lock (reading)
        {
            var row = ReadNode(node);
            var name = strings[(int)row.Name];
            return row.Type switch
            {
                "string" or "symbol" or "regexp" => Shorten(name),
                "closure" or "code" or "synthetic" => name.Length == 0 ? null : Shorten(name),
                "object" when name == "Object" => Properties(node, V8EdgeType.Property),
                "object" when V8Names.IsContext(name) => Properties(node, V8EdgeType.Context),
                _ => null,
            };
        }
    }

    /// <summary>The name that V8 gave the node.</summary>
    public string NameOf(int node)
    {
        lock (reading)
        {
            return strings[(int)ReadNode(node).Name];
        }
    }

    /// <summary>The names of the first few properties or variables, in braces.</summary>
    private string? Properties(int node, V8EdgeType type)
    {
        ReadReferences(node);
        var names = references
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

    private void ReadReferences(int from)
    {
        if (referencesOf == from)
        {
            return;
        }

        referencesOf = -1;
        references.Clear();
        var node = ReadNode(from);
        var edge = node.FirstEdge;
        edgeReader.MoveTo(rows.EdgeOffset(edge, out var surplus));
        var row = new long[header.EdgeColumns];
        for (var i = -surplus; i < node.EdgeCount; i++)
        {
            ReadRow(edgeReader, row);
            var type = (V8EdgeType)edgeCodes[row[header.EdgeType]];
            var name = row[header.EdgeName];
            if (
                i >= 0
                && Essential!.Holds(from, (int)(row[header.EdgeTo] / header.NodeColumns), type)
                && !IsEphemeronOfTable(type, name, node.Id)
            )
            {
                references.Add((type, name));
            }
        }

        referencesOf = from;
    }

    private bool IsEphemeronOfTable(V8EdgeType type, long name, ulong id) =>
        type == V8EdgeType.Internal && EphemeronName.TryParse(strings[(int)name], out var table) && table == id;

    private (string Type, long Name, ulong Id, long FirstEdge, long EdgeCount) ReadNode(int node)
    {
        nodeReader.MoveTo(rows.NodeOffset(node, out var surplus, out var firstEdge));
        var row = new long[header.NodeColumns];
        for (var i = 0; i < surplus; i++)
        {
            ReadRow(nodeReader, row);
            firstEdge += row[header.NodeEdgeCount];
        }

        ReadRow(nodeReader, row);
        return (
            header.NodeTypes[row[header.NodeType]],
            row[header.NodeName],
            (ulong)row[header.NodeId],
            firstEdge,
            row[header.NodeEdgeCount]
        );
    }

    private static void ReadRow(JsonScanner reader, long[] row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            reader.Accept(',', "a number");
            row[i] = reader.ReadNumber("a number");
        }
    }
}

/// <summary>Where rows stand in the file: remembered for one in a stride, counted from there.</summary>
/// <param name="nodes">Offsets of the node table.</param>
/// <param name="firstEdges">The first edges of those nodes.</param>
/// <param name="edges">Offsets of the edge table.</param>
internal sealed class V8RowOffsets(long[] nodes, int[] firstEdges, long[] edges)
{
    /// <summary>The offset of the last remembered row at or before the node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="surplus">How many rows stand between the two.</param>
    /// <param name="firstEdge">The first edge of the remembered row's node.</param>
    public long NodeOffset(int node, out int surplus, out long firstEdge)
    {
        surplus = node % V8NodeTable.Stride;
        firstEdge = firstEdges[node / V8NodeTable.Stride];
        return nodes[node / V8NodeTable.Stride];
    }

    /// <summary>The offset of the last remembered row at or before the edge.</summary>
    /// <param name="edge">The edge.</param>
    /// <param name="surplus">How many rows stand between the two.</param>
    public long EdgeOffset(long edge, out int surplus)
    {
        if (edges.Length == 0)
        {
            surplus = 0;
            return 0;
        }

        var stride = Math.Min(edge / V8EdgeTable.Stride, edges.Length - 1);
        surplus = (int)(edge - stride * V8EdgeTable.Stride);
        return edges[stride];
    }
}

/// <summary>Names that V8 gives to its own things.</summary>
internal static class V8Names
{
    public const string DomTrees = "(Document DOM trees)";

    /// <summary>True for the object that holds the variables of a function that closures share; newer versions add the function's name.</summary>
    public static bool IsContext(string name) =>
        name == "system / Context" || name.StartsWith("system / Context / ", StringComparison.Ordinal);
}
