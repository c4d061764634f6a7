using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Tidemark.Core;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>Turns a server's refusal into what it means for us and what to do about it.</summary>
internal static class PrometheusFailures
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>A text of a proxy's that is longer is a page, and says nothing in a line.</summary>
    private const int LongestText = 300;

    // How Prometheus, Thanos, Cortex, Mimir and VictoriaMetrics say that a query looks back too far: fewer series would not help.
    private static readonly string[] TooLongWords =
    [
        "query time range exceeds",
        "err-mimir-max-query-length",
        "err-mimir-max-total-query-length",
        "max-query-length",
        "exceeded maximum resolution",
        "maxPointsPerTimeseries",
        "maxSamplesPerSeries",
        "samples per series",
    ];

    // How they say that a query is too large for them. Not "too many" alone: instances that are ill and requests at a time can be that too.
    private static readonly string[] TooMuchWords =
    [
        "too many samples",
        "too many points",
        "too many series",
        "too many chunks",
        "too many data points",
        "too many matching",
        "exceeds the limit",
        "exceeds limit",
        "exceeded the maximum",
        "exceeded series limit",
        "exceeded chunks limit",
        "exceeded samples limit",
        "exceeded bytes limit",
        "limit exceeded",
        "max number of series",
        "max number of chunks",
        "err-mimir-max",
        "err-mimir-query",
        "cannot select more than",
        "maxSamplesPerQuery",
        "maxUniqueTimeseries",
        "number of matching",
        "too long query",
        "not enough memory",
    ];

    private static readonly string[] TimeoutWords = ["timed out", "timeout exceeded", "deadline exceeded"];

    /// <summary>What the server says in the body of a failure: in the form of Prometheus, of Google and Amazon, or in plain words.</summary>
    /// <returns>Null where it says nothing that fits into a line.</returns>
    public static ServerError? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var inner = root.TryGetProperty("error", out var error) ? error : root;
            if (inner.ValueKind == JsonValueKind.String)
            {
                return new ServerError(Text(root, "errorType"), Line(inner.ToString()), IsApi: true);
            }

            return inner.ValueKind == JsonValueKind.Object && Text(inner, "message") is { Length: > 0 } message
                ? new ServerError(Text(inner, "status"), Line(message), IsApi: false)
                : null;
        }
        catch (JsonException)
        {
            var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, LongestText + 1)]).Trim();
            return text.Length is 0 or > LongestText || text[0] is '<' or '{' or '['
                ? null
                : new ServerError("", Line(text), IsApi: false);
        }
    }

    /// <summary>An error under the status of a success.</summary>
    public static PrometheusException InAnswer(string type, string error)
    {
        var said = error.Length > 0 ? Line(error) : "the server reports an error as success, and no reason";
        return OfWords(type, said)
            ?? new PrometheusException(
                type is "bad_data" or "execution" ? PrometheusFailure.BadQuery : PrometheusFailure.ServerError,
                said
            );
    }

    public static PrometheusException Of(HttpResponseMessage response, ServerError? error, string address)
    {
        var status = (int)response.StatusCode;
        var said = error?.Message ?? $"status {status} {response.ReasonPhrase}";
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return new PrometheusException(
                PrometheusFailure.Refused,
                $"{address} refuses us ({status}): {(error is null ? "" : said + "; ")}give --bearer-token-file FILE or --user NAME:PASSWORD, or the tenant with --header 'X-Scope-OrgID: TENANT'"
            );
        }

        if (status is >= 300 and < 400)
        {
            var target = response.Headers.Location is { } location ? $" to {Line(location.ToString())}" : "";
            return new PrometheusException(
                PrometheusFailure.Malformed,
                $"{address} redirects{target} ({status}), which is not followed: name that address if it is the API; if it is a login, give --bearer-token-file FILE or --user NAME:PASSWORD"
            );
        }

        var isOtherPath = error?.Message.Contains("unsupported path", StringComparison.OrdinalIgnoreCase) == true;
        if (isOtherPath || (error?.IsApi != true && status == 404))
        {
            return new PrometheusException(
                PrometheusFailure.Malformed,
                $"{address} has no Prometheus API ({status}): check the address and its path prefix (Mimir: /prometheus; Cortex and Grafana Cloud: /api/prom; VictoriaMetrics cluster: /select/0/prometheus)"
            );
        }

        if (status == 504)
        {
            return new PrometheusException(PrometheusFailure.Timeout, $"{address}: {said}");
        }

        // 413, 414 and 431 are a proxy's: the query itself is too long for it.
        if (status is 413 or 414 or 431)
        {
            return new PrometheusException(PrometheusFailure.TooMuch, $"{address}: {said}");
        }

        var known = status == 429 ? null : OfWords(error?.Type ?? "", $"{address}: {said}");
        return known
            ?? (
                status is 400 or 422
                    ? new PrometheusException(
                        PrometheusFailure.BadQuery,
                        $"{address} does not accept the query: {said}"
                    )
                    : new PrometheusException(PrometheusFailure.ServerError, $"{address}: {said}")
                    {
                        RetryAfter = Wait(response),
                    }
            );
    }

    private static PrometheusException? OfWords(string type, string said)
    {
        bool Says(string[] words) => Array.Exists(words, w => said.Contains(w, StringComparison.OrdinalIgnoreCase));
        var failure =
            type == "timeout" || Says(TimeoutWords) ? PrometheusFailure.Timeout
            : Says(TooLongWords) ? PrometheusFailure.TooLong
            : Says(TooMuchWords) ? PrometheusFailure.TooMuch
            : (PrometheusFailure?)null;
        return failure is { } known ? new PrometheusException(known, said) : null;
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.ToString() : "";

    private static string Line(string text) => OneLine.Of(text.ReplaceLineEndings(" "));

    private static TimeSpan? Wait(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - (response.Headers.Date ?? DateTimeOffset.UtcNow),
            _ when response.Headers.TryGetValues("Retry-After", out var values)
                    && double.TryParse(values.First(), CultureInfo.InvariantCulture, out var seconds) =>
                TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestWait.TotalSeconds)),
            _ => (TimeSpan?)null,
        };
        return wait is { } asked ? TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, LongestWait.Ticks)) : null;
    }
}

/// <summary>What a server says of a failure.</summary>
/// <param name="Type">The kind of error in its words; may be empty.</param>
/// <param name="Message">One line.</param>
/// <param name="IsApi">Whether it is in the form of the query API, so that what answers speaks it.</param>
internal sealed record ServerError(string Type, string Message, bool IsApi);
