using System.IO.Compression;
using Tidemark.Core.Heap;
using Tidemark.Formats.V8;

namespace Tidemark.Formats.Tests.V8;

public sealed class V8SnapshotTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();
    private readonly V8SnapshotWriter writer = new();
    private readonly int root;

    public V8SnapshotTests() => root = writer.AddNode("synthetic", "", 0);

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Nodes_edges_and_names_come_back_as_written()
    {
        var global = Global();
        var session = writer.AddNode("object", "Session", 48, id: 4711);
        var token = writer.AddNode("string", "a \"token\"\n\u00e9\ud83d\ude00", 24);
        writer.AddEdge(global, "property", "session", session);
        writer.AddEdge(session, "property", "#token", token);
        writer.AddEdge(session, "element", 7, token);

        var graph = Read();

        graph.NodeCount.ShouldBe(4);
        graph.TypeNameOf(session).ShouldBe("Session");
        graph.TypeNameOf(token).ShouldBe("(string)");
        graph.ShallowSize(session).ShouldBe(48);
        graph.Id(session).ShouldBe(4711ul);
        graph.Find(4711).ShouldBe(session);
        graph.References(session).ToArray().ShouldBe([token, token]);
        graph.Labels.Reference(global, 0).ShouldBe("session");
        graph.Labels.Reference(session, 0).ShouldBe("#token");
        graph.Labels.Reference(session, 1).ShouldBe("[7]");
        graph.Labels.Describe(token).ShouldBe("a \"token\"\n\u00e9\ud83d\ude00");
        graph.Roots[0].ShouldBe(new HeapRoot(global, RootKind.Static, "global"));
    }

    [Fact]
    public void Weak_edges_hold_nothing_but_are_kept_apart()
    {
        var global = Global();
        var registry = writer.AddNode("object", "WeakRef", 16);
        var target = writer.AddNode("object", "Session", 48);
        writer.AddEdge(global, "property", "registry", registry);
        writer.AddEdge(registry, "weak", "target", target);

        var graph = Read();

        graph.References(registry).IsEmpty.ShouldBeTrue();
        graph.WeakReferences.ShouldBe([new WeakReferenceEdge(registry, target, ReferenceStrength.Weak)]);
        graph.Dominators.RetainedSize(registry).ShouldBe(16);
        graph.Roots.ShouldContain(r => r.Node == target);
    }

    [Fact]
    public void A_weak_map_holds_its_values_through_their_keys()
    {
        var global = Global();
        var table = writer.AddNode("array", "", 100, id: 77);
        var key = writer.AddNode("object", "Key", 16, id: 79);
        var value = writer.AddNode("object", "Value", 1000, id: 81);
        var name = "3 / part of key (Key @79) -> value (Value @81) pair in WeakMap (table @77)";
        writer.AddEdge(global, "property", "table", table);
        writer.AddEdge(global, "property", "key", key);
        writer.AddEdge(table, "weak", "3", key);
        writer.AddEdge(table, "weak", "4", value);
        writer.AddEdge(table, "internal", name, value);
        writer.AddEdge(key, "internal", name, value);

        var graph = Read();

        graph.References(table).IsEmpty.ShouldBeTrue();
        graph.References(key).ToArray().ShouldBe([value]);
        graph.Labels.Reference(key, 0).ShouldBe("value in a WeakMap");
        graph.Dominators.RetainedSize(key).ShouldBe(1016);
    }

    [Fact]
    public void The_engine_does_not_hold_what_the_user_holds()
    {
        var global = Global();
        var handles = writer.AddNode("synthetic", "(Global handles)", 0);
        var list = writer.AddNode("object", "Array", 16);
        var item = writer.AddNode("object", "Item", 500);
        var engineOnly = writer.AddNode("hidden", "system / Foreign", 8);
        writer.AddEdge(root, "element", 1, handles);
        writer.AddEdge(global, "property", "list", list);
        writer.AddEdge(list, "element", 0, item);
        writer.AddEdge(handles, "element", 1, item);
        writer.AddEdge(handles, "element", 2, engineOnly);

        var graph = Read();

        graph.Dominators.RetainedSize(list).ShouldBe(516);
        graph.References(handles).ToArray().ShouldBe([engineOnly]);
    }

    [Fact]
    public void Detached_elements_are_told_from_attached_ones()
    {
        var global = Global();
        var attached = writer.AddNode("native", "<div class=\"row\">", 100, detachedness: 1);
        var detached = writer.AddNode("native", "<div class=\"old\">", 100, detachedness: 2);
        writer.AddEdge(global, "property", "a", attached);
        writer.AddEdge(global, "property", "b", detached);

        var layout = writer.AddNode("native", "Layout", 50);
        var shared = writer.AddNode("native", "Style", 50);
        var weakly = writer.AddNode("native", "Observer", 50);
        writer.AddEdge(detached, "internal", "layout", layout);
        writer.AddEdge(detached, "internal", "style", shared);
        writer.AddEdge(attached, "internal", "style", shared);
        writer.AddEdge(detached, "weak", "observer", weakly);

        var graph = Read();

        graph.TypeNameOf(attached).ShouldBe("<div>");
        graph.TypeNameOf(detached).ShouldBe("Detached <div>");
        graph.TypeNameOf(layout).ShouldBe("Detached Layout");
        graph.TypeNameOf(shared).ShouldBe("Style");
        graph.TypeNameOf(weakly).ShouldBe("Observer");
    }

    [Fact]
    public void Objects_and_contexts_are_told_apart_by_their_properties()
    {
        var global = Global();
        var plain = writer.AddNode("object", "Object", 32);
        var context = writer.AddNode("object", "system / Context", 32);
        writer.AddEdge(global, "property", "plain", plain);
        writer.AddEdge(global, "internal", "context", context);
        writer.AddEdge(plain, "property", "id", context);
        writer.AddEdge(plain, "property", "__proto__", global);
        writer.AddEdge(context, "context", "sessions", plain);
        writer.AddEdge(context, "internal", "previous", global);

        var graph = Read();

        graph.Labels.Describe(plain).ShouldBe("{id}");
        graph.Labels.Describe(context).ShouldBe("{sessions}");
    }

    [Fact]
    public void Names_are_found_in_tables_of_many_rows()
    {
        var global = Global();
        var items = new List<int>();
        for (var i = 0; i < 2000; i++)
        {
            var item = writer.AddNode("object", $"Type{i % 7}", i);
            items.Add(item);
            writer.AddEdge(global, "property", $"property {i}", item);
            writer.AddEdge(item, "property", $"back {i}", global);
        }

        var graph = Read();

        for (var i = 1999; i >= 0; i -= 37)
        {
            graph.Labels.Reference(global, i).ShouldBe($"property {i}");
            graph.Labels.Reference(items[i], 0).ShouldBe($"back {i}");
            graph.TypeNameOf(items[i]).ShouldBe($"Type{i % 7}");
        }
    }

    [Fact]
    public void Names_are_found_in_one_row_that_is_very_long()
    {
        var table = writer.AddNode("array", "(object elements)", 80_000);
        writer.AddEdge(Global(), "property", "items", table);
        var item = writer.AddNode("object", "Item", 16);
        var names = new List<string>();
        for (var i = 0; i < 9000; i++)
        {
            // Runs of edges that hold nothing, longer than what is read at once.
            if (i % 3 == 1 || i is > 2000 and < 6500)
            {
                writer.AddEdge(table, "weak", "nobody", item);
            }
            else
            {
                writer.AddEdge(table, "element", i, item);
                names.Add($"[{i}]");
            }
        }

        var graph = Read();

        graph.References(table).Length.ShouldBe(names.Count);
        Enumerable.Range(0, names.Count).Select(i => graph.Labels.Reference(table, i)).ShouldBe(names);
        graph.Labels.Reference(table, names.Count).ShouldBeNull();
    }

    [Fact]
    public void A_packed_file_is_read_as_well()
    {
        var global = Global();
        Write();
        var packed = path + ".gz";
        try
        {
            using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.Fastest))
            {
                gzip.Write(File.ReadAllBytes(path));
            }

            var format = DumpFormats.Detect(DumpFile.Open(packed)).ShouldBeOfType<V8SnapshotFormat>();
            var graph = ((HeapSnapshot)format.Read(DumpFile.Open(packed), ReadContext.Quiet)).Graph;
            graph.TypeNameOf(global).ShouldBe("global");
        }
        finally
        {
            File.Delete(packed);
        }
    }

    [Fact]
    public void White_space_columns_and_members_of_other_writers_are_read()
    {
        File.WriteAllText(
            path,
            """
            { "snapshot" : { "meta" : {
                "node_fields" : [ "type", "name", "id", "self_size", "edge_count" ],
                "node_types" : [ [ "hidden", "object", "synthetic" ], "string", "number", "number", "number" ],
                "edge_fields" : [ "to_node", "type", "name_or_index" ],
                "edge_types" : [ "node", [ "property" ], "string_or_number" ] },
                "node_count" : 2, "edge_count" : 1 },
              "extra" : { "a" : [ 1, [ "]" ], true ] },
              "nodes" : [ 2, 0, 1, 0, 1,
                          1, 1, 3, 40, 0 ],
              "edges" : [ 5, 0, 2 ],
              "strings" : [ "", "Thing", "thing" ]
            }
            """
        );

        var graph = ReadFile();

        graph.TypeNameOf(1).ShouldBe("Thing");
        graph.ShallowSize(1).ShouldBe(40);
        graph.Labels.Reference(0, 0).ShouldBe("thing");
    }

    private int Global()
    {
        var global = writer.AddNode("object", "global", 40);
        writer.AddEdge(root, "shortcut", "1", global);
        return global;
    }

    private void Write()
    {
        using var stream = File.Create(path);
        writer.Write(stream);
    }

    private HeapGraph Read()
    {
        Write();
        return ReadFile();
    }

    private HeapGraph ReadFile() =>
        ((HeapSnapshot)new V8SnapshotFormat().Read(DumpFile.Open(path), ReadContext.Quiet)).Graph;
}
