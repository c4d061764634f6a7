using System.Globalization;
using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>The query API of Prometheus, as far as histories need it. Answers are read as they arrive; each is bounded.</summary>
public sealed class PrometheusClient : IDisposable
{
    // A failure's body is read no further than this: proxies answer with whole web pages.
    private const int MaximumErrorBytes = 64 << 10;

    private const int MaximumStrings = 5_000_000;

    private readonly PrometheusOptions options;
    private readonly HttpClient http;
    private readonly SemaphoreSlim slots;
    private readonly ResiliencePipeline pipeline;
    private volatile bool postIsRefused;
    private volatile bool hasAnswered;
    private int queries;

    /// <param name="options">Where and how.</param>
    /// <param name="time">The clock that retries wait by.</param>
    /// <exception cref="PrometheusException">The options cannot be used.</exception>
    public PrometheusClient(PrometheusOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        http = PrometheusTransport.Create(options);
        slots = new SemaphoreSlim(Math.Max(1, options.Concurrency));
        var builder = new ResiliencePipelineBuilder { TimeProvider = time ?? TimeProvider.System };
        pipeline = options.Retries == 0 ? ResiliencePipeline.Empty : builder.AddRetry(Retry()).Build();
    }

    /// <summary>How many queries may run at a time.</summary>
    public int Concurrency => Math.Max(1, options.Concurrency);

    /// <summary>How many requests were sent, those that were repeated among them.</summary>
    public int Queries => queries;

    /// <summary>Asks for one value of each series at an instant.</summary>
    /// <exception cref="PrometheusException">There is no answer.</exception>
    public Task<Answer<VectorSample>> QueryAsync(
        string promql,
        DateTimeOffset at,
        IReadOnlySet<string>? keep,
        CancellationToken cancellation
    )
    {
        KeyValuePair<string, string>[] form =
        [
            new("query", promql),
            new("time", Number(at.ToUnixTimeSeconds())),
            new("timeout", TimeGrid.Duration((long)Math.Ceiling(options.Timeout.TotalSeconds))),
        ];
        return AskAsync(
            "query",
            form,
            stream => AnswerReader.ReadVector(stream, keep, options.MaximumSamples),
            cancellation
        );
    }

    /// <summary>Asks for the values of each series on a grid.</summary>
    /// <param name="promql">The query.</param>
    /// <param name="grid">When.</param>
    /// <param name="keep">The labels that are wanted; null for all.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="PrometheusException">There is no answer.</exception>
    public Task<Answer<GridSeries>> QueryRangeAsync(
        string promql,
        TimeGrid grid,
        IReadOnlySet<string>? keep,
        CancellationToken cancellation
    )
    {
        KeyValuePair<string, string>[] form =
        [
            new("query", promql),
            new("start", Number(grid.Start)),
            new("end", Number(grid.End)),
            new("step", Number(grid.Step)),
            new("timeout", TimeGrid.Duration((long)Math.Ceiling(options.Timeout.TotalSeconds))),
        ];
        return AskAsync(
            "query_range",
            form,
            stream => AnswerReader.ReadGrid(stream, grid, keep, options.MaximumSamples),
            cancellation
        );
    }

    /// <summary>The values that a label has among the series that match any of the selectors; all of its values without a selector.</summary>
    public Task<Answer<string>> LabelValuesAsync(
        string label,
        IReadOnlyList<string> selectors,
        (DateTimeOffset From, DateTimeOffset To) range,
        CancellationToken cancellation
    ) => NamesAsync($"label/{Uri.EscapeDataString(label)}/values", selectors, range, cancellation);

    /// <summary>The names of the labels of the series that match any of the selectors.</summary>
    public Task<Answer<string>> LabelNamesAsync(
        IReadOnlyList<string> selectors,
        (DateTimeOffset From, DateTimeOffset To) range,
        CancellationToken cancellation
    ) => NamesAsync("labels", selectors, range, cancellation);

    public void Dispose()
    {
        http.Dispose();
        slots.Dispose();
    }

    private Task<Answer<string>> NamesAsync(
        string path,
        IReadOnlyList<string> selectors,
        (DateTimeOffset From, DateTimeOffset To) range,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(selectors);
        KeyValuePair<string, string>[] form =
        [
            .. selectors.Select(s => new KeyValuePair<string, string>("match[]", s)),
            new("start", Number(range.From.ToUnixTimeSeconds())),
            new("end", Number(range.To.ToUnixTimeSeconds())),
        ];
        return AskAsync(path, form, stream => AnswerReader.ReadStrings(stream, MaximumStrings), cancellation);
    }

