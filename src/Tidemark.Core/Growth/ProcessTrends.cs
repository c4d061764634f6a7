using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>The trends of one process's signals, each computed when it is first asked for.</summary>
internal sealed class ProcessTrends(Bins bins)
{
    /// <summary>With fewer collections than this the live heap is taken as it stands in each interval.</summary>
    private const int FewCollections = 4;

    /// <summary>After a collection the live heap is never the same to this share of itself.</summary>
    private const double SameCollection = 1e-4;

    /// <summary>A runtime's books take less than this share of its heap.</summary>
    private const double SmallPart = 0.15;

    /// <summary>Requests that have not risen by this share raise nothing within minutes, and count the time.</summary>
    private const double RisenLoad = 1.1;

    private readonly Lazy<List<double[]>> load = new(() =>
        bins.IsLiveWatch
            ?
            [
                .. LoadLevel.Risen(bins) >= RisenLoad ? Explanations.OfLoad(bins) : [],
                .. Explanations.OfWorkInProgress(bins),
            ]
            : Explanations.OfLoad(bins)
    );

    private readonly Lazy<double[]?> fullCache = new(() => FullCache.Entries(bins));

    private readonly Lazy<List<double[]>> liveHeap = new(() => Explanations.OfLiveHeap(bins));

    /// <summary>The few objects that fragment a heap are alive, and grow in number with what they hold.</summary>
    private const double ManyTimes = 4;

    public Bins Bins => bins;

    public bool HasLoad => load.Value.Count > 0;

    /// <summary>Whether a cache has met its bound: then all signals that hold it are seen without its entries, except as they stand.</summary>
    public bool CacheIsFull => fullCache.Value is not null;

    /// <summary>The footprint's floor, without what the load explains.</summary>
    public Trend Footprint => field ??= FloorOfFootprint.Beside(load.Value, fullCache.Value);

    /// <summary>The footprint's floor as it stands.</summary>
    public Trend FootprintAsSeen => field ??= IsExplained ? FloorOfFootprint.Beside([]) : Footprint;

    /// <summary>What of the footprint cannot be used again, without what the load explains: the footprint itself, where that is not told.</summary>
    public Trend Held => field ??= TellsReusable ? HeldFootprint.Beside(load.Value, fullCache.Value) : Footprint;

    /// <summary>The same as it stands.</summary>
    public Trend HeldAsSeen =>
        field ??=
            !TellsReusable ? FootprintAsSeen
            : IsExplained ? HeldFootprint.Beside([])
            : Held;

    /// <summary>The footprint's floor, without what load and live heap explain: what was taken beyond them.</summary>
    /// <remarks>
    /// Where the runtime tells what it uses again, that and the live heap are taken off. Elsewhere the live heap explains the footprint,
    /// and by any factor: a little growth of what is live may then hide much of what is not.
    /// </remarks>
    public Trend FootprintBeyondHeap =>
        field ??=
            Live is null ? Held
            : TellsReusable ? TrendAnalysis.Of(bins, BeyondLive(Signal.Footprint), load.Value)
            : FloorOfFootprint.Beside([.. load.Value, .. liveHeap.Value], fullCache.Value);

    /// <summary>
    /// True where <see cref="FootprintBeyondHeap"/> goes on and is no small part of how the footprint has moved: the books that a runtime
    /// keeps of its heap grow with the garbage too, by some per cent of it.
    /// </summary>
    public bool GrowsBeyondHeap =>
        FootprintBeyondHeap.GrowsForEver
        && (
            !TellsReusable
            || FootprintBeyondHeap.Best.Rise
                > Math.Max(SmallPart * Range(bins[Signal.Footprint]!.Low), Trend.SmallestRise * FootprintAsSeen.Level)
        );

    /// <summary>True where the runtime tells what it uses again, and what grows beside the live heap is many times what the live heap has gained.</summary>
    public bool GrowsMostlyBesideLive =>
        TellsReusable
        && Live is { } live
        && GrowsBeyondHeap
        && FootprintBeyondHeap.Best.Rise > ManyTimes * live.Best.Rise;

    /// <summary>
    /// True where the runtime tells what it uses again, and what it has taken beside that and the live heap does not grow: then whatever
    /// grows beside these lies outside, even if the difference of two readings scatters too much to show it.
    /// </summary>
    public bool IsAllOutside => TellsReusable && bins.IsLiveWatch && Committed is { Grows: false };

    /// <summary>What lies outside of the heap that was taken from the system, without what the load explains; null where that is not known.</summary>
    public Trend? OutsideHeap =>
        field ??= Outside() is { } outside ? TrendAnalysis.Of(bins, outside, load.Value) : null;

    /// <summary>The heap after collections, without what the load explains; null where it is not known.</summary>
    public Trend? Live => field ??= LiveHeap?.Beside(load.Value, fullCache.Value);

