namespace Tidemark.Worlds;

/// <summary>How a runtime's collector and allocator turn live objects into resident memory.</summary>
public sealed record Collector(string Runtime, string Name)
{
    /// <summary>Heap is taken in steps and never given back.</summary>
    public bool Ratchets { get; init; }

    /// <summary>Hours after which half of the free heap has gone back to the system.</summary>
    public double GivesBackHours { get; init; } = 0.5;

    /// <summary>Heap in use may be this many times the live heap before a collection.</summary>
    public double HeapFactor { get; init; } = 2;

    /// <summary>What the runtime reports as live keeps old garbage until a full collection.</summary>
    public bool KeepsOldGarbage { get; init; }

    /// <summary>Share of a peak that stays resident because of holes.</summary>
    public double HolesAfterPeak { get; init; }

    /// <summary>Has no collector: what is reported is what the allocator holds.</summary>
    public bool CountsReferences { get; init; }
}

/// <summary>Everything that decides how one process lives; scenarios change it, the simulation runs it.</summary>
public sealed class Plan
{
    // Clock, in hours.
    public double IntervalHours { get; set; }
    public double Hours { get; set; }

    // Sizes, in bytes.
    public double Base { get; set; }
    public double Limit { get; set; }
    public double HeapCap { get; set; }
    public required Collector Collector { get; set; }

    // Traffic: requests per second at average load; the rest are shares of it.
    public double RequestRate { get; set; }
    public double DailySwing { get; set; }
    public double WeekendDip { get; set; }
    public double TrafficNoise { get; set; }
    public double TrafficMemoryHours { get; set; }
    public double TrafficDrift { get; set; }
    public double DayPhase { get; set; }
    public double Harmonic { get; set; }

    /// <summary>Multiplies the traffic: organic growth, fewer pods, a crowd. A function of the hour.</summary>
    public Func<double, double> TrafficFactor { get; set; } = _ => 1;

    // What traffic costs.
    public double LiveOfLoad { get; set; }
    public double LoadLagHours { get; set; }
    public double NativeOfLoad { get; set; }

    // Collections.
    public double CollectionHours { get; set; }
    public double OldCollectionHours { get; set; }
    public double OldGarbage { get; set; }

    // Noise, as shares of the base.
    public double LiveNoise { get; set; }
    public double LiveNoiseHours { get; set; }
    public double FootprintNoise { get; set; }
    public double FootprintNoiseHours { get; set; }
    public double Wander { get; set; }
    public double WanderHours { get; set; }
    public bool HeavyTails { get; set; }
    public double QuantumBytes { get; set; } = 4096;

    // Start of a life.
    public double WarmUpHours { get; set; }
    public double WarmUp { get; set; }
    public double AgeAtStart { get; set; }

    /// <summary>Live bytes on top, by the hour in the life, the requests served in it, and the hour on the clock.</summary>
    public Func<double, double, double, double>? Live { get; set; }

    /// <summary>The same for memory outside of the heap.</summary>
    public Func<double, double, double, double>? Native { get; set; }

    /// <summary>The same for heap that is held but not live.</summary>
    public Func<double, double, double, double>? Holes { get; set; }

    /// <summary>Live bytes on top that belong to no growth (batches, bursts), by the hour on the clock.</summary>
    public Func<double, double>? Extra { get; set; }

    /// <summary>File pages in the working set, by the hour on the clock.</summary>
    public Func<double, double>? PageCache { get; set; }

    /// <summary>Cache entries, by the live bytes of <see cref="Live"/>.</summary>
    public Func<double, double, double, double>? Entries { get; set; }
    public Func<double, double, double>? ThreadsOnTop { get; set; }
    public Func<double, double>? HandlesOnTop { get; set; }

    /// <summary>Bytes resident for each thread on top.</summary>
    public double ThreadBytes { get; set; }

    /// <summary>The growth begins at this hour of the clock, with a restart or without.</summary>
    public double GrowthFromHour { get; set; } = double.NaN;
    public bool Pretouched { get; set; }
    public bool WorkingSet { get; set; }

    /// <summary>Hours at which the process restarts, rising.</summary>
    public List<double> Restarts { get; set; } = [];

    /// <summary>The growth comes in steps far apart.</summary>
    public bool GrowsInSteps { get; set; }

    /// <summary>Is killed when the footprint meets the limit (or this share of it).</summary>
    public bool IsKilledAtLimit { get; set; }

    /// <summary>The level after these hours is multiplied: a deploy with another size.</summary>
    public Func<double, double> LevelFactor { get; set; } = _ => 1;
}
