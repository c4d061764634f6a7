using Tidemark.Core.Series;

namespace Tidemark.Worlds;

/// <summary>A simulated process, what is seen of it, and what is true of it.</summary>
public sealed class World
{
    private static readonly Collector[] Collectors =
    [
        new("jvm", "g1") { Ratchets = true, KeepsOldGarbage = true },
        new("jvm", "parallel")
        {
            Ratchets = true,
            KeepsOldGarbage = true,
            HeapFactor = 3,
        },
        new("jvm", "zgc") { GivesBackHours = 0.1, HeapFactor = 1.6 },
        new("go", "") { GivesBackHours = 0.15, HeapFactor = 2 },
        new("node", "v8")
        {
            GivesBackHours = 0.05,
            HeapFactor = 1.7,
            KeepsOldGarbage = true,
        },
        new("dotnet", "dotnet-workstation")
        {
            GivesBackHours = 0.3,
            HeapFactor = 1.8,
            KeepsOldGarbage = true,
        },
        new("dotnet", "dotnet-server")
        {
            GivesBackHours = 6,
            HeapFactor = 3,
            KeepsOldGarbage = true,
        },
        new("python", "cpython")
        {
            CountsReferences = true,
            HolesAfterPeak = 0.15,
            HeapFactor = 1,
            GivesBackHours = 0.01,
        },
        new("native", "glibc")
        {
            CountsReferences = true,
            HolesAfterPeak = 0.25,
            HeapFactor = 1,
            GivesBackHours = 0.01,
        },
        new("native", "jemalloc")
        {
            CountsReferences = true,
            HolesAfterPeak = 0.05,
            HeapFactor = 1,
            GivesBackHours = 0.003,
        },
    ];

    private readonly List<Instant> instants;
    private readonly List<Instant> twin;
    private readonly ulong seed;

    private World(Scenario scenario, Plan plan, ulong seed, string signalSet)
    {
        Scenario = scenario;
        Plan = plan;
        SignalSet = signalSet;
        this.seed = seed;
        Leaking = Truth.IsLeaking(scenario.Kind);
        if (!Leaking && plan.Limit > 0)
        {
            // Nobody runs a healthy process against its limit.
            (var limit, plan.Limit) = (plan.Limit, 0);
            var most = Simulation.Run(plan, seed, plan.Hours, withGrowth: true).Max(i => i.Footprint);
            plan.Limit = Math.Max(limit, Math.Ceiling(1.12 * most / (128 << 20)) * (128 << 20));
        }

        instants = Simulation.Run(plan, seed, HoursToCome, withGrowth: true);
        twin = Leaking ? Simulation.Run(plan, seed, plan.Hours * 1.7, withGrowth: false) : instants;
    }

    public Scenario Scenario { get; }

    public Plan Plan { get; }

    public string SignalSet { get; }

    public bool Leaking { get; }

    /// <summary>When the process was first watched, in seconds since 1970.</summary>
    public double Start { get; private init; }

    /// <summary>The n-th world of a seed: the same for ever.</summary>
    public static World Create(ulong seed, WorldOptions options)
    {
        for (ulong attempt = 0; ; attempt++)
        {
            var dice = new Dice((seed * 1000) + attempt);
            var scenario = options.Scenarios[dice.Count(0, options.Scenarios.Count - 1)];
            var plan = NewPlan(dice, options, scenario);
            if (
                plan.Hours / 24 < scenario.MinimumDays
                || plan.Hours / 24 > scenario.MaximumDays
                || (scenario.Runtimes.Length > 0 && !scenario.Runtimes.Contains(plan.Collector.Runtime))
            )
            {
                continue;
            }

            var grown = dice.Magnitude(0.05, 0.4) * plan.Limit;
            var hasLimit = scenario.NeedsLimit || dice.Chance(0.85);
            scenario.Arrange(plan, dice, grown);
            plan.Limit = hasLimit ? plan.Limit : 0;
            string[] sets = ["footprint", "footprint+requests", "footprint+live", "all", "all"];
            return new World(scenario, plan, (seed * 7919) + 17, options.SignalSet ?? sets[dice.Count(0, 4)])
            {
                Start = 1.74e9 + (60 * Math.Floor(dice.Uniform() * 500000)),
            };
        }
    }

