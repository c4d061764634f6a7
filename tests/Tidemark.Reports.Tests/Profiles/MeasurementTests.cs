using Tidemark.Reports.Profiles;

namespace Tidemark.Reports.Tests.Profiles;

public class MeasurementTests
{
    // The right sides are what go tool pprof prints.
    [Theory]
    [InlineData(0, "bytes", null, "0")]
    [InlineData(512, "bytes", null, "512B")]
    [InlineData(1536, "bytes", null, "1.50kB")]
    [InlineData(131072, "bytes", "MB", "0.12MB")]
    [InlineData(393216, "bytes", "MB", "0.38MB")]
    [InlineData(-3145728, "bytes", null, "-3MB")]
    [InlineData(5, "bytes", "GB", "0")]
    [InlineData(1500, "nanoseconds", null, "1.50us")]
    [InlineData(90_000_000_000, "nanoseconds", null, "90s")]
    [InlineData(12345, "count", "count", "12345")]
    [InlineData(7, "widgets", "widgets", "7widgets")]
    public void A_figure_is_printed_as_pprof_prints_it(long value, string unit, string? reportUnit, string expected) =>
        Measurement.Label(value, unit, reportUnit).ShouldBe(expected);

    [Theory]
    [InlineData(1, 3, "33.33%")]
    [InlineData(-1, 2, "50.00%")]
    [InlineData(9996, 10000, "  100%")]
    [InlineData(1, 32, " 3.12%")]
    [InlineData(1, 800, " 0.12%")]
    [InlineData(1, 1000, "  0.1%")]
    [InlineData(996, 100000, "    1%")]
    [InlineData(1, 3_000_000, "3.3e-05%")]
    [InlineData(0, 5, "    0%")]
    [InlineData(5, 0, "    0%")]
    public void A_share_is_printed_as_pprof_prints_it(long value, long total, string expected) =>
        Measurement.Percentage(value, total).ShouldBe(expected);

    [Theory]
    [InlineData(new long[] { 100, 5_000_000 }, 6_000_000, "kB")]
    [InlineData(new long[] { 4_000_000, 0, -9_000_000 }, 13_000_000, "MB")]
    [InlineData(new long[0], 0, "B")]
    public void One_report_keeps_to_one_unit(long[] figures, long total, string expected) =>
        Measurement.UnitFor(figures, total, "bytes").ShouldBe(expected);
}
