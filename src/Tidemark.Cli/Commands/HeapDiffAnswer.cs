using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Reports.Heaps;
using Tidemark.Reports.Json;

namespace Tidemark.Cli.Commands;

/// <summary>The answer of <c>tidemark diff</c> for heap graphs.</summary>
internal static class HeapDiffAnswer
{
    private const int MostSuspects = 12;
    private const int MostTypes = 25;
    private const int MostSurvivors = 12;

    public static void Print(
        IReadOnlyList<string> paths,
        IReadOnlyList<HeapSnapshot> snapshots,
        Output output,
        CancellationToken cancellation
    )
    {
        var diff = HeapDiff.Between([.. snapshots.Select(s => s.Graph)], cancellation);
        var options = new HeapSuspectOptions { Most = MostSuspects };
        var knowledge = HeapQuestion.Knowledge(snapshots[^1]);
        var suspects = HeapSuspects.Find(diff, knowledge, options, cancellation);
        var survivors = Survivors.Of(diff, knowledge, MostSurvivors, cancellation);
        if (output.Format == OutputFormat.Json)
        {
            var files = (paths[0], paths[^1], snapshots[^1].Format);
            output.Lines.WriteLine(ReportJson.Write(HeapDiffDocument.Of(files, diff, suspects, survivors)));
        }
        else
        {
            HeapText.WriteDiff(output.Answer, diff, suspects, MostTypes);
            if (survivors is not null)
            {
                SurvivorText.Write(output.Answer, survivors);
            }
        }
    }
}
