using System.Collections.Specialized;
using System.Globalization;
using System.Net;
using System.Text;
using Tidemark.Tests;

namespace Tidemark.Metrics.Tests.Prometheus;

/// <summary>One request as the proxy sees it: the path, and the form or the query of the address, decoded.</summary>
public sealed record ProxiedRequest(string Method, string Path, string Form, NameValueCollection Headers);

/// <summary>What the proxy answers in the server's place.</summary>
public sealed record Fault(int Status, string Body = "", string? RetryAfter = null)
{
    public TimeSpan Delay { get; init; }

    /// <summary>Further headers.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The body, where it is no text.</summary>
    public byte[]? Bytes { get; init; }
}

/// <summary>Stands between the client and a real server, as proxies do, and fails where it is told to.</summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly HttpClient http = new();
    private readonly Uri server;
    private readonly Func<ProxiedRequest, Fault?> fail;
    private readonly Task loop;
    private int requests;

    public FaultyProxy(Uri server, Func<ProxiedRequest, Fault?> fail)
    {
        (this.server, this.fail) = (server, fail);
        var port = Machine.FreePort();
        Url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        listener.Prefixes.Add(Url.ToString());
        listener.Start();
        loop = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>The path in front of the server's own.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What becomes of the server's own answer on its way.</summary>
    public Func<ProxiedRequest, string, string>? Rewrite { get; init; }

    public int Requests => requests;

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await loop;
        http.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        Interlocked.Increment(ref requests);
        var request = context.Request;
        using var reader = new StreamReader(request.InputStream);
        var body = await reader.ReadToEndAsync();
        var form = WebUtility.UrlDecode(body + request.Url!.Query);
        var asked = new ProxiedRequest(request.HttpMethod, request.Url.AbsolutePath, form, request.Headers);
        try
        {
            var fault = fail(asked);
            if (fault is not null)
            {
                await Task.Delay(fault.Delay);
                context.Response.StatusCode = fault.Status;
                if (fault.RetryAfter is { } wait)
                {
                    context.Response.Headers["Retry-After"] = wait;
                }

                foreach (var (name, value) in fault.Headers)
                {
                    context.Response.Headers[name] = value;
                }

                await context.Response.OutputStream.WriteAsync(fault.Bytes ?? Encoding.UTF8.GetBytes(fault.Body));
            }
            else
            {
                using var forward = new HttpRequestMessage(
                    new HttpMethod(request.HttpMethod),
                    new Uri(server, request.Url.PathAndQuery[Prefix.Length..])
                );
                if (request.HttpMethod == "POST")
                {
                    forward.Content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
                }

                using var answer = await http.SendAsync(forward);
                context.Response.StatusCode = (int)answer.StatusCode;
                if (Rewrite is null)
                {
                    await answer.Content.CopyToAsync(context.Response.OutputStream);
                }
                else
                {
                    var text = Rewrite(asked, await answer.Content.ReadAsStringAsync());
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
                }
            }

            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or InvalidOperationException or HttpRequestException)
        {
            context.Response.Abort(); // the client gave up
        }
    }
}
