using System.Text.RegularExpressions;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Core.Tests.Suspects;

/// <summary>A small service's heap, drawn object by object, with field names.</summary>
public sealed class HeapSketch
{
    private readonly HeapGraphBuilder builder = new();
    private readonly Dictionary<string, int> types = [];
    private readonly Dictionary<(int From, int Ordinal), string> labels = [];
    private readonly Dictionary<int, int> degree = [];

    /// <summary>A runtime whose collections are the usual ones of this sketch.</summary>
    public static RuntimeKnowledge Knowledge { get; } =
        new()
        {
            Collections =
            [
                new(new Regex(@"^Lib\.(Map|Cache)$"), CollectionRole.Map),
                new(new Regex(@"^Lib\.List$"), CollectionRole.List),
                new(new Regex(@"^Lib\.(Entry|Node)(\[\])?$"), CollectionRole.Inner),
            ],
            Library = [new(@"^Lib\.")],
            Noise = [new(@"^Lib\.JitTable$")],
            Scopes = [new(@"^Scope$")],
            Culprits = [new("filling-cache", new(@"^Lib\.Cache\(max=(?<bound>\d+)\)"), "It evicts when it is full.")],
        };

    /// <summary>The suspects between a small and a large state of a service.</summary>
    public static IReadOnlyList<Suspect> Grown(Func<int, HeapGraph> service, int before, int after) =>
        HeapSuspects.Find(HeapDiff.Between([service(before), service(after)]), Knowledge);

    public int Node(string type, long bytes = 32)
    {
        if (!types.TryGetValue(type, out var number))
        {
            types.Add(type, number = builder.AddType(type));
        }

        return builder.AddNode(number, bytes, (ulong)builder.NodeCount);
    }

    public int Static(string field, string type, long bytes = 48)
    {
        var node = Node(type, bytes);
        builder.AddRoot(node, RootKind.Static, $"static {field}");
        return node;
    }

    public void Root(int node, RootKind kind, string? name = null) => builder.AddRoot(node, kind, name);

    public void Refer(int from, string field, int to, ReferenceStrength strength = ReferenceStrength.Strong)
    {
        builder.AddReference(from, to, strength);
        if (strength == ReferenceStrength.Strong)
        {
            var ordinal = degree.GetValueOrDefault(from);
            labels[(from, ordinal)] = field;
            degree[from] = ordinal + 1;
        }
    }

    /// <summary>A collection in a field, with a table and an entry for each of the values.</summary>
    public int Fill(int map, IEnumerable<int> values)
    {
        var all = values.ToList();
        var table = Node("Lib.Entry[]", 16 + 8L * all.Count);
        Refer(map, "table", table);
        for (var i = 0; i < all.Count; i++)
        {
            var entry = Node("Lib.Entry");
            Refer(table, $"[{i}]", entry);
            Refer(entry, "value", all[i]);
        }

        return map;
    }

    /// <summary>Objects of one type, each with a text.</summary>
    public IEnumerable<int> Objects(string type, int count, long textBytes = 100)
    {
        for (var i = 0; i < count; i++)
        {
            var node = Node(type);
            var text = Node("string", textBytes);
            Refer(node, "text", text);
            yield return node;
        }
    }

    public HeapGraph Graph() => builder.Build(new SketchLabels(labels));

    private sealed class SketchLabels(Dictionary<(int From, int Ordinal), string> labels) : HeapLabels
    {
        public override string? Reference(int from, int ordinal) => labels.GetValueOrDefault((from, ordinal));

        public override string? Describe(int node) => null;
    }
}
