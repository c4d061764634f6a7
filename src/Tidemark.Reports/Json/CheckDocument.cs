using Tidemark.Reports.Check;

namespace Tidemark.Reports.Json;

/// <summary>The answer of <c>tidemark check --format json</c>, schema <c>tidemark.check/v1</c>.</summary>
public sealed record CheckDocument(IEnumerable<CheckedSeriesDocument> Series)
{
    public string Schema => "tidemark.check/v1";

    /// <summary>Each series is put into words only when it is written.</summary>
    /// <param name="series">Worst first.</param>
    public static CheckDocument Of(IEnumerable<CheckedSeries> series) =>
        new(
            series.Select(s => new CheckedSeriesDocument(
                s.Labels,
                s.Target,
                new ObservedDocument(Timestamp.Of(s.From), Timestamp.Of(s.To), s.Samples),
                VerdictDocument.Of(s.Verdict)
            ))
        );
}

/// <summary>One process.</summary>
public sealed record CheckedSeriesDocument(
    IReadOnlyDictionary<string, string> Labels,
    string Target,
    ObservedDocument Observed,
    VerdictDocument Verdict
);
