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
    public async ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Pid is { } pid)
        {
            using var program = OpenProgram(pid);
            return program is not null;
        }

        if (target.Url is not { } url)
        {
            return false;
        }

        var (endpoint, _) = await PprofEndpoint.FindAsync(url, ProbePatience, cancellation);
        using (endpoint)
        {
            return endpoint is not null;
        }
    }

    /// <inheritdoc />
    public async Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Pid is { } pid)
        {
            var process = LinuxProcess.Find(pid) ?? throw new TargetGoneException($"no process {pid} is running");
            var (found, refusal) = await FindEndpointAsync(pid, target.Url, cancellation);
            return GoSession.Open(process, OpenProgram(pid), found, refusal);
        }

        var url = target.Url ?? throw new AttachFailedException("a Go service is attached to by --pid or --url");
        var (endpoint, problem) = await PprofEndpoint.FindAsync(url, ProbePatience, cancellation);
        return endpoint is not null
            ? GoSession.Open(process: null, program: null, endpoint, refusal: null)
            : throw new AttachFailedException($"{url} serves no pprof ({problem}): {HowToSwitchItOn}");
    }

    private const string HowToSwitchItOn =
        "import _ \"net/http/pprof\" and serve http.DefaultServeMux on a local port (go http.ListenAndServe(\"localhost:6060\", nil))";

    private static GoProgram? OpenProgram(int pid) => GoProgram.Open($"/proc/{pid}/exe");

    /// <summary>Asks every address that the process listens on.</summary>
    private static async Task<(PprofEndpoint? Endpoint, string? Refusal)> FindEndpointAsync(
        int pid,
        Uri? url,
        CancellationToken cancellation
    )
    {
        var sockets = ListeningSockets.Of(pid);
        var addresses = sockets.SelectMany(s => new[] { new Uri($"http://{s}/"), new Uri($"https://{s}/") });
        foreach (var address in url is null ? addresses : [url])
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
