using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>The trends of one process's signals, each computed when it is first asked for.</summary>
internal sealed class ProcessTrends(Bins bins)
{
    /// <summary>With fewer collections than this the live heap is taken as it stands in each interval.</summary>
    private const int FewCollections = 8;

    private readonly Lazy<List<double[]>> load = new(() => Explanations.OfLoad(bins));

    public Bins Bins => bins;

    public bool HasLoad => load.Value.Count > 0;

    /// <summary>The footprint's floor, without what the load explains.</summary>
    public Trend Footprint => field ??= TrendAnalysis.Of(bins, bins[Signal.Footprint]!.Low, load.Value);

    /// <summary>The footprint's floor as it stands.</summary>
    public Trend FootprintAsSeen =>
        field ??= HasLoad ? TrendAnalysis.Of(bins, bins[Signal.Footprint]!.Low, []) : Footprint;

    /// <summary>What of the footprint cannot be used again, without what the load explains: the footprint itself, where that is not told.</summary>
    public Trend Held =>
        field ??= TellsReusable ? TrendAnalysis.Of(bins, HeldOf(Signal.Footprint), load.Value) : Footprint;

    /// <summary>The same as it stands.</summary>
    public Trend HeldAsSeen =>
        field ??=
            !TellsReusable ? FootprintAsSeen
            : HasLoad ? TrendAnalysis.Of(bins, HeldOf(Signal.Footprint), [])
            : Held;

    /// <summary>What of the footprint cannot be used again, without what load and live heap explain: what was taken beyond them.</summary>
    public Trend FootprintBeyondHeap =>
        field ??= Live is null
            ? Held
            : TrendAnalysis.Of(bins, HeldOf(Signal.Footprint), [.. load.Value, .. Explanations.OfLiveHeap(bins)]);

    /// <summary>The heap after collections, without what the load explains; null where it is not known.</summary>
    public Trend? Live =>
        field ??= bins[Signal.LiveHeap] is { } live
            ? TrendAnalysis.Of(bins, AfterCollections(live.Low), load.Value)
            : null;

    /// <summary>The same as it stands.</summary>
    public Trend? LiveAsSeen =>
        field ??=
            HasLoad && bins[Signal.LiveHeap] is { } live
                ? TrendAnalysis.Of(bins, AfterCollections(live.Low), [])
                : Live;

    /// <summary>The heap taken from the system, without what the live heap explains; null where it is not known.</summary>
    public Trend? Committed =>
        field ??= bins[Signal.CommittedHeap] is not null
            ? TrendAnalysis.Of(bins, HeldOf(Signal.CommittedHeap), Explanations.OfLiveHeap(bins))
            : null;

    /// <summary>A count as it stands, such as threads or cache entries; null where it is not known.</summary>
    public Trend? Count(Signal signal) => bins[signal] is { } values ? TrendAnalysis.Of(bins, values.Mean, []) : null;

    private bool TellsReusable => bins[Signal.ReusableHeap] is not null;

    /// <summary>The floor of what cannot be used again; of everything, where that is not told.</summary>
    private double[] HeldOf(Signal whole) =>
        (TellsReusable ? bins.Without(whole, Signal.ReusableHeap) : bins[whole]!).Low;

    /// <summary>
    /// What the live heap was after each collection: a value that merely stands there until the next collection is no sample.
    /// </summary>
    private static double[] AfterCollections(double[] live)
    {
        var fresh = (double[])live.Clone();
        var kept = 0;
        for (var i = 1; i < live.Length; i++)
        {
            fresh[i] = live[i] == live[i - 1] ? double.NaN : live[i];
            kept += double.IsNaN(fresh[i]) ? 0 : 1;
        }

        return kept >= FewCollections ? fresh : live;
    }
}
