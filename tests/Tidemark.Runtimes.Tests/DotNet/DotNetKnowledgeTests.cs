using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes.DotNet;

namespace Tidemark.Runtimes.Tests.DotNet;

public sealed class DotNetKnowledgeTests
{
    /// <summary>What a heap dump of .NET 10 holds of <c>pages.Add([order, other])</c> with a static <c>List&lt;IReadOnlyList&lt;Order&gt;&gt; pages</c>.</summary>
    [Fact]
    public void What_the_compiler_makes_of_a_collection_expression_is_a_list_and_not_what_leaks()
    {
        var suspects = HeapSuspects.Find(HeapDiff.Between([Pages(100), Pages(5000)]), DotNetKnowledge.Value);

        suspects[0].Subject.ShouldStartWith("Order in static Board.pages");
    }

    private static HeapGraph Pages(int count)
    {
        using var builder = new HeapGraphBuilder { HasStableIds = false };
        var list = builder.AddType("System.Collections.Generic.List<System.Collections.Generic.IReadOnlyList<Order>>");
        var items = builder.AddType("System.Collections.Generic.IReadOnlyList<Order>[]");
        var wrapper = builder.AddType("<>z__ReadOnlyArray<Order>");
        var orders = builder.AddType("Order[]");
        var order = builder.AddType("Order");
        ulong id = 0;
        var root = Add(list, 32);
        builder.AddRoot(root, RootKind.Static, "static Board.pages");
        var array = Add(items, 24 + (8 * count));
        builder.AddReference(root, array);
        for (var page = 0; page < count; page++)
        {
            var one = Add(wrapper, 24);
            var contents = Add(orders, 40);
            builder.AddReference(array, one);
            builder.AddReference(one, contents);
            builder.AddReference(contents, Add(order, 32));
            builder.AddReference(contents, Add(order, 32));
        }

        return builder.Build();

        int Add(int type, long bytes) => builder.AddNode(type, bytes, id += 64);
    }
}
