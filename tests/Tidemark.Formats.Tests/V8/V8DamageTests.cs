using System.Runtime.CompilerServices;
using System.Text;
using Tidemark.Formats.V8;

namespace Tidemark.Formats.Tests.V8;

public sealed class V8DamageTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();
    private readonly byte[] whole = Whole();

    public void Dispose() => File.Delete(path);

    [Fact]
    public void A_truncated_file_says_where_it_ends()
    {
        for (var length = 1; length < whole.Length; length++)
        {
            var damage = Should.Throw<MalformedDumpException>(() => Read(whole.AsSpan(0, length)));
            damage.Offset.ShouldBeInRange(0, length);
            damage.Message.ShouldStartWith(path);
        }
    }

    [Theory]
    [InlineData("\"node_count\":4", "\"node_count\":400000000", "node_count")]
    [InlineData("\"node_count\":4", "\"node_count\":3", "nodes")]
    [InlineData("\"node_count\":4", "\"node_count\":-1", "node_count")]
    [InlineData("\"node_count\":4", "\"node_count\":0", "node_count")]
    [InlineData("\"node_count\":4", "\"node_count\":1e99", "snapshot")]
    [InlineData("\"edge_count\":4", "\"edge_count\":5", "edges")]
    [InlineData("\"edge_count\":4", "\"edge_count\":2000000000", "edge_count")]
    [InlineData("\"self_size\"", "\"other_size\"", "self_size")]
    [InlineData("\n,3,2,3,40,2,0,0", "\n,3,2,3,40,-2,0,0", "number")]
    [InlineData("\n,3,2,3,40,2,0,0", "\n,3,2,3,40,2,0,0,9", "row")]
    [InlineData("\n,3,2,3,40,2,0,0", "\n,3,2,3,40,2,0", "row")]
    [InlineData("\n,3,2,3,40,2,0,0", "\n,99,2,3,40,2,0,0", "node 1")]
    [InlineData("\n,3,2,3,40,2,0,0", "\n,3,2,3,99999999999999999999,2,0,0", "digits")]
    [InlineData("\n,3,2,3,40,2,0,0", "\n,3,999999999,3,40,2,0,0", "range")]
    [InlineData("\n,3,2,3,40,2,0,0", "\n,3,26000,3,40,2,0,0", "string 26000")]
    [InlineData("\n,3,2,3,40,2,0,0", "\n,3,2,3,40,3,0,0", "edges")]
    [InlineData("\n,2,6,14", "\n,2,6,15", "beginning of a node")]
    [InlineData("\n,2,6,14", "\n,2,6,28", "beginning of a node")]
    [InlineData("\n,2,6,14", "\n,9,6,14", "type 9")]
    [InlineData("\n,2,6,14", "\n,2 6,14", "row")]
    [InlineData("\"nodes\":", "\"knots\":", "before \"nodes\"")]
    [InlineData("\"strings\":", "\"things\":", "no \"strings\"")]
    public void What_does_not_fit_is_refused_with_its_place(string written, string damaged, string named)
    {
        var text = Encoding.UTF8.GetString(whole);
        text.ShouldContain(written);

        var damage = Should.Throw<MalformedDumpException>(() =>
            Read(Encoding.UTF8.GetBytes(text.Replace(written, damaged, StringComparison.Ordinal)))
        );

        damage.Message.ShouldContain(named);
        damage.Offset.ShouldBeGreaterThan(0);
        damage.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        var deep = "{\"snapshot\":{},\"x\":" + new string('[', 1 << 20);
        Should.Throw<MalformedDumpException>(() => Read(Encoding.UTF8.GetBytes(deep)));
        var skipped = "{\"x\":" + new string('[', 1 << 20);
        Should
            .Throw<MalformedDumpException>(() => Read(Encoding.UTF8.GetBytes(skipped)))
            .Message.ShouldContain("deeper");
    }

    [Fact]
    public void A_limit_that_is_passed_is_named()
    {
        File.WriteAllBytes(path, whole);
        var small = new V8SnapshotFormat(new V8SnapshotLimits { MaxNodes = 3 });
        Should
            .Throw<MalformedDumpException>(() => small.Read(DumpFile.Open(path), ReadContext.Quiet))
            .Message.ShouldContain("0 to 3");
        Should.Throw<ArgumentOutOfRangeException>(() => new V8SnapshotLimits { MaxNodes = 1L << 40 }.Validated());
    }

    [Fact]
    public void A_snapshot_that_nobody_uses_any_more_keeps_no_file_open()
    {
        ReadAndForget();
        for (var i = 0; i < 10 && IsOpen(); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        IsOpen().ShouldBeFalse();

        bool IsOpen() => new DirectoryInfo("/proc/self/fd").EnumerateFiles().Any(f => f.LinkTarget == path);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReadAndForget() => Read(whole).NodeCount.ShouldBeGreaterThan(1);

    [Fact]
    public void Mutations_end_in_a_graph_or_in_a_plain_complaint()
    {
        var random = new Random(20);
        var read = 0;
        for (var round = 0; round < 3000; round++)
        {
            var damaged = Mutate(whole, random);
            try
            {
                var graph = Read(damaged);
                read++;
                for (var node = 0; node < graph.NodeCount; node++)
                {
                    graph.Labels.Describe(node);
                    for (var i = 0; i < graph.References(node).Length; i++)
                    {
                        graph.Labels.Reference(node, i);
                    }
                }

                graph.Dominators.TotalBytes.ShouldBeGreaterThanOrEqualTo(0);
            }
            catch (MalformedDumpException e)
            {
                e.Offset.ShouldBeInRange(0, damaged.Length);
            }
        }

        read.ShouldBeGreaterThan(100);
    }

    internal static byte[] Mutate(byte[] original, Random random)
    {
        var damaged = original.ToArray();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(damaged.Length);
            switch (random.Next(5))
            {
                case 0:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged[at] = (byte)"0123456789,[]{}\"\\ \n-"[random.Next(20)];
                    break;
                case 2:
                    damaged =
                    [
                        .. damaged.AsSpan(0, at),
                        .. damaged.AsSpan(Math.Min(damaged.Length, at + random.Next(8))),
                    ];
                    break;
                case 3:
                    damaged = [.. damaged.AsSpan(0, at), (byte)('0' + random.Next(10)), .. damaged.AsSpan(at)];
                    break;
                default:
                    var length = Math.Min(random.Next(16), damaged.Length - at);
                    damaged = [.. damaged.AsSpan(0, at), .. damaged.AsSpan(at, length), .. damaged.AsSpan(at)];
                    break;
            }

            if (damaged.Length == 0)
            {
                return damaged;
            }
        }

        return damaged;
    }

    private Core.Heap.HeapGraph Read(ReadOnlySpan<byte> text)
    {
        File.WriteAllBytes(path, text);
        return ((HeapSnapshot)new V8SnapshotFormat().Read(DumpFile.Open(path), ReadContext.Quiet)).Graph;
    }

    internal static byte[] Whole()
    {
        var writer = new V8SnapshotWriter();
        var root = writer.AddNode("synthetic", "", 0);
        var global = writer.AddNode("object", "global", 40);
        var list = writer.AddNode("object", "Array", 16);
        var text = writer.AddNode("string", "text \\ \"quoted\"", 24);
        writer.AddEdge(root, "shortcut", "1", global);
        writer.AddEdge(global, "property", "list", list);
        writer.AddEdge(global, "weak", "text", text);
        writer.AddEdge(list, "element", 0, text);
        writer.AddLocation(list, 7, 12, 3);
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }
}
