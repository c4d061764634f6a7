using Microsoft.Diagnostics.NETCore.Client;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.DotNet;

/// <summary>The socket through which a .NET process can be asked: <c>dotnet-diagnostic-PID-KEY-socket</c> in the directory for temporary files, both as the process itself sees them.</summary>
internal sealed class DiagnosticPort : IAsyncDisposable
{
    private readonly DiagnosticsClientConnector connector;

    private DiagnosticPort(LinuxProcess process, DiagnosticsClientConnector connector)
    {
        Process = process;
        this.connector = connector;
    }

    public LinuxProcess Process { get; }

    public DiagnosticsClient Client => connector.Instance;

    /// <summary>The socket's path as we see it; null where there is none.</summary>
    public static string? Find(LinuxProcess process)
    {
        var temporary = process.ReadEnvironment("TMPDIR") is { Length: > 0 } set ? set : "/tmp";
        var directory = process.SharesOurFiles ? temporary : process.Root + temporary;
        try
        {
            // A process that ended without cleaning up leaves its socket, and its number may be given out again: the key is the
            // time at which the process was started. In a time namespace of its own it is another one than we see.
            var prefix = $"dotnet-diagnostic-{process.Ids.NamespacePid}-";
            var sockets = new DirectoryInfo(directory)
                .EnumerateFiles($"{prefix}*-socket")
                .OrderByDescending(f => f.LastWriteTimeUtc)
                .ToList();
            var own = sockets.Find(f => f.Name == $"{prefix}{process.StartTime}-socket");
            return (own ?? (MapsRuntime(process) ? sockets.FirstOrDefault() : null))?.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>True where the process runs .NET, with or without its socket.</summary>
    public static bool RunsDotNet(LinuxProcess process) =>
        Find(process) is not null || MapsRuntime(process) || SingleFileBundle.Of(process) is not null;

    private static bool MapsRuntime(LinuxProcess process) =>
        process.ReadMappedFiles()?.Any(f => f.EndsWith("/libcoreclr.so", StringComparison.Ordinal)) == true;

    /// <exception cref="AttachFailedException">There is no socket, or it does not answer.</exception>
    public static async Task<DiagnosticPort> OpenAsync(LinuxProcess process, CancellationToken cancellation)
    {
        if (Find(process) is not { } path)
        {
            throw new AttachFailedException(
                RunsDotNet(process)
                    ? $"process {process.Pid} runs .NET without its diagnostic port: start it without DOTNET_EnableDiagnostics=0 (and DOTNET_EnableDiagnostics_IPC=0), or watch it from outside with --runtime native"
                    : $"process {process.Pid} runs no .NET (Core 3.1 or later): there is no dotnet-diagnostic-{process.Ids.NamespacePid}-*-socket in its temporary directory"
            );
        }

        try
        {
            return new DiagnosticPort(
                process,
                await DiagnosticsClientConnector.FromDiagnosticPort($"{path},connect", cancellation)
            );
        }
        catch (Exception e) when (Refusal(process, e) is { } refusal)
        {
            throw new AttachFailedException(refusal, e);
        }
    }

    /// <summary>Starts a session.</summary>
    /// <param name="providers">What is asked for.</param>
    /// <param name="bufferMegabytes">The most that the runtime keeps for us in the target's memory.</param>
    /// <param name="rundownKeywords">What the runtime tells when the session ends; 0 for nothing.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="AttachFailedException">It was refused.</exception>
    public async Task<EventPipeSession> StartSessionAsync(
        IReadOnlyList<EventPipeProvider> providers,
        int bufferMegabytes,
        long rundownKeywords,
        CancellationToken cancellation
    )
    {
        try
        {
            if (rundownKeywords == 0)
            {
                return await Client.StartEventPipeSessionAsync(
                    providers,
                    requestRundown: false,
                    bufferMegabytes,
                    cancellation
                );
            }

            try
            {
                return await Client.StartEventPipeSessionAsync(
                    new EventPipeSessionConfiguration(
                        providers,
                        bufferMegabytes,
                        rundownKeywords,
                        requestStackwalk: false
                    ),
                    cancellation
                );
            }
            catch (UnsupportedCommandException)
            {
                // Before .NET 9 the runtime tells everything or nothing.
                return await Client.StartEventPipeSessionAsync(
                    providers,
                    requestRundown: true,
                    bufferMegabytes,
                    cancellation
                );
            }
        }
        catch (Exception e) when (Refusal(Process, e) is { } refusal)
        {
            throw new AttachFailedException(refusal, e);
        }
    }

    /// <summary>Ends a session: told to stop, the runtime switches its events off at once; a broken connection it notices at the next event.</summary>
    public static async Task EndAsync(EventPipeSession session)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await session.StopAsync(patience.Token).WaitAsync(patience.Token);
        }
        catch (Exception e)
            when (e is OperationCanceledException or DiagnosticsClientException or IOException or TimeoutException)
        {
            // It has ended, or cannot hear us: closing the connection does the same.
        }

        session.Dispose();
    }

    public ValueTask DisposeAsync() => connector.DisposeAsync();

    private static string? Refusal(LinuxProcess process, Exception e) =>
        e switch
        {
            ServerNotAvailableException or IOException or System.Net.Sockets.SocketException =>
                $"process {process.Pid} does not answer on its diagnostic port ({e.Message}): run as its user or as root, and check that it is not stopped",
            DiagnosticsClientException => $"process {process.Pid} refused the session: {e.Message}",
            UnauthorizedAccessException =>
                $"the diagnostic port of process {process.Pid} may not be used: run as its user or as root",
            _ => null,
        };
}
