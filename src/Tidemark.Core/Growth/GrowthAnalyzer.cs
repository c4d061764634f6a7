using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>A history in, a verdict with its evidence out: pure, deterministic, and fast enough to be asked after every sample.</summary>
public static class GrowthAnalyzer
{
    /// <summary>Judges one process.</summary>
    /// <param name="history">Its signals; the more of them, the surer the verdict. The footprint alone is enough.</param>
    /// <param name="options">What is known beside the history.</param>
    public static GrowthVerdict Analyze(ProcessHistory history, GrowthOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        options ??= GrowthOptions.Default;
        if (Sufficiency.Lack(history, options) is { } lack)
        {
            return lack;
        }

        var bins = OutOfMemoryKills.Cut(Bins.Of(history));
        var verdict = Judge(new ProcessTrends(bins), history, options);
        bins.Columns.GiveBack();
        return verdict;
    }

    private static GrowthVerdict Judge(ProcessTrends trends, ProcessHistory history, GrowthOptions options)
    {
        var decision = KindDecision.Of(trends);
        if (decision.IsLeaking && !Confirmation.Of(decision, history))
        {
            decision = decision.Unconfirmed(trends);
        }

        if (!decision.IsLeaking)
        {
            return new GrowthVerdict(
                decision.Kind,
                decision.Shape,
                decision.Confidence,
                decision.Kind == GrowthKind.Steady ? new Estimate(0, 0, 0) : null,
                null,
                Findings.Of(decision, trends)
            )
            {
                NeedsMore = decision.Kind == GrowthKind.Inconclusive ? TimeSpan.FromHours(trends.Bins.SpanHours) : null,
            };
        }

        var rate = GrowthForecast.Rate(decision, trends);
        return new GrowthVerdict(
            decision.Kind,
            decision.Shape,
            decision.Confidence,
            rate,
            GrowthForecast.OutOfMemory(decision, trends, history, options),
            Findings.Of(decision, trends)
        )
        {
            MayPass = PassingGrowth.Of(decision, trends.Bins),
        };
    }
}
