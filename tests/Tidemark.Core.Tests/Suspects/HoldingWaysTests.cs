using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using static Tidemark.Core.Tests.Suspects.HeapSketch;

namespace Tidemark.Core.Tests.Suspects;

/// <summary>Piles whose way moves, is made of segments, or goes through dictionaries and scopes.</summary>
public class HoldingWaysTests
{
    [Fact]
    public void What_a_worker_holds_grows_though_another_root_holds_the_worker_meanwhile()
    {
        var suspects = Grown(count => Service(count), 400, 900);

        suspects.Count.ShouldBe(1);
        suspects[0].Subject.ShouldContain("Acme.Metric in Acme.Pipeline.backlog");
        suspects[0].GrowthCount.ShouldBe(500);
        suspects[0].Share.ShouldBeGreaterThan(0.9);

        static HeapGraph Service(int backlog)
        {
            var sketch = new HeapSketch();
            sketch.Fill(sketch.Static("Acme.Catalog.All", "Lib.Map"), sketch.Objects("Acme.Product", 500));
            var worker = sketch.Node("Acme.Worker");
            if (backlog < 500)
            {
                sketch.Refer(sketch.Static("Lib.Timers.Due", "Lib.Timer"), "callback", worker);
            }
            else
            {
                sketch.Root(worker, RootKind.Stack, "thread 7");
            }

            var pipeline = sketch.Node("Acme.Pipeline");
            sketch.Refer(worker, "this", pipeline);
            sketch.Refer(
                pipeline,
                "backlog",
                sketch.Fill(sketch.Node("Lib.List"), sketch.Objects("Acme.Metric", backlog))
            );
            return sketch.Graph();
        }
    }

