using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>Names of references and objects, read from the file again where they are asked for: keeping a name for each edge would take as much memory as the graph itself.</summary>
internal sealed class V8Labels(
    V8SnapshotHeader header,
    V8Rows nodes,
    int[] firstEdges,
    V8Rows edges,
    V8Strings strings,
    IReadOnlySet<ulong> weakMapTables
) : HeapLabels
{
    private const int ShownProperties = 5;
    private const int ShownCharacters = 120;
    private const long MostKept = 1 << 20;
    private readonly uint[] edgeCodes = V8EdgeTable.Codes(header.EdgeTypes);
    private readonly Lock reading = new();
    private readonly Dictionary<int, (V8EdgeType Type, long Name)[]> references = [];
    private long referencesKept;

    /// <summary>Which of an object's edges count as references; set once that is known.</summary>
    public EssentialEdges? Essential { get; set; }

    /// <inheritdoc />
    public override string? Reference(int from, int ordinal)
    {
        lock (reading)
        {
            var all = ReferencesOf(from);
            return ordinal < all.Length ? Show(all[ordinal].Type, all[ordinal].Name) : null;
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
        var names = ReferencesOf(node)
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

    private (V8EdgeType Type, long Name)[] ReferencesOf(int from)
    {
        if (!references.TryGetValue(from, out var all))
        {
            all = ReadReferences(from);
            referencesKept += all.Length;
            if (referencesKept > MostKept)
            {
                references.Clear();
                referencesKept = all.Length;
            }

            references.Add(from, all);
        }

        return all;
    }

    private (V8EdgeType Type, long Name)[] ReadReferences(int from)
    {
        var holding = new List<(V8EdgeType Type, long Name)>();
        var node = ReadNode(from);
        for (var edge = node.FirstEdge; edge < node.FirstEdge + node.EdgeCount; edge++)
        {
            var row = edges[edge];
            var type = (V8EdgeType)edgeCodes[row[header.EdgeType]];
            var name = (long)row[header.EdgeName];
            if (
                Essential!.Holds(from, (int)(row[header.EdgeTo] / (ulong)header.NodeColumns), type)
                && !IsEphemeronOfTable(type, name, node.Id)
            )
            {
                holding.Add((type, name));
            }
        }

        return [.. holding];
    }

    private bool IsEphemeronOfTable(V8EdgeType type, long name, ulong id) =>
        type == V8EdgeType.Internal
        && weakMapTables.Contains(id)
        && EphemeronName.TryParse(strings[(int)name], out var table)
        && table == id;

    private (string Type, long Name, ulong Id, long FirstEdge, long EdgeCount) ReadNode(int node)
    {
        var first = node - node % V8NodeTable.Stride;
        long firstEdge = firstEdges[node / V8NodeTable.Stride];
        for (var before = first; before < node; before++)
        {
            firstEdge += (long)nodes[before][header.NodeEdgeCount];
        }

        var row = nodes[node];
        return (
            header.NodeTypes[row[header.NodeType]],
            (long)row[header.NodeName],
            row[header.NodeId],
            firstEdge,
            (long)row[header.NodeEdgeCount]
        );
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
