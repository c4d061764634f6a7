using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Formats.V8;
using Tidemark.Runtimes;
using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>
/// A snapshot of a service of the zoo against DevTools' heap snapshot worker (retained sizes, dominators) and @vscode/v8-heap-parser
/// (what of every class there is). tests/setup.sh fetches both.
/// </summary>
public sealed partial class V8Answers : IDisposable
{
    private const int UserSignal2 = 12;

    /// <summary>Objects whose retained sizes are compared, the largest of our answer.</summary>
    private const int Compared = 200;

    private static readonly string Peers = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        ".cache/tidemark-tests/v8-peers"
    );

    /// <summary>How the classes of things without a name of their own are called there and here; what is left out are kinds that it does not know.</summary>
    private static readonly Dictionary<string, string> OurClassNames = new(StringComparer.Ordinal)
    {
        ["(closure)"] = "Function",
        ["(regexp)"] = "RegExp",
    };

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-v8-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Retained_sizes_and_classes_are_those_of_DevTools_and_of_its_sibling_in_VS_Code()
    {
        var file = Snapshot("audit-trail", "src/app.mjs");
        var graph = ((HeapSnapshot)new V8SnapshotFormat().Read(DumpFile.Open(file), ReadContext.Quiet)).Graph;

        RetainedSizesAreThoseOfDevTools(graph, file);
        ClassesAreThoseOfDevTools(graph, file);
        ClassesAreThoseOfTheParser(graph, file);
        DuplicatesAreThoseOfAPlainCount(graph, file);
    }

    private void RetainedSizesAreThoseOfDevTools(HeapGraph graph, string file)
    {
        var answer = Path.Combine(folder, "devtools.txt");
        Script("devtools.mjs", "RAW=", file, answer);
        var theirs = NodesOf(answer);
        theirs.Count.ShouldBeInRange(graph.NodeCount - 1, graph.NodeCount + 1);

        var tree = graph.Dominators;
        var compared = 0;
        var dominators = 0;
        foreach (var rank in Enumerable.Range(1, tree.Count).OrderByDescending(tree.RetainedAt))
        {
            var node = tree.NodeAt(rank);
            var their = theirs[(long)graph.Id(node)];
            if (IsCountedToItsOwner(graph, node, their.Self))
            {
                continue;
            }

            tree.RetainedAt(rank).ShouldBe(their.Retained, graph.Describe(node));
            if (tree.ImmediateDominator(node) is >= 0 and var above)
            {
                their.Dominator.ShouldBe((long)graph.Id(above), graph.Describe(node));
                dominators++;
            }

            if (++compared == Compared)
            {
                break;
            }
        }

        compared.ShouldBe(Compared);
        dominators.ShouldBeGreaterThan(30);
    }

    /// <summary>Every class, with what it retains; DevTools is told to leave sizes as they stand in the file.</summary>
    private int ClassesAreThoseOfDevTools(HeapGraph graph, string file)
    {
        var answer = Path.Combine(folder, "classes.txt");
        Script("devtools.mjs", "RAW=1", file, Path.Combine(folder, "raw.txt"), answer);
        var ours = TypeHistogram.Of(graph).Rows.ToDictionary(row => row.Name, StringComparer.Ordinal);
        var theirs = File.ReadLines(answer)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Select(row =>
                (
                    Name: row[0].GetString()!,
                    Count: row[1].GetInt64(),
                    Bytes: row[2].GetInt64(),
                    Retained: row[3].GetInt64()
                )
            )
            .ToLookup(row => row.Name, StringComparer.Ordinal);
        foreach (var rows in theirs)
        {
            ours[rows.Key].ShallowBytes.ShouldBe(rows.Sum(r => r.Bytes), rows.Key);
            if (HasEmptyObjects(rows.Key))
            {
                continue; // DevTools does not count them, and looks for what is retained below them
            }

            ours[rows.Key].Count.ShouldBe(rows.Sum(r => r.Count), rows.Key);
            if (rows.Count() == 1) // classes of one name that are written in several places are several there
            {
                ours[rows.Key].RetainedBytes.ShouldBe(rows.Single().Retained, rows.Key);
            }
        }

        ours.Values.Where(row => row.ShallowBytes > 0).ShouldAllBe(row => theirs.Contains(row.Name));
        return theirs.Count;

        bool HasEmptyObjects(string name) =>
            Enumerable.Range(0, graph.NodeCount).Any(n => graph.ShallowSize(n) == 0 && graph.TypeNameOf(n) == name);
    }

    [Fact]
    public void What_keeps_what_alive_and_what_is_detached_is_as_in_DevTools_for_any_edges()
    {
        var file = Path.Combine(folder, "page.heapsnapshot");
        using (var stream = File.Create(file))
        {
            RandomPage.Write(stream, new Random(11));
        }

        var graph = ((HeapSnapshot)new V8SnapshotFormat().Read(DumpFile.Open(file), ReadContext.Quiet)).Graph;
        graph.Dominators.Count.ShouldBe(
            graph.NodeCount - 1,
            "cycles that nothing holds are counted otherwise: take another seed"
        );

        ClassesAreThoseOfDevTools(graph, file).ShouldBeGreaterThan(20);
        var names = TypeHistogram.Of(graph).Rows.Select(row => row.Name).ToList();
        names.Count(n => n.StartsWith("Detached <", StringComparison.Ordinal)).ShouldBeGreaterThan(3);
        names.ShouldContain(n => n.StartsWith("Detached Layout", StringComparison.Ordinal)); // carried over
        var theirs = NodesOf(Path.Combine(folder, "raw.txt"));
        var tree = graph.Dominators;
        for (var node = 0; node < graph.NodeCount; node++)
        {
            if (!tree.IsReachable(node))
            {
                continue; // the root
            }

            var their = theirs[(long)graph.Id(node)];
            tree.RetainedSize(node).ShouldBe(their.Retained, graph.Describe(node));
            if (tree.ImmediateDominator(node) is >= 0 and var above)
            {
                ((long)graph.Id(above)).ShouldBe(their.Dominator, graph.Describe(node));
            }
            else
            {
                their.Dominator.ShouldBe((long)graph.Id(0), graph.Describe(node));
            }
        }
    }

    [Fact]
    public void Elements_that_a_real_page_took_out_are_told_and_named_by_what_still_leads_to_them()
    {
        var before = Path.Combine(folder, "before.heapsnapshot");
        var file = Path.Combine(folder, "page.heapsnapshot");
        var told = Tool.Run(
            "node",
            [
                .. new[] { "browser.cjs", "orders.html" }.Select(InTests),
                "lookAtOrders(0, 200)",
                before,
                "lookAtOrders(200, 600)",
                file,
            ]
        );
        told.Split('\n').ShouldContain("[600,300]"); // panels that were opened, elements that are still in the page
        var graph = ((HeapSnapshot)new V8SnapshotFormat().Read(DumpFile.Open(file), ReadContext.Quiet)).Graph;

        var count = TypeHistogram.Of(graph).Rows.ToDictionary(r => r.Name, r => r.Count, StringComparer.Ordinal);
        count["Detached <section>"].ShouldBe(600);
        count["Detached <li>"].ShouldBe(600 * 20);
        count["Detached <aside>"].ShouldBe(600);
        count["<article>"].ShouldBe(300);
        count.Keys.ShouldNotContain("Detached <article>");

        var knowledge = KnownRuntimes.All.Single(r => r.Name == "node").Knowledge;
        HeapSuspects
            .Find(graph, knowledge)
            .Take(2)
            .Select(s => (s.Pattern, Variable: Variable(s)))
            .ShouldBe([("detached-dom", "openedPanels"), ("detached-dom", "dismissedNotices")], ignoreOrder: true);
        var first = ((HeapSnapshot)new V8SnapshotFormat().Read(DumpFile.Open(before), ReadContext.Quiet)).Graph;
        var grown = HeapSuspects.Find(HeapDiff.Between([first, graph]), knowledge).Take(2).ToList();
        grown
            .Select(s => (s.Pattern, Variable: Variable(s)))
            .ShouldBe([("detached-dom", "openedPanels"), ("detached-dom", "dismissedNotices")], ignoreOrder: true);
        grown.ShouldAllBe(s => s.GrowthCount == 400);

        RetainedSizesAreThoseOfDevTools(graph, file);
        ClassesAreThoseOfDevTools(graph, file).ShouldBeGreaterThan(100);

        static string Variable(Suspect suspect) =>
            suspect
                .RootPath!.Select(s => s[(s.LastIndexOfAny(['.', ' ']) + 1)..])
                .Single(s => s is "openedPanels" or "dismissedNotices");
    }

    private static string InTests(string file) => Path.Combine(AppContext.BaseDirectory, file);

    /// <summary>What DevTools tells of each node, by its id.</summary>
    private static Dictionary<long, (long Self, long Retained, long Dominator)> NodesOf(string answer) =>
        File.ReadLines(answer)
            .Select(line => line.Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray())
            .ToDictionary(row => row[0], row => (Self: row[1], Retained: row[2], Dominator: row[3]));

    /// <summary>Where definitions part: DevTools counts an array that one object owns to that object, and shows it with 0 bytes.</summary>
    private static bool IsCountedToItsOwner(HeapGraph graph, int node, long theirSize) =>
        theirSize == 0 && graph.ShallowSize(node) > 0;

    private void ClassesAreThoseOfTheParser(HeapGraph graph, string file)
    {
        var ours = new Dictionary<string, (long Count, long Bytes)>(StringComparer.Ordinal);
        for (var node = 0; node < graph.NodeCount; node++)
        {
            var (count, bytes) = ours.GetValueOrDefault(graph.TypeNameOf(node));
            ours[graph.TypeNameOf(node)] = (count + 1, bytes + graph.ShallowSize(node));
        }

        var compared = 0;
        foreach (
            var row in Script("v8-heap-parser.cjs", "RAW=", file, "all").Split('\n').Select(line => line.Split('\t'))
        )
        {
            // It knows no object shapes and no symbols, and groups what Node.js itself adds by its names.
            if (
                row.Length < 3
                || row[0] is "(unknown)" or "(synthetic)"
                || row[0].StartsWith("Node / ", StringComparison.Ordinal)
            )
            {
                continue;
            }

            var (count, bytes) = ours.GetValueOrDefault(OurClassNames.GetValueOrDefault(row[0], row[0]));
            count.ShouldBe(long.Parse(row[1], CultureInfo.InvariantCulture), row[0]);
            bytes.ShouldBe(long.Parse(row[2], CultureInfo.InvariantCulture), row[0]);
            compared++;
        }

        compared.ShouldBeGreaterThan(100);
    }

    /// <summary>Against a script that puts every text together and counts them in a map.</summary>
    private static void DuplicatesAreThoseOfAPlainCount(HeapGraph graph, string file)
    {
        var script = Path.Combine(Repository(), "bench/peers/v8/duplicates.mjs");
        var lines = Tool.Run("node", $"{script} {file}").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var ours = DuplicateContents.Of(graph, 50).ShouldNotBeNull();

        lines[0]
            .ShouldBe(string.Create(CultureInfo.InvariantCulture, $"{ours.Objects} {ours.Groups} {ours.WastedBytes}"));
        var theirs = lines.Skip(1).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        ours.Largest.Select(d => d.WastedBytes).ShouldBe(theirs.Take(50).Select(t => t[2].GetInt64()));
        ours.Groups.ShouldBeGreaterThan(100);
    }

    /// <summary>A snapshot that Node.js itself writes of a service at work.</summary>
    private string Snapshot(string service, string program)
    {
        using var process = Process.Start(
            new ProcessStartInfo("node", ["--heapsnapshot-signal=SIGUSR2", $"--diagnostic-dir={folder}", program])
            {
                WorkingDirectory = Path.Combine(Repository(), "zoo/node", service),
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            process.StandardOutput.ReadLine().ShouldBe("ready");
            Thread.Sleep(1000); // some of its work; how much does not matter
            Kill(process.Id, UserSignal2).ShouldBe(0);
            while (!process.HasExited && Directory.GetFiles(folder, "*.heapsnapshot").Length == 0)
            {
                Thread.Sleep(50);
            }

            // It is written piece by piece: what ends as a snapshot does may also be a text in the middle of one.
            var written = Directory.GetFiles(folder, "*.heapsnapshot").ShouldHaveSingleItem();
            while (!process.HasExited && !(EndsAsJson(written) && IsJson(written)))
            {
                Thread.Sleep(50);
            }

            return written;
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private static bool IsJson(string file)
    {
        try
        {
            JsonDocument.Parse(File.ReadAllBytes(file)).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool EndsAsJson(string file)
    {
        using var stream = File.Open(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (stream.Length < 4)
        {
            return false;
        }

        var end = new byte[4];
        stream.Position = stream.Length - end.Length;
        stream.ReadExactly(end);
        return System.Text.Encoding.ASCII.GetString(end).TrimEnd().EndsWith("]}", StringComparison.Ordinal);
    }

    /// <summary>Runs a script of bench/peers/v8 with what tests/setup.sh has fetched.</summary>
    private static string Script(string script, string setting, params string[] arguments)
    {
        var scripts = Path.Combine(Repository(), "bench/peers/v8");
        return Tool.Run(
            "env",
            $"{setting} DEVTOOLS_WORKER={Path.Combine(Peers, "devtools-worker.mjs")} NODE_PATH={Path.Combine(Peers, "node_modules")} "
                + $"node -r {Path.Combine(scripts, "polyfill.cjs")} {Path.Combine(scripts, script)} {string.Join(' ', arguments)}"
        );
    }

    /// <summary>The folder of the repository, above the one that the test runs in.</summary>
    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder.FullName, "zoo")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("there is no zoo above the tests");
        }

        return folder.FullName;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
