using System.Globalization;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;

namespace Tidemark.Worlds;

/// <summary>
/// Asks for a verdict again and again while histories unfold, as a watch does: how soon is a leak called, and how often is
/// a healthy process?
/// </summary>
internal sealed class Replay(TextWriter output)
{
    private static readonly (string Name, Func<Course, bool[]> Alarms)[] Rules =
    [
        ("each verdict by itself", c => c.Verdicts),
        ("answers in a row alone", c => c.Watched(isPatient: false)),
        ("an alarm of check --watch", c => c.Watched(isPatient: true)),
    ];

    private static readonly (string Name, double Least, double Most)[] Speeds =
    [
        ("above 10 %/day of the limit", 0.1, double.PositiveInfinity),
        ("3 to 10 %/day", 0.03, 0.1),
        ("below 3 %/day", 0, 0.03),
    ];

    /// <param name="worlds">How many.</param>
    /// <param name="seed">Of the first.</param>
    /// <param name="options">Which are drawn.</param>
    /// <param name="everyHours">Time between two verdicts.</param>
    public void Run(int worlds, ulong seed, WorldOptions options, double everyHours)
    {
        var courses = new Course?[worlds];
        Parallel.For(
            0,
            worlds,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            n => courses[n] = Of(World.Create(seed + (ulong)n, options), everyHours)
        );
        foreach (var (name, alarms) in Rules)
        {
            output.WriteLine(Line($"{name}; a verdict every {everyHours:0.##} h"));
            Write([.. courses.OfType<Course>().Select(c => c with { Alarms = alarms(c) })]);
        }
    }

    private static Course? Of(World world, double everyHours)
    {
        var hours = new List<double>();
        var alarms = new List<bool>();
        var couldTell = new List<bool>();
        var patience = new List<TimeSpan>();
        var samples = new List<int>();
        for (var hour = everyHours; hour <= world.Plan.Hours; hour += everyHours)
        {
            var truth = world.TruthAt("cut", hour, "cut");
            hours.Add(hour);
            var history = world.History("cut", hour);
            var verdict = GrowthAnalyzer.Analyze(history);
            alarms.Add(verdict.IsLeaking);
            samples.Add(history.Count);
            patience.Add(LeakAlarm.Patience(verdict, history.Last(Signal.Footprint) ?? 0, history.To));
            couldTell.Add(!truth.Acceptable.Any(Truth.IsLeaking) && !Truth.IsLeaking(truth.Kind));
        }

        var end = world.TruthAt("cut", world.Plan.Hours, "cut");
        var isHidden = world.Leaking && end.Acceptable.Contains("steady");
        return hours.Count == 0 || isHidden
            ? null
            : new Course(
                world.Scenario.Name,
                world.Leaking,
                world.Leaking ? (end.GrowthStart!.Value - world.Start) / 3600 : 0,
                world.Plan.Limit > 0 && end.Rate > 0 ? end.Rate.Value * 24 / world.Plan.Limit : double.NaN,
                [.. hours],
                [.. alarms],
                [.. patience],
                [.. samples],
                [.. couldTell]
            );
    }

    private void Write(List<Course> courses)
    {
        foreach (var (name, least, most) in Speeds)
        {
            var leaks = courses.FindAll(c => c.Leaks && c.ShareOfLimitADay > least && c.ShareOfLimitADay <= most);
            var called = leaks.ConvertAll(c => c.HoursUntilCalled());
            called.Sort();
            if (called.Count > 0)
            {
                output.WriteLine(
                    Line(
                        $"  {name, -28} {called.Count, 4} leaks, called {called.FindAll(double.IsFinite).Count, 4}; hours after they began: median {called[called.Count / 2]:0.0}, p90 {called[called.Count * 9 / 10]:0.0}; within 6 h {called.FindAll(h => h <= 6).Count * 100.0 / called.Count:0} %, within 12 h {called.FindAll(h => h <= 12).Count * 100.0 / called.Count:0} %, within 24 h {called.FindAll(h => h <= 24).Count * 100.0 / called.Count:0} %"
                    )
                );
            }
        }

        var healthy = courses.FindAll(c => !c.Leaks);
        var days = healthy.Sum(c => c.Hours[^1] / 24);
        var episodes = healthy.Sum(c => c.Episodes().Count);
        output.WriteLine(
            Line(
                $"  healthy: {healthy.Count} processes, {days:0} service-days, {episodes} alarm episodes, {1000 * episodes / days:0.0} per 1000 service-days"
            )
        );
        WriteWorst(healthy);
    }

    private void WriteWorst(List<Course> healthy)
    {
        foreach (
            var group in healthy
                .SelectMany(c => c.Episodes().Select(hour => (c.Scenario, Hour: hour, Share: hour / c.Hours[^1])))
                .GroupBy(e => e.Scenario)
                .OrderByDescending(g => g.Count())
        )
        {
            output.WriteLine(
                Line(
                    $"    {group.Key, -28} {group.Count(), 3} episodes, at hour {string.Join(", ", group.Select(e => $"{e.Hour:0}").Take(12))}"
                )
            );
        }
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>The verdicts on one process as its history unfolded.</summary>
    private sealed record Course(
        string Scenario,
        bool Leaks,
        double LeaksFromHour,
        double ShareOfLimitADay,
        double[] Hours,
        bool[] Verdicts,
        TimeSpan[] Patience,
        int[] Samples,
        bool[] CouldTell
    )
    {
        /// <summary>Whether there is an alarm, by the rule that is looked at.</summary>
        public bool[] Alarms { get; init; } = Verdicts;

        /// <param name="isPatient">Whether what leaves time, may pass, or rests on few new samples must be told for longer.</param>
        public bool[] Watched(bool isPatient)
        {
            var alarm = new LeakAlarm();
            var alarms = new bool[Hours.Length];
            for (var i = 0; i < alarms.Length; i++)
            {
                var (at, seen) = (DateTimeOffset.UnixEpoch.AddHours(Hours[i]), TimeSpan.FromHours(Hours[i]));
                alarm.Update(Verdicts[i], at, seen, isPatient ? Samples[i] : 0, isPatient ? Patience[i] : default);
                alarms[i] = alarm.IsRaised;
            }

            return alarms;
        }

        public double HoursUntilCalled()
        {
            for (var i = 0; i < Hours.Length; i++)
            {
                if (Hours[i] > LeaksFromHour && Alarms[i])
                {
                    return Hours[i] - LeaksFromHour;
                }
            }

            return double.PositiveInfinity;
        }

        /// <summary>The hours at which alarms began where the truth is known to be healthy.</summary>
        public List<double> Episodes()
        {
            var episodes = new List<double>();
            var before = false;
            for (var i = 0; i < Hours.Length; i++)
            {
                var now = Alarms[i];
                if (now && !before && CouldTell[i])
                {
                    episodes.Add(Hours[i]);
                }

                before = now;
            }

            return episodes;
        }
    }
}
