using System.Runtime.InteropServices;

namespace Tidemark.Core.Allocation;

/// <summary>What is left out of a call graph, in the terms and with the defaults of pprof.</summary>
/// <param name="NodeFraction">Nodes whose cum is a smaller share of the total are dropped.</param>
/// <param name="EdgeFraction">Edges whose weight is a smaller share of the total are dropped.</param>
/// <param name="NodeCount">At most so many nodes are kept, 0 for all.</param>
/// <param name="ByCum">Sorts by cum rather than by flat.</param>
public sealed record GraphTrim(
    double NodeFraction = 0.005,
    double EdgeFraction = 0.001,
    int NodeCount = 0,
    bool ByCum = false
)
{
    /// <summary>Everything is kept.</summary>
    public static GraphTrim None { get; } = new(0, 0);
}

/// <summary>One function (or line) with what it allocates itself (flat) and together with what it calls (cum).</summary>
public sealed class CallNode(int number, NodeName name, long flat, long cum)
{
    private readonly List<CallEdge> callers = [];
    private readonly List<CallEdge> callees = [];

    /// <summary>Its number in the <see cref="FunctionTable"/>.</summary>
    public int Number { get; } = number;

    public NodeName Name { get; } = name;

    public long Flat { get; } = flat;

    public long Cum { get; } = cum;

    /// <summary>Heaviest first.</summary>
    public IReadOnlyList<CallEdge> Callers => callers;

    /// <summary>Heaviest first.</summary>
    public IReadOnlyList<CallEdge> Callees => callees;

    internal static void Connect(CallEdge edge)
    {
        edge.From.callees.Add(edge);
        edge.To.callers.Add(edge);
    }

    internal void SortEdges()
    {
        callers.Sort(CallEdge.Compare);
        callees.Sort(CallEdge.Compare);
    }
}

/// <summary>Calls from one node to another.</summary>
/// <param name="From">The caller.</param>
/// <param name="To">The callee.</param>
/// <param name="Weight">What the stacks that hold this call stand for.</param>
/// <param name="IsInlined">True where every such call was inlined.</param>
public sealed record CallEdge(CallNode From, CallNode To, long Weight, bool IsInlined)
{
    internal static int Compare(CallEdge x, CallEdge y)
    {
        if (x.Weight != y.Weight)
        {
            var byWeight = CallGraph.Magnitude(y.Weight).CompareTo(CallGraph.Magnitude(x.Weight));
            if (byWeight != 0)
            {
                return byWeight;
            }
        }

        var byCaller = string.CompareOrdinal(x.From.Name.Text, y.From.Name.Text);
        return byCaller != 0 ? byCaller : string.CompareOrdinal(x.To.Name.Text, y.To.Name.Text);
    }
}

/// <summary>Who calls whom, and what it costs: the nodes and edges of one column of a profile, trimmed and sorted.</summary>
/// <remarks>The rules of counting and trimming are those of google/pprof's graph and report packages, so that figures agree to the last digit.</remarks>
public sealed class CallGraph
{
    private readonly AllocationProfile profile;
    private readonly FunctionTable table;

    private CallGraph(AllocationProfile profile, FunctionTable table, GraphTrim trim)
    {
        this.profile = profile;
        this.table = table;
        Trim = trim;
    }

    public GraphTrim Trim { get; }

    /// <summary>Heaviest first.</summary>
    public IReadOnlyList<CallNode> Nodes { get; private set; } = [];

    /// <summary>What percentages refer to: the sum over all stacks of the value's magnitude, where nothing else was asked for.</summary>
    public long Total { get; private set; }

    /// <summary>How many nodes were dropped for their small cum.</summary>
    public int DroppedNodes { get; private set; }

    /// <summary>How many nodes there were before <see cref="GraphTrim.NodeCount"/> cut them.</summary>
    public int NodesBeforeCut { get; private set; }

    /// <summary>The sum of the flat values of the nodes that are shown.</summary>
    public long FlatShown { get; private set; }

    /// <summary>Builds the graph of one column.</summary>
    /// <param name="profile">The profile; the values of a difference may be negative.</param>
    /// <param name="table">Its nodes.</param>
    /// <param name="sampleType">The column.</param>
    /// <param name="trim">What is left out.</param>
    /// <param name="total">What percentages refer to; null for the sum of the column's magnitudes.</param>
    public static CallGraph Build(
        AllocationProfile profile,
        FunctionTable table,
        int sampleType,
        GraphTrim trim,
        long? total = null
    )
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(trim);
        var graph = new CallGraph(profile, table, trim);
        var values = profile.Values(sampleType);
        var (flat, cum) = table.Sum(values);
        graph.Total = total ?? TotalOf(values);
        var nodes = new List<CallNode>();
        var flatSum = 0L;
        for (var n = 0; n < table.Count; n++)
        {
            if (flat[n] != 0 || cum[n] != 0)
            {
                nodes.Add(new CallNode(n, table.Name(n), flat[n], cum[n]));
                flatSum += flat[n];
            }
        }

