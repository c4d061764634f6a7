using Tidemark.Core.Growth;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Watching;

/// <summary>Decides when which capture is worth its cost.</summary>
/// <remarks>
/// A cheap capture is taken early, in the middle and at the end, because three points tell growth that goes on from growth that
/// has stopped. A dear one waits until the graphs show growth of what it shows, and is taken twice at the most.
/// </remarks>
internal sealed class CapturePlan(CaptureMethod method, CaptureEstimate estimate, WatchOptions options)
{
    /// <summary>A capture with a shorter pause and a smaller file is taken without a reason to suspect anything.</summary>
    private static readonly TimeSpan CheapPause = TimeSpan.FromSeconds(2);
    private const long CheapBytes = 512L << 20;

    private const double BaselineAt = 0.1;
    private const double RestAfterFailure = 0.1;
    private const double MiddleAt = 0.55;
    private const double LastChanceForDearBaseline = 0.75;

    private TimeSpan end = options.For - Reserve(options, estimate);
    private CaptureEstimate estimate = estimate;
    private TimeSpan? lastAt;
    private TimeSpan? failedAt;

    public CaptureMethod Method { get; } = method;

    /// <summary>What the next one is expected to cost: the heap grows, and what the last one cost is known.</summary>
    public CaptureEstimate Estimate
    {
        get => estimate;
        set
        {
            estimate = value;
            if (Taken < 2)
            {
                end = options.For - Reserve(options, value);
            }
        }
    }

    public bool IsCheap { get; } =
        estimate.Pause <= CheapPause && estimate.DiskBytes <= CheapBytes && !method.ChangesTarget;

    /// <summary>How many were taken.</summary>
    public int Taken { get; private set; }

    /// <summary>True once it has failed for good: it is not tried again.</summary>
    public bool GivenUp { get; private set; }

    /// <summary>True where the capture should be taken now.</summary>
    /// <param name="elapsed">Time since the watch began.</param>
    /// <param name="verdict">What the graphs say so far.</param>
    public bool IsDue(TimeSpan elapsed, GrowthVerdict verdict)
    {
        if (GivenUp || elapsed < failedAt + (options.For * RestAfterFailure))
        {
            return false;
        }

        var growthIsClear = Method.ShowsLiveHeapOnly
            ? verdict.Kind is GrowthKind.Leak or GrowthKind.UnboundedCache or GrowthKind.Load
            : verdict.IsLeaking || verdict.Kind == GrowthKind.Load;

        return (Taken, IsCheap) switch
        {
            (0, true) => elapsed >= options.For * BaselineAt,
            (0, false) => growthIsClear
                && elapsed >= options.For * BaselineAt
                && elapsed <= options.For * LastChanceForDearBaseline,
            (1, true) => elapsed >= options.For * MiddleAt && elapsed < end - (options.For * BaselineAt),
            _ => false,
        };
    }

    /// <summary>True where the watch must turn to the last capture now, to be ready in time.</summary>
    public bool IsLastDue(TimeSpan elapsed) =>
        !GivenUp
        && !(elapsed < failedAt + (options.For * RestAfterFailure))
        && Taken > 0
        && (IsCheap || Taken < 2)
        && elapsed >= end
        && lastAt < end - (options.For * 0.05);

    public void Took(TimeSpan elapsed)
    {
        Taken++;
        lastAt = elapsed;
    }

    /// <summary>Why it failed, where that was not told yet: what is taken at the second attempt may be all that there is to say.</summary>
    public string? Failure { get; set; }

    /// <summary>What is cheap is tried once more after a failure, a little later; anything else is given up.</summary>
    public void Failed(TimeSpan elapsed, string why)
    {
        GivenUp = failedAt is not null || !IsCheap;
        failedAt = elapsed;
        Failure = why;
    }

    public void GiveUp() => GivenUp = true;

    /// <summary>The time kept at the end for the last capture, which must not make the watch longer than was asked.</summary>
    private static TimeSpan Reserve(WatchOptions options, CaptureEstimate estimate)
    {
        var wanted = (estimate.Pause * 2) + TimeSpan.FromSeconds(1);
        return wanted < options.For * 0.3 ? wanted : options.For * 0.3;
    }
}
