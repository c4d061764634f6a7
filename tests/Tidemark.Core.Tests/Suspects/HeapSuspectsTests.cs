using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using static Tidemark.Core.Tests.Suspects.HeapSketch;

namespace Tidemark.Core.Tests.Suspects;

public class HeapSuspectsTests
{
    [Fact]
    public void A_small_map_that_grows_is_named_before_a_large_one_that_stands_still()
    {
        var suspect = Grown(sessions => Service(sessions), 100, 300)[0];

        suspect.Subject.ShouldBe("Acme.Session in static Acme.Sessions.ById (Lib.Map)");
        suspect.RootPath.ShouldBe([
            "static Acme.Sessions.ById",
            "Lib.Map.table",
            "Lib.Entry[]",
            "Lib.Entry.value",
            "Acme.Session",
        ]);
        suspect.GrowthCount.ShouldBe(200);
        suspect.Pattern.ShouldBe("static-map");
        suspect.IsCache.ShouldBeFalse();
        suspect.Share.ShouldBeGreaterThan(0.9);

        static HeapGraph Service(int sessions)
        {
            var sketch = new HeapSketch();
            sketch.Fill(sketch.Static("Acme.Catalog.All", "Lib.Map"), sketch.Objects("Acme.Product", 5000));
            sketch.Fill(sketch.Static("Acme.Sessions.ById", "Lib.Map"), sketch.Objects("Acme.Session", sessions));
            sketch.Fill(sketch.Static("Acme.Recent.Queue", "Lib.List"), sketch.Objects("Acme.Request", sessions % 7));
            return sketch.Graph();
        }
    }

