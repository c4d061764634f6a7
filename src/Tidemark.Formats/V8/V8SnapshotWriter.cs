using System.Text.Json.Nodes;

namespace Tidemark.Formats.V8;

/// <summary>Writes V8 heap snapshots as Node.js 20 does: for tests, and for whoever wants a snapshot without a process.</summary>
/// <remarks>The first node is the root. Edges are written node by node, whatever the order in which they were added.</remarks>
public sealed class V8SnapshotWriter
{
    private static readonly string[] NodeTypes =
    [
        "hidden",
        "array",
        "string",
        "object",
        "code",
        "closure",
        "regexp",
        "number",
        "native",
        "synthetic",
        "concatenated string",
        "sliced string",
        "symbol",
        "bigint",
        "object shape",
        "wasm object",
    ];

    private static readonly string[] EdgeTypes =
    [
        "context",
        "element",
        "property",
        "internal",
        "hidden",
        "shortcut",
        "weak",
    ];

    private readonly List<(int Type, int Name, uint Id, long SelfSize, int Detachedness)> nodes = [];
    private readonly List<List<(int Type, int Name, int To)>> edges = [];
    private readonly List<(int Node, int Script, int Line, int Column)> locations = [];
    private readonly List<string> strings = ["<dummy>"];
    private readonly Dictionary<string, int> stringIndex = [];

    /// <summary>Adds a node.</summary>
    /// <param name="type">One of V8's node types, such as <c>object</c>.</param>
    /// <param name="name">A constructor's name, a string's text, ...</param>
    /// <param name="selfSize">Bytes.</param>
    /// <param name="id">Its identity; every second number from 1 on unless given.</param>
    /// <param name="detachedness">2 for DOM nodes that are not in a document any more.</param>
    /// <returns>Its number.</returns>
    public int AddNode(string type, string name, long selfSize, uint? id = null, int detachedness = 0)
    {
        var number = nodes.Count;
        nodes.Add((Code(NodeTypes, type), Intern(name), id ?? (uint)(2 * number + 1), selfSize, detachedness));
        edges.Add([]);
        return number;
    }

    /// <summary>Adds an edge with a name.</summary>
    public void AddEdge(int from, string type, string name, int to) =>
        edges[from].Add((Code(EdgeTypes, type), Intern(name), to));

    /// <summary>Adds an edge with an index: of an array's element, or a hidden one.</summary>
    public void AddEdge(int from, string type, int index, int to) =>
        edges[from].Add((Code(EdgeTypes, type), index, to));

    /// <summary>Says where a function stands; line and column count from 0.</summary>
    public void AddLocation(int node, int script, int line, int column) => locations.Add((node, script, line, column));

    /// <summary>Writes the snapshot.</summary>
    public void Write(Stream stream)
    {
        using var text = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
        text.Write("{\"snapshot\":{\"meta\":{");
        text.Write(
            "\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\",\"trace_node_id\",\"detachedness\"],"
        );
        text.Write($"\"node_types\":[[{string.Join(',', NodeTypes.Select(Quoted))}],\"string\",");
        text.Write("\"number\",\"number\",\"number\",\"number\",\"number\"],");
        text.Write("\"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],");
        text.Write($"\"edge_types\":[[{string.Join(',', EdgeTypes.Select(Quoted))}],\"string_or_number\",\"node\"],");
        text.Write("\"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]},");
        text.WriteLine($"\"node_count\":{nodes.Count},\"edge_count\":{edges.Sum(e => e.Count)}}},");
        WriteTable(
            text,
            "nodes",
            nodes.Select((n, i) => $"{n.Type},{n.Name},{n.Id},{n.SelfSize},{edges[i].Count},0,{n.Detachedness}")
        );
        WriteTable(text, "edges", edges.SelectMany(e => e).Select(e => $"{e.Type},{e.Name},{e.To * 7}"));
        text.WriteLine("\"trace_function_infos\":[],");
        text.WriteLine("\"trace_tree\":[],");
        text.WriteLine("\"samples\":[],");
        WriteTable(text, "locations", locations.Select(l => $"{l.Node * 7},{l.Script},{l.Line},{l.Column}"));
        text.Write("\"strings\":[");
        text.Write(string.Join(",\n", strings.Select(Quoted)));
        text.Write("]}");
    }

    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString();

    private static void WriteTable(StreamWriter text, string name, IEnumerable<string> rows) =>
        text.WriteLine($"\"{name}\":[{string.Join("\n,", rows)}],");

    private static int Code(string[] codes, string name) =>
        Array.IndexOf(codes, name) is >= 0 and var code
            ? code
            : throw new ArgumentException($"V8 has no type \"{name}\"", nameof(name));

    private int Intern(string text)
    {
        if (!stringIndex.TryGetValue(text, out var index))
        {
            index = strings.Count;
            strings.Add(text);
            stringIndex.Add(text, index);
        }

        return index;
    }
}
