namespace Tidemark.Worlds;

/// <summary>What is done to a process, and what is true of it then.</summary>
/// <param name="Name">Its name in the tables.</param>
/// <param name="Kind">The true kind, in the contract's words.</param>
/// <param name="Arrange">Changes the plan; the third argument is how many bytes a fault grows to over the history.</param>
public sealed record Scenario(string Name, string Kind, Action<Plan, Dice, double> Arrange)
{
    /// <summary>Needs this much of a day at least.</summary>
    public double MinimumDays { get; init; }

    public double MaximumDays { get; init; } = double.PositiveInfinity;

    /// <summary>Only for these runtimes; empty for all.</summary>
    public string[] Runtimes { get; init; } = [];

    /// <summary>Other kinds that are as good where all signals are there.</summary>
    public string AlsoGood { get; init; } = "";

    /// <summary>Needs a limit.</summary>
    public bool NeedsLimit { get; init; }
}

/// <summary>The causes of growth and of what looks like it.</summary>
public static class Scenarios
{
    private static readonly string[] Managed = ["jvm", "go", "node", "dotnet"];

    public static IReadOnlyList<Scenario> All { get; } =
    [.. Healthy(), .. WarmUps(), .. Loads(), .. Leaks(), .. Caches(), .. Fragmentations(), .. NativeLeaks()];

    private static IEnumerable<Scenario> Healthy() =>
        [
            new("flat", "steady", (p, d, g) => p.DailySwing *= d.Pick(0.0, 0.3)),
            new(
                "daily_season",
                "steady",
                (p, d, g) => (p.DailySwing, p.LiveOfLoad) = (d.Between(0.4, 0.85), p.Base * d.Between(0.1, 0.5))
            )
            {
                MinimumDays = 1.8,
            },
            new(
                "weekend_season",
                "steady",
                (p, d, g) => (p.WeekendDip, p.LiveOfLoad) = (d.Between(0.3, 0.7), p.Base * d.Between(0.1, 0.4))
            )
            {
                MinimumDays = 7,
            },
            new("fast_gc_sawtooth", "steady", (p, d, g) => p.CollectionHours = p.IntervalHours * d.Magnitude(1, 25)),
            new(
                "slow_gc_sawtooth",
                "steady",
                (p, d, g) => (p.OldCollectionHours, p.OldGarbage) = (p.Hours / d.Between(3.2, 12), d.Between(0.2, 0.7))
            )
            {
                Runtimes = Managed,
            },
            new(
                "wandering_without_trend",
                "steady",
                (p, d, g) => (p.Wander, p.WanderHours) = (d.Magnitude(0.005, 0.05), p.Hours / d.Magnitude(8, 60))
            ),
            new("batch_job_gives_back", "steady", (p, d, g) => p.Extra = Batches(p, d, d.Between(0.2, 1.0) * p.Base)),
            new(
                "flash_crowd",
                "steady",
                (p, d, g) =>
                {
                    var (at, wide, size) = (
                        d.Between(0.1, 0.75) * p.Hours,
                        d.Between(0.01, 0.06) * p.Hours,
                        d.Between(1, 4)
                    );
                    p.TrafficFactor = h => 1 + (size * Math.Exp(-Math.Pow((h - at) / wide, 2)));
                    p.LiveOfLoad = p.Base * d.Between(0.1, 0.3);
                    p.Collector = p.Collector with { Ratchets = false };
                }
            ),
            new("near_the_limit", "steady", (p, d, g) => p.Limit = p.Base * d.Between(1.3, 1.7)) { NeedsLimit = true },
            new(
                "page_cache_at_the_ceiling",
                "steady",
                (p, d, g) =>
                {
                    p.WorkingSet = true;
                    var dip = new Dice((ulong)d.Count(1, 1 << 30));
                    var room = d.Between(0.3, 1.2) * p.Base;
                    p.PageCache = _ => room * (1 - (0.02 * Math.Abs(dip.Normal())));
                }
            ),
            new(
                "log_file_page_cache",
                "steady",
                (p, d, g) =>
                {
                    p.WorkingSet = true;
                    var (period, size) = (p.Hours / d.Between(2.5, 9), p.Base * d.Between(0.15, 0.6));
                    p.PageCache = h => size * (h / period % 1);
                }
            ),
            new("recycled_workers", "steady", (p, d, g) => p.Native = Workers(p, d)),
            new(
                "restarts_with_warm_up",
                "steady",
                (p, d, g) =>
                {
                    for (var k = d.Count(2, 6); k > 0; k--)
                    {
                        p.Restarts.Add(d.Between(0.05, 0.93) * p.Hours);
                    }

                    p.Restarts.Sort();
                    (p.WarmUp, p.WarmUpHours) = (d.Between(0.15, 0.6), p.Hours * d.Magnitude(0.003, 0.02));
                }
            )
            {
                AlsoGood = "warm-up",
            },
            new(
                "step_after_deploy",
                "steady",
                (p, d, g) =>
                {
                    var (at, factor) = (
                        d.Between(0.2, 0.8) * p.Hours,
                        d.Pick(d.Between(0.6, 0.9), d.Between(1.1, 1.6))
                    );
                    p.LevelFactor = h => h < at ? 1 : factor;
                    if (d.Chance(0.6))
                    {
                        p.Restarts = [at];
                    }
                }
            )
            {
                AlsoGood = "warm-up",
            },
            new(
                "leak_fixed_by_deploy",
                "steady",
                (p, d, g) =>
                {
                    var at = d.Between(0.3, 0.65) * p.Hours;
                    p.Restarts = [at];
                    p.Live = (age, served, hour) => hour < at ? g * 1.5 * age / p.Hours : 0;
                }
            )
            {
                AlsoGood = "warm-up",
            },
            new(
                "two_levels",
                "steady",
                (p, d, g) =>
                {
                    var (flip, size, up) = (new Dice((ulong)d.Count(1, 1 << 30)), d.Between(0.1, 0.35) * p.Base, false);
                    p.Extra = _ => (up ^= flip.Chance(p.IntervalHours / p.Hours * 30)) ? size : 0;
                }
            ),
            new(
                "cron_spikes",
                "steady",
                (p, d, g) =>
                {
                    var (every, size) = (d.Pick(0.5, 1, 6, 24.0), d.Between(0.1, 0.8) * p.Base);
                    every = Math.Clamp(every, p.IntervalHours * 8, p.Hours / 4);
                    p.Extra = h => h / every % 1 < 0.08 ? size : 0;
                }
            ),
            new(
                "autoscaled_up_and_down",
                "steady",
                (p, d, g) =>
                {
                    var (at, until) = (d.Between(0.15, 0.5) * p.Hours, d.Between(0.55, 0.85) * p.Hours);
                    p.TrafficFactor = h => h > at && h < until ? 0.5 : 1;
                    p.LiveOfLoad = p.Base * d.Between(0.1, 0.4);
                }
            )
            {
                AlsoGood = "load",
            },
        ];

