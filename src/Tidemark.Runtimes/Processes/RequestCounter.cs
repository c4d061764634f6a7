using System.Text.RegularExpressions;

namespace Tidemark.Runtimes.Processes;

/// <summary>Finds, among the counters that a service publishes under names of its own, the one that counts the requests it serves.</summary>
internal static partial class RequestCounter
{
    /// <summary>The name of the likeliest counter; null where none looks like one.</summary>
    /// <remarks>The largest of those that speak of a protocol or server, else the largest: what counts less counts only some of the requests.</remarks>
    public static string? Choose(IEnumerable<KeyValuePair<string, double>> counters)
    {
        ArgumentNullException.ThrowIfNull(counters);
        return counters
            .Where(c => Requests.IsMatch(c.Key) && !OfOthers.IsMatch(c.Key) && double.IsFinite(c.Value))
            .OrderByDescending(c => OfServer.IsMatch(c.Key))
            .ThenByDescending(c => c.Value)
            .ThenBy(c => c.Key, StringComparer.Ordinal)
            .Select(c => c.Key)
            .FirstOrDefault();
    }

    /// <summary>Counters and the counts of histograms: <c>http_requests_total</c>, <c>http_request_duration_seconds_count</c>, <c>http_server_requests_seconds_count</c>, <c>grpc_server_handled_total</c>, <c>Requests</c>.</summary>
    [GeneratedRegex(
        @"(^|[._/-]|(?<=[a-z])(?=R))requests?([._-]?(total|count|counter|served|handled|processed))*$|(^|[._-])request_(duration|latency|size|time)\w*_count$|(^|_)requests?(_seconds|_milliseconds|_ms)_count$|(^|_)server_(handled|started)_total$|(^|_)requests?_\w+_total$",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Requests { get; }

    /// <summary>What the service asks of others, what fails, what is going on now, and the asking for metrics itself.</summary>
    [GeneratedRegex(
        @"promhttp|metric_handler|scrape|client|outgoing|outbound|upstream|backend|fail|error|timeout|retr(y|ies)|dropped|reject|in_?flight|active|current|pending|open|bytes",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex OfOthers { get; }

    [GeneratedRegex(
        @"http|grpc|rpc|server|api|handler|gin|echo|fiber",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex OfServer { get; }
}
