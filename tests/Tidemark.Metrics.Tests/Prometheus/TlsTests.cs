using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tidemark.Metrics.Prometheus.Api;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>TLS and passwords, against Prometheus' own web server.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-tls-").FullName;
    private PrometheusServer server = null!;

    private Uri Https => new UriBuilder(server.Url) { Scheme = "https" }.Uri;

    public async Task InitializeAsync()
    {
        using var authority = Certify("tidemark test authority", null, "ca");
        Certify("127.0.0.1", authority, "server").Dispose();
        Certify("somebody", authority, "client").Dispose();
        // The password is "test": the example of Prometheus' own documentation.
        var web = Path.Combine(folder, "web.yml");
        await File.WriteAllTextAsync(
            web,
            $"""
            tls_server_config:
              cert_file: {folder}/server.pem
              key_file: {folder}/server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: {folder}/ca.pem
            basic_auth_users:
              admin: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay
            """
        );
        server = await PrometheusServer.StartAsync(arguments: $"--web.config.file={web}");
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task With_the_authority_our_certificate_and_the_password_it_answers() =>
        (await AskAsync(Known("test"))).ShouldBe(1);

    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        var failure = await Should.ThrowAsync<PrometheusException>(() => AskAsync(Known("wrong")));
        failure.Failure.ShouldBe(PrometheusFailure.Refused);
    }

    [Fact]
    public async Task An_unknown_authority_is_not_trusted()
    {
        var failure = await Should.ThrowAsync<PrometheusException>(() =>
            AskAsync(Known("test") with { CertificateAuthorityFile = null })
        );
        failure.Message.ShouldContain("--ca-file");
    }

    [Fact]
    public async Task Unless_that_is_asked_for() =>
        (await AskAsync(Known("test") with { CertificateAuthorityFile = null, Insecure = true })).ShouldBe(1);

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var options = new PrometheusOptions(Https) { CertificateAuthorityFile = Path.Combine(folder, "none.pem") };
        Should.Throw<PrometheusException>(() => new PrometheusClient(options)).Message.ShouldContain("none.pem");
    }

    private PrometheusOptions Known(string password) =>
        new(Https)
        {
            CertificateAuthorityFile = Path.Combine(folder, "ca.pem"),
            ClientCertificateFile = Path.Combine(folder, "client.pem"),
            ClientKeyFile = Path.Combine(folder, "client.key"),
            User = "admin",
            Password = password,
            Retries = 0,
        };

    private static async Task<double> AskAsync(PrometheusOptions options)
    {
        using var client = new PrometheusClient(options);
        var answer = await client.QueryAsync("vector(1)", DateTimeOffset.UtcNow, null, CancellationToken.None);
        return answer.Series.Single().Value;
    }

    private X509Certificate2 Certify(string name, X509Certificate2? authority, string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority is null, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var from = DateTimeOffset.UtcNow.AddHours(-1);
        var until = authority?.NotAfter ?? from.AddDays(1);
        var certificate = authority is null
            ? request.CreateSelfSigned(from, until)
            : request.Create(authority, from, until, [1, 2, 3, (byte)file.Length]);
        File.WriteAllText(Path.Combine(folder, file + ".pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, file + ".key"), key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }
}