    /// <summary>What is seen of it up to an hour: the signals of the set, with gaps and missing samples.</summary>
    public ProcessHistory History(string name, double untilHour)
    {
        var dice = new Dice(seed + 99);
        var builder = new ProcessHistoryBuilder(name);
        var sample = new SignalSample();
        var missing = dice.Pick(0, 0, 0.005, 0.05);
        var jitter = dice.Chance(0.2) ? 0.3 : 0;
        var (gapFrom, gapHours) = dice.Chance(0.15)
            ? (dice.Uniform() * Plan.Hours, dice.Between(0.01, 0.3) * Plan.Hours)
            : (double.MaxValue, 0);
        var downUntil = -1.0;
        var life = 0;
        var live = SignalSet is "all" or "footprint+live";
        var requests = SignalSet is "all" or "footprint+requests";
        var (threads, handles, entries, committed, gc) = (
            dice.Chance(0.7),
            dice.Chance(0.6),
            dice.Chance(0.5),
            dice.Chance(0.9),
            dice.Chance(0.9)
        );
        foreach (var i in instants)
        {
            if (i.Hour > untilHour)
            {
                break;
            }

            if (i.Life != life)
            {
                life = i.Life;
                downUntil = i.Hour + (Plan.IntervalHours * dice.Count(0, 3));
            }

            var keep =
                !dice.Chance(missing * 0.3)
                && !(i.Hour >= gapFrom && i.Hour < gapFrom + gapHours)
                && i.Hour >= downUntil;
            double Seen(double value) => dice.Chance(missing * 0.3) ? double.NaN : value;
            sample.Clear();
            sample[Signal.Footprint] = Seen(i.Footprint);
            if (Plan.Limit > 0)
            {
                sample[Signal.Limit] = Plan.Limit;
            }

            if (live)
            {
                sample[Signal.LiveHeap] = Seen(i.Live);
            }

            if (requests)
            {
                sample[Signal.Requests] = Seen(i.Requests);
            }

            if (SignalSet == "all")
            {
                sample[Signal.CommittedHeap] =
                    committed && Plan.Collector.Name != "glibc" ? Seen(i.Committed) : double.NaN;
                sample[Signal.GcPause] = gc && !Plan.Collector.CountsReferences ? i.GcPause : double.NaN;
                sample[Signal.GcCount] = gc && !Plan.Collector.CountsReferences ? i.GcCount : double.NaN;
                sample[Signal.CacheEntries] = entries ? i.Entries : double.NaN;
                sample[Signal.Threads] = threads ? i.Threads : double.NaN;
                sample[Signal.Handles] = handles ? i.Handles : double.NaN;
            }

            if (keep)
            {
                builder.Add(Start + (i.Hour * 3600) + (jitter * Plan.IntervalHours * 3600 * dice.Uniform()), sample);
            }
        }

        var history = builder.ToHistory();
        return history.CutAt(RestartInference.Find(history));
    }

    /// <summary>Everything that happens to it, far beyond what is seen.</summary>
    internal IReadOnlyList<Instant> Instants => instants;

    /// <summary>The same process where nobody restarts it after an hour of the history, neither by plan nor because it was killed.</summary>
    internal IReadOnlyList<Instant> LeftAloneAfter(double hour) =>
        instants.FindLast(i => i.Hour <= hour).Life == instants[^1].Life
            ? instants
            : Simulation.Run(Plan, seed, HoursToCome, withGrowth: true, attendedHours: hour);

