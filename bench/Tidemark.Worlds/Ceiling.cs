using System.Globalization;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;

namespace Tidemark.Worlds;

/// <summary>
/// How well the time to out-of-memory could be told by who knows more than a history shows: the true rate, the true form of the growth, or
/// all of it but the noise to come. The peaks that meet the limit are the engine's for all of them.
/// </summary>
internal sealed class Ceiling(TextWriter output)
{
    /// <summary>Time left below this share of the history counts as that, as in score.py.</summary>
    private const double LeastLeft = 0.02;

    private const double Horizon = 30;

    /// <summary>When their steps come is chance: only the pace is known.</summary>
    private static readonly string[] Chance = ["leak_in_bursts", "mappings_pile_up"];

    private static readonly string[] Forecasters =
    [
        "the engine",
        "true rate at the end, straight on",
        "true form, its size fitted",
        "true growth to come",
    ];

    public void Run(int count, ulong seed, WorldOptions options)
    {
        var errors = new double?[count][];
        Parallel.For(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            n => errors[n] = Of(World.Create(seed + (ulong)n, options))
        );
        for (var k = 0; k < Forecasters.Length; k++)
        {
            List<double> own =
            [
                .. errors.Select(e => e.ElementAtOrDefault(k)).OfType<double>().Select(Math.Abs).Order(),
            ];
            var bad = own.Count(e => e > 0.25);
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Forecasters[k], -34} {own.Count, 5} forecasts, off by {own[own.Count / 2]:0.000} in the median, p90 {own[own.Count * 9 / 10]:0.000}, {100.0 * bad / own.Count:0} % by more than a quarter"
                )
            );
        }
    }

    /// <summary>The error of each forecaster, as a share of the time left; empty where there is nothing to foresee.</summary>
    private static double?[] Of(World world)
    {
        var hours = world.Plan.Hours;
        var history = world.History("w", hours);
        var truth = world.TruthAt("w", hours, "w");
        if (
            truth is not { OomTime: { } full, Rate: > 0 }
            || !world.Leaking
            || GrowthAnalyzer.Analyze(history) is not { IsLeaking: true, OutOfMemory.At: var told }
        )
        {
            return [];
        }

        var bins = OutOfMemoryKills.Cut(Bins.Of(history));
        var trends = new ProcessTrends(bins);
        if (GrowthForecast.FootprintTrend(KindDecision.Of(trends), trends) is not { } trend)
        {
            return [];
        }

        bins = trend.Bins;
        var peaks = new PeaksToCome(history, bins, Signal.Footprint, truth.Rate.Value);
        var passed = (history.To - history.From).TotalHours - bins.Hours[^1];
        var from = (bins.StartSeconds - world.Start) / 3600;
        var grown = Array.ConvertAll(bins.Hours, h => GrownAt(world, from + h));
        var end = from + bins.Hours[^1];
        double Ahead(double h) => GrownAt(world, end + h) - grown[^1];
        double Even(double h) => truth.Rate.Value * h;
        var isChance = Chance.Contains(world.Scenario.Name);
        var form = isChance ? Array.ConvertAll(bins.Hours, h => truth.Rate.Value * h) : grown;
        var size = Size(trend, trends, form, world.Plan);
        return
        [
            Error((told - history.To).TotalHours + passed),
            When(Even, i => Even(bins.Hours[^1] - bins.Hours[i])),
            When(h => size * (isChance ? Even(h) : Ahead(h)), i => size * (form[^1] - form[i])),
            When(Ahead, i => grown[^1] - grown[i]),
        ];

        double? When(Func<double, double> ahead, Func<int, double> since)
        {
            var room = GrowthForecast.LimitOf(bins, Signal.Limit, null) - peaks.Standing(since, truth.Rate.Value);
            return room is { } bytes ? Error(GrowthForecast.HoursUntil(ahead, bytes, Horizon * bins.SpanHours)) : null;
        }

        // Left from the middle of the last interval on.
        double? Error(double? left) =>
            (history.To.ToUnixTimeSeconds() + ((left - passed) * 3600) - full)
            / Math.Max(full - truth.End, LeastLeft * (truth.End - world.Start));
    }

    private static double GrownAt(World world, double hour)
    {
        var instants = world.Instants;
        return instants[Math.Clamp((int)Math.Round(hour / world.Plan.IntervalHours), 0, instants.Count - 1)].Grown;
    }

    /// <summary>The least squares estimate of how large the growth is, with the engine's noise, season and load, and the true start-up.</summary>
    private static double Size(Trend trend, ProcessTrends trends, double[] form, Plan plan)
    {
        var bins = trend.Bins;
        var background = new Background(bins, withSeason: !trend.IsSawtooth);
        if (trends.HasLoad && !trend.IsSawtooth)
        {
            background.Explain(trend.Noise, trend.Values, Explanations.OfLoad(bins), new double[bins.Count]);
        }

        List<double[]> known = [.. background.Columns];
        if (plan.WarmUp > 0)
        {
            known.Add([
                .. bins.Ages.Select(
                    (age, i) =>
                        Math.Exp(-(age + (bins.Lives[i] == 0 ? plan.AgeAtStart : 0)) / Math.Max(plan.WarmUpHours, 1e-6))
                ),
            ]);
        }

        using var basis = new OrthogonalBasis(bins.Count, known.Count);
        foreach (var column in known)
        {
            trend.Noise.News(column, basis.Next);
            basis.Add();
        }

        var (own, rest) = (new double[bins.Count], new double[bins.Count]);
        trend.Noise.News(form, own);
        basis.Remove(own);
        trend.Noise.News(trend.Values, rest);
        basis.Remove(rest);
        return OrthogonalBasis.Dot(own, rest) / OrthogonalBasis.Dot(own, own);
    }
}
