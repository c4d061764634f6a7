namespace Tidemark.Core.Growth;

/// <summary>The kinds of growth; their names are those of the contract in kebab case.</summary>
public enum GrowthKind
{
    /// <summary>No growth beyond noise and season.</summary>
    Steady,

    /// <summary>Grew, and has levelled off or is measurably levelling off at a bound.</summary>
    WarmUp,

    /// <summary>Grows as the work grows.</summary>
    Load,

    /// <summary>Live memory grows without bound, and load does not explain it.</summary>
    Leak,

    /// <summary>Live memory grows into a keyed collection that never evicts; growth follows new keys.</summary>
    UnboundedCache,

    /// <summary>Footprint or committed heap grows, or stays far above live memory long after that fell, while live memory does not grow.</summary>
    Fragmentation,

    /// <summary>Footprint grows outside the managed heap.</summary>
    NativeLeak,

    /// <summary>Too little, too short or too broken a history.</summary>
    Inconclusive,
}

/// <summary>What the kinds have in common.</summary>
internal static class GrowthKinds
{
    /// <summary>True for the kinds that end in an out-of-memory kill if nobody acts.</summary>
    public static bool IsLeaking(this GrowthKind kind) =>
        kind is GrowthKind.Leak or GrowthKind.UnboundedCache or GrowthKind.Fragmentation or GrowthKind.NativeLeak;
}

/// <summary>How the growth runs over time.</summary>
public enum GrowthShape
{
    Flat,
    Linear,
    Logarithmic,
    Step,
    Sawtooth,
    Accelerating,
}

/// <summary>An estimate with the interval that holds the truth nine times in ten.</summary>
public readonly record struct Estimate(double Value, double Low, double High);

/// <summary>When a limit will be met; null times are beyond what can be foreseen.</summary>
/// <param name="LimitBytes">The limit that is met first: of the footprint, or the runtime's own cap on the live heap.</param>
/// <param name="At">The likeliest time.</param>
/// <param name="Earliest">Not sooner than this, at nine in ten.</param>
/// <param name="Latest">Not later than this, at nine in ten; null where the growth may yet stop short of the limit.</param>
public sealed record OutOfMemoryForecast(
    long LimitBytes,
    DateTimeOffset At,
    DateTimeOffset Earliest,
    DateTimeOffset? Latest
);

/// <summary>One observation that a verdict rests on.</summary>
/// <param name="Signal">The signal's name, such as <c>live-heap</c>.</param>
/// <param name="Finding">A sentence that an engineer accepts.</param>
/// <param name="Value">The figure in that sentence, where there is one.</param>
/// <param name="Unit">Its unit, such as <c>bytes/hour</c>.</param>
public sealed record Evidence(string Signal, string Finding, double? Value = null, string? Unit = null);

/// <summary>What the graphs of one process say: one of the kinds, with the evidence that decided it.</summary>
/// <param name="Kind">The kind of growth.</param>
/// <param name="Shape">How it runs over time.</param>
/// <param name="Confidence">The odds that the kind's side (leaking or healthy) is right, 0 to 1.</param>
/// <param name="BytesPerHour">Underlying growth of the footprint, seasons and sawtooth averaged out; null where nothing can be said.</param>
/// <param name="OutOfMemory">When a limit will be met; null without a limit or without growth.</param>
/// <param name="Evidence">What decided it, most important first.</param>
public sealed record GrowthVerdict(
    GrowthKind Kind,
    GrowthShape Shape,
    double Confidence,
    Estimate? BytesPerHour,
    OutOfMemoryForecast? OutOfMemory,
    IReadOnlyList<Evidence> Evidence
)
{
    /// <summary>True for the kinds that end in an out-of-memory kill if nobody acts.</summary>
    public bool IsLeaking => Kind.IsLeaking();

    /// <summary>For an inconclusive verdict: how much longer the process must be watched, where that can be said.</summary>
    public TimeSpan? NeedsMore { get; init; }

    /// <summary>For a leaking verdict: whether the growth may be over by itself within half a day; see <see cref="PassingGrowth"/>.</summary>
    public bool MayPass { get; init; }
}
