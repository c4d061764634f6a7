using System.CommandLine;
using System.Globalization;
using Tidemark.Cli.Options;
using Tidemark.Metrics.Prometheus.Api;

namespace Tidemark.Cli.Commands.Check;

/// <summary>Which server is asked for what.</summary>
/// <param name="Server">How it is reached.</param>
/// <param name="Query">A query that gives the footprints.</param>
/// <param name="Selector">Or label matchers that select the processes.</param>
/// <param name="Config">A configuration file with further names of signals.</param>
/// <param name="At">The last instant; null for now.</param>
/// <param name="IsThorough">Every history in detail.</param>
public sealed record PrometheusRequest(
    PrometheusOptions Server,
    string? Query,
    string? Selector,
    string? Config,
    DateTimeOffset? At,
    bool IsThorough
);

/// <summary>The options that name a Prometheus and what is asked of it.</summary>
public sealed class PrometheusSettings
{
    /// <summary>Where a token may stand that should not be seen in the list of processes.</summary>
    public const string TokenVariable = "TIDEMARK_BEARER_TOKEN";

    private readonly Option<string?> url = new("--prometheus")
    {
        Description = "a server that speaks the Prometheus query API (Thanos, Mimir, VictoriaMetrics)",
        HelpName = "URL",
    };

    private readonly Option<string?> query = new("--query")
    {
        Description = "PromQL that gives one series of bytes a process",
        HelpName = "PROMQL",
    };

    private readonly Option<string?> selector = new("--selector")
    {
        Description =
            "labels of the processes, such as '{namespace=\"shop\"}'; '{}' for all: their signals are found by name",
        HelpName = "LABELS",
    };

    private readonly Option<string?> config = new("--config")
    {
        Description = "tidemark.yaml, whose 'signals:' adds names of metrics",
        HelpName = "FILE",
    };

    private readonly Option<string?> at = new("--at")
    {
        Description = "look back from then: ISO 8601 or seconds since 1970 (default: now)",
        HelpName = "TIME",
    };

    private readonly Option<bool> thorough = new("--thorough")
    {
        Description = "fetch every history in detail, not only those that a coarse look finds suspicious",
    };

    private readonly Option<string?> token = new("--bearer-token")
    {
        Description = $"better: --bearer-token-file, or the variable {TokenVariable}",
        HelpName = "TOKEN",
    };

    private readonly Option<string?> tokenFile = new("--bearer-token-file") { HelpName = "FILE" };

    private readonly Option<string?> user = new("--user")
    {
        Description = "basic authentication",
        HelpName = "NAME:PASSWORD",
    };

    private readonly Option<string[]> headers = new("--header")
    {
        Description = "a further header, such as 'X-Scope-OrgID: shop'",
        HelpName = "NAME: VALUE",
    };

    private readonly Option<string?> authority = new("--ca-file")
    {
        Description = "trust these authorities",
        HelpName = "FILE",
    };

    private readonly Option<string?> certificate = new("--cert-file")
    {
        Description = "our own certificate",
        HelpName = "FILE",
    };

    private readonly Option<string?> key = new("--key-file") { Description = "its key", HelpName = "FILE" };

    private readonly Option<bool> insecure = new("--insecure") { Description = "take any certificate of the server" };

    private readonly Option<Duration> timeout = Durations.Option(
        "--query-timeout",
        "how long one query may take",
        new PrometheusOptions(new Uri("http://localhost")).Timeout
    );

    private readonly Option<int> concurrency = new("--concurrency")
    {
        Description = "queries at a time",
        HelpName = "N",
        DefaultValueFactory = _ => new PrometheusOptions(new Uri("http://localhost")).Concurrency,
    };

    public void AddTo(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        foreach (
            var option in (Option[])
                [
                    url,
                    query,
                    selector,
                    config,
                    at,
                    thorough,
                    token,
                    tokenFile,
                    user,
                    headers,
                    authority,
                    certificate,
                    key,
                    insecure,
                    timeout,
                    concurrency,
                ]
        )
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Null where no server is named.</summary>
    /// <exception cref="CommandFailedException">The options do not go together.</exception>
    public PrometheusRequest? Of(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        var (promql, labels) = (parsed.GetValue(query), parsed.GetValue(selector));
        if (parsed.GetValue(url) is not { } address)
        {
            return promql is null && labels is null
                ? null
                : throw new CommandFailedException("name the server as well: --prometheus http://HOST:9090");
        }

        if (promql is null == labels is null)
        {
            throw new CommandFailedException(
                "say what to ask the server for: --selector '{namespace=\"shop\"}', or --query PROMQL"
            );
        }

        if (!address.Contains("://", StringComparison.Ordinal))
        {
            address = "http://" + address;
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var server))
        {
            throw new CommandFailedException($"'{address}' is no address: write http://HOST:9090");
        }

        return new PrometheusRequest(
            Server(parsed, server),
            promql,
            labels,
            parsed.GetValue(config),
            parsed.GetValue(at) is { } time ? Time(time) : null,
            parsed.GetValue(thorough)
        );
    }

    private PrometheusOptions Server(ParseResult parsed, Uri server)
    {
        var pair = parsed.GetValue(user)?.Split(':', 2);
        return new PrometheusOptions(server)
        {
            BearerToken =
                parsed.GetValue(token)
                ?? (Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } variable ? variable : null),
            BearerTokenFile = parsed.GetValue(tokenFile),
            User = pair?[0],
            Password = pair is { Length: 2 } ? pair[1] : null,
            Headers = [.. (parsed.GetValue(headers) ?? []).Select(Header)],
            CertificateAuthorityFile = parsed.GetValue(authority),
            ClientCertificateFile = parsed.GetValue(certificate),
            ClientKeyFile = parsed.GetValue(key),
            Insecure = parsed.GetValue(insecure),
            Timeout = parsed.GetValue(timeout),
            Concurrency = Math.Clamp(parsed.GetValue(concurrency), 1, 64),
        };
    }

    private static KeyValuePair<string, string> Header(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? new KeyValuePair<string, string>(text[..colon].Trim(), text[(colon + 1)..].Trim())
            : throw new CommandFailedException($"'{text}' is no header: write 'NAME: VALUE'");
    }

    private static DateTimeOffset Time(string text) =>
        long.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 100_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
        : throw new CommandFailedException($"'{text}' is no time: write 2026-01-31T12:00:00Z or seconds since 1970");
}
