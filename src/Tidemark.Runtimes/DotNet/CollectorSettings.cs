using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Tidemark.Formats;
using Tidemark.Formats.Clr;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Runtimes.DotNet;

/// <summary>Asks a process how its collector is set up. The runtime tells that when a session ends, so one is begun and ended.</summary>
internal static class CollectorSettings
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The most that the heap may commit, in bytes (GCHeapHardLimit, or three quarters of a container's limit); 0 where there is no bound or the runtime does not tell.</summary>
    public static async Task<long> ReadHeapHardLimitAsync(DiagnosticPort port, CancellationToken cancellation)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            using var session = await port.Client.StartEventPipeSessionAsync(
                new EventPipeSessionConfiguration(
                    [new EventPipeProvider(ClrProvider.Runtime, EventLevel.Critical, ClrProvider.GcKeyword)],
                    circularBufferSizeMB: 1,
                    ClrProvider.RundownGcKeyword,
                    requestStackwalk: false
                ),
                patience.Token
            );
            using var giveUp = patience.Token.Register(session.Dispose);
            var reading = Task.Run(() => Read(session.EventStream), CancellationToken.None);
            await session.StopAsync(patience.Token);
            return await reading;
        }
        catch (Exception e)
            when (e is DiagnosticsClientException or IOException or ObjectDisposedException or MalformedDumpException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            return 0; // before .NET 9 it cannot be asked for this alone
        }
    }

    private static long Read(Stream stream)
    {
        using var buffered = new BufferedStream(stream, 1 << 14);
        var reader = new NetTraceReader(buffered, "the settings");
        var limit = 0L;
        while (
            reader.ReadBlock(
                (in NetTraceEvent happened) =>
                {
                    if (ClrProvider.Of(happened.Definition) == ClrEvent.RundownGcSettings)
                    {
                        var payload = happened.Payload;
                        limit = payload.Int64();
                    }
                }
            )
        )
        {
            // To the end: the session is over then.
        }

        return Math.Max(0, limit);
    }
}
