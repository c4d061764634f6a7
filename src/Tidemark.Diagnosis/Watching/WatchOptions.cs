namespace Tidemark.Diagnosis.Watching;

/// <summary>How long and how closely a process is watched, and what its captures may cost.</summary>
public sealed record WatchOptions
{
    /// <summary>The longest watch.</summary>
    public TimeSpan For { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>What runs when the time is up may go on for this long, and four times the pause that is expected of it; then it is given up.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>No capture is taken whose expected pause is longer.</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A memory limit where none can be read, in bytes.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>False to answer from the graphs alone.</summary>
    public bool Captures { get; init; } = true;

    /// <summary>True to have the process give back what it can spare at the end of the watch, and to say how much that was.</summary>
    public bool TryRelease { get; init; }

    /// <summary>Two samples a second in a short watch, some six hundred in a long one: enough for the verdict, nothing to the target.</summary>
    public TimeSpan Interval => TimeSpan.FromSeconds(Math.Clamp(For.TotalSeconds / 600, 0.5, 30));
}
