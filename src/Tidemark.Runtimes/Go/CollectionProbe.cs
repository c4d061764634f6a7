namespace Tidemark.Runtimes.Go;

/// <summary>
/// Decides when a collection is worth forcing. A service that allocates little collects every two minutes only, and what is live is known
/// after a collection alone: a watch of a minute would end without having seen it twice.
/// </summary>
/// <remarks>The first comes after four quiet seconds, each further one after a longer wait, and none before fifty times what one takes.</remarks>
internal sealed class CollectionProbe(TimeProvider time)
{
    private const double Stretch = 1.1;
    private const int ShareOfTime = 50;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private TimeSpan gap = First;
    private TimeSpan pause = First;
    private TimeSpan quickest = Longest;
    private long lastCollection = time.GetTimestamp();
    private long lastForced = time.GetTimestamp();

    /// <summary>True where the last collection is so long ago that one should be forced.</summary>
    public bool IsDue => time.GetElapsedTime(lastCollection) >= gap && time.GetElapsedTime(lastForced) >= pause;

    /// <summary>A collection was seen that the program did for itself, or that a capture forced.</summary>
    public void Saw() => lastCollection = time.GetTimestamp();

    /// <summary>One was forced.</summary>
    /// <param name="took">How long it ran beside the program.</param>
    public void Forced(TimeSpan took)
    {
        Saw();
        lastForced = time.GetTimestamp();
        gap = Min(gap * Stretch, Longest);
        // On a busy machine one takes longer than it costs.
        quickest = Min(quickest * Stretch, took);
        pause = TimeSpan.FromTicks(Math.Max(gap.Ticks, quickest.Ticks * ShareOfTime));
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
