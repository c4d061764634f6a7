using Tidemark.Core.Heap;

namespace Tidemark.Formats.PythonHeap;

/// <summary>Makes the heap graph of a capture: attribute dicts are part of their owners, and what nothing visible holds gets the root it has.</summary>
internal static class PythonHeapGraph
{
    public static HeapGraph Build(PythonHeapTables tables, CancellationToken cancellation)
    {
        using var builder = new HeapGraphBuilder();
        var edges = new PythonHeapEdges(tables);
        var types = tables.Types.ToDictionary(t => t.Key, t => builder.AddType(t.Value.Name));
        var caches = new Dictionary<string, int>();
        foreach (var node in edges.Original)
        {
            var type = types[tables.TypeOf[node]];
            if (tables.Types[tables.TypeOf[node]].Kind == "_lru_cache_wrapper" && Bound(node) is { } bound)
            {
                // A cache with a bound and one without are two different things to the reader.
                if (!caches.TryGetValue(bound, out type))
                {
                    caches[bound] = type = builder.AddType($"functools.lru_cache({bound})");
                }
            }

            builder.AddNode(type, edges.SizeOf(node), tables.Address[node]);
        }

        foreach (var (number, type) in tables.Types)
        {
            builder.SetTypeObject(types[number], edges.Dense(type.Address));
        }

        for (var i = 0; i < edges.Original.Length; i++)
        {
            if ((i & 0xffff) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            foreach (var edge in edges.Of(edges.Original[i]))
            {
                builder.AddReference(i, edge.Target);
            }
        }

        var garbage = new PythonHeapRoots(tables, edges).AddTo(builder);
        if (garbage.Count > 0)
        {
            AddGarbage(builder, garbage, tables.CollectorIsOn ? "not collected yet" : "gc is disabled");
        }

        return builder.Build(new PythonHeapLabels(tables, edges));

        string? Bound(int cache) =>
            tables.Texts.GetValueOrDefault(tables.Address[cache]) is { } text
            && text.LastIndexOf("maxsize=", StringComparison.Ordinal) is >= 0 and var at
                ? text[at..]
                : null;
    }

    private static void AddGarbage(HeapGraphBuilder builder, List<int> garbage, string state)
    {
        var root = builder.AddNode(builder.AddType("uncollected cycles"), 0, 0);
        builder.AddRoot(root, RootKind.FinalizerQueue, $"uncollected cycles ({state})");
        foreach (var node in garbage)
        {
            builder.AddReference(root, node);
        }
    }
}
