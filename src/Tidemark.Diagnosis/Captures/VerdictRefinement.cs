using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;

namespace Tidemark.Diagnosis.Captures;

/// <summary>What the captures add to the verdict of the graphs: they know what the memory is, the graphs know how it runs over time.</summary>
internal static class VerdictRefinement
{
    public static GrowthVerdict Refine(
        GrowthVerdict graphs,
        ProcessHistory history,
        IReadOnlyList<CaptureSeries> series,
        IReadOnlyList<Suspect> suspects
    )
    {
        if (graphs.Kind == GrowthKind.Leak && suspects.Count > 0 && suspects[0].IsCache)
        {
            return With(
                graphs,
                GrowthKind.UnboundedCache,
                new Evidence("capture", $"the growth is in {suspects[0].Subject}, a keyed collection that never evicts")
            );
        }

        return graphs.Kind == GrowthKind.Fragmentation && FragmentationCase.Layout(history) is { } layout
            ? graphs with
            {
                Evidence = [.. graphs.Evidence, layout],
            }
            : graphs;
    }

    private static GrowthVerdict With(GrowthVerdict graphs, GrowthKind kind, Evidence evidence) =>
        graphs with
        {
            Kind = kind,
            Evidence = [evidence, .. graphs.Evidence],
        };
}