    private static IEnumerable<Scenario> WarmUps() =>
        [
            new(
                "bounded_cache_fills",
                "warm-up",
                (p, d, g) =>
                {
                    var tau = p.Hours / d.Between(4, 12);
                    p.Live = (age, served, hour) => g * (1 - Math.Exp(-age / tau));
                    p.Entries = (age, served, hour) => 1e5 * (1 - Math.Exp(-age / tau));
                    Begin(p, d);
                }
            ),
            new(
                "cache_fills_to_its_cap",
                "warm-up",
                (p, d, g) =>
                {
                    var full = p.Hours * d.Between(0.2, 0.6);
                    p.Live = (age, served, hour) => g * Math.Min(1, age / full);
                    p.Entries = (age, served, hour) => 1e5 * Math.Min(1, age / full);
                    p.AgeAtStart = 0;
                }
            ),
            new(
                "cache_fills_under_season",
                "warm-up",
                (p, d, g) =>
                {
                    var tau = p.Hours / d.Between(4.5, 10);
                    p.Live = (age, served, hour) => g * (1 - Math.Exp(-served / (p.RequestRate * 3600 * tau)));
                    (p.DailySwing, p.LiveOfLoad) = (d.Between(0.4, 0.8), p.Base * d.Between(0.1, 0.3));
                    Begin(p, d);
                }
            )
            {
                MinimumDays = 2,
            },
            new("code_and_pools", "warm-up", (p, d, g) => Fills(p, d, g, native: true)),
            new(
                "committed_heap_gets_touched",
                "warm-up",
                (p, d, g) =>
                {
                    var tau = p.Hours / d.Between(4, 12);
                    p.Native = (age, served, hour) => g * 1.5 * (1 - Math.Exp(-age / tau));
                    p.AgeAtStart = 0;
                }
            )
            {
                Runtimes = ["jvm"],
            },
            new(
                "page_cache_fills",
                "warm-up",
                (p, d, g) =>
                {
                    var tau = p.Hours / d.Between(4, 14);
                    (p.WorkingSet, p.AgeAtStart) = (true, 0);
                    p.PageCache = h => g * 1.5 * (1 - Math.Exp(-h / tau));
                }
            ),
            new(
                "refill_after_restart",
                "warm-up",
                (p, d, g) =>
                {
                    var tau = p.Hours / d.Between(8, 25);
                    p.Live = (age, served, hour) => g * (1 - Math.Exp(-age / tau));
                    p.Restarts = [d.Between(0.3, 0.65) * p.Hours];
                    p.AgeAtStart = d.Pick(0, tau * 10);
                }
            )
            {
                AlsoGood = "steady",
            },
            new(
                "thread_pool_fills",
                "warm-up",
                (p, d, g) =>
                {
                    var (threads, tau) = (d.Count(30, 150), p.Hours / d.Between(5, 14));
                    p.ThreadsOnTop = (age, load) => Math.Floor(threads * (1 - Math.Exp(-age / tau)));
                    (p.ThreadBytes, p.AgeAtStart) = (g / threads, 0);
                }
            ),
            new(
                "arena_high_water_mark",
                "warm-up",
                (p, d, g) =>
                {
                    // The highest of independent peaks: grows like the logarithm of their number.
                    var (peaks, top, next, every) = (
                        new Dice((ulong)d.Count(1, 1 << 30)),
                        0.0,
                        0.0,
                        p.Hours / d.Between(30, 90)
                    );
                    var size = p.Base * d.Between(0.03, 0.08);
                    p.PageCache = null;
                    p.Holes = (age, served, hour) =>
                    {
                        if (hour >= next)
                        {
                            next = hour + every;
                            top = Math.Max(top, Math.Abs(peaks.Normal()));
                        }

                        return size * top;
                    };
                    p.AgeAtStart = 0;
                }
            )
            {
                AlsoGood = "steady",
                Runtimes = ["python", "native"],
            },
        ];

