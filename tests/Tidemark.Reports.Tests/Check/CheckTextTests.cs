using Spectre.Console;
using Tidemark.Core.Growth;
using Tidemark.Reports.Check;

namespace Tidemark.Reports.Tests.Check;

public sealed class CheckTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(132)]
    [InlineData(200)]
    public void Each_series_has_a_line_and_what_to_do_next_is_told_in_whole_sentences(int width)
    {
        var lines = Written(
            width,
            Series("cart", GrowthKind.Leak),
            Series("search", GrowthKind.NativeLeak),
            Series("shop", GrowthKind.Steady),
            Series("stock-of-the-other-warehouse", GrowthKind.Inconclusive)
        );

        lines.ShouldAllBe(line => line.TrimEnd().Length <= width);
        foreach (var name in new[] { "cart", "search", "shop" })
        {
            lines.Count(line => line.Contains($" {name} ", StringComparison.Ordinal) && line.Contains('%')).ShouldBe(1);
        }

        // In words that may be wrapped, and never in letters.
        lines.ShouldContain(line => line.Contains("find what holds it", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("native libraries", StringComparison.Ordinal));
    }

    [Fact]
    public void Below_a_narrow_table_the_same_step_is_told_once()
    {
        var lines = Written(80, Series("cart", GrowthKind.Leak), Series("search", GrowthKind.Leak));

        lines.Count(line => line.Contains("find what holds it", StringComparison.Ordinal)).ShouldBe(1);
    }

    private static CheckedSeries Series(string name, GrowthKind kind) =>
        new(
            name,
            new Dictionary<string, string>(),
            Now - TimeSpan.FromDays(1),
            Now,
            1441,
            [.. Enumerable.Range(0, 24).Select(i => 1e9 + (i * 1e7))],
            new GrowthVerdict(
                kind,
                GrowthShape.Linear,
                0.99,
                new Estimate(1e7, 9e6, 1.1e7),
                new OutOfMemoryForecast(2_000_000_000, Now.AddDays(40.5), Now.AddDays(30), null),
                []
            )
        );

    private static string[] Written(int width, params CheckedSeries[] series)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Out = new AnsiConsoleOutput(writer),
            }
        );
        console.Profile.Width = width;
        CheckText.Write(
            console,
            new CheckAnswer(series, series.CountBy(s => s.Verdict.Kind).ToDictionary(), [], IsPartial: false)
        );
        return writer.ToString().Split('\n');
    }
}
