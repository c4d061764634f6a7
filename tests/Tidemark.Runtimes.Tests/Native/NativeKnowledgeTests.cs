using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes.Native;

namespace Tidemark.Runtimes.Tests.Native;

public class NativeKnowledgeTests
{
    /// <summary>As massif writes them: templates of C++'s library without their namespace, and headers without their folder.</summary>
    [Fact]
    public void Templates_of_the_library_are_told_from_the_program_by_their_headers()
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        Add(
            1000,
            "allocate new_allocator.h",
            "allocate alloc_traits.h",
            "_M_get_node stl_tree.h",
            "operator[] stl_map.h"
        );
        Add(500, "make_unique unique_ptr.h");
        Add(200, "_M_create shared_ptr_base.h", "_M_insert_unique hashtable.h");
        // Names of the program that only look like theirs.
        Add(100, "list list.c");
        Add(90, "vector_grow vector.h");

        var suspects = AllocationSuspects.Find(builder.Build(), NativeKnowledge.Value);

        suspects
            .Select(s => $"{s.Site!.Function} {s.GrowthBytes}")
            .ShouldBe(["shop::open_session 1700", "list 100", "vector_grow 90"]);

        void Add(long bytes, params string[] stack)
        {
            var frames = stack
                .Append("shop::open_session shop.cpp")
                .Append("main shop.cpp")
                .Select(f => builder.AddFrame(f.Split(' ')[0], f.Split(' ')[1], 1));
            builder.Add([.. frames], [bytes]);
        }
    }
}