    private static IEnumerable<Scenario> Loads() =>
        [
            new(
                "organic_growth",
                "load",
                (p, d, g) => GrowingLoad(p, d, g, h => Ramp(h, p.Hours * 0.1, p.Hours * d.Between(0.8, 1.3)))
            ),
            new(
                "morning_ramp",
                "load",
                (p, d, g) =>
                {
                    var (from, to) = (p.Hours * d.Between(0.05, 0.3), p.Hours * d.Between(0.8, 1.1));
                    p.DailySwing *= 0.1;
                    GrowingLoad(p, d, g, h => Ramp(h, from, to));
                }
            )
            {
                MaximumDays = 0.6,
            },
            new(
                "season_grows",
                "load",
                (p, d, g) =>
                {
                    p.DailySwing = d.Between(0.5, 0.85);
                    GrowingLoad(p, d, g, h => Ramp(h, 0, p.Hours));
                }
            )
            {
                MinimumDays = 3,
            },
            new(
                "sessions_lag_behind",
                "load",
                (p, d, g) =>
                {
                    var (from, to) = (p.Hours * d.Between(0.1, 0.35), p.Hours * d.Between(0.8, 1.1));
                    GrowingLoad(p, d, g, h => Ramp(h, from, to));
                    p.LoadLagHours = Math.Min(p.Hours * d.Between(0.02, 0.06), 6);
                }
            ),
            new(
                "traffic_moves_here",
                "load",
                (p, d, g) =>
                {
                    var (from, to) = (p.Hours * d.Between(0.3, 0.5), p.Hours * d.Between(0.6, 0.85));
                    GrowingLoad(p, d, g, h => Ramp(h, from, to));
                }
            ),
            new(
                "fewer_pods_share_it",
                "load",
                (p, d, g) =>
                {
                    double[] at =
                    [
                        d.Between(0.15, 0.4) * p.Hours,
                        d.Between(0.4, 0.6) * p.Hours,
                        d.Between(0.6, 0.85) * p.Hours,
                    ];
                    GrowingLoad(p, d, g, h => at.Count(a => h > a) / 3.0);
                }
            ),
        ];

