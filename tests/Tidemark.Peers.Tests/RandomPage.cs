using Tidemark.Formats.V8;

namespace Tidemark.Peers.Tests;

/// <summary>A snapshot of a browser's page drawn at random: elements in and out of the document, engine and user objects, every kind of edge.</summary>
internal static class RandomPage
{
    private const int Objects = 3000;

    private static readonly string[] Tags = ["div", "span", "li", "img", "canvas", "section", "td", "svg"];
    private static readonly string[] Holding = ["property", "element", "internal", "hidden", "context"];

    public static void Write(Stream stream, Random dice)
    {
        var writer = new V8SnapshotWriter();
        var root = writer.AddNode("synthetic", "", 0);
        var window = writer.AddNode("object", "Window / example.org", 72);
        var frame = writer.AddNode("object", "Window / ads.example", 72);
        var engine = writer.AddNode("synthetic", "(GC roots)", 8);
        var documents = writer.AddNode("synthetic", "(Document DOM trees)", 8);
        writer.AddEdge(root, "shortcut", "1", window);
        writer.AddEdge(root, "shortcut", "2", frame);
        writer.AddEdge(root, "element", 3, engine);
        writer.AddEdge(root, "element", 4, documents);
        var nodes = new List<int> { window, frame, engine, documents };
        while (nodes.Count < Objects)
        {
            var node = Add(writer, dice, nodes.Count);
            if (dice.Next(50) == 0)
            {
                writer.AddEdge(Any(), "weak", "only", node); // nothing holds it
            }
            else
            {
                Refer(writer, dice, Holding[dice.Next(Holding.Length)], Recent(), node);
            }

            nodes.Add(node);
        }

        for (var i = 0; i < Objects; i++)
        {
            var type = dice.Next(6) switch
            {
                0 => "weak",
                1 => "shortcut",
                _ => Holding[dice.Next(Holding.Length)],
            };
            Refer(writer, dice, type, Any(), Any());
        }

        for (var i = 0; i < 100; i++)
        {
            AddToWeakMap(writer, Any(), Any(), Any());
        }

        writer.Write(stream);

        int Any() => nodes[dice.Next(nodes.Count)];

        int Recent() => nodes[Math.Max(0, nodes.Count - 1 - dice.Next(40) * dice.Next(40))];
    }

    private static int Add(V8SnapshotWriter writer, Random dice, int number)
    {
        var size = 8L * dice.Next(1, 40);
        return dice.Next(7) switch
        {
            0 => writer.AddNode(
                "native",
                $"<{Tags[dice.Next(Tags.Length)]} id=\"e{number}\">",
                size,
                detachedness: dice.Next(3)
            ),
            1 => writer.AddNode("native", $"Layout{number % 3}", size),
            2 => writer.AddNode("closure", $"onClick{number}", size),
            3 => writer.AddNode("array", "(object elements)", size),
            4 => writer.AddNode("hidden", "system / Foreign", size),
            5 => writer.AddNode("string", $"text {number}", size),
            _ => writer.AddNode("object", $"Component{number % 9}", size),
        };
    }

    private static void Refer(V8SnapshotWriter writer, Random dice, string type, int from, int to)
    {
        if (type is "element" or "hidden")
        {
            writer.AddEdge(from, type, dice.Next(1000), to);
        }
        else
        {
            writer.AddEdge(from, type, $"name{dice.Next(100)}", to);
        }
    }

    /// <summary>As V8 writes an entry: the table knows key and value weakly and names the pair, and so does the key.</summary>
    private static void AddToWeakMap(V8SnapshotWriter writer, int table, int key, int value)
    {
        var pair = $"part of key (K @{Id(key)}) -> value (V @{Id(value)}) pair in WeakMap (table @{Id(table)})";
        writer.AddEdge(table, "weak", "1", key);
        writer.AddEdge(table, "weak", "2", value);
        writer.AddEdge(table, "internal", $"1 / {pair}", value);
        writer.AddEdge(key, "internal", $"2 / {pair}", value);

        static int Id(int node) => 2 * node + 1; // as the writer numbers them
    }
}
