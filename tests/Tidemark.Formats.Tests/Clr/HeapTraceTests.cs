using Tidemark.Core.Heap;
using Tidemark.Formats.Clr;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Tests.Clr;

public class HeapTraceTests
{
    private const ulong Text = 1;
    private const ulong Session = 2;
    private const ulong Map = 3;
    private const ulong Table = 4;
    private const ulong Object = 5;
    private const ulong Entries = 6;

    [Fact]
    public void Objects_references_and_sizes_are_read()
    {
        var snapshot = Sample().Dump().Read();
        var graph = snapshot.Graph;

        graph.NodeCount.ShouldBe(6);
        graph.Dominators.TotalBytes.ShouldBe(80 + 24 + 24 + 48 + 24);
        graph.ShallowSize(graph.At(0x10000)).ShouldBe(80);
        graph.Holds(0x10000).ShouldBe([" -> Entry[]", " -> System.String"]);
        graph.Id(graph.At(0x10080)).ShouldBe(0x10080ul);
        snapshot.Runtime.ShouldBe("dotnet");
        snapshot.TakenAt!.Value.Year.ShouldBe(2026);
        snapshot.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Static_fields_are_roots_under_their_names_and_the_runtimes_table_of_them_is_none()
    {
        var graph = Sample().Dump().Read().Graph;

        graph.RootsOf(0x10000).ShouldBe(["static ById"]);
        graph.RootsOf(0x20000).ShouldBeEmpty("the table of statics is no answer to who holds something");
        graph.Roots.ShouldAllBe(r => r.Kind == RootKind.Static);
    }

    [Fact]
    public void Names_that_travel_with_the_capture_complete_statics_types_and_fields()
    {
        var trace = Sample();
        trace.Names = new ClrMetadata
        {
            Statics = new Dictionary<ulong, string> { [0x20010] = "Acme.Sessions.ById" },
            Definitions = new Dictionary<(ulong, uint), ClrTypeDefinition>
            {
                [(0x100, 0x30)] = Define(
                    "Acme.Map",
                    ("entries", "Acme.Map+Entry[]"),
                    ("spare", "Acme.Map+Entry[]"),
                    ("name", "System.String")
                ),
                [(0x100, 0x20)] = Define("Acme.Session"),
                [(0x100, 0x60)] = Define("Acme.Map+Entry"),
                [(0x100, 0x50)] = new("System.Object", false, null, [], []),
            },
        };
        var graph = trace.Dump().Read().Graph;

        graph.RootsOf(0x10000).ShouldBe(["static Acme.Sessions.ById"]);
        // Which of the two arrays it is cannot be told: one of the fields is null.
        graph.Holds(0x10000).ShouldBe([" -> Acme.Map+Entry[]", "name -> System.String"]);
    }

    [Fact]
    public void What_a_generic_type_or_a_thread_holds_in_statics_is_found_by_its_type()
    {
        var trace = new HeapTrace()
            .Type(Object, "System.Object")
            .Type(Table, "System.Object[]", isArray: true, parameters: Object)
            .Type(Text, "System.String")
            .Type(Session, "Acme.Session")
            .Type(Map, "System.Collections.Generic.List`1[Acme.Session]")
            .Type(9, "System.Collections.Generic.Queue`1[Acme.Session]")
            .Object(0x10000, Map)
            .Object(0x10040, Text)
            .Object(0x10080, 9)
            .Object(0x10100, Session)
            .Object(0x20000, Table, 64, 0x10000, 0x10040, 0x10100)
            .Object(0x21000, Table, 64, 0x22000)
            .Object(0x22000, Table, 64, 0x10080)
            .Static(0x20010, 0x10100, Session, "Last")
            .Root(0x20000)
            .Root(0x21000, source: 0, id: 0);
        trace.Names = new ClrMetadata
        {
            UnnamedStatics =
            [
                new("Acme.Registry`1", "Items", Name("System.Collections.Generic.List`1[!0]"), false, false),
                new("Acme.Worker", "queue", Name("System.Collections.Generic.Queue`1[Acme.Session]"), true, false),
            ],
        };
        var graph = trace.Dump().Read().Graph;

        graph.RootsOf(0x10000).ShouldBe(["static Acme.Registry<Acme.Session>.Items"]);
        graph.RootsOf(0x10040).ShouldBe(["interned string"]);
        graph.RootsOf(0x10080).ShouldBe(["thread static Acme.Worker.queue"]);
        graph.RootsOf(0x10100).ShouldBe(["static Last"]);
    }

    [Fact]
    public void Handles_stacks_and_the_finalizer_queue_are_told_apart()
    {
        var graph = new HeapTrace()
            .Type(Session, "Acme.Session")
            .Type(8, "System.Threading.Thread")
            .Object(0x10000, Session)
            .Object(0x10020, Session)
            .Object(0x10040, Session)
            .Object(0x10060, Session)
            .Object(0x10080, 8)
            .Object(0x100a0, Session)
            .Root(0x10000, source: 0, id: 0x77)
            .Root(0x10000, source: 0, id: 0x78)
            .Root(0x10020, source: 1)
            .Root(0x10040, source: 2)
            .Root(0x10060, source: 2, flags: 1)
            .Root(0x10080, source: 2)
            .Root(0x100a0, source: 2, flags: 2)
            .Dump()
            .Method(0x77, "Acme.Inner", "Wait")
            .Method(0x78, "Acme.Worker", "Run")
            .Read()
            .Graph;

        graph
            .RootsOf(0x10000)
            .ShouldBe(["stack of Acme.Worker.Run"], "the outermost frame is the one that people look for");
        graph.RootsOf(0x10020).ShouldBe(["finalizer queue"]);
        graph.RootsOf(0x10040).ShouldBe(["strong handle"]);
        graph.RootsOf(0x10060).ShouldBe(["pinned handle"]);
        graph.RootsOf(0x10080).ShouldBe(["thread"]);
        graph.RootsOf(0x100a0).ShouldBeEmpty("a weak handle keeps nothing alive");
    }

    [Fact]
    public void What_a_conditional_weak_table_attaches_is_held_by_its_key()
    {
        var graph = Sample().Dependent(0x10080, 0x100c0).Dump().Read().Graph;

        graph.Holds(0x10080).ShouldBe(["(attached by ConditionalWeakTable) -> Acme.Session"]);
    }

    [Fact]
    public void The_last_dump_of_several_is_read_with_a_warning()
    {
        var trace = new HeapTrace().Type(Text, "System.String").Object(0x10000, Text).Dump(3);
        var snapshot = trace.Object(0x10000, Text).Object(0x10020, Text).Dump(4).Read();

        snapshot.Graph.NodeCount.ShouldBe(2);
        snapshot.Warnings.ShouldHaveSingleItem().ShouldContain("2 heap dumps");
    }

    [Theory]
    [InlineData("dropped", "5 events of the heap dump were lost")]
    [InlineData("edges", "announce 3 references, 2 are there")]
    [InlineData("end", "not finished")]
    public void A_dump_that_lost_something_is_refused(string what, string reason)
    {
        var trace = Sample();
        trace.DroppedBeforeObjects = what == "dropped" ? 5 : 0;
        trace.EdgesLeftOut = what == "edges" ? 1 : 0;
        trace.LeavesOutTheEnd = what == "end";
        trace.Dump();

        Should.Throw<MalformedDumpException>(() => trace.Read()).Message.ShouldContain(reason);
    }

    [Fact]
    public void A_trace_without_a_dump_says_so()
    {
        Should.Throw<MalformedDumpException>(() => new HeapTrace().Read()).Message.ShouldContain("no heap dump");
    }

    [Fact]
    public void A_dump_that_is_cut_anywhere_is_refused() =>
        Mutations.MustNotHurtCutShort(new NetTraceFormat(), Damageable());

    [Fact]
    public void Damage_is_survived() => Mutations.MustNotHurt(new NetTraceFormat(), Damageable());

    [Fact]
    public void Two_objects_at_one_address_are_refused()
    {
        var trace = new HeapTrace().Type(Text, "System.String").Object(0x10000, Text).Object(0x10000, Text).Dump();

        Should.Throw<MalformedDumpException>(() => trace.Read()).Message.ShouldContain("twice");
    }

    [Fact]
    public void The_pause_of_a_dump_is_measured()
    {
        var tally = new HeapDumpTally(8);
        var reader = HeapTrace.Visit(Sample().Dump().ToBytes(), tally.Visit);

        var pause = tally.PauseOf(tally.Dumps[0])!.Value;
        pause.Begin.ShouldBeLessThan(tally.Dumps[0].First);
        pause.End.ShouldBeGreaterThan(tally.Dumps[0].Last);
        tally.ProblemOf(tally.Dumps[0], reader).ShouldBeNull();
        tally.Dumps[0].Bytes.ShouldBe(80 + 24 + 24 + 48 + 24 + 64);
    }

    internal static HeapTrace Sample() =>
        new HeapTrace()
            .Type(Text, "System.String")
            .Type(Session, "Acme.Session", 0x20)
            .Type(Map, "Acme.Map", 0x30)
            .Type(Object, "System.Object", 0x50)
            .Type(Table, "System.Object[]", isArray: true, parameters: Object)
            .Type(7, "Entry", 0x60)
            .Type(Entries, "Entry[]", isArray: true, parameters: 7)
            .Object(0x10000, Map, 80, 0x10050, 0x10068)
            .Object(0x10050, Entries)
            .Object(0x10068, Text)
            .Object(0x10080, Session, 48)
            .Object(0x100c0, Session)
            .Object(0x20000, Table, 64, 0x10000)
            .Static(0x20010, 0x10000, Map, "ById")
            .Static(0x20018, 0x10080, Session, "First")
            .Static(0x20020, 0x100c0, Session, "Last")
            .Root(0x20000)
            .Root(0x20000, source: 0, flags: 4, id: 0x77);

    private static ClrTypeDefinition Define(string name, params (string Name, string Type)[] fields) =>
        new(name, false, Name("System.Object"), [], [.. fields.Select(f => new ClrField(f.Name, Name(f.Type)))]);

    private static ClrTypeName Name(string name) => ClrTypeName.Parse(name);

    private static byte[] Damageable()
    {
        var trace = Sample();
        trace.Names = new ClrMetadata
        {
            Statics = new Dictionary<ulong, string> { [0x20010] = "Acme.Sessions.ById" },
            Definitions = new Dictionary<(ulong, uint), ClrTypeDefinition>
            {
                [(0x100, 0x30)] = Define("Acme.Map", ("entries", "Acme.Map+Entry[]"), ("name", "System.String")),
            },
        };
        return trace.Dump().ToBytes();
    }
}