    private static IEnumerable<Scenario> Leaks() =>
        [
            new("linear_leak", "leak", (p, d, g) => p.Live = Linear(p, g)),
            new("slow_leak", "leak", (p, d, g) => p.Live = Linear(p, Math.Max(0.04 * p.Limit, 0.45 * g))),
            new("leak_per_request", "leak", (p, d, g) => p.Live = PerRequest(p, g)),
            new(
                "leak_under_season",
                "leak",
                (p, d, g) =>
                {
                    (p.DailySwing, p.LiveOfLoad) = (d.Between(0.4, 0.8), p.Base * d.Between(0.05, 0.35));
                    p.Live = d.Pick(Linear(p, g), PerRequest(p, g));
                }
            )
            {
                MinimumDays = 2,
            },
            new(
                "accelerating_leak",
                "leak",
                (p, d, g) =>
                {
                    var power = d.Between(1.4, 2.4);
                    p.Live = (age, served, hour) => g * Math.Pow(age / p.Hours, power);
                }
            ),
            new(
                "leak_behind_gc_sawtooth",
                "leak",
                (p, d, g) =>
                {
                    (p.OldCollectionHours, p.OldGarbage) = (p.Hours / d.Between(5, 20), d.Between(0.15, 0.6));
                    p.Live = Linear(p, g);
                }
            )
            {
                Runtimes = Managed,
            },
            new(
                "leak_after_deploy",
                "leak",
                (p, d, g) =>
                {
                    var at = p.Hours * d.Between(0.25, 0.7);
                    (p.GrowthFromHour, p.Restarts) = (at, [at]);
                    p.Live = (age, served, hour) => g * age / (p.Hours - at);
                }
            ),
            new(
                "leak_after_switch",
                "leak",
                (p, d, g) =>
                {
                    var at = p.Hours * d.Between(0.2, 0.65);
                    p.GrowthFromHour = at;
                    p.Live = (age, served, hour) => g * age / (p.Hours - at);
                }
            ),
            new(
                "leak_until_killed",
                "leak",
                (p, d, g) =>
                {
                    (p.IsKilledAtLimit, p.AgeAtStart) = (true, 0);
                    var lives = d.Between(1.3, 4);
                    p.Live = (age, served, hour) => (p.Limit - p.Base) * age * lives / p.Hours;
                }
            )
            {
                NeedsLimit = true,
            },
            new(
                "leak_across_restarts",
                "leak",
                (p, d, g) =>
                {
                    p.Restarts = d.Chance(0.5)
                        ? [p.Hours * d.Between(0.35, 0.7)]
                        : [p.Hours * d.Between(0.25, 0.4), p.Hours * d.Between(0.55, 0.75)];
                    p.Live = (age, served, hour) => g * 1.5 * age / p.Hours;
                    p.AgeAtStart = 0;
                }
            ),
            new(
                "nightly_batch_leaves_some",
                "leak",
                (p, d, g) =>
                {
                    var (every, phase, bulge) = (
                        Math.Min(24, p.Hours / d.Between(4, 9)),
                        d.Uniform(),
                        d.Between(0, 0.3) * p.Base
                    );
                    p.GrowsInSteps = true;
                    p.Live = (age, served, hour) => g * Math.Floor((hour / every) + phase) * every / p.Hours;
                    p.Extra = h => ((h / every) + phase) % 1 < 0.1 ? bulge : 0;
                }
            ),
            new(
                "leak_in_a_pretouched_heap",
                "leak",
                (p, d, g) =>
                {
                    (p.Pretouched, p.HeapCap, p.WarmUp) = (true, p.Base * d.Between(1.5, 3), 0);
                    p.Live = Linear(p, Math.Min(g, 0.6 * p.HeapCap));
                }
            )
            {
                Runtimes = ["jvm"],
            },
            new(
                "leaked_handles",
                "leak",
                (p, d, g) =>
                {
                    p.Live = Linear(p, g);
                    p.HandlesOnTop = age => 4000 * age / p.Hours;
                }
            ),
            new(
                "leak_while_load_grows",
                "leak",
                (p, d, g) =>
                {
                    p.TrafficFactor = h => 1 + (0.5 * h / p.Hours);
                    p.LiveOfLoad = p.Base * d.Between(0.05, 0.2);
                    p.Live = Linear(p, g);
                }
            ),
            new(
                "leak_in_bursts",
                "leak",
                (p, d, g) =>
                {
                    p.GrowsInSteps = true;
                    var steps = Enumerable
                        .Range(0, 4 * d.Count(8, 25))
                        .Select(_ => d.Uniform() * p.Hours * 4)
                        .Order()
                        .ToArray();
                    var each = g / Math.Max(1, steps.Count(s => s < p.Hours));
                    p.Live = (age, served, hour) => each * steps.Count(s => hour > s);
                }
            ),
        ];

