using Tidemark.Core.Heap;
using Tidemark.Formats;
using Tidemark.Reports.Heaps;

namespace Tidemark.Cli.Commands;

/// <summary>The answer of <c>tidemark top</c> for a heap graph: suspects, types and dominators on one page.</summary>
internal static class HeapTop
{
    private const int Rows = 12;

    public static void Print(HeapSnapshot snapshot, Output output, CancellationToken cancellation) =>
        HeapQuestion.Print(
            new HeapAnswer(snapshot)
            {
                Suspects = HeapQuestion.Suspects(snapshot, Rows, cancellation),
                Histogram = TypeHistogram.Of(snapshot.Graph),
                Dominators = HeapQuestion.Dominators(snapshot, Rows, depth: 1, output),
            },
            Rows,
            output
        );
}
