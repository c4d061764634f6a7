using System.Globalization;

namespace Tidemark.Worlds;

/// <summary>What is true of one history: a row of truth.csv.</summary>
public sealed record Truth
{
    public const string Header =
        "name,kind,acceptable,shape,acceptable_shapes,scenario,growth_start,rate_bytes_per_hour,live_rate_bytes_per_hour,limit_bytes,oom_time,oom_cause,runtime,collector,footprint_is,interval_seconds,days,samples,start,end,restarts,grown_share,detectability,signal_set,signals,base,cut";

    private static readonly string[] LeakingKinds = ["leak", "unbounded-cache", "fragmentation", "native-leak"];

    /// <summary>Below this the growth drowns in the spread of the healthy process.</summary>
    private const double Detectable = 3.5;

    public required World World { get; init; }
    public required string Name { get; init; }
    public required string BaseName { get; init; }
    public required string Kind { get; init; }
    public required IReadOnlyList<string> Acceptable { get; init; }
    public double? GrowthStart { get; init; }
    public double? Rate { get; init; }
    public double? LiveRate { get; init; }
    public double? OomTime { get; init; }
    public double End { get; init; }
    public double? GrownShare { get; init; }
    public double? Detectability { get; init; }

    public static bool IsLeaking(string kind) => LeakingKinds.Contains(kind);

    public static Truth Of(
        World world,
        List<Instant> instants,
        List<Instant> twin,
        string name,
        double untilHour,
        string baseName
    )
    {
        var plan = world.Plan;
        var end = Index(instants, untilHour);
        var growthFrom = double.IsNaN(plan.GrowthFromHour) ? 0 : plan.GrowthFromHour;
        var truth = new Truth
        {
            World = world,
            Name = name,
            BaseName = baseName,
            Kind = world.Scenario.Kind,
            Acceptable = [],
            GrowthStart = world.Leaking ? world.Start + (growthFrom * 3600) : null,
            End = world.Start + (untilHour * 3600),
        };
        if (!world.Leaking)
        {
            return truth with { Acceptable = HealthyAlternatives(world, untilHour) };
        }

        if (untilHour <= growthFrom + (2 * plan.IntervalHours))
        {
            return truth with { Kind = "steady", Acceptable = ["warm-up", "load", "inconclusive"] };
        }

        var from = Index(instants, growthFrom);
        var (lowest, highest) = (double.MaxValue, double.MinValue);
        for (var i = from; i <= end; i++)
        {
            var difference = Math.Max(
                instants[i].Footprint - twin[i].Footprint,
                instants[i].TrueLive - twin[i].TrueLive
            );
            lowest = Math.Min(lowest, difference);
            highest = Math.Max(highest, difference);
        }

        var detectability = (highest - lowest) / (2 * Spread(twin, from, end));
        var isDue =
            plan.Limit > 0 && world.Scenario.Name is not ("leak_in_a_pretouched_heap" or "stays_high_after_a_peak");
        var full = isDue ? FullAt(world, untilHour) : null;
        return truth with
        {
            Acceptable = LeakingAlternatives(world, detectability),
            Rate =
                world.Scenario.Name == "stays_high_after_a_peak"
                    ? null
                    : Slope(instants, twin, end, plan, i => i.Footprint),
            LiveRate =
                world.Scenario.Name == "stays_high_after_a_peak"
                    ? null
                    : Slope(instants, twin, end, plan, i => i.TrueLive),
            OomTime = world.Start + (full * 3600),
            GrownShare = plan.Limit > 0 ? (highest - lowest) / plan.Limit : null,
            Detectability = detectability,
        };
    }

    public string ToCsv()
    {
        var plan = World.Plan;
        return string.Join(
            ',',
            Name,
            Kind,
            string.Join('|', Acceptable),
            "",
            "",
            World.Scenario.Name,
            Number(GrowthStart),
            Number(Rate > 0 ? Rate : null),
            Number(LiveRate > 0.2 * Rate ? LiveRate : null),
            plan.Limit > 0 ? Number(plan.Limit) : "",
            Number(OomTime),
            OomTime is null ? "" : "limit",
            plan.Collector.Runtime,
            plan.Collector.Name,
            plan.WorkingSet ? "working-set" : "rss",
            Number(plan.IntervalHours * 3600),
            Number((End - World.Start) / 86400),
            "",
            Number(World.Start),
            Number(End),
            plan.Restarts.Count.ToString(CultureInfo.InvariantCulture),
            Number(GrownShare),
            Number(Detectability),
            World.SignalSet,
            "",
            BaseName,
            Number(End)
        );
    }

    private static string Number(double? value) => value?.ToString("G10", CultureInfo.InvariantCulture) ?? "";

    /// <summary>The hour at which the limit is met, if nobody restarts the process from now on; null where that is far off.</summary>
    private static double? FullAt(World world, double now)
    {
        foreach (var instant in world.LeftAloneAfter(now))
        {
            if (instant.Hour > now && instant.Footprint >= world.Plan.Limit)
            {
                return instant.Hour;
            }
        }

        return null;
    }

    private static int Index(List<Instant> instants, double hour)
    {
        var at = instants.FindIndex(i => i.Hour > hour);
        return at < 0 ? instants.Count - 1 : Math.Max(0, at - 1);
    }

