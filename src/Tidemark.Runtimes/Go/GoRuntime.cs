using System.Net;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Go;

/// <summary>Go programs, by the build information in their executable or by the pprof endpoint that they serve.</summary>
public sealed class GoRuntime : IRuntime
{
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(3);

    /// <inheritdoc />
    public string Name => "go";

    /// <inheritdoc />
    public RuntimeKnowledge Knowledge => GoKnowledge.Value;

    /// <inheritdoc />
    /// <remarks>Only Go programs are reached by an address alone: where it is none, that is said when it is attached to.</remarks>
    public ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Pid is not { } pid)
        {
            return ValueTask.FromResult(target.Url is not null);
        }

        using var program = OpenProgram(pid);
        return ValueTask.FromResult(program is not null);
    }

    /// <inheritdoc />
    public async Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Pid is { } pid)
        {
            var process = LinuxProcess.Find(pid) ?? throw new TargetGoneException($"no process {pid} is running");
            var (found, refusal) = await FindEndpointAsync(pid, target.Url, cancellation);
            // The metrics may be on another port than the profiles.
            var others = ListeningSockets.Of(pid).Select(s => new Uri($"http://{s}/"));
            var first = target.Url ?? found?.Root;
            var metrics = await FindMetricsAsync(
                first is null ? others : others.Prepend(first).Distinct(),
                cancellation
            );
            return GoSession.Open(process, OpenProgram(pid), found, metrics, refusal);
        }

        var url = target.Url ?? throw new AttachFailedException("a Go service is attached to by --pid or --url");
        var (endpoint, problem) = await PprofEndpoint.FindAsync(url, ProbePatience, cancellation);
        var lack = endpoint is null ? $"{Shown(url)} serves no pprof ({problem}): {HowToSwitchItOn}" : null;
        var page = await FindMetricsAsync([url], cancellation);
        if (lack is not null && page?.First.Statistics is null)
        {
            page?.Dispose();
            throw new AttachFailedException(lack);
        }

        return GoSession.Open(process: null, program: null, endpoint, page, lack);
    }

    private const string HowToSwitchItOn =
        "import _ \"net/http/pprof\" and serve http.DefaultServeMux on a local port (go http.ListenAndServe(\"localhost:6060\", nil))";

    private static GoProgram? OpenProgram(int pid) => GoProgram.Open($"/proc/{pid}/exe");

    private static Task<ServiceMetrics?> FindMetricsAsync(IEnumerable<Uri> addresses, CancellationToken cancellation) =>
        ServiceMetrics.FindAsync(addresses, ProbePatience, TimeProvider.System, cancellation);

    /// <summary>An address without the password that may stand in it.</summary>
    private static Uri Shown(Uri url) => new UriBuilder(url) { UserName = "", Password = "" }.Uri;

    private static IEnumerable<Uri> AddressesOf(IReadOnlyList<IPEndPoint> sockets) =>
        sockets.SelectMany(s => new[] { new Uri($"http://{s}/"), new Uri($"https://{s}/") });

    /// <summary>Asks every address that the process listens on.</summary>
    private static async Task<(PprofEndpoint? Endpoint, string? Refusal)> FindEndpointAsync(
        int pid,
        Uri? url,
        CancellationToken cancellation
    )
    {
        var sockets = ListeningSockets.Of(pid);
        foreach (var address in url is null ? AddressesOf(sockets) : [url])
        {
            var (endpoint, _) = await PprofEndpoint.FindAsync(address, ProbePatience, cancellation);
            if (endpoint is not null)
            {
                return (endpoint, null);
            }
        }

        var asked = sockets.Count > 0 ? $"asked {string.Join(", ", sockets)}" : "it listens on no TCP port";
        return (null, $"process {pid} serves no pprof ({asked}): {HowToSwitchItOn}, or name its address with --url");
    }
}
