using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidemark.Core;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>The HTTP client as the options ask for it: TLS, and who we say we are.</summary>
internal static class PrometheusTransport
{
    /// <summary>Makes the client.</summary>
    /// <exception cref="PrometheusException">A certificate or the address cannot be used.</exception>
    public static HttpClient Create(PrometheusOptions options)
    {
        if (!options.Url.IsAbsoluteUri || options.Url.Scheme is not ("http" or "https"))
        {
            throw new PrometheusException(
                PrometheusFailure.Unreachable,
                $"'{options.Url}' is not the address of a Prometheus: write http://HOST:9090"
            );
        }

        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // No compression: the server would spend more time on it than on the query.
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            MaxConnectionsPerServer = Math.Max(1, options.Concurrency),
            // A redirect to a login page would pass for an answer, and credentials would travel on.
            AllowAutoRedirect = false,
        };
        handler.SslOptions = Tls(options);
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Adds credentials and headers to a request.</summary>
    public static void Sign(HttpRequestMessage request, PrometheusOptions options)
    {
        var user = options.User;
        var password = options.Password ?? "";
        if (user is null && options.Url.UserInfo is { Length: > 0 } info)
        {
            var colon = info.IndexOf(':', StringComparison.Ordinal);
            user = Uri.UnescapeDataString(colon < 0 ? info : info[..colon]);
            password = colon < 0 ? "" : Uri.UnescapeDataString(info[(colon + 1)..]);
        }

        var token = options.BearerToken;
        if (options.BearerTokenFile is { } file)
        {
            try
            {
                token = File.ReadAllText(file).Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new PrometheusException(PrometheusFailure.Refused, $"bearer token: {e.Message}", e);
            }
        }

        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }
        else if (user is not null)
        {
            var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", pair);
        }

        foreach (var (name, value) in options.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                throw new PrometheusException(PrometheusFailure.Refused, $"'{name}' cannot be the name of a header");
            }
        }
    }

    /// <summary>The body of an answer, unpacked: we ask for none that is packed, but proxies pack, and users may ask with <c>--header</c>.</summary>
    public static async Task<Stream> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellation);
        return response.Content.Headers.ContentEncoding.LastOrDefault()?.ToLowerInvariant() switch
        {
            null or "identity" => stream,
            "gzip" or "x-gzip" => new GZipStream(stream, CompressionMode.Decompress),
            "br" => new BrotliStream(stream, CompressionMode.Decompress),
            var other => throw new PrometheusException(
                PrometheusFailure.Malformed,
                $"the answer is packed with {OneLine.Of(other)}, which nobody asked for: expected gzip or none"
            ),
        };
    }

    [SuppressMessage("Security", "CA5359", Justification = "that is what --insecure asks for")]
    private static SslClientAuthenticationOptions Tls(PrometheusOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        try
        {
            if (options.ClientCertificateFile is { } certificate)
            {
                var pair = X509Certificate2.CreateFromPemFile(certificate, options.ClientKeyFile ?? certificate);
                tls.ClientCertificates = [pair];
            }

            if (options.CertificateAuthorityFile is { } authorities)
            {
                var trusted = new X509Certificate2Collection();
                trusted.ImportFromPemFile(authorities);
                if (trusted.Count == 0)
                {
                    throw new CryptographicException("holds no certificate");
                }

                tls.CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                };
                tls.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
            }
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new PrometheusException(
                PrometheusFailure.Refused,
                $"{options.CertificateAuthorityFile ?? options.ClientCertificateFile}: {e.Message}",
                e
            );
        }

        if (options.Insecure)
        {
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }

        return tls;
    }
}
