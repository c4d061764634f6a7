using System.Globalization;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;

namespace Tidemark.Reports.Json;

/// <summary>The <c>verdict</c> of the contract, in <c>tidemark.diagnosis/v1</c> and <c>tidemark.check/v1</c>.</summary>
public sealed record VerdictDocument(
    string Kind,
    string Shape,
    double Confidence,
    EstimateDocument? BytesPerHour,
    OutOfMemoryDocument? OutOfMemory,
    IReadOnlyList<EvidenceDocument> Evidence
)
{
    public static VerdictDocument Of(GrowthVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return new VerdictDocument(
            ContractNames.Of(verdict.Kind),
            ContractNames.Of(verdict.Shape),
            Math.Round(verdict.Confidence, 4),
            verdict.BytesPerHour is { } rate
                ? new EstimateDocument(Math.Round(rate.Value), Math.Round(rate.Low), Math.Round(rate.High))
                : null,
            verdict.OutOfMemory is { } oom
                ? new OutOfMemoryDocument(
                    oom.LimitBytes,
                    Timestamp.Of(oom.At),
                    Timestamp.Of(oom.Earliest),
                    oom.Latest is { } latest ? Timestamp.Of(latest) : null
                )
                : null,
            [.. verdict.Evidence.Select(e => new EvidenceDocument(e.Signal, e.Finding, e.Value, e.Unit))]
        );
    }
}

/// <summary>An estimate with its interval.</summary>
public sealed record EstimateDocument(double Value, double Low, double High);

/// <summary>When the limit will be met.</summary>
public sealed record OutOfMemoryDocument(long LimitBytes, string At, string Earliest, string? Latest);

/// <summary>One observation.</summary>
public sealed record EvidenceDocument(string Signal, string Finding, double? Value, string? Unit);

/// <summary>What was observed, and when.</summary>
public sealed record ObservedDocument(string From, string To, int Samples)
{
    public static ObservedDocument Of(ProcessHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return new ObservedDocument(Timestamp.Of(history.From), Timestamp.Of(history.To), history.Count);
    }
}

/// <summary>Times as the contract writes them: ISO 8601 in UTC, to the second.</summary>
public static class Timestamp
{
    public static string Of(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
