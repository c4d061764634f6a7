using System.Globalization;
using System.Net;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>Turns a server's refusal into what it means for us and what to do about it.</summary>
internal static class PrometheusFailures
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    // How Prometheus, Thanos, Mimir and VictoriaMetrics say that a query is too large for them.
    private static readonly string[] TooMuchWords =
    [
        "too many",
        "exceeded maximum resolution",
        "exceeds the limit",
        "exceeds limit",
        "limit exceeded",
        "err-mimir-max",
        "err-mimir-query",
        "cannot select more than",
        "maxSamplesPerQuery",
        "maxUniqueTimeseries",
        "maxPointsPerTimeseries",
        "not enough memory",
    ];

    public static PrometheusException Of(
        HttpResponseMessage response,
        (string Type, string Message)? error,
        string address
    )
    {
        var status = (int)response.StatusCode;
        var said = error?.Message.ReplaceLineEndings(" ") ?? $"status {status} {response.ReasonPhrase}";
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return new PrometheusException(
                PrometheusFailure.Refused,
                $"{address} refuses us ({status}): {(error is null ? "" : said + "; ")}give --bearer-token-file FILE or --user NAME:PASSWORD, or the tenant with --header"
            );
        }

        if (error is null && status is 404 or (>= 300 and < 400))
        {
            return new PrometheusException(
                PrometheusFailure.Malformed,
                $"{address} has no Prometheus API ({status}): check the address and its path prefix (Mimir: /prometheus; VictoriaMetrics cluster: /select/0/prometheus)"
            );
        }

        if (error?.Type == "timeout" || status == 504 || said.Contains("timed out", StringComparison.Ordinal))
        {
            return new PrometheusException(PrometheusFailure.Timeout, $"{address}: {said}");
        }

        if (status != 429 && TooMuchWords.Any(w => said.Contains(w, StringComparison.OrdinalIgnoreCase)))
        {
            return new PrometheusException(PrometheusFailure.TooMuch, $"{address}: {said}");
        }

        return status is 400 or 422
            ? new PrometheusException(PrometheusFailure.BadQuery, $"{address} does not accept the query: {said}")
            : new PrometheusException(PrometheusFailure.ServerError, $"{address}: {said}")
            {
                RetryAfter = Wait(response),
            };
    }

    private static TimeSpan? Wait(HttpResponseMessage response)
    {
        var wait =
            response.Headers.RetryAfter?.Delta
            ?? (
                response.Headers.TryGetValues("Retry-After", out var values)
                && double.TryParse(values.First(), CultureInfo.InvariantCulture, out var seconds)
                    ? TimeSpan.FromSeconds(seconds)
                    : null
            );
        return wait is { } asked ? TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, LongestWait.Ticks)) : null;
    }
}