    private static string[] HealthyAlternatives(World world, double untilHour)
    {
        var scenario = world.Scenario;
        string[] all = ["steady", "warm-up", "load", .. LeakingKinds, "inconclusive"];
        // Of half a day the rise of the morning is all that is seen: without the work it cannot be told from a leak.
        if (
            world.SignalSet is "footprint" or "footprint+live"
            && untilHour < 30
            && world.Plan.DailySwing * world.Plan.LiveOfLoad > 0.02 * world.Plan.Base
        )
        {
            return all;
        }

        // Where the heap is known to hold nothing more, a footprint that settles is as well called steady while one watches live.
        string[] settled =
            world.SignalSet is "all" or "footprint+live"
            && world.Plan.IntervalHours * 3600 <= 5
            && scenario.Kind == "warm-up"
                ? ["steady"]
                : [];
        var isCut = untilHour < world.Plan.Hours * 0.999;
        // Growing work cannot be told from a leak by those who do not see the work, nor can what still fills.
        if (scenario.Kind == "load" && world.SignalSet is "footprint" or "footprint+live" && scenario.Kind == "load")
        {
            return all;
        }

        if (
            isCut
            && (
                scenario.Kind == "warm-up"
                || scenario.Name
                    is "log_file_page_cache"
                        or "slow_gc_sawtooth"
                        or "recycled_workers"
                        or "leak_fixed_by_deploy"
            )
            && untilHour < world.Plan.Hours * 0.7
        )
        {
            return all;
        }

        var drifts = world.SignalSet is "all" or "footprint+requests" && scenario.Kind != "load";
        string[] alternatives =
        [
            .. scenario.AlsoGood.Split('|', StringSplitOptions.RemoveEmptyEntries),
            .. drifts && (world.Plan.TrafficDrift != 0 || world.Plan.TrafficNoise > 0.1)
                ? ["load"]
                : Array.Empty<string>(),
            .. world.Plan.WarmUp > 0 && world.Plan.AgeAtStart < world.Plan.WarmUpHours
                ? ["warm-up"]
                : Array.Empty<string>(),
            .. settled,
            .. scenario.Kind == "load" ? ["steady", "warm-up"] : Array.Empty<string>(),
        ];
        return isCut ? ["steady", "warm-up", "load", "inconclusive"] : alternatives;
    }

    private static List<string> LeakingAlternatives(World world, double detectability)
    {
        var kind = world.Scenario.Kind;
        var entries = world.SignalSet == "all";
        List<string> accept = [.. world.Scenario.AlsoGood.Split('|', StringSplitOptions.RemoveEmptyEntries)];
        if (world.SignalSet is "footprint" or "footprint+requests")
        {
            accept.AddRange(LeakingKinds);
        }
        else if (kind is "leak" or "unbounded-cache")
        {
            accept.AddRange(["leak", "unbounded-cache"]);
        }
        else if (!entries || world.Plan.Collector.CountsReferences)
        {
            accept.AddRange(["fragmentation", "native-leak"]);
        }

        if (
            detectability < Detectable
            || (
                world.Scenario.Name is "stays_high_after_a_peak" or "leak_in_a_pretouched_heap"
                && world.SignalSet is "footprint" or "footprint+requests"
            )
        )
        {
            accept.AddRange(["steady", "warm-up", "load", "inconclusive"]);
        }

        return accept;
    }

    /// <summary>How far the floor of the healthy twin moves by itself.</summary>
    private static double Spread(List<Instant> twin, int from, int to)
    {
        var lows = new List<double>();
        var wide = Math.Max(1, (to - from) / 40);
        for (var i = from; i <= to; i += wide)
        {
            lows.Add(twin.Skip(i).Take(Math.Min(wide, to - i + 1)).Min(t => t.Footprint));
        }

        var mean = lows.Average();
        return Math.Max(Math.Sqrt(lows.Average(l => Math.Pow(l - mean, 2))), 1);
    }

    /// <summary>Growth around the end, over a whole day where the history has days.</summary>
    private static double Slope(
        List<Instant> instants,
        List<Instant> twin,
        int end,
        Plan plan,
        Func<Instant, double> of
    )
    {
        // Growth in steps has a pace over many of them only.
        var window =
            plan.GrowsInSteps ? plan.Hours * 1.2
            : plan.Hours > 60 ? 24
            : plan.Hours * 0.25;
        var half = Math.Max(2, (int)(window / 2 / plan.IntervalHours));
        var from = end;
        while (from > Math.Max(0, end - half) && instants[from - 1].Life == instants[end].Life)
        {
            from--;
        }

        var to = Math.Min(Math.Min(instants.Count, twin.Count) - 1, end + half);
        while (to > end && instants[to].Life != instants[end].Life)
        {
            to--;
        }

        // Least squares over the difference, so that one collection does not decide.
        double n = 0,
            sx = 0,
            sy = 0,
            sxx = 0,
            sxy = 0;
        for (var i = from; i <= to; i++)
        {
            var (x, y) = (
                instants[i].Hour - instants[from].Hour,
                of(instants[i]) - (plan.IsKilledAtLimit ? 0 : of(twin[i]))
            );
            (n, sx, sy, sxx, sxy) = (n + 1, sx + x, sy + y, sxx + (x * x), sxy + (x * y));
        }

        return ((n * sxy) - (sx * sy)) / ((n * sxx) - (sx * sx));
    }
}
