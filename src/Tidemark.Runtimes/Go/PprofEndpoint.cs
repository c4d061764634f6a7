using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidemark.Runtimes.Go;

/// <summary>The handlers of <c>net/http/pprof</c> where a service has put them, and <c>/debug/vars</c> beside them.</summary>
internal sealed partial class PprofEndpoint : IDisposable
{
    /// <summary>Where <c>net/http/pprof</c> puts itself.</summary>
    public const string UsualPath = "debug/pprof/";

    // The statistics stand at the end of a text that grows with the program: two rings of 256 numbers and some lines.
    private const int TailBytes = 32 << 10;
    private const int IndexBytes = 1 << 20;
    private const int MaxProfileBytes = 1 << 30;

    private static readonly string[] OtherPaths =
    [
        "pprof/",
        "debug/",
        "admin/debug/pprof/",
        "internal/debug/pprof/",
        "_debug/pprof/",
        "-/debug/pprof/",
        "api/debug/pprof/",
        "metrics/debug/pprof/",
    ];

    private readonly ServiceClient client;
    private readonly bool hasIndex;

    private PprofEndpoint(ServiceClient client, Uri profiles, bool hasIndex)
    {
        this.client = client;
        this.hasIndex = hasIndex;
        Profiles = profiles;
    }

    /// <summary>The service's own root.</summary>
    public Uri Root => client.Root;

    /// <summary>The directory of the profiles, with a slash at its end.</summary>
    public Uri Profiles { get; }

    /// <summary>Looks for pprof at an address: at the path that it names, at the usual one, and at others that are common.</summary>
    /// <param name="address">The service, with or without a path.</param>
    /// <param name="patience">How long one answer may take.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The endpoint, or why there is none.</returns>
    public static async Task<(PprofEndpoint? Endpoint, string? Refusal)> FindAsync(
        Uri address,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        var client = new ServiceClient(address);
        string? refusal = null;
        foreach (var profiles in Candidates(address, client.Root))
        {
            var (answer, problem) = await ProbeAsync(client, profiles, patience, cancellation);
            if (answer is { } hasIndex)
            {
                return (new PprofEndpoint(client, profiles, hasIndex), null);
            }

            refusal ??= problem;
            if (problem is { Length: > 0 } && problem[0] != '/')
            {
                // Nobody there, or nobody who speaks HTTP: other paths will not help.
                break;
            }
        }

        client.Dispose();
        return (null, refusal);
    }

    /// <summary>How many goroutines there are; null where the index is not served. Costs the target no more than a page.</summary>
    public async Task<int?> CountGoroutinesAsync(CancellationToken cancellation)
    {
        if (!hasIndex)
        {
            return null;
        }

        var page = Encoding.UTF8.GetString((await client.ReadAsync(Profiles, IndexBytes, cancellation)).Span);
        return
            GoroutineCount.Match(page) is { Success: true } match
            && int.TryParse(match.Groups["count"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : null;
    }

    /// <summary>The memory statistics at the end of the heap profile's text; null where it has none. The profile is printed for it: milliseconds of the target's CPU.</summary>
    /// <param name="collect">Has the program collect before; it runs beside the program and takes as long as that needs.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<GoMemStats?> ReadHeapStatisticsAsync(bool collect, CancellationToken cancellation)
    {
        var query = collect ? "heap?debug=1&gc=1" : "heap?debug=1";
        await using var body = await client.OpenAsync(new Uri(Profiles, query), cancellation);
        var tail = new byte[TailBytes * 2];
        var length = 0;
        while (await body.ReadAsync(tail.AsMemory(length), cancellation) is > 0 and var read)
        {
            length += read;
            if (length == tail.Length)
            {
                tail.AsSpan(TailBytes).CopyTo(tail);
                length = TailBytes;
            }
        }

        return GoMemStats.ParseText(Encoding.UTF8.GetString(tail, 0, length));
    }

    /// <summary>What <c>/debug/vars</c> tells; null where the service does not serve it.</summary>
    public async Task<GoVariables?> ReadVariablesAsync(CancellationToken cancellation)
    {
        try
        {
            var address = new Uri(Root, "debug/vars");
            return GoVariables.Parse(await client.ReadAsync(address, MaxProfileBytes, cancellation));
        }
        catch (HttpRequestException refused) when (refused.StatusCode is not null)
        {
            return null;
        }
    }

    /// <summary>Copies a profile as the service gives it.</summary>
    /// <param name="query">Its name and query, such as <c>heap?gc=1</c>.</param>
    /// <param name="target">Where to.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="HttpRequestException">It was refused.</exception>
    /// <exception cref="IOException">It is too large, or cannot be written.</exception>
    public async Task CopyProfileAsync(string query, Stream target, CancellationToken cancellation)
    {
        await using var body = await client.OpenAsync(new Uri(Profiles, query), cancellation);
        await ServiceClient.CopyAsync(body, target, MaxProfileBytes, cancellation);
    }

    public void Dispose() => client.Dispose();

    /// <returns>Whether there is an index, where pprof is there; or why not: a path that is refused begins with a slash.</returns>
    private static async Task<(bool? HasIndex, string? Problem)> ProbeAsync(
        ServiceClient client,
        Uri profiles,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(patience);
        try
        {
            using var index = await client.GetAsync(profiles, limited.Token);
            if (index.IsSuccessStatusCode)
            {
                await using var body = await index.Content.ReadAsStreamAsync(limited.Token);
                var page = Encoding.UTF8.GetString(
                    (await ServiceClient.ReadAsync(body, IndexBytes, limited.Token)).Span
                );
                if (GoroutineCount.IsMatch(page))
                {
                    return (true, null);
                }
            }

            // Some services register the handlers one by one, without the index.
            using var heap = await client.GetAsync(new Uri(profiles, "heap?debug=1"), limited.Token);
            if (!heap.IsSuccessStatusCode)
            {
                return (null, $"{profiles.AbsolutePath} answers {(int)heap.StatusCode} {heap.ReasonPhrase}");
            }

            var start = new byte[16];
            await using var text = await heap.Content.ReadAsStreamAsync(limited.Token);
            var read = await text.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, limited.Token);
            return start.AsSpan(0, read).StartsWith("heap profile: "u8)
                ? (false, null)
                : (null, $"{profiles.AbsolutePath} is something else");
        }
        catch (HttpRequestException unreachable)
        {
            return (null, unreachable.Message);
        }
        catch (IOException broken)
        {
            return (null, broken.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, $"no answer within {patience.TotalSeconds:0} s");
        }
    }

    private static IEnumerable<Uri> Candidates(Uri address, Uri root)
    {
        var path = address.AbsolutePath;
        if (path.Length > 1)
        {
            // The user names the directory, a profile in it, or the prefix that everything has.
            var directory = path.EndsWith('/') ? path : path + "/";
            yield return new Uri(root, directory);
            yield return new Uri(root, directory + UsualPath);
            yield return new Uri(root, path[..(path.LastIndexOf('/') + 1)]);
        }

        yield return new Uri(root, UsualPath);
        foreach (var other in OtherPaths)
        {
            yield return new Uri(root, other);
        }
    }

    /// <summary>The line of the index that counts goroutines: as a table since Go 1.11 (with or without quotes), as plain cells before.</summary>
    [GeneratedRegex(
        @"(?<count>\d+)\s*</td>\s*<td>\s*<a href=['""]?[^'"">]*goroutine\?debug=1",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex GoroutineCount { get; }
}
