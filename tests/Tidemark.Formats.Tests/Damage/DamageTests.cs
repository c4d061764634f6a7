using System.Diagnostics;
using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats.Pprof;

namespace Tidemark.Formats.Tests.Damage;

/// <summary>
/// Every format and every question that is asked to its captures, on files damaged at random: an answer or a clear refusal, in bounded
/// time and memory. A few thousand files a format in every run; TIDEMARK_MUTATIONS=1000000 for a long one.
/// </summary>
public sealed class DamageTests : IDisposable
{
    private const long MostMemory = 1L << 30;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(20);

    private static readonly Regex Main = new("main", RegexOptions.NonBacktracking);

    private readonly TemporaryFile file = new();

    public static TheoryData<string> Formats => [.. DumpFormats.All.Select(f => f.Name)];

    public void Dispose() => file.Dispose();

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_sound_file_is_recognised_and_answers_every_question(string name)
    {
        foreach (var seed in Seeds.Of(name))
        {
            file.Write(seed);
            var opened = DumpFile.Open(file.Path);
            var format = DumpFormats.Detect(opened).ShouldNotBeNull();
            format.Name.ShouldBe(name);
            var snapshot = format.Read(opened, ReadContext.Quiet);
            Ask(snapshot, snapshot);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void The_first_bytes_alone_are_recognised_or_not_and_do_no_harm(string name)
    {
        foreach (var seed in Seeds.Of(name))
        {
            for (var length = 0; length < Math.Min(seed.Length, 40); length++)
            {
                file.Write(seed.AsSpan(0, length));
                Should.NotThrow(() => DumpFormats.Detect(DumpFile.Open(file.Path)), $"{length} bytes");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_damaged_file_gets_an_answer_or_a_clear_refusal(string name)
    {
        var format = DumpFormats.All.Single(f => f.Name == name);
        var seeds = Seeds.Of(name);
        file.Write(seeds[0]);
        var sound = format.Read(DumpFile.Open(file.Path), ReadContext.Quiet);
        var dice = new Random(Mutations.Seed);
        var before = Process.GetCurrentProcess().WorkingSet64;
        for (var i = 0; i < Mutations.Count; i++)
        {
            var damaged = Mutations.Mutate(seeds[i % seeds.Count], dice);
            file.Write(damaged);
            var started = Environment.CpuUsage.TotalTime; // not by the clock: a busy machine lets nobody run for a while
            try
            {
                var opened = DumpFile.Open(file.Path);
                // What is no longer recognised goes to the reader all the same: a user may have named the format.
                _ = DumpFormats.Detect(opened);
                Ask(format.Read(opened, ReadContext.Quiet), sound);
            }
            catch (MalformedDumpException refused)
            {
                refused.Message.ShouldStartWith(file.Path);
                refused.Message.ShouldNotContain("\n");
            }
            catch (Exception defect) when (defect is not ShouldAssertException)
            {
                throw new InvalidOperationException($"file {i}, kept as {Keep(name, i, damaged)}: {defect}", defect);
            }

            if (Environment.CpuUsage.TotalTime - started is var taken && taken > MostTime)
            {
                Assert.Fail($"file {i} took {taken}; kept as {Keep(name, i, damaged)}");
            }

            if (i % 500 == 0 && Process.GetCurrentProcess().WorkingSet64 - before > MostMemory)
            {
                Assert.Fail($"the memory of the process grew by more than 1 GiB by file {i}");
            }
        }
    }

    /// <summary>What the command line asks: all of it must stand what a reader let pass.</summary>
    private static void Ask(Snapshot snapshot, Snapshot before)
    {
        switch (snapshot)
        {
            case HeapSnapshot { Graph: var graph }:
                TypeHistogram.Of(graph);
                DominatorBranch.Top(graph, 10, 3);
                HeapSuspects.Find(graph, new RuntimeKnowledge());
                if (DuplicateContents.Of(graph, 5) is { } duplicates)
                {
                    ContentHolders.Of(graph, duplicates, new RuntimeKnowledge());
                }

                List<int> last = [.. Enumerable.Range(Math.Max(0, graph.NodeCount - 3), Math.Min(graph.NodeCount, 3))];
                RootPaths.FromRoots(graph, last).Dispose();
                Referrers.Of(graph, last, 3);
                for (var node = 0; node < Math.Min(graph.NodeCount, 20); node++)
                {
                    graph.Find(graph.Id(node));
                    graph.Labels.Describe(node);
                    for (var i = 0; i < Math.Min(graph.References(node).Length, 5); i++)
                    {
                        graph.Labels.Reference(node, i);
                    }
                }

                break;
            case ProfileSnapshot { Profile: var profile } when profile.SampleTypes.Count > 0:
                CallGraph.Build(profile, new FunctionTable(profile), profile.DefaultIndex, new GraphTrim());
                CallTree.Of(profile, profile.DefaultIndex);
                FunctionListing.Of(profile, profile.DefaultIndex, Main);
                AllocationSuspects.Find(profile, new RuntimeKnowledge());
                PprofWriter.WriteUnpacked(profile, Stream.Null);
                Compare(((ProfileSnapshot)before).Profile, profile);
                break;
            default:
                break;
        }
    }

    private static void Compare(AllocationProfile before, AllocationProfile now)
    {
        try
        {
            var diff = ProfileDiff.Between(before, now);
            CallGraph.Build(diff.Growth, new FunctionTable(diff.Growth), diff.Growth.DefaultIndex, new GraphTrim());
            AllocationSuspects.Find(diff, new RuntimeKnowledge());
            AllocationSuspects.FindFragmenting(diff, new RuntimeKnowledge());
        }
        catch (IncomparableProfilesException refused)
        {
            refused.Message.ShouldNotContain("\n");
        }
    }

    private static string Keep(string format, int number, byte[] damaged)
    {
        var path = Path.Combine(Path.GetTempPath(), $"tidemark-damaged-{format}-{number}");
        File.WriteAllBytes(path, damaged);
        return path;
    }
}
