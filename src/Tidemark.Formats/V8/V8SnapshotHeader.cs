using System.Text.Json;

namespace Tidemark.Formats.V8;

/// <summary>The <c>snapshot</c> member: which columns the tables have, what their codes mean, how many rows there are.</summary>
internal sealed class V8SnapshotHeader
{
    private V8SnapshotHeader(JsonElement snapshot, string path, long offset)
    {
        if (!snapshot.TryGetProperty("meta", out var meta))
        {
            throw new MalformedDumpException(path, offset, "\"snapshot\" has no \"meta\"");
        }

        var nodeFields = Strings(meta, "node_fields");
        NodeColumns = nodeFields.Length;
        NodeType = Column(nodeFields, "type", "node_fields");
        NodeName = Column(nodeFields, "name", "node_fields");
        NodeId = Column(nodeFields, "id", "node_fields");
        NodeSelfSize = Column(nodeFields, "self_size", "node_fields");
        NodeEdgeCount = Column(nodeFields, "edge_count", "node_fields");
        NodeDetachedness = Array.IndexOf(nodeFields, "detachedness");
        NodeTypes = Strings(meta.GetProperty("node_types")[NodeType]);

        var edgeFields = Strings(meta, "edge_fields");
        EdgeColumns = edgeFields.Length;
        EdgeType = Column(edgeFields, "type", "edge_fields");
        EdgeName = Column(edgeFields, "name_or_index", "edge_fields");
        EdgeTo = Column(edgeFields, "to_node", "edge_fields");
        EdgeTypes = Strings(meta.GetProperty("edge_types")[EdgeType]);

        LocationFields = meta.TryGetProperty("location_fields", out _) ? Strings(meta, "location_fields") : [];
        NodeCount = snapshot.GetProperty("node_count").GetInt64();
        EdgeCount = snapshot.GetProperty("edge_count").GetInt64();
        RootIndex = snapshot.TryGetProperty("root_index", out var root) ? root.GetInt64() : 0;

        int Column(string[] fields, string name, string list) =>
            Array.IndexOf(fields, name) is >= 0 and var column
                ? column
                : throw new MalformedDumpException(path, offset, $"\"{list}\" has no \"{name}\"");
    }

    public int NodeColumns { get; }
    public int NodeType { get; }
    public int NodeName { get; }
    public int NodeId { get; }
    public int NodeSelfSize { get; }
    public int NodeEdgeCount { get; }

    /// <summary>The column that tells detached DOM nodes; -1 in snapshots before V8 8.3.</summary>
    public int NodeDetachedness { get; }

    public string[] NodeTypes { get; }

    public int EdgeColumns { get; }
    public int EdgeType { get; }
    public int EdgeName { get; }
    public int EdgeTo { get; }
    public string[] EdgeTypes { get; }

    public string[] LocationFields { get; }

    public long NodeCount { get; }
    public long EdgeCount { get; }

    /// <summary>The root, as an index into the flat node array.</summary>
    public long RootIndex { get; }

    /// <summary>Reads the member's text and checks what it announces against the limits and the size of the file.</summary>
    public static V8SnapshotHeader Parse(byte[] json, V8Content content, long offset, V8SnapshotLimits limits)
    {
        V8SnapshotHeader header;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            header = new V8SnapshotHeader(document.RootElement, content.Path, offset);
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or IndexOutOfRangeException
                        or FormatException
            )
        {
            throw content.Malformed(offset, $"\"snapshot\" does not describe a V8 heap snapshot: {e.Message}", e);
        }

        header.Check(content, offset, limits);
        return header;
    }

    private void Check(V8Content content, long offset, V8SnapshotLimits limits)
    {
        if (NodeColumns > limits.MaxColumns || EdgeColumns > limits.MaxColumns)
        {
            throw content.Malformed(offset, $"a table has more than {limits.MaxColumns} columns");
        }

        CheckCount("node_count", NodeCount, NodeColumns, limits.MaxNodes);
        CheckCount("edge_count", EdgeCount, EdgeColumns, limits.MaxEdges);
        if (NodeCount == 0)
        {
            throw content.Malformed(offset, "\"node_count\" is 0: there is no root");
        }

        if (RootIndex < 0 || RootIndex % NodeColumns != 0 || RootIndex / NodeColumns >= NodeCount)
        {
            throw content.Malformed(offset, $"\"root_index\" {RootIndex} is not the index of a node");
        }

        void CheckCount(string name, long count, int columns, long limit)
        {
            if (count < 0 || count > limit)
            {
                throw content.Malformed(offset, $"\"{name}\" is {count}, expected 0 to {limit}");
            }

            if (count * columns * 2 > content.Length)
            {
                throw content.Malformed(
                    offset,
                    $"\"{name}\" is {count}, more than fit into a file of {content.Length} bytes"
                );
            }
        }
    }

    private static string[] Strings(JsonElement parent, string name) => Strings(parent.GetProperty(name));

    private static string[] Strings(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString()!)];
}