    private static IEnumerable<Scenario> Caches() =>
        [
            new("a_key_per_request", "unbounded-cache", (p, d, g) => Keyed(p, PerRequest(p, g), d)),
            new(
                "keys_by_heaps_law",
                "unbounded-cache",
                (p, d, g) =>
                {
                    var beta = d.Between(0.5, 0.85);
                    var all = p.RequestRate * 3600 * p.Hours;
                    Keyed(p, (age, served, hour) => g * Math.Pow(served / all, beta), d);
                }
            ),
            new(
                "ever_rarer_new_keys",
                "unbounded-cache",
                (p, d, g) =>
                {
                    var (all, start) = (p.RequestRate * 3600 * p.Hours, d.Between(0.05, 0.3));
                    Keyed(
                        p,
                        (age, served, hour) => g * Math.Log(1 + (served / all / start)) / Math.Log(1 + (1 / start)),
                        d
                    );
                }
            ),
            new(
                "keys_of_the_day",
                "unbounded-cache",
                (p, d, g) =>
                {
                    (p.DailySwing, p.LiveOfLoad) = (d.Between(0.4, 0.8), p.Base * d.Between(0, 0.1));
                    Keyed(p, PerRequest(p, g), d);
                }
            )
            {
                MinimumDays = 3,
            },
            new(
                "cache_added_by_deploy",
                "unbounded-cache",
                (p, d, g) =>
                {
                    var at = p.Hours * d.Between(0.25, 0.65);
                    (p.GrowthFromHour, p.Restarts) = (at, [at]);
                    var all = p.RequestRate * 3600 * (p.Hours - at);
                    Keyed(p, (age, served, hour) => g * Math.Pow(served / all, 0.9), d);
                }
            ),
        ];

    private static IEnumerable<Scenario> Fragmentations() =>
        [
            new(
                "creeping_fragmentation",
                "fragmentation",
                (p, d, g) => p.Holes = d.Pick(Linear(p, g), (age, served, hour) => g * Math.Pow(age / p.Hours, 0.8))
            ),
            new(
                "each_batch_leaves_holes",
                "fragmentation",
                (p, d, g) =>
                {
                    var (every, phase, bulge) = (p.Hours / d.Between(5, 10), d.Uniform(), d.Between(0.1, 0.5) * p.Base);
                    p.GrowsInSteps = true;
                    p.Holes = (age, served, hour) => g * Math.Floor((hour / every) + phase) * every / p.Hours;
                    p.Extra = h => ((h / every) + phase) % 1 < 0.12 ? bulge : 0;
                }
            ),
            new(
                "holes_after_deploy",
                "fragmentation",
                (p, d, g) =>
                {
                    var at = p.Hours * d.Between(0.25, 0.65);
                    (p.GrowthFromHour, p.Restarts) = (at, [at]);
                    p.Holes = (age, served, hour) => g * age / (p.Hours - at);
                }
            ),
            new(
                "stays_high_after_a_peak",
                "fragmentation",
                (p, d, g) =>
                {
                    var (at, wide) = (p.Hours * d.Between(0.15, 0.45), p.Hours * d.Between(0.02, 0.06));
                    var size = p.Base * d.Between(1.0, 1.8);
                    p.Extra = h => h >= at && h < at + wide ? size : 0;
                    p.Holes = (age, served, hour) =>
                        hour >= at + wide ? size * (0.8 + (0.1 * Math.Exp(-(hour - at) / p.Hours))) : 0;
                    p.GrowthFromHour = at;
                    (p.DailySwing, p.Collector) = (p.DailySwing * 0.3, p.Collector with { HolesAfterPeak = 0 });
                }
            ),
        ];

