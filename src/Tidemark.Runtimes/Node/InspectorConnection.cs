using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidemark.Runtimes.Node;

/// <summary>A session of Node.js' inspector (the DevTools protocol over a web socket): the main thread and, through it, the worker threads.</summary>
internal sealed class InspectorConnection : IAsyncDisposable
{
    /// <summary>An allocation profile is nested as deeply as calls are, two levels a call: V8 follows 128 of them, a web framework makes half of those.</summary>
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = HeapProfileFile.MostLevels };

    private const string WaitingForDisconnect = "NodeRuntime.waitingForDisconnect";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly ClientWebSocket socket;
    private readonly SemaphoreSlim sending = new(1);
    private readonly ConcurrentDictionary<string, InspectorThread> workers = new();
    private readonly Task receiving;

    private InspectorConnection(ClientWebSocket socket)
    {
        this.socket = socket;
        Main = new InspectorThread("main", SendAsync);
        Main.Notified += FollowWorkers;
        receiving = Task.Run(ReceiveAllAsync);
    }

    public InspectorThread Main { get; }

    /// <summary>The main thread and the workers that live now.</summary>
    public IReadOnlyList<InspectorThread> Threads => [Main, .. workers.Values];

    /// <summary>True once the program has ended; its process does so too when it is let go, which it is then.</summary>
    public bool ProgramHasEnded { get; private set; }

    /// <summary>Completes when the other side has hung up.</summary>
    public Task Closed => receiving;

    /// <exception cref="IOException">It cannot be connected to.</exception>
    public static async Task<InspectorConnection> ConnectAsync(
        Uri url,
        HttpMessageInvoker network,
        CancellationToken cancellation
    )
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.KeepAliveInterval = TimeSpan.Zero;
            await socket.ConnectAsync(url, network, cancellation);
        }
        catch (WebSocketException e)
        {
            socket.Dispose();
            throw new IOException($"{url}: {e.Message}", e);
        }

        var connection = new InspectorConnection(socket);
        await connection.Main.CallAsync("Runtime.enable", null, Patience, cancellation);
        try
        {
            await connection.Main.CallAsync(
                "NodeRuntime.notifyWhenWaitingForDisconnect",
                new JsonObject { ["enabled"] = true },
                Patience,
                cancellation
            );
        }
        catch (InspectorException)
        {
            // A Node.js that does not know it yet: the end of the context tells.
        }

        return connection;
    }

    /// <summary>Follows worker threads from now on: those that live, and those that come.</summary>
    public Task EnableWorkersAsync(CancellationToken cancellation) =>
        Main.CallAsync(
            "NodeWorker.enable",
            new JsonObject { ["waitForDebuggerOnStart"] = false },
            Patience,
            cancellation
        );

    public async ValueTask DisposeAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            if (socket.State == WebSocketState.Open)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
            }

            await receiving.WaitAsync(TimeSpan.FromSeconds(1), limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or TimeoutException)
        {
            // The target is gone or busy; the socket is dropped below.
        }

        socket.Dispose();
        sending.Dispose();
    }

    private async Task SendAsync(string message, CancellationToken cancellation)
    {
        await sending.WaitAsync(cancellation);
        try
        {
            await socket.SendAsync(
                Encoding.UTF8.GetBytes(message),
                WebSocketMessageType.Text,
                endOfMessage: true,
                cancellation
            );
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw new IOException($"the inspector has hung up: {e.Message}", e);
        }
        finally
        {
            sending.Release();
        }
    }

    private async Task ReceiveAllAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        Exception reason = new IOException("the inspector has hung up");
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.GetMemory(1 << 14), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    // The target's event loop stands still until we have gone.
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    break;
                }

                buffer.Advance(part.Count);
                if (part.EndOfMessage)
                {
                    using var message = JsonDocument.Parse(buffer.WrittenMemory, Deep);
                    Main.Receive(message.RootElement);
                    buffer.ResetWrittenCount();
                }
            }
        }
        catch (Exception e)
            when (e is WebSocketException or JsonException or ObjectDisposedException or InvalidOperationException)
        {
            reason = e;
        }

        socket.Abort();
        Main.End(reason);
        foreach (var worker in workers.Values)
        {
            worker.End(reason);
        }
    }

    private void FollowWorkers(string method, JsonElement parameters)
    {
        switch (method)
        {
            case "NodeWorker.attachedToWorker":
                var session = parameters.GetProperty("sessionId").GetString()!;
                var info = parameters.GetProperty("workerInfo");
                workers[session] = new InspectorThread(
                    $"worker {info.GetProperty("workerId").GetString()}",
                    (message, cancellation) =>
                        Main.CallAsync(
                            "NodeWorker.sendMessageToWorker",
                            new JsonObject { ["message"] = message, ["sessionId"] = session },
                            Patience,
                            cancellation
                        )
                );
                break;
            case WaitingForDisconnect:
                // The program has ended, and the process stands still until nobody debugs it any more.
                ProgramHasEnded = true;
                socket.Abort();
                break;
            case "NodeWorker.detachedFromWorker":
                if (workers.TryRemove(parameters.GetProperty("sessionId").GetString()!, out var gone))
                {
                    gone.End(new IOException($"{gone.Name} has ended"));
                }

                break;
            case "NodeWorker.receivedMessageFromWorker":
                if (workers.TryGetValue(parameters.GetProperty("sessionId").GetString()!, out var worker))
                {
                    using var message = JsonDocument.Parse(parameters.GetProperty("message").GetString()!, Deep);
                    worker.Receive(message.RootElement);
                }

                break;
            default:
                break;
        }
    }
}