        // A graph from which nothing was dropped keeps the edges of nodes that cancel out to zero.
        var trimmed = false;
        var cutoff = Magnitude((long)(flatSum * trim.NodeFraction));
        if (cutoff > 0)
        {
            graph.DroppedNodes = nodes.RemoveAll(n => Magnitude(n.Cum) < cutoff);
            trimmed = graph.DroppedNodes > 0;
        }

        graph.NodesBeforeCut = nodes.Count;
        nodes.Sort(trim.ByCum ? CompareCum : CompareFlat);
        if (trim.NodeCount > 0 && nodes.Count > trim.NodeCount)
        {
            nodes.RemoveRange(trim.NodeCount, nodes.Count - trim.NodeCount);
            trimmed = true;
        }

        graph.Nodes = nodes;
        graph.FlatShown = StackRows.Sum(nodes.Select(n => n.Flat));
        graph.Connect(values, trimmed, flat, cum, Magnitude((long)(flatSum * trim.EdgeFraction)));
        return graph;
    }

    /// <summary>The sum of the magnitudes: for the growth of a difference, what grew and what shrank together.</summary>
    public static long TotalOf(ReadOnlySpan<long> values)
    {
        var total = 0L;
        foreach (var value in values)
        {
            total += Magnitude(value);
        }

        return total;
    }

    /// <summary>The absolute value; the one number that has none stays as it is.</summary>
    internal static long Magnitude(long value) => value < 0 ? unchecked(-value) : value;

    private static int CompareFlat(CallNode x, CallNode y)
    {
        var byFlat = Magnitude(y.Flat).CompareTo(Magnitude(x.Flat));
        return byFlat != 0 ? byFlat : CompareNameThen(x, y, Magnitude(y.Cum).CompareTo(Magnitude(x.Cum)));
    }

    private static int CompareCum(CallNode x, CallNode y)
    {
        var byCum = Magnitude(y.Cum).CompareTo(Magnitude(x.Cum));
        return byCum != 0 ? byCum : CompareNameThen(x, y, Magnitude(y.Flat).CompareTo(Magnitude(x.Flat)));
    }

    private static int CompareNameThen(CallNode x, CallNode y, int next)
    {
        var byName = string.CompareOrdinal(x.Name.Text, y.Name.Text);
        return byName != 0 ? byName
            : next != 0 ? next
            : x.Number.CompareTo(y.Number);
    }

    /// <summary>Adds up the edges between the nodes that are kept; a call over a dropped node joins its neighbours.</summary>
    private void Connect(ReadOnlySpan<long> values, bool keptOnly, long[] flat, long[] cum, long cutoff)
    {
        var kept = new CallNode?[table.Count];
        foreach (var node in Nodes)
        {
            kept[node.Number] = node;
        }

        if (!keptOnly)
        {
            for (var n = 0; n < kept.Length; n++)
            {
                kept[n] ??= new CallNode(n, table.Name(n), flat[n], cum[n]);
            }
        }

        var edges = new Dictionary<long, EdgeSum>();
        var nodeOfFrame = table.NodeOfFrame;
        var frames = profile.Frames;
        for (var s = 0; s < profile.StackCount; s++)
        {
            var value = values[s];
            if (value == 0)
            {
                continue;
            }

            var stack = profile.Stack(s);
            var parent = -1;
            for (var i = stack.Length - 1; i >= 0; i--)
            {
                var node = nodeOfFrame[stack[i]];
                if (kept[node] is null)
                {
                    continue;
                }

                if (parent >= 0 && node != parent)
                {
                    // One number without gaps in it: the two halves of a long, put side by side, would hash badly.
                    var key = ((long)parent * kept.Length) + node;
                    ref var edge = ref CollectionsMarshal.GetValueRefOrAddDefault(edges, key, out var known);
                    if (edge.LastStack != s + 1)
                    {
                        var isInlined = frames[stack[i]].IsInlined;
                        edge.IsInlined = known ? edge.IsInlined && isInlined : isInlined;
                        edge.LastStack = s + 1;
                        edge.Weight += value;
                    }
                }

                parent = node;
            }
        }

        foreach (var (key, edge) in edges)
        {
            if (Magnitude(edge.Weight) >= cutoff)
            {
                CallNode.Connect(
                    new CallEdge(kept[key / kept.Length]!, kept[key % kept.Length]!, edge.Weight, edge.IsInlined)
                );
            }
        }

        foreach (var node in Nodes)
        {
            node.SortEdges();
        }
    }

    private struct EdgeSum
    {
        public long Weight;
        public int LastStack;
        public bool IsInlined;
    }
}
