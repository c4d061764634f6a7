using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Cases;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Tests;

/// <summary>Where nobody can walk a target's heap, what its runtime says of that takes the place of advice that would be of no use there.</summary>
public sealed class HiddenHeapTests : IDisposable
{
    private const string HiddenHeap = "nobody can walk this heap";

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-hidden-heap-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(HiddenHeap)]
    [InlineData(null)]
    public void It_is_the_advice_for_anonymous_mappings_and_for_nothing_else(string? hidden)
    {
        var file = new CaseFile
        {
            Target = new CaseTarget("app", "native", 42, null),
            StartedAt = DateTimeOffset.UnixEpoch,
            ForSeconds = 60,
            Captures = [Write("01.smaps", 4, 2), Write("02.smaps", 40, 20)],
            HiddenHeap = hidden,
        };

        var diagnosis = CaseAnalysis.Analyze(
            file,
            folder,
            new ProcessHistoryBuilder("app").ToHistory(),
            KnownRuntimes.KnowledgeOf("native"),
            new()
        );

        var anonymous = diagnosis.Suspects.Single(s => s.Subject.StartsWith("[anonymous", StringComparison.Ordinal));
        var heap = diagnosis.Suspects.Single(s => s.Subject == "[heap]");
        (anonymous.Advice == HiddenHeap).ShouldBe(hidden is not null);
        heap.Advice.ShouldNotBe(HiddenHeap);
        diagnosis.Notes.Contains(HiddenHeap).ShouldBe(hidden is not null);
    }

    private CaseCapture Write(string name, int anonymous, int heap)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            55a000000000-55a004000000 rw-p 00000000 00:00 0                          [heap]
            Size:              65536 kB
            Rss:               {heap << 10} kB
            Pss:               {heap << 10} kB
            Anonymous:         {heap << 10} kB
            VmFlags: rd wr mr mw me ac
            7f0000000000-7f0004000000 rw-p 00000000 00:00 0 
            Size:              65536 kB
            Rss:               {anonymous << 10} kB
            Pss:               {anonymous << 10} kB
            Anonymous:         {anonymous << 10} kB
            VmFlags: rd wr mr mw me ac

            """
        );
        File.WriteAllText(Path.Combine(folder, name), text);
        return new CaseCapture(name, "smaps", "mappings", DateTimeOffset.UnixEpoch, text.Length, null);
    }
}
