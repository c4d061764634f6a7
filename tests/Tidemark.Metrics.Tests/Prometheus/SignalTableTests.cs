using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Tests.Prometheus;

public sealed class SignalTableTests
{
    /// <summary>What a runtime would use again can only be asked of the runtime itself.</summary>
    [Fact]
    public void Every_signal_that_anybody_exports_has_a_metric()
    {
        var table = SignalTable.BuiltIn();
        SignalRole.All.Where(r => table.Of(r).Count == 0).Select(r => r.Signal).ShouldBe([Signal.ReusableHeap]);
    }

    [Fact]
    public void No_metric_stands_there_twice_for_a_signal()
    {
        SignalTable.BuiltIn().All.GroupBy(m => (m.Role, m.Metric, m.Where)).ShouldAllBe(g => g.Count() == 1);
    }

    [Fact]
    public void A_limit_that_means_none_is_none()
    {
        var limit = SignalTable.BuiltIn().Of(Signal.Limit).Single(m => m.Metric == "container_spec_memory_limit_bytes");
        limit.Read(0).ShouldBe(double.NaN);
        limit.Read(9.223372036854772e18).ShouldBe(double.NaN);
        limit.Read(536870912).ShouldBe(536870912);
    }

    [Theory]
    [InlineData("signals:\n  heap: [a]", "line 2: 'heap' is no signal")]
    [InlineData("signals:\n  requests: [1a]", "line 2: '1a' is no metric's name")]
    [InlineData("signals:\n  requests: a", "line 2: expected a list of metrics")]
    [InlineData("signals:\n  requests:\n    - { metric: a, unit: b }", "line 3: 'unit' is not known")]
    [InlineData("signals:\n  requests:\n    - { where: 'a=\"b\"' }", "line 3: 'metric:' is missing")]
    [InlineData("signals:\n  requests:\n    - { metric: a, combine: avg }", "expected sum, max or min")]
    [InlineData("signals:\n  requests:\n    - { metric: a, scale: x }", "'x' is no number")]
    [InlineData("labels:\n  node: [a]", "line 2: 'node' is no part of a process's name")]
    [InlineData("signals: [", "line 2")]
    [InlineData("- a", "expected sections")]
    public void What_has_no_meaning_is_named_with_its_line(string yaml, string message)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, yaml);
        try
        {
            var failure = Should.Throw<ConfigurationException>(() => SignalTable.With(file));
            failure.Message.ShouldContain(message);
            failure.Message.ShouldStartWith(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("{namespace=\"shop\"}", "namespace=\"shop\"")]
    [InlineData(" { a=\"b\", c=~\"d.*\", } ", "a=\"b\", c=~\"d.*\"")]
    [InlineData("a!=\"b\"", "a!=\"b\"")]
    [InlineData("{}", "")]
    [InlineData("{a=\"b\"", null)]
    [InlineData("namespace shop", null)]
    public void Selectors_are_taken_with_and_without_braces(string text, string? matchers) =>
        Matchers.Parse(text).ShouldBe(matchers);

    [Fact]
    public void Values_are_matched_as_they_are() =>
        Matchers.AnyOf("pod", ["a.b", "c\\d\"e"]).ShouldBe("""pod=~"a\\.b|c\\\\d\"e" """.TrimEnd());
}
