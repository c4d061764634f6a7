using Tidemark.Core.Growth;
using Tidemark.Metrics;

namespace Tidemark.Core.Tests.Growth;

/// <summary>Histories that `tidemark diagnose` recorded of real services within 90 s, many of them on a starved machine; the name says what is true.</summary>
public class LiveWatchTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Growth", "Live");

    public static TheoryData<string> Histories =>
        [.. Directory.EnumerateFiles(Folder, "*.csv").Select(f => Path.GetFileName(f)).Order()];

    [Theory]
    [MemberData(nameof(Histories))]
    public void A_watch_of_a_minute_is_told_right(string file)
    {
        var history = HistoryFormats.Read(Path.Combine(Folder, file)).Histories.Single();
        var verdict = GrowthAnalyzer.Analyze(history);

        // Whether a leak is a cache without a bound is told by a capture.
        var kind = System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(verdict.Kind.ToString());
        file.Split('@')[0].ShouldBe(kind, verdict.Evidence[0].Finding);
    }
}
