namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>Why a query has no answer.</summary>
public enum PrometheusFailure
{
    /// <summary>Nobody answers there, or what answers is no such server.</summary>
    Unreachable,

    /// <summary>The server wants other credentials.</summary>
    Refused,

    /// <summary>The server does not understand the query.</summary>
    BadQuery,

    /// <summary>More samples, series or points than the server (or we) would hold at once: smaller queries may pass.</summary>
    TooMuch,

    /// <summary>The query looks back further, or at more instants, than the server allows: shorter ones may pass.</summary>
    TooLong,

    /// <summary>No answer in time: smaller queries may pass.</summary>
    Timeout,

    /// <summary>The server failed.</summary>
    ServerError,

    /// <summary>The answer cannot be read.</summary>
    Malformed,
}

/// <summary>A query has no answer; the message is one line that says why and what to do.</summary>
public sealed class PrometheusException(PrometheusFailure failure, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public PrometheusFailure Failure { get; } = failure;

    /// <summary>How long the server asks us to wait, where it does.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True where the same query may pass in a moment.</summary>
    public bool MayPass => Failure is PrometheusFailure.Unreachable or PrometheusFailure.ServerError;

    /// <summary>True where half of the query may pass.</summary>
    public bool MayPassInParts =>
        Failure is PrometheusFailure.TooMuch or PrometheusFailure.Timeout or PrometheusFailure.TooLong;

    /// <summary>True where another question may be answered: the server is there and lets us in.</summary>
    public bool IsOfQuestion => MayPassInParts || Failure is PrometheusFailure.Malformed or PrometheusFailure.BadQuery;
}