    private async Task<T> AskAsync<T>(
        string path,
        IReadOnlyList<KeyValuePair<string, string>> form,
        Func<Stream, T> read,
        CancellationToken cancellation
    )
    {
        await slots.WaitAsync(cancellation);
        try
        {
            return await pipeline.ExecuteAsync(
                async token => await AskOnceAsync(path, form, read, token),
                cancellation
            );
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task<T> AskOnceAsync<T>(
        string path,
        IReadOnlyList<KeyValuePair<string, string>> form,
        Func<Stream, T> read,
        CancellationToken cancellation
    )
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.Timeout);
        Interlocked.Increment(ref queries);
        try
        {
            using var request = Request(path, form);
            using var response = await http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                deadline.Token
            );
            hasAnswered = true;
            if (response.StatusCode != HttpStatusCode.OK)
            {
                if (
                    response.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented
                    && request.Method == HttpMethod.Post
                )
                {
                    // A read-only proxy: the same query in the address.
                    postIsRefused = true;
                    return await AskOnceAsync(path, form, read, cancellation);
                }

                throw await FailureAsync(response, deadline.Token);
            }

            // The reader waits for bytes on a thread of the pool; closing the response ends that wait.
            await using var stop = deadline.Token.Register(response.Dispose);
            await using var stream = await PrometheusTransport.ReadAsync(response, deadline.Token);
            if (response.Content.Headers.ContentType?.MediaType is "text/html")
            {
                throw new PrometheusException(
                    PrometheusFailure.Malformed,
                    $"{Shown} answers with a web page: check the address and its path prefix; if it is a login, give --bearer-token-file FILE or --user NAME:PASSWORD"
                );
            }

            return await Task.Run(() => read(stream), deadline.Token);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException && !deadline.IsCancellationRequested)
        {
            throw new PrometheusException(
                PrometheusFailure.Malformed,
                $"{Shown} does not answer as a Prometheus does ({e.Message.ReplaceLineEndings(" ")}): check the address and its path prefix",
                e
            );
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException
                || (e is JsonException or InvalidDataException && deadline.IsCancellationRequested)
            )
        {
            cancellation.ThrowIfCancellationRequested();
            throw deadline.IsCancellationRequested
                ? new PrometheusException(
                    PrometheusFailure.Timeout,
                    $"{Shown} has not answered within {options.Timeout.TotalSeconds:0.###} s: allow more with --query-timeout, or look at less with --for",
                    e
                )
                : new PrometheusException(PrometheusFailure.Unreachable, $"{Shown}: {Reason(e)}", e);
        }
    }

    private HttpRequestMessage Request(string path, IReadOnlyList<KeyValuePair<string, string>> form)
    {
        var root = options.Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        var address = $"{Root(root)}/api/v1/{path}";
        // What the user writes behind a question mark goes with every query: dedup=false, extra_label=..., nocache=1.
        var always = options.Url.GetComponents(UriComponents.Query, UriFormat.UriEscaped);
        // Long selectors do not fit into an address; label values are only served to GET.
        var isPost = !postIsRefused && path is ("query" or "query_range" or "labels");
        HttpRequestMessage request;
        if (isPost)
        {
            address += always.Length > 0 ? "?" + always : "";
            request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) };
        }
        else
        {
            var query = string.Join('&', form.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}"));
            query = always.Length > 0 ? $"{query}&{always}" : query;
            request = new HttpRequestMessage(HttpMethod.Get, $"{address}?{query}");
        }

        PrometheusTransport.Sign(request, options);
        return request;
    }

    /// <summary>The root without what people copy along with it: <c>/api/v1</c>, and a query's path behind it.</summary>
    private static string Root(string address)
    {
        var api = address.LastIndexOf("/api/v1", StringComparison.Ordinal);
        var isCopied = api >= 0 && address[(api + 7)..] is "" or "/" or "/query" or "/query_range";
        return (isCopied ? address[..api] : address).TrimEnd('/');
    }

    private async Task<PrometheusException> FailureAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = new byte[MaximumErrorBytes];
        await using var stream = await PrometheusTransport.ReadAsync(response, cancellation);
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation);
        var error = PrometheusFailures.Read(body.AsSpan(0, length));
        return PrometheusFailures.Of(response, error, Shown);
    }

    /// <summary>The address as messages show it: without a password in it, or what else is not for a log.</summary>
    private string Shown =>
        options
            .Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
            .TrimEnd('/');

    private static string Reason(Exception e) =>
        e.InnerException is AuthenticationException tls
            ? $"{tls.Message.ReplaceLineEndings(" ")}: name its authority with --ca-file, or go on with --insecure"
        : e is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }
            ? "there is no such host: check the address"
        : e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
            ? $"cannot connect ({e.InnerException?.Message ?? e.Message}): is it running, and is this its port?"
        : $"the connection failed: {e.Message.ReplaceLineEndings(" ")}";

    private RetryStrategyOptions Retry() =>
        new()
        {
            // A server that never answered is not there: waiting would only delay the message.
            ShouldHandle = new PredicateBuilder().Handle<PrometheusException>(e => e.MayPass && hasAnswered),
            MaxRetryAttempts = options.Retries,
            Delay = options.RetryDelay,
            MaxDelay = TimeSpan.FromSeconds(30),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            DelayGenerator = static arguments =>
                ValueTask.FromResult((arguments.Outcome.Exception as PrometheusException)?.RetryAfter),
        };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
