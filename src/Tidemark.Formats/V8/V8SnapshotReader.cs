using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>Reads a V8 heap snapshot in one pass over its text.</summary>
/// <remarks>The tables are parsed by all cores straight into the graph's arrays; names stay in the file.</remarks>
internal sealed class V8SnapshotReader : IDisposable
{
    private readonly V8Content content;
    private readonly V8SnapshotLimits limits;
    private readonly ReadContext context;
    private readonly JsonScanner scanner;
    private V8SnapshotHeader? header;
    private V8NodeTable? nodes;
    private V8EdgeTable? edges;
    private V8Strings? strings;
    private long nodesEnd;
    private long edgesEnd;
    private long locationsStart = -1;
    private long locationsEnd;
    private Dictionary<int, string> classNames = [];
    private EphemeronNames? ephemerons;

    private V8SnapshotReader(V8Content content, V8SnapshotLimits limits, ReadContext context)
    {
        this.content = content;
        this.limits = limits;
        this.context = context;
        scanner = new JsonScanner(content);
    }

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="MalformedDumpException">It is damaged, or beyond the limits.</exception>
    public static HeapGraph Read(DumpFile file, V8SnapshotLimits limits, ReadContext context)
    {
        using var reader = new V8SnapshotReader(
            V8Content.Open(file, context.Cancellation),
            limits.Validated(),
            context
        );
        reader.ReadMembers();
        return reader.Build();
    }

    public void Dispose()
    {
        nodes?.Dispose();
        edges?.Dispose();
        ephemerons?.Dispose();
    }

    private void ReadMembers()
    {
        scanner.Expect('{', "at the beginning");
        do
        {
            var at = scanner.Offset;
            var member = JsonScanner.Unescape(scanner.ReadRawString(64, "as the name of a member"));
            scanner.Expect(':', $"after \"{member}\"");
            context.Cancellation.ThrowIfCancellationRequested();
            switch (member)
            {
                case "snapshot" when header is null:
                    at = scanner.Offset;
                    var json = scanner.CopyValue(limits.MaxHeaderBytes, limits.MaxDepth, "\"snapshot\"");
                    header = V8SnapshotHeader.Parse(json, content, at, limits);
                    break;
                case "nodes" when nodes is null:
                    nodes = new V8NodeTable(After("snapshot", header), content);
                    ReadTable("nodes", header!.NodeColumns, header.NodeCount, nodes);
                    nodesEnd = scanner.Offset - 1;
                    nodes.Finish(scanner.Offset);
                    break;
                case "edges" when edges is null:
                    After("nodes", nodes);
                    edges = new V8EdgeTable(header!, content);
                    ReadTable("edges", header!.EdgeColumns, header.EdgeCount, edges);
                    edgesEnd = scanner.Offset - 1;
                    break;
                case "strings" when strings is null:
                    After("edges", edges);
                    ReadStrings();
                    break;
                case "locations":
                    locationsStart = scanner.Offset;
                    scanner.SkipValue(limits.MaxDepth);
                    locationsEnd = scanner.Offset;
                    break;
                default:
                    scanner.SkipValue(limits.MaxDepth);
                    break;
            }

            T After<T>(string expected, T? table)
                where T : class =>
                table ?? throw content.Malformed(at, $"\"{member}\" before \"{expected}\", which it builds upon");
        } while (scanner.Accept(',', "',' or '}' after a member"));

        scanner.Expect('}', "at the end");
        if (strings is null)
        {
            var missing =
                header is null ? "snapshot"
                : nodes is null ? "nodes"
                : edges is null ? "edges"
                : "strings";
            throw content.Malformed(scanner.Offset, $"the file has no \"{missing}\"");
        }
    }

    private void ReadTable(string name, int columns, long rows, IIntegerSink sink)
    {
        scanner.Expect('[', $"before \"{name}\"");
        var table = new IntegerRows(content, name, columns, rows, scanner.Offset, context);
        scanner.MoveTo(table.ReadInto(sink));
    }

    private void ReadStrings()
    {
        var largest = Math.Max(nodes!.LargestName, edges!.LargestName);
        if (largest * 3 > content.Length)
        {
            throw content.Malformed(scanner.Offset, $"a name is string {largest}, more than the file can hold");
        }

        ephemerons = new EphemeronNames(largest);
        var wanted = new Bits(largest + 1);
        foreach (var key in nodes.ClassKeys)
        {
            if (V8ClassNames.IsNamed(key, out var name))
            {
                wanted.Add(name);
            }
        }

        strings = new V8Strings(scanner, content, limits, Visit, context.Cancellation);
        if (largest >= strings.Count)
        {
            throw content.Malformed(
                scanner.Offset,
                $"a name is string {largest}, but \"strings\" holds only {strings.Count}"
            );
        }

        void Visit(int index, ReadOnlySpan<byte> raw)
        {
            if (index <= largest && wanted[index])
            {
                classNames[index] = JsonScanner.Unescape(raw);
            }

            if (EphemeronName.TryParse(raw, out var table))
            {
                ephemerons.Add(index, table);
            }
        }
    }

