using System.Text;
using Tidemark.Core.Series;

namespace Tidemark.Metrics.Tests.Csv;

/// <summary>Histories as spreadsheets and dashboards write them.</summary>
public sealed class CsvHistoryTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"tidemark-{Guid.NewGuid():N}.csv");

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Semicolons_a_byte_order_mark_units_and_empty_cells_are_read()
    {
        var history = Read(
            "\uFEFF\"Time\";\"footprint_bytes\";\"requests_total\"\r\n"
                + "2026-01-31 12:00:00;1.5 GiB;10\r\n"
                + "2026-01-31 12:01:00;;20\r\n"
                + "2026-01-31 12:02:00;512MB;\r\n"
                + ";;\r\n"
        );

        history.Values(Signal.Footprint).ToArray().ShouldBe([1.5 * (1 << 30), double.NaN, 512e6]);
        history.Values(Signal.Requests).ToArray().ShouldBe([10, 20, double.NaN]);
        history.From.ShouldBe(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Tabs_separate_where_the_header_has_no_comma() =>
        Read("time\tfootprint_bytes\n1000\t5\n1060\t6\n").Values(Signal.Footprint).ToArray().ShouldBe([5, 6]);

    [Fact]
    public void A_comma_in_quotes_is_text()
    {
        var history = Read(
            "time,\"app{pod=\"\"a\"\",zone=\"\"b\"\"}\",footprint_bytes\n1000,\"1,5\",5\n1060,\"2,5\",6\n",
            "is not known"
        );

        history.Values(Signal.Footprint).ToArray().ShouldBe([5, 6]);
    }

    [Theory]
    [InlineData("time;footprint_bytes\n1000;1,5\n", "line 2: footprint_bytes is '1,5'; expected a number")]
    [InlineData("time,requests_total,footprint_bytes\n1000,5 MiB,1\n", "line 2: requests_total is '5 MiB'")]
    [InlineData("time,footprint_bytes\n1000,MiB\n", "line 2: footprint_bytes is 'MiB'")]
    [InlineData("time,footprint_bytes\n1000,-5 MiB\n", "line 2: footprint_bytes is '-5 MiB'")]
    public void What_cannot_be_read_is_named(string text, string expected)
    {
        File.WriteAllText(path, text);
        Should
            .Throw<MalformedHistoryException>(() => HistoryFormats.Read(path))
            .Message.ShouldContain(expected, Case.Sensitive);
    }

    private ProcessHistory Read(string text, string? warning = null)
    {
        File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        var file = HistoryFormats.Read(path);
        if (warning is null)
        {
            file.Warnings.ShouldBeEmpty();
        }
        else
        {
            file.Warnings.ShouldHaveSingleItem().ShouldContain(warning);
        }

        return file.Histories.ShouldHaveSingleItem();
    }
}