    [Fact]
    public void What_comes_to_one_holder_by_two_ways_is_told_once()
    {
        var suspects = Grown(count => Service(count), 40, 400);

        suspects.Count(s => s.Subject.StartsWith("Acme.Alert in", StringComparison.Ordinal)).ShouldBe(1);
        suspects[0].Subject.ShouldBe("Acme.Alert in static Acme.Alerts.All (Lib.Map)");
        suspects[0].GrowthCount.ShouldBe(2 * 360);

        static HeapGraph Service(int alerts)
        {
            var sketch = new HeapSketch();
            var own = sketch.Objects("Acme.Alert", alerts).ToList();
            var shared = sketch.Objects("Acme.Alert", alerts).ToList();
            sketch.Fill(sketch.Static("Acme.Alerts.All", "Lib.Map"), [.. own, .. shared]);
            var workers = sketch.Node("Acme.Worker");
            sketch.Root(workers, RootKind.Stack);
            foreach (var alert in shared)
            {
                sketch.Refer(workers, "current", alert); // only the roots together hold these
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void Of_two_collections_in_one_object_the_one_that_grows_is_named_by_its_field()
    {
        var suspect = Grown(count => Service(count), 40, 90)[0];

        suspect.Subject.ShouldContain("Acme.App.pending");
        suspect.RootPath!.ShouldContain("Acme.App.pending");

        static HeapGraph Service(int pending)
        {
            var sketch = new HeapSketch();
            var app = sketch.Static("Acme.Program.app", "Acme.App");
            foreach (var (field, count) in new[] { ("done", 3000), ("pending", pending), ("failed", 200) })
            {
                var map = sketch.Node("Lib.Map");
                sketch.Refer(app, field, map);
                sketch.Fill(map, sketch.Objects("Acme.Order", count));
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void What_a_map_and_a_timer_hold_together_is_named_by_the_users_map()
    {
        var suspect = Grown(count => Service(count), 100, 400)[0];

        suspect.Subject.ShouldStartWith("Acme.Session in static Acme.Sessions.ById");
        suspect.RootPath![0].ShouldBe("static Acme.Sessions.ById");

        static HeapGraph Service(int count)
        {
            var sketch = new HeapSketch();
            var sessions = sketch.Objects("Acme.Session", count).ToList();
            var timers = sketch.Node("Lib.TimerQueue");
            sketch.Root(timers, RootKind.Handle, "timer queue");
            foreach (var session in sessions)
            {
                sketch.Refer(timers, "timers", session);
            }

            sketch.Fill(sketch.Static("Acme.Sessions.ById", "Lib.Map"), sessions);
            return sketch.Graph();
        }
    }

    [Fact]
    public void Listeners_that_every_session_brings_are_explained_by_the_sessions()
    {
        var suspects = Grown(count => Service(count), 50, 150);

        suspects[0].Subject.ShouldStartWith("Acme.Session in static Acme.Sessions.ById");
        suspects.ShouldNotContain(s => s.Subject.StartsWith("Acme.Listener"));

        static HeapGraph Service(int count)
        {
            var sketch = new HeapSketch();
            var sessions = sketch.Objects("Acme.Session", count).ToList();
            foreach (var session in sessions)
            {
                var list = sketch.Node("Lib.List");
                sketch.Refer(session, "listeners", list);
                sketch.Fill(list, sketch.Objects("Acme.Listener", 10));
            }

            sketch.Fill(sketch.Static("Acme.Sessions.ById", "Lib.Map"), sessions);
            return sketch.Graph();
        }
    }

    [Fact]
    public void Listeners_that_pile_up_on_sessions_that_stay_are_named_by_the_sessions_field()
    {
        var suspect = Grown(count => Service(count), 10, 40)[0];

        suspect.Subject.ShouldBe("Acme.Listener in Acme.Session.listeners (Lib.List)");
        suspect.GrowthCount.ShouldBe(50 * 30);

        static HeapGraph Service(int listeners)
        {
            var sketch = new HeapSketch();
            var sessions = sketch.Objects("Acme.Session", 50).ToList();
            foreach (var session in sessions)
            {
                var list = sketch.Node("Lib.List");
                sketch.Refer(session, "listeners", list);
                sketch.Fill(list, sketch.Objects("Acme.Listener", listeners));
            }

            sketch.Fill(sketch.Static("Acme.Sessions.ById", "Lib.Map"), sessions);
            return sketch.Graph();
        }
    }

    [Fact]
    public void Objects_that_only_change_hands_are_no_suspect()
    {
        var suspects = HeapSuspects.Find(
            HeapDiff.Between([Service(shared: false), Service(shared: true)]),
            HeapSketch.Knowledge
        );

        suspects.ShouldNotContain(s => s.Subject.Contains("Acme.Product"));

        static HeapGraph Service(bool shared)
        {
            var sketch = new HeapSketch();
            var products = sketch.Objects("Acme.Product", 1000).ToList();
            sketch.Fill(sketch.Static("Acme.Catalog.All", "Lib.Map"), products);
            var view = sketch.Static("Acme.View.Page", "Lib.List");
            sketch.Fill(view, shared ? products : []);
            return sketch.Graph();
        }
    }

    [Fact]
    public void In_a_series_what_goes_up_and_down_ranks_below_what_only_goes_up()
    {
        var churn = new[] { 100, 900, 200, 800, 700 };
        var leak = new[] { 100, 150, 200, 250, 300 };
        var snapshots = churn.Zip(leak, Service).ToList();

        var suspects = HeapSuspects.Find(HeapDiff.Between(snapshots), HeapSketch.Knowledge);

        suspects[0].Subject.ShouldContain("Acme.Sessions.ById");

        static HeapGraph Service(int requests, int sessions)
        {
            var sketch = new HeapSketch();
            sketch.Fill(sketch.Static("Acme.Requests.Live", "Lib.Map"), sketch.Objects("Acme.Request", requests));
            sketch.Fill(sketch.Static("Acme.Sessions.ById", "Lib.Map"), sketch.Objects("Acme.Session", sessions));
            return sketch.Graph();
        }
    }

    [Fact]
    public void A_buffer_that_grows_in_one_piece_is_named_by_its_field()
    {
        var suspect = Grown(size => Service(size), 10_000, 900_000)[0];

        suspect.Subject.ShouldContain("Acme.Journal.text");
        suspect.GrowthBytes.ShouldBe(890_000);

        static HeapGraph Service(int size)
        {
            var sketch = new HeapSketch();
            var journal = sketch.Static("Acme.Journal.Instance", "Acme.Journal");
            sketch.Refer(journal, "text", sketch.Node("byte[]", size));
            sketch.Fill(sketch.Static("Acme.Catalog.All", "Lib.Map"), sketch.Objects("Acme.Product", 500));
            return sketch.Graph();
        }
    }

    [Fact]
    public void A_linked_list_is_one_pile_however_long_it_is()
    {
        var suspect = Grown(length => Service(length), 10_000, 200_000)[0];

        suspect.Subject.ShouldContain("static Acme.Log.head");
        suspect.GrowthCount.ShouldBe(190_000);
        suspect.RootPath!.Count.ShouldBeLessThan(6);

        static HeapGraph Service(int length)
        {
            var sketch = new HeapSketch();
            var at = sketch.Static("Acme.Log.head", "Acme.LogNode");
            for (var i = 0; i < length; i++)
            {
                var next = sketch.Node("Acme.LogNode");
                sketch.Refer(at, "next", next);
                at = next;
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void A_keyed_collection_that_is_called_a_cache_is_told_as_one()
    {
        Grown(n => Service("Acme.PriceCache.byKey", n), 10, 500)[0].IsCache.ShouldBeTrue();
        Grown(n => Service("Acme.Memo.results", n), 10, 500)[0].IsCache.ShouldBeTrue();
        Grown(n => Service("Acme.Sessions.byId", n), 10, 500)[0].IsCache.ShouldBeFalse();
        Grown(n => Service("Acme.InternalApi.subscribers", n), 10, 500)[0].IsCache.ShouldBeFalse();

        static HeapGraph Service(string field, int count)
        {
            var sketch = new HeapSketch();
            sketch.Fill(sketch.Static(field, "Lib.Map"), sketch.Objects("Acme.Thing", count));
            return sketch.Graph();
        }
    }

    [Fact]
    public void One_snapshot_alone_names_its_largest_piles()
    {
        var sketch = new HeapSketch();
        sketch.Fill(sketch.Static("Acme.Sessions.ById", "Lib.Map"), sketch.Objects("Acme.Session", 5000));
        sketch.Fill(sketch.Static("Acme.Bus.Listeners", "Lib.List"), sketch.Objects("Acme.Listener", 2000));
        sketch.Refer(sketch.Static("Acme.Media.Store", "Acme.Media"), "pixels", sketch.Node("byte[]", 300_000));

        var suspects = HeapSuspects.Find(sketch.Graph(), HeapSketch.Knowledge);

        suspects
            .Select(s => s.Subject)
            .ShouldBe([
                "Acme.Session in static Acme.Sessions.ById (Lib.Map)",
                "Acme.Listener in static Acme.Bus.Listeners (Lib.List)",
                "byte[] in Acme.Media.pixels",
            ]);
    }

    [Fact]
    public void The_runtimes_own_tables_are_never_the_answer()
    {
        Grown(n => Service(n), 100, 400).ShouldAllBe(s => !s.Subject.Contains("JitTable"));

        static HeapGraph Service(int count)
        {
            var sketch = new HeapSketch();
            sketch.Fill(sketch.Static("Acme.Sessions.ById", "Lib.Map"), sketch.Objects("Acme.Session", count));
            sketch.Fill(sketch.Static("Lib.Runtime.table", "Lib.JitTable"), sketch.Objects("Lib.Code", count * 10));
            return sketch.Graph();
        }
    }

    [Fact]
    public void What_the_programs_variables_hold_is_told_though_the_runtimes_tables_hold_those()
    {
        var suspect = Grown(n => Service(n), 100, 400)[0];

        suspect.Subject.ShouldBe("Acme.Session in Scope.sessions (Lib.Map)");

        static HeapGraph Service(int count)
        {
            var sketch = new HeapSketch();
            var scope = sketch.Node("Scope");
            var sessions = sketch.Node("Lib.Map");
            sketch.Refer(sketch.Static("Lib.Runtime.table", "Lib.JitTable"), "suspended", scope);
            sketch.Refer(scope, "sessions", sketch.Fill(sessions, sketch.Objects("Acme.Session", count)));
            return sketch.Graph();
        }
    }

    [Fact]
    public void Two_lists_that_are_held_alike_are_two_piles()
    {
        var sketch = new HeapSketch();
        var app = sketch.Static("Acme.Program.app", "Acme.App");
        foreach (var (field, type, count) in new[] { ("orders", "Acme.Order", 3000), ("alerts", "Acme.Alert", 2000) })
        {
            var list = sketch.Node("Lib.List");
            sketch.Refer(app, field, list);
            foreach (var one in sketch.Objects(type, count))
            {
                sketch.Refer(list, "[]", one);
            }
        }

        HeapSuspects
            .Find(sketch.Graph(), HeapSketch.Knowledge)
            .Select(s => s.Subject)
            .ShouldBe(["Acme.Order in Acme.App.orders (Lib.List)", "Acme.Alert in Acme.App.alerts (Lib.List)"]);
    }

    [Fact]
    public void What_holds_the_holder_of_a_pile_is_no_pile_though_it_stands_among_others()
    {
        var sketch = new HeapSketch();
        var modules = sketch.Objects("Acme.Module", 300).ToList();
        sketch.Fill(sketch.Static("Acme.Loader.Modules", "Lib.Map"), modules);
        var jobs = sketch.Objects("Acme.Job", 3).ToList();
        jobs.ForEach(job => sketch.Refer(modules[7], "job", job));
        sketch.Refer(jobs[1], "sessions", sketch.Fill(sketch.Node("Lib.Map"), sketch.Objects("Acme.Session", 20_000)));

        HeapSuspects
            .Find(sketch.Graph(), HeapSketch.Knowledge)
            .Select(s => s.Subject)
            .ShouldBe([
                "Acme.Session in Acme.Job.sessions (Lib.Map)",
                "Acme.Module in static Acme.Loader.Modules (Lib.Map)",
            ]);
    }

    [Fact]
    public void Closures_on_a_way_through_many_closures_pile_up_where_they_are_held()
    {
        var suspect = Grown(n => Service(n), 100, 400)[0];

        suspect.Subject.ShouldContain("Scope.pending");
        suspect.GrowthCount.ShouldBe(300);

        static HeapGraph Service(int count)
        {
            var sketch = new HeapSketch();
            var scope = sketch.Static("Acme.Program.main", "Scope");
            foreach (var step in new[] { "Acme.Server", "Acme.Router", "Acme.Store" })
            {
                var function = sketch.Node("Lib.Function");
                var owner = sketch.Node(step);
                var next = sketch.Node("Scope");
                sketch.Refer(scope, "run", function);
                sketch.Refer(function, "context", owner);
                sketch.Refer(owner, "context", next);
                scope = next;
            }

            var list = sketch.Node("Lib.List");
            sketch.Refer(scope, "pending", list);
            for (var i = 0; i < count; i++)
            {
                var function = sketch.Node("Lib.Function");
                var captured = sketch.Node("Scope");
                sketch.Refer(list, "[]", function);
                sketch.Refer(function, "context", captured);
                sketch.Refer(captured, "text", sketch.Node("string", 300));
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void The_fingerprint_is_the_same_for_the_same_fault_at_another_time()
    {
        var first = Grown(n => Service(n, 3), 100, 400)[0];
        var second = Grown(n => Service(n, 17), 300, 1400)[0];

        second.Fingerprint.ShouldBe(first.Fingerprint);

        static HeapGraph Service(int count, int thread)
        {
            var sketch = new HeapSketch();
            var map = sketch.Node("Lib.Map");
            sketch.Root(map, RootKind.Stack, $"thread worker-{thread}");
            sketch.Fill(map, sketch.Objects("Acme.Session", count));
            return sketch.Graph();
        }
    }

    [Fact]
    public void What_closures_capture_is_held_by_the_variable_of_another_scope()
    {
        Grown(count => Service(count), 40, 160)[0].Subject.ShouldBe("Scope in Scope.subscribers (Lib.List)");

        static HeapGraph Service(int count)
        {
            var sketch = new HeapSketch();
            var module = sketch.Node("Scope");
            var server = sketch.Node("Lib.Server");
            sketch.Root(server, RootKind.Handle, "Lib server");
            sketch.Refer(server, "context", module);
            var list = sketch.Node("Lib.List");
            sketch.Refer(module, "subscribers", list);
            for (var i = 0; i < count; i++)
            {
                var function = sketch.Node("Lib.Function");
                var scope = sketch.Node("Scope");
                sketch.Refer(list, "[]", function);
                sketch.Refer(function, "context", scope);
                sketch.Refer(scope, "text", sketch.Node("string", 300));
            }

            return sketch.Graph();
        }
    }

    [Fact]
    public void A_cache_that_evicts_tells_its_bound()
    {
        var suspect = Grown(count => Service(count), 40, 160)[0];

        suspect.Pattern.ShouldBe("filling-cache");
        suspect.Bound.ShouldBe(1000);

        static HeapGraph Service(int count)
        {
            var sketch = new HeapSketch();
            var cache = sketch.Static("Acme.Pages.cache", "Lib.Cache(max=1000)");
            sketch.Fill(cache, sketch.Objects("Acme.Page", count));
            return sketch.Graph();
        }
    }
}
