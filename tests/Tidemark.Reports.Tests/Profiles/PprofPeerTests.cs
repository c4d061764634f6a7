using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Formats;
using Tidemark.Formats.Pprof;
using Tidemark.Reports.Profiles;

namespace Tidemark.Reports.Tests.Profiles;

/// <summary>Row for row against <c>go tool pprof</c>, on profiles of a real service and on drawn ones.</summary>
public sealed class PprofPeerTests(RealProfiles real) : IClassFixture<RealProfiles>, IDisposable
{
    private const int TreeNodes = 80;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("tidemark-peer");

    [Theory]
    [InlineData("inuse_space")]
    [InlineData("inuse_objects")]
    [InlineData("alloc_space")]
    [InlineData("alloc_objects")]
    public void Top_of_a_real_heap_profile(string column)
    {
        foreach (var file in new[] { real.HeapBefore, real.HeapAfter })
        {
            Top(Read(file), column, new GraphTrim())
                .ShouldEqual(GoToolPprof.Report("-top", $"-sample_index={column}", file));
        }
    }

    [Fact]
    public void Top_sorted_by_cum_and_cut() =>
        Top(Read(real.HeapAfter), "alloc_space", new GraphTrim(ByCum: true, NodeCount: 15))
            .ShouldEqual(
                GoToolPprof.Report("-top", "-cum", "-nodecount=15", "-sample_index=alloc_space", real.HeapAfter)
            );

    [Fact]
    public void Top_of_a_real_goroutine_profile() =>
        Top(Read(real.Goroutines), null, new GraphTrim()).ShouldEqual(GoToolPprof.Report("-top", real.Goroutines));

    [Theory]
    [InlineData("inuse_space")]
    [InlineData("alloc_objects")]
    public void Difference_of_two_real_profiles(string column)
    {
        var growth = ProfileDiff.Between(Read(real.HeapBefore), Read(real.HeapAfter)).Growth;

        Top(growth, column, new GraphTrim())
            .ShouldEqual(
                GoToolPprof.Report("-top", $"-sample_index={column}", "-base", real.HeapBefore, real.HeapAfter)
            );
    }

    [Theory]
    [InlineData("inuse_objects")]
    [InlineData("alloc_space")]
    public void Difference_in_shares_of_the_base(string column)
    {
        var diff = ProfileDiff.Between(Read(real.HeapBefore), Read(real.HeapAfter));
        var question = new ProfileQuestion(diff.Growth, column);
        question = question with { Total = CallGraph.TotalOf(diff.Base(question.SampleType)) };

        Lines(w => ProfileText.WriteTop(w, question, new GraphTrim(ByCum: true)))
            .ShouldEqual(
                GoToolPprof.Report(
                    "-top",
                    "-cum",
                    $"-sample_index={column}",
                    "-diff_base",
                    real.HeapBefore,
                    real.HeapAfter
                )
            );
    }

    [Fact]
    public void Peek_at_a_difference() =>
        Tree(
                ProfileDiff.Between(Read(real.HeapBefore), Read(real.HeapAfter)).Growth,
                "alloc_space",
                GraphTrim.None,
                "Subscribe"
            )
            .InAnyOrderWithinBlocks()
            .ShouldEqual(
                GoToolPprof
                    .Report("-peek", "Subscribe", "-sample_index=alloc_space", "-base", real.HeapBefore, real.HeapAfter)
                    .InAnyOrderWithinBlocks()
            );

    [Fact]
    public void Tree_of_a_real_profile() =>
        Tree(Read(real.HeapAfter), "alloc_space", new GraphTrim(NodeCount: TreeNodes), null)
            .ShouldEqual(GoToolPprof.Report("-tree", "-sample_index=alloc_space", real.HeapAfter));

    [Fact]
    public void Peek_at_a_real_profile() =>
        Tree(Read(real.HeapAfter), "alloc_space", GraphTrim.None, "json|Subscribe")
            .ShouldEqual(GoToolPprof.Report("-peek", "json|Subscribe", "-sample_index=alloc_space", real.HeapAfter));

    [Fact]
    public void Listing_of_a_real_profile() =>
        List(Read(real.HeapAfter), "inuse_space", @"main\.")
            .ShouldEqual(GoToolPprof.Report("-list", @"main\.", real.HeapAfter));

