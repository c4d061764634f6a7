using System.Globalization;

namespace Tidemark.Worlds;

/// <summary>
/// How many leaks could be called in time by who knows everything of a process but whether it leaks, and the noise? The same process
/// is simulated again and again without its fault, each time with other noise: it is called where it rises more steeply than those do twice in a thousand days.
/// </summary>
internal sealed class TruthReader(TextWriter output)
{
    private const int Healthy = 60;

    /// <summary>With the standard deviations that a normal distribution exceeds twice in a thousand days of such windows.</summary>
    private static readonly (string Name, double Least, double Most, double Hours, double Errors)[] Speeds =
    [
        ("above 10 %/day of the limit", 0.1, double.PositiveInfinity, 6, 3.29),
        ("3 to 10 %/day", 0.03, 0.1, 12, 3.09),
    ];

    public void Run(int worlds, ulong seed, WorldOptions options)
    {
        var found = new (int Speed, double Errors, double Rise)?[worlds];
        Parallel.For(
            0,
            worlds,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            n => found[n] = Of(World.Create(seed + (ulong)n, options), seed + (ulong)n)
        );
        for (var k = 0; k < Speeds.Length; k++)
        {
            var (name, _, _, hours, errors) = Speeds[k];
            var leaks = found.OfType<(int Speed, double Errors, double Rise)>().Where(f => f.Speed == k).ToList();
            var called = leaks.Count(l => l.Errors > errors);
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name, -28} {leaks.Count, 4} leaks, after {hours} h told from their healthy selves: {called, 4}, {100.0 * called / Math.Max(1, leaks.Count):0} %; had risen by {Median([.. leaks.Select(l => l.Rise)]):0.0 %} in the median"
                )
            );
        }
    }

    private static (int Speed, double Errors, double Rise)? Of(World world, ulong seed)
    {
        var plan = world.Plan;
        var end = world.TruthAt("cut", plan.Hours, "cut");
        if (!world.Leaking || end.Acceptable.Contains("steady") || !(plan.Limit > 0) || !(end.Rate > 0))
        {
            return null;
        }

        var share = end.Rate.Value * 24 / plan.Limit;
        var speed = Array.FindIndex(Speeds, s => share > s.Least && share <= s.Most);
        if (speed < 0)
        {
            return null;
        }

        var from = double.IsNaN(plan.GrowthFromHour) ? 0 : plan.GrowthFromHour;
        var until = Math.Min(plan.Hours, from + Speeds[speed].Hours);
        var own = world.Instants.TakeWhile(i => i.Hour <= until).Where(i => i.Hour >= from).ToList();
        var others = Enumerable
            .Range(1, Healthy)
            .Select(k =>
                Simulation.Run(plan, (seed * 100) + (ulong)k, until, withGrowth: false).FindAll(i => i.Hour >= from)
            )
            .ToList();
        var errors = Math.Max(
            Surprise(own, others, i => i.Footprint),
            world.SignalSet is "all" or "footprint+live" ? Surprise(own, others, i => i.Live) : 0
        );
        return (speed, errors, own.Count == 0 ? 0 : own[^1].Grown / own[^1].Footprint);
    }

    /// <summary>By how many standard deviations of its healthy selves it rose more steeply than they do.</summary>
    private static double Surprise(List<Instant> own, List<List<Instant>> others, Func<Instant, double> of)
    {
        if (own.Count < 4)
        {
            return 0;
        }

        var slopes = others.ConvertAll(o => Slope(o, of));
        var mean = slopes.Average();
        var spread = Math.Sqrt(slopes.Sum(s => (s - mean) * (s - mean)) / (slopes.Count - 1));
        return spread > 0 ? (Slope(own, of) - mean) / spread : 0;
    }

    private static double Slope(List<Instant> instants, Func<Instant, double> of)
    {
        var (hour, value) = (instants.Average(i => i.Hour), instants.Average(of));
        return instants.Sum(i => (i.Hour - hour) * (of(i) - value))
            / instants.Sum(i => (i.Hour - hour) * (i.Hour - hour));
    }

    private static double Median(double[] values) =>
        values.Length == 0 ? double.NaN : values.Order().ElementAt(values.Length / 2);
}
