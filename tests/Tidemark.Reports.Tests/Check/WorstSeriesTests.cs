using Tidemark.Core.Growth;
using Tidemark.Reports.Check;
using Tidemark.Reports.Json;

namespace Tidemark.Reports.Tests.Check;

/// <summary>A fleet of any size is kept in little memory, and told as if it had been kept whole.</summary>
public sealed class WorstSeriesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(100)]
    [InlineData(1024)]
    [InlineData(9000)]
    public void All_are_told_worst_first_as_they_were_added(int count)
    {
        var series = Fleet(count);
        var worst = new WorstSeries(0);
        series.ForEach(worst.Add);
        var answer = worst.ToAnswer([], isPartial: false);

        answer.Total.ShouldBe(count);
        answer.Hidden.ShouldBe(0);
        answer.Series.Count.ShouldBe(count);
        answer.Now.ShouldBe(series.Max(s => s.To));
        var expected = CheckedSeries.WorstFirst(series);
        // Equal rates of equal targets may change places: nothing else tells them apart.
        answer.Series.Select(s => s.Target).ShouldBe(expected.Select(s => s.Target));
        ReportJson.Write(CheckDocument.Of(answer.Series)).ShouldBe(ReportJson.Write(CheckDocument.Of(expected)));
        foreach (var (told, was) in answer.Series.Zip(expected))
        {
            told.Verdict.NeedsMore.ShouldBe(was.Verdict.NeedsMore);
            told.Sketch.Count.ShouldBe(was.Sketch.Count);
            for (var i = 0; i < told.Sketch.Count; i++)
            {
                var tolerance = was.Sketch[i] * 0.01;
                (
                    double.IsNaN(was.Sketch[i])
                        ? double.IsNaN(told.Sketch[i])
                        : Math.Abs(told.Sketch[i] - was.Sketch[i]) <= tolerance
                ).ShouldBeTrue();
            }

            Last(told).ShouldBe(Last(was));
        }
    }

    [Fact]
    public void What_is_put_away_takes_less_than_250_bytes_a_process() =>
        (SeriesRun.Of(Fleet(4096)).Bytes / 4096).ShouldBeLessThan(250);

    [Fact]
    public void The_worst_of_many_are_kept_and_the_rest_is_counted()
    {
        var series = Fleet(1000);
        var worst = new WorstSeries(7);
        series.ForEach(worst.Add);
        var answer = worst.ToAnswer(["w"], isPartial: true);
        answer.Series.Select(s => s.Target).ShouldBe(CheckedSeries.WorstFirst(series).Take(7).Select(s => s.Target));
        answer.Hidden.ShouldBe(993);
    }

    private static double Last(CheckedSeries series) => series.Sketch.LastOrDefault(v => !double.IsNaN(v));

    private static List<CheckedSeries> Fleet(int count, int first = 0)
    {
        var dice = new Random(first + 1);
        return [.. Enumerable.Range(first, count).Select(i => One(i, dice))];
    }

    private static CheckedSeries One(int i, Random dice)
    {
        var kind = (GrowthKind)dice.Next(8);
        var rate = Math.Round(dice.NextDouble() * 1e7);
        var at = Start.AddHours(dice.Next(24, 1000));
        var sketch = new double[24];
        for (var s = 0; s < sketch.Length; s++)
        {
            sketch[s] = dice.Next(20) == 0 ? double.NaN : dice.NextDouble() * 4e9;
        }

        var verdict = new GrowthVerdict(
            kind,
            (GrowthShape)dice.Next(6),
            dice.NextDouble(),
            dice.Next(4) == 0 ? null : new Estimate(rate, rate * 0.9, rate * 1.1),
            dice.Next(3) > 0
                ? null
                : new OutOfMemoryForecast(1L << 30, at, at.AddHours(-5), dice.Next(2) == 0 ? null : at.AddHours(9)),
            [
                new Evidence("footprint", $"rose by {dice.Next(1000)} MiB a day", rate, "bytes/hour"),
                new Evidence("live-heap", "it does not rise"),
            ]
        )
        {
            NeedsMore = kind == GrowthKind.Inconclusive ? TimeSpan.FromMinutes(dice.Next(1, 90)) : null,
        };
        return new CheckedSeries(
            $"shop/cart-{i:x8}/app",
            new Dictionary<string, string>
            {
                ["namespace"] = "shop",
                ["pod"] = $"cart-{i:x8}",
                ["container"] = "app",
            },
            Start,
            Start.AddMinutes(dice.Next(1440)),
            dice.Next(1440),
            sketch,
            verdict
        );
    }
}
