using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Api;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>Which processes are judged, and over which time.</summary>
/// <param name="End">The last instant.</param>
/// <param name="Range">How far to look back from it.</param>
public sealed record FleetOptions(DateTimeOffset End, TimeSpan Range)
{
    /// <summary>Points of a history in detail: a day at one a minute.</summary>
    private const int DetailPoints = 1440;

    /// <summary>Points in detail for each of the screening.</summary>
    private const int Coarsening = 30;

    /// <summary>Points in detail for each of what seldom changes.</summary>
    private const int Rarity = 120;

    /// <summary>Below this many points a screening tells nothing.</summary>
    private const int FewestCoarsePoints = 40;

    /// <summary>Seconds from one sample of the server to the next: a finer step would only repeat samples.</summary>
    public int ScrapeInterval { get; init; } = 15;

    /// <summary>Matchers that select the processes, without the braces; empty for all.</summary>
    public string Matchers { get; init; } = "";

    /// <summary>What the verdict is told beside the histories.</summary>
    public GrowthOptions Growth { get; init; } = GrowthOptions.Default;

    /// <summary>Fetches every history in detail, and not only those that a coarse look finds suspicious.</summary>
    public bool IsThorough { get; init; }

    /// <summary>Pods or instances in one query: as many as Prometheus takes for a set rather than for a pattern.</summary>
    public int ShardSize { get; init; } = 250;

    /// <summary>The same for histories in detail.</summary>
    public int DetailShardSize { get; init; } = 60;

    /// <summary>The instants of a history in detail.</summary>
    public TimeGrid Detail =>
        TimeGrid.Before(End, Range, Math.Max(ScrapeInterval, (int)Math.Ceiling(Range.TotalSeconds / DetailPoints)));

    /// <summary>The instants of the first look; null where the whole history is hardly larger.</summary>
    public TimeGrid? Coarse =>
        !IsThorough && Detail.Coarser(Coarsening) is { Count: >= FewestCoarsePoints } coarse ? coarse : null;

    /// <summary>The instants at which what seldom changes is looked at; they end where the detail ends.</summary>
    public TimeGrid Rare => Detail.Coarser(Rarity);
}

/// <summary>One process with its verdict.</summary>
/// <param name="Target">What people call it.</param>
/// <param name="Labels">Which process it is.</param>
/// <param name="History">What the verdict rests on: in detail, or the floors of the first look.</param>
/// <param name="Verdict">What the graphs say.</param>
/// <param name="Sources">The metrics that its signals came from.</param>
public sealed record FleetProcess(
    string Target,
    LabelSet Labels,
    ProcessHistory History,
    GrowthVerdict Verdict,
    IReadOnlyList<string> Sources
);

/// <summary>How far a check is.</summary>
public readonly record struct FleetProgress(int Parts, int PartsDone, int Processes, int Suspicious);

/// <summary>What a check could not see.</summary>
/// <param name="Processes">How many processes were judged.</param>
/// <param name="Suspicious">How many of them were looked at in detail.</param>
/// <param name="Warnings">What is missing and why, each a sentence.</param>
/// <param name="IsPartial">True where processes are missing, and not only some of their signals.</param>
public sealed record FleetSummary(int Processes, int Suspicious, IReadOnlyList<string> Warnings, bool IsPartial);
