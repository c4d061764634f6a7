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

    /// <summary>Wrappers of the allocator as real servers have them, and functions that only sound like them.</summary>
    [Theory]
    [InlineData("createStringObject", "zmalloc_usable", "createStringObject", "processMultibulkBuffer")]
    [InlineData("dictAddRaw", "ztrymalloc_usable_internal", "zmalloc", "dictAddRaw", "dbAdd")]
    [InlineData(
        "copyObjectImpl",
        "postgres+0x5c785f",
        "MemoryContextAllocZeroAligned",
        "copyObjectImpl",
        "PrepareQuery"
    )]
    [InlineData("StorePreparedStatement", "AllocSetAlloc", "palloc0", "StorePreparedStatement", "PrepareQuery")]
    [InlineData("ngx_http_create_request", "ngx_alloc", "ngx_palloc_large", "ngx_pcalloc", "ngx_http_create_request")]
    [InlineData("open_table", "my_malloc", "alloc_root", "open_table", "mysql_execute")]
    [InlineData(
        "Prepared_statement::Prepared_statement",
        "my_malloc",
        "init_alloc_root",
        "init_sql_alloc",
        "Prepared_statement::Prepared_statement"
    )]
    [InlineData("h1_init", "pool_alloc_nocache", "pool_alloc", "h1_init")]
    [InlineData("store_item", "slabs_newslab", "do_slabs_alloc", "slabs_alloc", "store_item")]
    [InlineData("load_config", "xstrdup", "load_config")]
    [InlineData(
        "fil_node_open",
        "ut_allocator<unsigned char, true>::allocate",
        "mem_heap_create_block_func",
        "mem_heap_alloc",
        "fil_node_open"
    )]
    [InlineData("session_alloc", "session_alloc", "accept_one")]
    [InlineData("allocate_order", "allocate_order", "main")]
    [InlineData("image_reallocated", "image_reallocated", "main")]
    [InlineData("Store::allocateSession", "Store::allocateSession", "main")]
    public void Wrappers_of_the_allocator_are_not_the_one_who_allocates(string site, params string[] stack)
    {
        var builder = new AllocationProfileBuilder([SampleType.InUseSpace]);
        builder.Add([.. stack.Append("main").Select(f => builder.AddFrame(f, "", 0))], [1000]);

        AllocationSuspects.Find(builder.Build(), NativeKnowledge.Value).Single().Site!.Function.ShouldBe(site);
    }
}