    private static IEnumerable<Scenario> NativeLeaks() =>
        [
            new("native_leak", "native-leak", (p, d, g) => p.Native = Linear(p, g)),
            new(
                "slow_native_leak",
                "native-leak",
                (p, d, g) => p.Native = Linear(p, Math.Max(0.04 * p.Limit, 0.45 * g))
            ),
            new("native_leak_per_request", "native-leak", (p, d, g) => p.Native = PerRequest(p, g)),
            new(
                "native_leak_after_deploy",
                "native-leak",
                (p, d, g) =>
                {
                    var at = p.Hours * d.Between(0.25, 0.7);
                    (p.GrowthFromHour, p.Restarts) = (at, [at]);
                    p.Native = (age, served, hour) => g * age / (p.Hours - at);
                }
            ),
            new(
                "native_leak_until_killed",
                "native-leak",
                (p, d, g) =>
                {
                    (p.IsKilledAtLimit, p.AgeAtStart) = (true, 0);
                    var lives = d.Between(1.3, 4);
                    p.Native = (age, served, hour) => (p.Limit - p.Base) * age * lives / p.Hours;
                }
            )
            {
                NeedsLimit = true,
            },
            new(
                "mappings_pile_up",
                "native-leak",
                (p, d, g) =>
                {
                    p.GrowsInSteps = true;
                    var steps = Enumerable
                        .Range(0, 4 * d.Count(8, 40))
                        .Select(_ => d.Uniform() * p.Hours * 4)
                        .Order()
                        .ToArray();
                    var each = g / Math.Max(1, steps.Count(s => s < p.Hours));
                    p.Native = (age, served, hour) => each * steps.Count(s => hour > s);
                }
            ),
            new(
                "thread_leak",
                "native-leak",
                (p, d, g) =>
                {
                    var threads = d.Count(100, 3000);
                    p.ThreadsOnTop = (age, load) => Math.Floor(threads * age / p.Hours);
                    p.ThreadBytes = g / threads;
                }
            )
            {
                AlsoGood = "leak|fragmentation",
            },
        ];

    private static Func<double, double, double, double> Linear(Plan p, double g) =>
        (age, served, hour) => g * age / p.Hours;

    private static Func<double, double, double, double> PerRequest(Plan p, double g) =>
        (age, served, hour) => g * served / (p.RequestRate * 3600 * p.Hours);

    private static void Keyed(Plan p, Func<double, double, double, double> live, Dice d)
    {
        var entryBytes = d.Magnitude(200, 20000);
        p.Live = live;
        p.Entries = (age, served, hour) => live(age, served, hour) / entryBytes;
    }

    private static void Fills(Plan p, Dice d, double g, bool native)
    {
        var tau = p.Hours / d.Between(5, 14);
        Func<double, double, double, double> fill = (age, served, hour) => g * (1 - Math.Exp(-age / tau));
        (p.Native, p.Live) = native ? (fill, p.Live) : (p.Native, fill);
        p.AgeAtStart = 0;
    }

    /// <summary>From the start of the history, or from a deploy within it.</summary>
    private static void Begin(Plan p, Dice d)
    {
        p.AgeAtStart = 0;
        if (d.Chance(0.3))
        {
            var at = p.Hours * d.Between(0.1, 0.3);
            (p.GrowthFromHour, p.Restarts) = (at, [at]);
        }
    }

    private static void GrowingLoad(Plan p, Dice d, double g, Func<double, double> share)
    {
        var size = d.Between(0.6, 2);
        p.TrafficFactor = h => 1 + (size * share(h));
        p.LiveOfLoad = Math.Max(g, 0.15 * p.Base) / size;
        p.NativeOfLoad = p.LiveOfLoad * d.Pick(0, 0.3);
    }

    private static double Ramp(double h, double from, double to) => Math.Clamp((h - from) / (to - from), 0, 1);

    private static Func<double, double> Batches(Plan p, Dice d, double size)
    {
        var (every, phase, share) = (p.Hours / d.Between(3, 12), d.Uniform(), d.Between(0.05, 0.3));
        return h => ((h / every) + phase) % 1 < share ? size : 0;
    }

    /// <summary>Several workers, each of which grows and is replaced after so many requests.</summary>
    private static Func<double, double, double, double> Workers(Plan p, Dice d)
    {
        var workers = Enumerable
            .Range(0, d.Count(1, 6))
            .Select(_ => (Period: p.Hours / d.Between(4, 14), Phase: d.Uniform(), Size: p.Base * d.Between(0.1, 0.4)))
            .ToArray();
        return (age, served, hour) => workers.Sum(w => w.Size * (((hour / w.Period) + w.Phase) % 1));
    }
}
