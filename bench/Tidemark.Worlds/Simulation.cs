namespace Tidemark.Worlds;

/// <summary>One instant of a simulated process; <c>Grown</c> is what the fault has added to the footprint by then, without any noise.</summary>
public readonly record struct Instant(
    double Hour,
    int Life,
    double Footprint,
    double Live,
    double TrueLive,
    double Committed,
    double Requests,
    double GcPause,
    double GcCount,
    double Entries,
    double Threads,
    double Handles,
    double Grown
);

/// <summary>Runs a plan: traffic, live objects, garbage and collections, heap, resident memory, restarts.</summary>
public static class Simulation
{
    /// <param name="plan">How the process lives.</param>
    /// <param name="seed">The same noise for the same seed, with the growth or without it.</param>
    /// <param name="hours">How long to run.</param>
    /// <param name="withGrowth">False for the twin without the fault.</param>
    /// <param name="attendedHours">Until when somebody restarts it; by default as long as it is watched.</param>
    public static List<Instant> Run(
        Plan plan,
        ulong seed,
        double hours,
        bool withGrowth,
        double attendedHours = double.PositiveInfinity
    )
    {
        attendedHours = Math.Min(attendedHours, plan.Hours);
        var dice = new Dice(seed);
        var instants = new List<Instant>((int)(hours / plan.IntervalHours) + 2);
        var dt = plan.IntervalHours;
        var (traffic, lagged, liveNoise, footprintNoise, wander) = (0.0, double.NaN, 0.0, 0.0, 0.0);
        var (garbage, old, reported, committed, resident) = (0.0, 0.0, double.NaN, 0.0, 0.0);
        var (requests, pause, collections, peak) = (0.0, 0.0, 0.0, 0.0);
        var (life, born, sinceOld) = (0, -plan.AgeAtStart, 0.0);
        var restart = 0;
        var garbageSize = Math.Max(0.02, plan.Collector.HeapFactor - 1);
        // Counters of a process that was there before it was watched.
        requests = plan.AgeAtStart * 3600 * plan.RequestRate;
        var servedBefore = requests;
        collections = plan.AgeAtStart / Math.Max(plan.CollectionHours, 1e-3);
        pause = collections * 0.008;
        sinceOld = dice.Uniform() * plan.OldCollectionHours;
        garbage = dice.Uniform();
        var nextOld = plan.OldCollectionHours;
        for (var hour = 0.0; hour <= hours; hour += dt)
        {
            traffic = Step(traffic, dt, plan.TrafficMemoryHours, dice.Normal());
            liveNoise = Step(liveNoise, dt, plan.LiveNoiseHours, plan.HeavyTails ? dice.HeavyTailed() : dice.Normal());
            footprintNoise = Step(
                footprintNoise,
                dt,
                plan.FootprintNoiseHours,
                plan.HeavyTails ? dice.HeavyTailed() : dice.Normal()
            );
            wander = Step(wander, dt, plan.WanderHours, dice.Normal());
            var spike = dice.Normal();
            var load = Math.Max(
                0.01,
                Season(plan, hour)
                    * plan.TrafficFactor(hour)
                    * (1 + (plan.TrafficNoise * traffic) + (0.3 * plan.TrafficNoise * spike))
            );
            // After the history nobody restarts it any more.
            var isAttended = hour <= attendedHours;
            var isDue = isAttended && restart < plan.Restarts.Count && hour >= plan.Restarts[restart];
            var isKilled =
                isAttended
                && plan.IsKilledAtLimit
                && plan.Limit > 0
                && instants.Count > 0
                && instants[^1].Footprint >= 0.985 * plan.Limit;
            if (isDue || isKilled)
            {
                restart += isDue ? 1 : 0;
                life++;
                born = hour;
                (garbage, old, reported, committed, resident, peak) = (0, 0, double.NaN, 0, 0, 0);
                (requests, pause, collections, sinceOld) = (0, 0, 0, 0);
                lagged = double.NaN;
            }

            var age = hour - born;
            lagged = double.IsNaN(lagged)
                ? (life == 0 && plan.AgeAtStart > 0 ? load : load * 0.3)
                : lagged + ((load - lagged) * (1 - Math.Exp(-dt / Math.Max(plan.LoadLagHours, dt / 4))));
            requests += load * plan.RequestRate * dt * 3600;
            var grows = withGrowth && !(hour < plan.GrowthFromHour);
            // What grew before the process was watched belongs to its base.
            var seenAge = life == 0 ? hour : age;
            var sinceGrowth = double.IsNaN(plan.GrowthFromHour)
                ? seenAge
                : Math.Min(seenAge, hour - plan.GrowthFromHour);
            var served = requests - (life == 0 ? servedBefore : 0);
            var level = plan.LevelFactor(hour);
            var warm = 1 - (plan.WarmUp * Math.Exp(-age / Math.Max(plan.WarmUpHours, 1e-6)));
            var heapBase = 0.45 * plan.Base * level;
            var ownLive = grows ? plan.Live?.Invoke(sinceGrowth, served, hour) ?? 0 : 0;
            var live = Math.Max(
                0.05 * heapBase,
                (heapBase * warm * (1 + (plan.LiveNoise * liveNoise) + (plan.Wander * wander)))
                    + (plan.LiveOfLoad * lagged)
                    + ownLive
                    + (plan.Extra?.Invoke(hour) ?? 0)
            );

            // Garbage: in units of what triggers a collection.
            garbage += dt / Math.Max(plan.CollectionHours, 1e-6) * (0.25 + (0.75 * load));
            sinceOld += dt * (0.25 + (0.75 * load));
            var room = plan.Collector.CountsReferences ? 0 : garbageSize * 0.4 * heapBase;
            if (garbage >= 1)
            {
                var count = Math.Floor(garbage);
                collections += count;
                pause += count * 0.006 * (1 + (live / Math.Max(plan.Base, 1)));
                garbage -= count;
                garbage *= dice.Uniform();
                reported = double.NaN;
            }

            old = plan.OldCollectionHours > 0 ? Math.Min(1, sinceOld / nextOld) * plan.OldGarbage * plan.Base : 0;
            if (plan.OldCollectionHours > 0 && sinceOld >= nextOld)
            {
                sinceOld = 0;
                nextOld = plan.OldCollectionHours * dice.Between(0.75, 1.25);
                reported = double.NaN;
            }

            var oldReported = plan.Collector.KeepsOldGarbage ? old : 0;
            if (double.IsNaN(reported) || plan.Collector.CountsReferences)
            {
                reported = live + oldReported;
            }

            var holes = grows ? plan.Holes?.Invoke(sinceGrowth, served, hour) ?? 0 : 0;
            var used = live + old + (room * garbage);
            peak = Math.Max(peak, used);
            var wanted = (used * 1.06) + holes + (plan.Collector.HolesAfterPeak * (peak - used));
            var step = plan.Collector.Ratchets ? Math.Max(plan.Base * 0.03, 1 << 20) : 1;
            wanted = Math.Ceiling(wanted / step) * step;
            committed =
                wanted >= committed ? wanted
                : plan.Collector.Ratchets ? committed
                : committed
                    + ((wanted - committed) * (1 - Math.Pow(0.5, dt / Math.Max(plan.Collector.GivesBackHours, dt))));
            if (plan.Pretouched)
            {
                committed = Math.Max(committed, plan.HeapCap);
            }

            // A ratchet heap is taken at once and touched bit by bit.
            var touch =
                plan.Pretouched || !plan.Collector.Ratchets
                    ? 1
                    : 1 - Math.Exp(-dt / Math.Max(plan.CollectionHours * 2, dt / 2));
            resident += (committed - resident) * (resident == 0 ? (age < dt ? Math.Max(0.7, touch) : 1) : touch);
            var native = grows ? plan.Native?.Invoke(sinceGrowth, served, hour) ?? 0 : 0;
            var extraThreads = grows ? plan.ThreadsOnTop?.Invoke(sinceGrowth, lagged) ?? 0 : 0;
            native += extraThreads * plan.ThreadBytes;
            var rest =
                (
                    0.4
                    * plan.Base
                    * level
                    * (1 - (plan.WarmUp * Math.Exp(-age / Math.Max(plan.WarmUpHours * 1.3, 1e-6))))
                ) + (plan.NativeOfLoad * lagged);
            var footprint =
                ((resident + rest) * (1 + (plan.FootprintNoise * footprintNoise)))
                + native
                + (plan.Base * plan.Wander * wander * 0.5)
                + (plan.WorkingSet ? plan.PageCache?.Invoke(hour) ?? 0 : 0);
            if (plan.Limit > 0)
            {
                footprint = Math.Min(footprint, isAttended ? plan.Limit : double.MaxValue);
            }

            instants.Add(
                new Instant(
                    hour,
                    life,
                    Quantise(footprint, plan.QuantumBytes),
                    Quantise(reported * (plan.Collector.CountsReferences ? 1 + (0.005 * spike) : 1), 8),
                    live,
                    Quantise(committed, plan.Collector.Ratchets ? 1 << 20 : 4096),
                    Math.Floor(requests),
                    pause,
                    Math.Floor(collections),
                    Math.Floor(Math.Max(0, plan.Entries?.Invoke(sinceGrowth, served, hour) ?? 0)),
                    Math.Round(20 + (12 * lagged) + extraThreads + spike),
                    Math.Round(
                        60 + (25 * lagged) + (grows ? plan.HandlesOnTop?.Invoke(sinceGrowth) ?? 0 : 0) + (3 * spike)
                    ),
                    (1.06 * ownLive) + holes + native
                )
            );
        }

        return instants;
    }

    /// <summary>An Ornstein-Uhlenbeck step with unit variance in the long run.</summary>
    private static double Step(double value, double dt, double memoryHours, double noise)
    {
        var keep = Math.Exp(-dt / Math.Max(memoryHours, 1e-9));
        return (value * keep) + (Math.Sqrt(1 - (keep * keep)) * noise);
    }

    private static double Season(Plan plan, double hour)
    {
        var day = 2 * Math.PI * ((hour / 24) + plan.DayPhase);
        var shape = Math.Cos(day) + (plan.Harmonic * Math.Cos((2 * day) + 1.3));
        var weekday = ((int)Math.Floor((hour / 24) + plan.DayPhase + 70) % 7) >= 5 ? 1 - plan.WeekendDip : 1;
        return Math.Max(
            0.03,
            (1 + (plan.DailySwing * shape)) * weekday * (1 + (plan.TrafficDrift * hour / Math.Max(plan.Hours, 1e-9)))
        );
    }

    private static double Quantise(double value, double quantum) => Math.Round(Math.Max(0, value) / quantum) * quantum;
}
