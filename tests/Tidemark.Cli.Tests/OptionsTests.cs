using Tidemark.Cli.Options;

namespace Tidemark.Cli.Tests;

public class OptionsTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("24h", 86400)]
    [InlineData("7d", 604800)]
    [InlineData("500ms", 0.5)]
    public void A_duration_is_read(string text, double seconds) =>
        Durations.Parse(text).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("-5s")]
    [InlineData("0s")]
    [InlineData("5x")]
    [InlineData("s")]
    [InlineData("99999999999999d")]
    public void What_is_no_duration_is_refused(string text) => Durations.Parse(text).ShouldBeNull();

    [Theory]
    [InlineData("1000", 1000)]
    [InlineData("512MiB", 536870912)]
    [InlineData("512Mi", 536870912)]
    [InlineData("512m", 536870912)]
    [InlineData("2g", 2147483648)]
    [InlineData("500MB", 500000000)]
    [InlineData("1.5GiB", 1610612736)]
    [InlineData("4096b", 4096)]
    public void A_size_is_read(string text, long bytes) => Sizes.Parse(text).ShouldBe(bytes);

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("12XB")]
    [InlineData("MiB")]
    public void What_is_no_size_is_refused(string text) => Sizes.Parse(text).ShouldBeNull();
}
