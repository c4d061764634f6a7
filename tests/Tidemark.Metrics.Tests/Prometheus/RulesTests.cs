using Tidemark.Metrics.Prometheus.Rules;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>The rules that <c>tidemark check --print-rules</c> prints, judged by promtool.</summary>
public sealed class RulesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-rules-").FullName;

    public RulesTests() => File.WriteAllText(Path.Combine(folder, "tidemark.rules.yaml"), GrowthRules.Text);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Promtool_finds_nothing_wrong() =>
        (
            await PrometheusServer.RunAsync(
                "promtool",
                "check",
                "rules",
                "--lint=all",
                "--lint-fatal",
                Path.Combine(folder, "tidemark.rules.yaml")
            )
        ).ShouldContain("11 rules found");

    [Fact]
    public async Task They_call_what_leaks_and_nothing_that_is_healthy()
    {
        var test = Path.Combine(folder, "rules.test.yaml");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Prometheus", "rules.test.yaml"), test);
        (await PrometheusServer.RunAsync("promtool", "test", "rules", test)).ShouldContain("SUCCESS");
    }
}