    /// <summary>The same as it stands.</summary>
    public Trend? LiveAsSeen => field ??= IsExplained ? LiveHeap?.Beside([]) : Live;

    /// <summary>The heap taken from the system, without what the live heap explains; null where it is not known.</summary>
    public Trend? Committed =>
        field ??=
            bins[Signal.CommittedHeap] is not { } committed ? null
            : TellsReusable && Live is not null
                ? TrendAnalysis.Of(bins, BeyondLive(Signal.CommittedHeap), bins.IsLiveWatch ? load.Value : [])
            : TrendAnalysis.Of(
                bins,
                committed.Low,
                bins.IsLiveWatch ? [.. load.Value, .. liveHeap.Value] : liveHeap.Value
            );

    /// <summary>
    /// A count: the entries of a cache as they stand, threads and tasks without those that a load which has risen keeps busy (which within
    /// minutes is told by such counts themselves); null where it is not known.
    /// </summary>
    public Trend? Count(Signal signal) =>
        bins[signal] is { } values
            ? TrendAnalysis.Of(
                bins,
                values.Mean,
                signal == Signal.CacheEntries || bins.IsLiveWatch || LoadLevel.Risen(bins) < RisenLoad ? [] : load.Value
            )
            : null;

    /// <summary>
    /// Whether room beside the live heap may be nothing but the collector's: within minutes it takes as much as it likes before
    /// it collects, and only some runtimes tell how much of that they would use again.
    /// </summary>
    public bool HeapIsCollectorsChoice => bins.IsLiveWatch && bins[Signal.GcCount] is not null && !TellsReusable;

    /// <summary>
    /// How often the collector ran in the life in which it ran most, where that is known to be too seldom: then garbage fills the heap at
    /// leisure, and nothing that is held beside the live heap tells anything yet. Null elsewhere, and within minutes, where others look after it.
    /// </summary>
    public int? TooFewCollections
    {
        get
        {
            if (
                bins.IsLiveWatch
                || (bins[Signal.LiveHeap] is { } live && Fresh(live.Low) >= FewCollections)
                || bins.Counted(Signal.GcCount) is not { } counted
            )
            {
                return null;
            }

            var most = double.NaN;
            foreach (var value in counted)
            {
                most = double.IsNaN(value) || value < most ? most : value;
            }

            return most < FewCollections ? (int)most : null;
        }
    }

    private bool IsExplained => HasLoad || CacheIsFull;

    private bool TellsReusable => bins[Signal.ReusableHeap] is not null;

    private TrendAnalysis FloorOfFootprint => field ??= new(bins, bins[Signal.Footprint]!.Low);

    private TrendAnalysis HeldFootprint => field ??= new(bins, bins.Without(Signal.Footprint, Signal.ReusableHeap).Low);

    private TrendAnalysis? LiveHeap =>
        field ??= bins[Signal.LiveHeap] is { } live ? new(bins, AfterCollections(live.Low)) : null;

    /// <summary>The floor of what is neither live nor used again.</summary>
    private double[] BeyondLive(Signal whole) => bins.Without(whole, Signal.ReusableHeap, Signal.LiveHeap).Low;

    private static double Range(double[] values)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            (low, high) = double.IsNaN(value) ? (low, high) : (Math.Min(low, value), Math.Max(high, value));
        }

        return high - low;
    }

    /// <summary>The footprint less the heap taken from the system; null where the heap is larger of late, because it is not resident.</summary>
    private double[]? Outside()
    {
        if (bins[Signal.CommittedHeap] is not { } committed || bins[Signal.LiveHeap] is null)
        {
            return null;
        }

        var footprint = bins[Signal.Footprint]!;
        var outside = bins.Columns.Next();
        for (var i = 0; i < outside.Length; i++)
        {
            outside[i] = footprint.Low[i] - committed.Mean[i];
            if (i > bins.Count / 2 && outside[i] <= 0)
            {
                return null;
            }
        }

        return outside;
    }

    /// <summary>
    /// What the live heap was after each collection: a value that merely stands there until the next collection is no sample.
    /// </summary>
    public static double[] AfterCollections(double[] live)
    {
        var fresh = (double[])live.Clone();
        return KeepFresh(fresh) >= FewCollections ? fresh : live;
    }

    private static int Fresh(double[] live) => KeepFresh((double[])live.Clone());

    /// <summary>Takes out what merely stands there, and counts what is left.</summary>
    private static int KeepFresh(double[] live)
    {
        var (kept, last) = (0, double.NaN);
        foreach (ref var value in live.AsSpan())
        {
            if (Math.Abs(value - last) <= SameCollection * last)
            {
                value = double.NaN;
            }

            last = double.IsNaN(value) ? last : value;
            kept += double.IsNaN(value) ? 0 : 1;
        }

        return kept;
    }
}