    [Fact]
    public void Listing_of_a_difference() =>
        List(ProfileDiff.Between(Read(real.HeapBefore), Read(real.HeapAfter)).Growth, "inuse_space", "Subscribe")
            .ShouldEqual(GoToolPprof.Report("-list", "Subscribe", "-base", real.HeapBefore, real.HeapAfter));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Everything_of_drawn_profiles(int seed)
    {
        var (before, after) = (Draw(seed), Draw(seed + 100));

        Top(Read(before), null, new GraphTrim()).ShouldEqual(GoToolPprof.Report("-top", before));
        Tree(Read(before), null, new GraphTrim(NodeCount: TreeNodes), null)
            .ShouldEqual(GoToolPprof.Report("-tree", before));
        Tree(Read(before), null, GraphTrim.None, "f1").ShouldEqual(GoToolPprof.Report("-peek", "f1", before));
        var growth = ProfileDiff.Between(Read(before), Read(after)).Growth;
        Top(growth, null, new GraphTrim()).ShouldEqual(GoToolPprof.Report("-top", "-base", before, after));
        Tree(growth, null, new GraphTrim(NodeCount: TreeNodes), null)
            .InAnyOrderWithinBlocks()
            .ShouldEqual(GoToolPprof.Report("-tree", "-base", before, after).InAnyOrderWithinBlocks());
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static IReadOnlyList<string> Top(AllocationProfile profile, string? column, GraphTrim trim) =>
        Lines(w => ProfileText.WriteTop(w, new ProfileQuestion(profile, column), trim));

    private static IReadOnlyList<string> Tree(
        AllocationProfile profile,
        string? column,
        GraphTrim trim,
        string? filter
    ) =>
        Lines(w =>
            ProfileText.WriteTree(
                w,
                new ProfileQuestion(profile, column),
                trim,
                filter is null ? null : new Regex(filter, RegexOptions.None, TimeSpan.FromSeconds(1))
            )
        );

    private static IReadOnlyList<string> List(AllocationProfile profile, string column, string function)
    {
        var question = new ProfileQuestion(profile, column);
        var functions = new Regex(function, RegexOptions.None, TimeSpan.FromSeconds(1));
        var listings = FunctionListing.Of(question.Profile, question.SampleType, functions);
        return Lines(w => ProfileText.WriteListing(w, question, listings, new SourceTree([])));
    }

    private static IReadOnlyList<string> Lines(Action<TextWriter> write)
    {
        using var text = new StringWriter();
        write(text);
        return GoToolPprof.Lines(text.ToString());
    }

    private static AllocationProfile Read(string path) =>
        ((ProfileSnapshot)new PprofFormat().Read(DumpFile.Open(path), ReadContext.Quiet)).Profile;

    /// <summary>Recursive, inlined, partly nameless stacks with labels, and allocators that the profile wants left out.</summary>
    private string Draw(int seed)
    {
        var random = new Random(seed);
        var builder = new AllocationProfileBuilder([SampleType.InUseObjects, SampleType.InUseSpace])
        {
            Header = new ProfileHeader { DropFrames = "f7|malloc", KeepFrames = "f71" },
        };
        var module = builder.AddModule(new Module("/usr/lib/libdrawn.so.1", "", 0x10000, 0x90000));
        for (var s = 0; s < 400; s++)
        {
            var stack = new List<int>();
            for (var depth = 1 + random.Next(12); stack.Count < depth; )
            {
                var function = random.Next(90);
                var address = 0x10000UL + ((ulong)function * 16);
                if (function % 11 == 0)
                {
                    var nameless = builder.AddFunction(new Function("", ""));
                    stack.Add(builder.AddFrame(new Frame(nameless, 0, IsInlined: false, address, module)));
                    continue;
                }

                if (function % 5 == 0)
                {
                    var inlined = builder.AddFunction(new Function($"f{function / 5}", "inlined.h"));
                    stack.Add(builder.AddFrame(new Frame(inlined, 3, IsInlined: true, address, module)));
                }

                var outer = builder.AddFunction(new Function($"f{function}", $"file{function % 7}.cc", 10));
                stack.Add(builder.AddFrame(new Frame(outer, 12, IsInlined: false, address, module)));
            }

            var size = 16L << random.Next(12);
            var count = (long)(random.NextDouble() * random.Next(1, 1000));
            builder.Add([.. stack], [count, count * size], builder.AddLabels([new Label("bytes", null, size)]));
        }

        var path = Path.Combine(folder.FullName, $"{seed}.pb.gz");
        using var file = File.Create(path);
        PprofWriter.Write(builder.Build(), file);
        return path;
    }
}