    [Fact]
    public void An_object_used_as_a_dictionary_is_named_by_its_own_field_though_each_entry_has_another()
    {
        var suspect = Grown(count => Service(count), 40, 160)[0];

        suspect.Subject.ShouldBe("Object in Acme.App.uploads");
        suspect.RootPath.ShouldBe(["static Acme.App.Instance", "Acme.App.uploads", "Object"]);

        static HeapGraph Service(int uploads)
        {
            var sketch = new HeapSketch();
            var app = sketch.Static("Acme.App.Instance", "Acme.App");
            var modules = sketch.Node("Object");
            sketch.Refer(app, "modules", modules);
            for (var i = 0; i < 40; i++)
            {
                sketch.Refer(modules, i % 2 == 0 ? "name" : "exports", sketch.Node("Object"));
            }

            var dictionary = sketch.Node("Object");
            sketch.Refer(app, "uploads", dictionary);
            for (var i = 0; i < uploads; i++)
            {
                var upload = sketch.Node("Object");
                sketch.Refer(dictionary, $"u{(char)('a' + i / 26)}{(char)('a' + i % 26)}", upload);
                sketch.Refer(upload, "body", sketch.Node("string", 400));
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void Keys_of_an_object_used_as_a_dictionary_are_no_part_of_the_way()
    {
        var suspect = Grown(count => Service(count), 40, 160)[0];

        suspect.Subject.ShouldBe("Acme.Upload in Acme.App.uploads (Object)");
        suspect.RootPath.ShouldBe(["static Acme.App.Instance", "Acme.App.uploads", "Object", "Acme.Upload"]);
        suspect.Evidence.ShouldNotContain(e => e.Contains("of a sample", StringComparison.Ordinal));

        static HeapGraph Service(int uploads)
        {
            var sketch = new HeapSketch();
            var dictionary = sketch.Node("Object");
            sketch.Refer(sketch.Static("Acme.App.Instance", "Acme.App"), "uploads", dictionary);
            for (var i = 0; i < uploads; i++)
            {
                var upload = sketch.Node("Acme.Upload");
                sketch.Refer(dictionary, $"u{(char)('a' + i / 26)}{(char)('a' + i % 26)}", upload);
                sketch.Refer(upload, "body", sketch.Node("string", 400));
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void What_a_scope_s_variable_holds_is_no_matter_of_the_cache_by_which_the_scope_is_reached()
    {
        var suspect = Grown(count => Service(count), 40, 160)[0];

        suspect.Subject.ShouldBe("Acme.Upload in Scope.uploads");
        suspect.Pattern.ShouldBe("static-references");

        static HeapGraph Service(int uploads)
        {
            var sketch = new HeapSketch();
            var scope = sketch.Node("Scope");
            sketch.Refer(sketch.Static("Acme.Pages.cache", "Lib.Cache(max=1000)"), "loader", scope);
            foreach (var upload in sketch.Objects("Acme.Upload", uploads))
            {
                sketch.Refer(scope, "uploads", upload);
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void A_queue_of_segments_gains_no_more_than_its_segments_hold()
    {
        var (before, after) = (Service(2), Service(6));
        var suspect = HeapSuspects.Find(HeapDiff.Between([before, after]), HeapSketch.Knowledge)[0];

        suspect.Subject.ShouldBe("Acme.Metric in static Acme.Pipeline.Backlog (Lib.List)");
        suspect.GrowthBytes.ShouldBeLessThanOrEqualTo(after.Dominators.TotalBytes - before.Dominators.TotalBytes);
        HeapSuspects
            .Find(after, HeapSketch.Knowledge)[0]
            .GrowthBytes.ShouldBeLessThanOrEqualTo(after.Dominators.TotalBytes);

        static HeapGraph Service(int segments)
        {
            var sketch = new HeapSketch();
            var queue = sketch.Static("Acme.Pipeline.Backlog", "Lib.List");
            for (var i = 0; i < segments; i++)
            {
                var segment = sketch.Node("Lib.Node");
                sketch.Refer(queue, "segment", segment);
                sketch.Fill(segment, sketch.Objects("Acme.Metric", 300));
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void What_is_new_and_what_is_gone_are_two_things_where_their_numbers_differ()
    {
        // Ten small batches are gone and one large job has come, all with a list of orders: it is the job that is new.
        Grown(count => Service(count), 10, 1).ShouldHaveSingleItem().Subject.ShouldBe("Acme.Job in thread 0");

        static HeapGraph Service(int batches)
        {
            var sketch = new HeapSketch();
            sketch.Fill(sketch.Static("Acme.Catalog.All", "Lib.Map"), sketch.Objects("Acme.Product", 500));
            for (var i = 0; i < batches; i++)
            {
                var list = sketch.Fill(sketch.Node("Lib.List"), sketch.Objects("Acme.Order", batches == 1 ? 500 : 5));
                var holder = sketch.Node(batches == 1 ? "Acme.Job" : "Acme.Batch");
                sketch.Root(holder, RootKind.Stack, $"thread {i}");
                sketch.Refer(holder, "orders", list);
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void What_a_request_holds_on_its_stack_for_a_moment_is_compared_where_it_was_held_before()
    {
        // A second holder of the same type stays where it was.
        var suspect = HeapSuspects
            .Find(HeapDiff.Between([Service(100, isBusy: false), Service(300, isBusy: true)]), HeapSketch.Knowledge)
            .ShouldHaveSingleItem();
        suspect.Subject.ShouldBe("Acme.Trace in Acme.Servlet.traces (Lib.Map)");
        suspect.GrowthCount.ShouldBe(200);

        static HeapGraph Service(int traces, bool isBusy)
        {
            var sketch = new HeapSketch();
            var (context, handler) = (sketch.Node("Lib.Context"), sketch.Node("Lib.ServletHandler"));
            sketch.Root(context, RootKind.Stack, "thread main");
            sketch.Refer(context, "handler", handler);
            var (holder, other) = (sketch.Node("Lib.ServletHolder"), sketch.Node("Lib.ServletHolder"));
            sketch.Refer(handler, "first", holder);
            sketch.Refer(handler, "second", other);
            var servlet = sketch.Node("Acme.Servlet");
            sketch.Refer(holder, "servlet", servlet);
            var map = sketch.Node("Lib.Map");
            sketch.Refer(servlet, "traces", map);
            sketch.Fill(map, sketch.Objects("Acme.Trace", traces));
            if (isBusy)
            {
                var request = sketch.Node("Lib.Request");
                sketch.Root(request, RootKind.Stack, "thread worker-1");
                sketch.Refer(request, "handler", handler);
                sketch.Refer(request, "holder", holder);
            }

            return sketch.Graph();
        }
    }

    [Theory]
    [InlineData(400, 6, "Acme.Session in static Acme.Desk.Sessions (Lib.Map)")]
    [InlineData(6, 400, "Acme.Item in Acme.Session.items (Lib.List)")]
    public void One_snapshot_tells_what_there_is_many_of_in_one_place(int sessions, int items, string subject)
    {
        var sketch = new HeapSketch();
        var all = sketch.Objects("Acme.Session", sessions).ToList();
        foreach (var session in all)
        {
            var list = sketch.Node("Lib.List");
            sketch.Refer(session, "items", list);
            sketch.Fill(list, sketch.Objects("Acme.Item", items));
        }

        sketch.Fill(sketch.Static("Acme.Desk.Sessions", "Lib.Map"), all);

        HeapSuspects.Find(sketch.Graph(), HeapSketch.Knowledge)[0].Subject.ShouldBe(subject);
    }
}
