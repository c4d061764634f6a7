using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Heap;
using Tidemark.Formats;
using Tidemark.Formats.Hprof;
using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>A dump of a real JVM against what that JVM counts itself, and against VisualVM's heap walker.</summary>
public sealed partial class HprofAnswers : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-hprof-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("-XX:+UseSerialGC")]
    [InlineData("-XX:+UseParallelGC", "-XX:-UseCompressedOops")]
    [InlineData("-XX:+UseSerialGC", "-XX:-UseCompressedOops", "-XX:-UseCompressedClassPointers")]
    [InlineData("-XX:+UseSerialGC", "-XX:ObjectAlignmentInBytes=16")]
    [InlineData("-XX:+UseZGC")]
    public void Counts_and_sizes_of_every_class_are_those_of_the_JVM_itself(params string[] options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var dump = Path.Combine(folder, "heap.hprof");
        using var ledger = StartLedger(options);
        Tool.Run("jcmd", $"{ledger.Id} GC.heap_dump {dump}");
        var histogram = Tool.Run("jcmd", $"{ledger.Id} GC.class_histogram");
        Stop(ledger);

        var ours = Types(Read(dump));
        var compared = 0;
        var users = 0;
        foreach (Match row in HistogramRow().Matches(histogram))
        {
            var name = JavaName(row.Groups["class"].Value);
            var (count, bytes) = (Number(row, "count"), Number(row, "bytes"));
            var mine = ours.GetValueOrDefault(name);
            if (name.StartsWith("Ledger", StringComparison.Ordinal))
            {
                mine.ShouldBe((count, bytes), name);
                users++;
            }
            else if (count > 0 && name != "java.lang.Class" && !name.Contains("Lambda", StringComparison.Ordinal))
            {
                // Both questions leave a few objects of the JVM's own behind. A class's own object has other contents in the dump.
                ((double)mine.Count).ShouldBe(count, Math.Max(20, count * 0.01), name);
                ((double)mine.Bytes).ShouldBe(bytes, Math.Max(bytes / count * 20 + 2048, bytes * 0.01), name);
            }

            if (mine.Count > 0 && !name.EndsWith(']') && !HoldsWhatNoDumpTells().IsMatch(name))
            {
                ((double)mine.Bytes / mine.Count).ShouldBe((double)bytes / count, name);
            }

            compared++;
        }

        users.ShouldBe(2);
        compared.ShouldBeGreaterThan(200);
    }

    [Fact]
    public void Counts_of_all_classes_and_retained_sizes_of_the_largest_objects_are_those_of_VisualVM()
    {
        var dump = Path.Combine(folder, "heap.hprof");
        using (var ledger = StartLedger("-XX:+UseSerialGC"))
        {
            Tool.Run("jcmd", $"{ledger.Id} GC.heap_dump {dump}");
            Stop(ledger);
        }

        var graph = Read(dump);
        var types = Types(graph);
        Tool.Run("javac", $"-d {folder} -cp {VisualVm()} {Path.Combine(AppContext.BaseDirectory, "HeapWalk.java")}");
        var answer = Tool.Run("java", $"-Xmx1g -cp {VisualVm()}:{folder} HeapWalk {dump} 300");
        var compared = 0;
        foreach (var row in answer.Split('\n').Select(l => l.Split('\t')))
        {
            if (row[0] == "class" && row[1] != "java.lang.Class")
            {
                types.GetValueOrDefault(row[1]).Count.ShouldBe(Parse(row[2]), row[1]);
            }
            else if (row[0] == "object")
            {
                var node = graph.Find(ulong.Parse(row[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                if (IsComparable(graph, node))
                {
                    graph.TypeNameOf(node).ShouldBe(row[2]);
                    graph.ShallowSize(node).ShouldBe(Parse(row[3]), graph.Describe(node));
                    graph.Dominators.RetainedSize(node).ShouldBe(Parse(row[4]), graph.Describe(node));
                    compared++;
                }
            }
        }

        compared.ShouldBeGreaterThan(100);
    }

    /// <summary>
    /// Where definitions agree: VisualVM gives classes and class loaders other sizes, has threads hold nothing of their stacks,
    /// and knows no objects of which only soft references or finalizers know.
    /// </summary>
    private static bool IsComparable(HeapGraph graph, int node)
    {
        for (var at = node; at >= 0; at = graph.Dominators.ImmediateDominator(at))
        {
            if (
                graph.TypeNameOf(at).StartsWith("Ledger", StringComparison.Ordinal)
                || graph.Describe(at) == "class Ledger"
            )
            {
                return at != node || graph.TypeStoodFor(node) < 0;
            }
        }

        return false;
    }

    private Process StartLedger(params string[] options)
    {
        Tool.Run("javac", $"-d {folder} {Path.Combine(AppContext.BaseDirectory, "Ledger.java")}");
        var process = Process.Start(
            new ProcessStartInfo("java", ["-Xmx200m", .. options, "-cp", folder, "Ledger"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        process.StandardOutput.ReadLine().ShouldBe("ready");
        return process;
    }

    private static void Stop(Process process)
    {
        process.StandardInput.Close();
        process.WaitForExit();
    }

    /// <summary>The heap walker's library from Debian's package, which tests/setup.sh fetches.</summary>
    private static string VisualVm()
    {
        const string installed = "/usr/share/visualvm/visualvm/modules/org-graalvm-visualvm-lib-jfluid-heap.jar";
        var fetched = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            ".cache/tidemark-tests/jfluid-heap.jar"
        );
        return File.Exists(installed) ? installed : fetched;
    }

    private static HeapGraph Read(string dump)
    {
        var snapshot = (HeapSnapshot)new HprofFormat().Read(DumpFile.Open(dump), ReadContext.Quiet);
        snapshot.Warnings.ShouldBeEmpty();
        return snapshot.Graph;
    }

    /// <summary>All objects of the dump by type, reachable or not.</summary>
    private static Dictionary<string, (long Count, long Bytes)> Types(HeapGraph graph)
    {
        var types = new Dictionary<string, (long Count, long Bytes)>(StringComparer.Ordinal);
        for (var node = 0; node < graph.NodeCount; node++)
        {
            var (count, bytes) = types.GetValueOrDefault(graph.TypeNameOf(node));
            types[graph.TypeNameOf(node)] = (count + 1, bytes + graph.ShallowSize(node));
        }

        return types;
    }

    private static string JavaName(string name)
    {
        var dimensions = name.LastIndexOf('[') + 1;
        var element = name[dimensions..];
        var type =
            dimensions == 0 ? element
            : element[0] == 'L' ? element[1..^1]
            : element[0] switch
            {
                'B' => "byte",
                'C' => "char",
                'D' => "double",
                'F' => "float",
                'I' => "int",
                'J' => "long",
                'S' => "short",
                _ => "boolean",
            };
        return type + string.Concat(Enumerable.Repeat("[]", dimensions));
    }

    private static long Number(Match row, string group) => Parse(row.Groups[group].Value);

    private static long Parse(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Classes with fields of the JVM's own or room around fields (<c>@Contended</c>); lambdas have one name for several classes.</summary>
    [GeneratedRegex(
        @"Lambda|^java\.lang\.(Class|Module|Thread|InternalError)$|Thread$|ClassLoader$|InnocuousThread|ReferenceHandler|LogManager\$Cleaner|MemberName$|CallSiteContext$|ResolvedMethodName$|ForkJoin|Striped64|ConcurrentHashMap\$CounterCell|Exchanger"
    )]
    private static partial Regex HoldsWhatNoDumpTells();

    [GeneratedRegex(@"^\s*\d+:\s+(?<count>\d+)\s+(?<bytes>\d+)\s+(?<class>\S+)", RegexOptions.Multiline)]
    private static partial Regex HistogramRow();
}
