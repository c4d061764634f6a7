namespace Tidemark.Diagnosis.Watching;

/// <summary>Decides when the runtime is asked for a full collection. Its cost is bounded: a small share of the time, or a dozen short pauses.</summary>
internal sealed class CollectionPlan(WatchOptions options)
{
    /// <summary>The target stands still for at most this share of the watch, unless that would leave too few points.</summary>
    private const double PauseShare = 0.02;

    /// <summary>So many points show a trend of the live heap.</summary>
    private const int Points = 24;

    /// <summary>So many are needed to show one at all, whatever share of the time they take, as long as each is short.</summary>
    private const int FewestPoints = 12;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private TimeSpan? next = TimeSpan.Zero;

    /// <summary>How many were made.</summary>
    public int Count { get; private set; }

    /// <summary>How long the target stood still for them, all together.</summary>
    public TimeSpan Pause { get; private set; }

    public bool IsDue(TimeSpan elapsed) => elapsed >= next;

    /// <param name="elapsed">Time since the watch began.</param>
    /// <param name="pause">How long it took; null where the runtime does not do this, and is not asked again.</param>
    public void Took(TimeSpan elapsed, TimeSpan? pause)
    {
        if (pause is null)
        {
            next = null;
            return;
        }

        Count++;
        Pause += pause.Value;
        var atLeast = pause.Value / PauseShare;
        if (pause <= Short && atLeast > options.For / FewestPoints)
        {
            atLeast = options.For / FewestPoints;
        }

        next = elapsed + (options.For / Points > atLeast ? options.For / Points : atLeast);
    }
}