    private double HoursToCome => Plan.Hours * (Leaking && Plan.Limit > 0 ? 3.5 : 1.7);

    public Truth TruthAt(string name, double untilHour, string baseName) =>
        Truth.Of(this, instants, twin, name, untilHour, baseName);

    private static Plan NewPlan(Dice d, WorldOptions options, Scenario scenario)
    {
        var isLong = d.Chance(options.LongShare);
        var hours =
            options.Hours is { } h ? d.Magnitude(h.Low, h.High)
            : isLong ? d.Between(3.2, 14) * 24
            : d.Magnitude(2, 24);
        var samples = options.Samples is { } s ? d.Magnitude(s.Low, s.High) : d.Magnitude(240, 2500);
        double[] intervals =
            options.Hours is null || options.Hours.Value.Low >= 1 ? [15, 30, 60, 120, 300, 600] : [0.5, 1];
        var interval = intervals.MinBy(i => Math.Abs(Math.Log(hours * 3600 / samples / i))) / 3600;
        var collector = d.Pick<Collector>(Collectors);
        var size = d.Magnitude(60e6, 3e9);
        var noise = d.Magnitude(0.0015, 0.02);
        return new Plan
        {
            Collector = collector,
            IntervalHours = interval,
            Hours = hours,
            Base = size,
            Limit = Math.Max(Math.Round(size / d.Between(0.18, 0.5) / (128 << 20)) * (128 << 20), 128 << 20),
            RequestRate = d.Magnitude(0.3, 3000),
            DailySwing =
                options.Hours is null || options.Hours.Value.Low >= 1
                    ? d.Pick(0, d.Between(0.1, 0.6), d.Between(0.3, 0.8))
                    : 0,
            WeekendDip = d.Pick(0, 0, 0.4),
            TrafficNoise = d.Between(0.02, 0.2),
            TrafficMemoryHours = hours * d.Magnitude(0.002, 0.05),
            TrafficDrift = d.Pick(0, 0, d.Between(-0.3, 0.15)),
            DayPhase = d.Uniform() * 7,
            Harmonic = d.Between(0, 0.4),
            LiveOfLoad = size * d.Pick(0.01, 0.05, d.Between(0, 0.25)),
            LoadLagHours = d.Magnitude(interval, Math.Max(2 * interval, hours * 0.01)),
            CollectionHours = d.Magnitude(interval * 0.1, Math.Max(interval, hours * 0.04)),
            LiveNoise = noise,
            LiveNoiseHours = hours * d.Magnitude(0.001, 0.03),
            FootprintNoise = noise * 0.7,
            FootprintNoiseHours = hours * d.Magnitude(0.001, 0.03),
            Wander = d.Pick(0, d.Magnitude(0.001, 0.012)),
            WanderHours = hours * d.Magnitude(0.02, 0.1),
            HeavyTails = d.Chance(0.25),
            QuantumBytes = d.Pick<double>(4096, 4096, 1 << 20),
            WarmUp = d.Chance(0.35) ? d.Between(0.1, 0.5) : 0,
            WarmUpHours = hours * d.Magnitude(0.003, 0.04),
            AgeAtStart = d.Pick(0, hours * d.Magnitude(0.1, 5)),
            WorkingSet = d.Chance(0.25),
            ThreadBytes = 100e3,
        };
    }
}

/// <summary>Which worlds are drawn.</summary>
public sealed record WorldOptions
{
    public IReadOnlyList<Scenario> Scenarios { get; init; } = Worlds.Scenarios.All;

    /// <summary>One of the four signal sets; null for a mixture.</summary>
    public string? SignalSet { get; init; }

    /// <summary>The share of histories of several days; the others are of hours.</summary>
    public double LongShare { get; init; } = 0.65;

    /// <summary>Instead: lengths in hours, sampled every half second or second, as a live watch does.</summary>
    public (double Low, double High)? Hours { get; init; }

    public (double Low, double High)? Samples { get; init; }
}
