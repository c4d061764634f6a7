namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>How a server that speaks the Prometheus query API is reached: Prometheus, Thanos, Mimir, VictoriaMetrics and their kin.</summary>
/// <param name="Url">Its root, with the path prefix where it has one, such as <c>https://mimir/prometheus</c>.</param>
public sealed record PrometheusOptions(Uri Url)
{
    /// <summary>Sent as <c>Authorization: Bearer</c>.</summary>
    public string? BearerToken { get; init; }

    /// <summary>A file that holds the token; read again for every query, because tokens of service accounts are renewed.</summary>
    public string? BearerTokenFile { get; init; }

    /// <summary>User of basic authentication.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Certificates (PEM) of the authorities to trust in place of the system's.</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>The client's own certificate (PEM), with its key in <see cref="ClientKeyFile"/> or in the same file.</summary>
    public string? ClientCertificateFile { get; init; }

    public string? ClientKeyFile { get; init; }

    /// <summary>Takes any server certificate.</summary>
    public bool Insecure { get; init; }

    /// <summary>Further headers, such as <c>X-Scope-OrgID</c> for a tenant.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>How long one query may take before it is tried again or cut into smaller ones.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many queries run at a time.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>How often a query is tried again after a failure that may pass.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>The wait before the first of these; it doubles from one to the next.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The most samples of one answer: more are refused, and the query is cut. 8 bytes each.</summary>
    public int MaximumSamples { get; init; } = 8_000_000;
}
