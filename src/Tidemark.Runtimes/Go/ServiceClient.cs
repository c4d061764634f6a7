using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;

namespace Tidemark.Runtimes.Go;

/// <summary>Asks a service over HTTP: with the user and password of its address, past proxies, and past a certificate for another name on this machine.</summary>
internal sealed class ServiceClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HttpClient client;

    /// <param name="address">The service; its path does not matter.</param>
    public ServiceClient(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        client = NewClient(address);
        Root = new UriBuilder(address)
        {
            Path = "/",
            Query = "",
            UserName = "",
            Password = "",
        }.Uri;
    }

    /// <summary>The service's own root, without user and password.</summary>
    public Uri Root { get; }

    public void Dispose() => client.Dispose();

    /// <summary>The answer as it comes, whatever its status.</summary>
    public Task<HttpResponseMessage> GetAsync(Uri address, CancellationToken cancellation) =>
        client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);

    /// <summary>The body of a page.</summary>
    /// <exception cref="HttpRequestException">It was refused.</exception>
    public async Task<Stream> OpenAsync(Uri address, CancellationToken cancellation)
    {
        var response = await GetAsync(address, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            response.Dispose();
            throw new HttpRequestException(
                $"{address} answers {(int)response.StatusCode} {response.ReasonPhrase}",
                inner: null,
                response.StatusCode
            );
        }

        return await response.Content.ReadAsStreamAsync(cancellation);
    }

    /// <summary>A whole page.</summary>
    /// <exception cref="HttpRequestException">It was refused.</exception>
    /// <exception cref="IOException">It is larger than <paramref name="most"/> bytes.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(Uri address, int most, CancellationToken cancellation)
    {
        await using var body = await OpenAsync(address, cancellation);
        return await ReadAsync(body, most, cancellation);
    }

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream body, int most, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream();
        await CopyAsync(body, buffer, most, cancellation);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <exception cref="IOException">It is larger than <paramref name="most"/> bytes.</exception>
    /// <exception cref="OperationCanceledException">Given up, or the service fell silent for too long.</exception>
    public static async Task CopyAsync(Stream body, Stream target, int most, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(Patience);
        var block = new byte[1 << 16];
        var length = 0L;
        while (await body.ReadAsync(block, limited.Token) is > 0 and var read)
        {
            length += read;
            if (length > most)
            {
                throw new IOException($"the service sends more than {most} bytes, which is refused");
            }

            await target.WriteAsync(block.AsMemory(0, read), limited.Token);
        }
    }

    private static HttpClient NewClient(Uri address)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
        if (address.IsLoopback)
        {
            // Nobody stands between us and a process of this machine, and its certificate is for another name.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) =>
                errors != SslPolicyErrors.RemoteCertificateNotAvailable;
        }

        var client = new HttpClient(handler) { Timeout = Patience };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("tidemark", null));
        if (address.UserInfo.Length > 0)
        {
            var credentials = Uri.UnescapeDataString(address.UserInfo);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))
            );
        }

        return client;
    }
}