    private HeapGraph Build()
    {
        MarkEphemerons();
        nodes!.MarkDetached(new DomStates(nodes.EdgeStart, edges!.Targets));
        var root = (int)(header!.RootIndex / header.NodeColumns);
        var labels = new V8Labels(
            header,
            new V8NodeRows(
                header,
                new V8Rows(content, header.NodeColumns, V8NodeTable.Stride, nodes!.Offsets, header.NodeCount, nodesEnd),
                nodes.FirstEdges
            ),
            new V8Rows(content, header.EdgeColumns, V8EdgeTable.Stride, edges!.Offsets, header.EdgeCount, edgesEnd),
            strings!,
            new V8Locations(header, content, locationsStart, locationsEnd),
            ephemerons!.Tables
        );
        var essential = new EssentialEdges(
            nodes.EdgeStart,
            edges.Targets,
            root,
            node => labels.NameOf(node) == V8Names.DomTrees
        );
        labels.Essential = essential;
        var roots = Roots(root, labels);
        var references = Separate(essential, root, roots, out var weak);
        var shapes = nodes.ToShapes(NumberTypes(out var typeNames));
        return new HeapGraph(
            new HeapGraphParts
            {
                TypeNames = typeNames,
                Shapes = shapes,
                References = references,
                Roots = roots,
                WeakReferences = weak,
                Ids = new V8Ids(nodes.Id),
                Labels = labels,
            }
        );
    }

    /// <summary>The edges by which a WeakMap's table leads to its values get their own type.</summary>
    private void MarkEphemerons()
    {
        var (from, end) = (0L, 0L);
        ulong id = 0;
        for (long i = 0; i < edges!.EphemeronCandidates.Count; i++)
        {
            var (edge, name) = edges.EphemeronCandidates[i];
            if (edge < from || edge >= end) // a table has many edges
            {
                var node = nodes!.NodeOfEdge(edge);
                (from, end, id) = (nodes.EdgeStart[node], nodes.EdgeStart[node + 1L], nodes.Id[node]);
            }

            if (ephemerons!.IsOf(id, name))
            {
                ref var target = ref edges.Targets[edge];
                target = (target & V8EdgeTable.NodeMask) | ((int)V8EdgeType.EphemeronTable << V8EdgeTable.NodeBits);
            }
        }
    }

    /// <summary>What the snapshot's one root points to: the global objects, and the engine's own roots.</summary>
    private List<HeapRoot> Roots(int root, V8Labels labels)
    {
        var roots = new List<HeapRoot>();
        for (var e = nodes!.EdgeStart[root]; e < nodes.EdgeStart[root + 1]; e++)
        {
            var (to, type) = EssentialEdges.Unpack(edges!.Targets[e]);
            if (type != V8EdgeType.Weak && to != root)
            {
                var kind = type == V8EdgeType.Shortcut ? RootKind.Static : RootKind.Runtime;
                roots.Add(new HeapRoot(to, kind, labels.NameOf(to)));
            }
        }

        return roots;
    }

    /// <summary>Takes the edges that hold their target and the weak ones apart, and makes roots of what nothing holds.</summary>
    private ReferenceRows Separate(
        EssentialEdges essential,
        int root,
        List<HeapRoot> roots,
        out List<WeakReferenceEdge> weak
    )
    {
        var nodeCount = (int)header!.NodeCount;
        var held = new Bits(nodeCount);
        weak = new List<WeakReferenceEdge>(edges!.WeakCount);
        var kept = new NativeList<int>(edges.Targets);
        kept.Clear();
        using var rows = new ReferenceRowsBuilder(nodeCount, kept);
        kept.Advance(essential.Separate(rows, weak, held));
        for (var node = held.NextOutside(0); node < nodeCount; node = held.NextOutside(node + 1))
        {
            if (node != root)
            {
                roots.Add(new HeapRoot((int)node, RootKind.Other, "held weakly only"));
            }
        }

        return rows.Build();
    }

    /// <summary>Gives a number to each class; classes of one name are one type.</summary>
    private Func<uint, int> NumberTypes(out string[] typeNames)
    {
        var byName = new Dictionary<string, int>();
        var byKey = new Dictionary<uint, int>();
        foreach (var key in nodes!.ClassKeys)
        {
            var name = V8ClassNames.Show(key, V8ClassNames.IsNamed(key, out var index) ? classNames[index] : "");
            if (!byName.TryGetValue(name, out var type))
            {
                type = byName.Count;
                byName.Add(name, type);
            }

            byKey.Add(key, type);
        }

        typeNames = [.. byName.OrderBy(t => t.Value).Select(t => t.Key)];
        return key => byKey[key];
    }

    /// <summary>V8's ids: 32 bits, rising from node to node for the most part but not sorted.</summary>
    private sealed class V8Ids(NativeArray<uint> ids) : ObjectIds
    {
        public override bool AreStable => true;

        public override ulong Id(int node) => ids[node];

        public override int Find(ulong id) =>
            id <= uint.MaxValue ? ids.Slice(0, (int)ids.Length).IndexOf((uint)id) : -1;
    }
}
