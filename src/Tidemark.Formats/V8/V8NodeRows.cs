namespace Tidemark.Formats.V8;

/// <summary>A node as it stands in the file.</summary>
/// <param name="Type">Its type's code.</param>
/// <param name="Name">The index of its name.</param>
/// <param name="Id">Its identity.</param>
/// <param name="SelfSize">Its own bytes.</param>
/// <param name="FirstEdge">The number of its first edge.</param>
/// <param name="EdgeCount">How many edges it has.</param>
internal readonly record struct V8NodeRow(int Type, long Name, ulong Id, long SelfSize, long FirstEdge, long EdgeCount)
{
    public long EdgeEnd => FirstEdge + EdgeCount;
}

/// <summary>The rows of the nodes, read again where they are asked for.</summary>
/// <param name="header">Tells the columns.</param>
/// <param name="rows">The table.</param>
/// <param name="firstEdges">The number of the first edge of every <see cref="V8NodeTable.Stride"/>-th node.</param>
internal sealed class V8NodeRows(V8SnapshotHeader header, V8Rows rows, int[] firstEdges)
{
    private int last = -1;
    private long lastEnd;

    public V8NodeRow this[int node]
    {
        get
        {
            var first = FirstEdge(node);
            var row = rows[node];
            var edges = (long)row[header.NodeEdgeCount];
            (last, lastEnd) = (node, first + edges);
            return new V8NodeRow(
                (int)row[header.NodeType],
                (long)row[header.NodeName],
                row[header.NodeId],
                (long)row[header.NodeSelfSize],
                first,
                edges
            );
        }
    }

    /// <summary>The name of a type's code.</summary>
    public string TypeName(V8NodeRow node) => header.NodeTypes[node.Type];

    private long FirstEdge(int node)
    {
        if (node == last + 1 && node > 0)
        {
            return lastEnd; // one after the other
        }

        long edge = firstEdges[node / V8NodeTable.Stride];
        for (var before = node - node % V8NodeTable.Stride; before < node; before++)
        {
            edge += (long)rows[before][header.NodeEdgeCount];
        }

        return edge;
    }
}
