using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tidemark.Core.Series;

namespace Tidemark.Runtimes.Python.Agent;

/// <summary>A conversation with the agent inside a Python process: one question at a time, answered in frames.</summary>
/// <remarks>A question is a line: a command and its options as JSON. A frame is a kind byte and a 32-bit little-endian length before its content; kind <c>J</c> ends an answer, <c>!</c> says that the agent has failed.</remarks>
internal sealed class AgentConnection : IAsyncDisposable
{
    private const int FrameLimit = 256 << 20;
    private const byte Answer = (byte)'J';
    private const byte Failure = (byte)'!';

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly NetworkStream stream;
    private readonly int pid;
    private bool broken;

    public AgentConnection(Socket socket, int pid)
    {
        stream = new NetworkStream(socket, ownsSocket: true);
        this.pid = pid;
    }

    /// <summary>True while a question is being answered.</summary>
    public bool IsBusy => turn.CurrentCount == 0;

    /// <summary>Asks one question and waits for its answer.</summary>
    /// <param name="command">The question.</param>
    /// <param name="options">Its options as JSON.</param>
    /// <param name="onData">Receives the frames before the answer: the kind and the content.</param>
    /// <param name="cancellation">Gives up; the connection is of no use after that.</param>
    /// <exception cref="TargetGoneException">The process has ended.</exception>
    /// <exception cref="IOException">The agent has failed or hung up.</exception>
    public async Task<JsonElement> AskAsync(
        string command,
        string options,
        Func<byte, ReadOnlyMemory<byte>, ValueTask>? onData,
        CancellationToken cancellation
    )
    {
        await turn.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(broken, this);
            broken = true; // until the whole answer is here: half an answer leaves the stream out of step
            var answer = await ExchangeAsync(command, options, onData, cancellation);
            broken = false;
            return answer;
        }
        catch (IOException e)
        {
            throw HasEnded(pid)
                ? new TargetGoneException($"process {pid} has ended", e)
                : new IOException($"the agent in process {pid} hung up: {e.Message}", e);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Hangs up, and waits until the agent has put everything back.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            stream.Socket.Shutdown(SocketShutdown.Send);
            using var limit = new CancellationTokenSource(Farewell);
            var rest = new byte[1 << 16];
            while (await stream.ReadAsync(rest, limit.Token) > 0)
            {
                // An answer that nobody waits for any more.
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The process has gone, or takes its time: closing the connection tells the agent all the same.
        }

        await stream.DisposeAsync();
        turn.Dispose();
    }

    private static bool HasEnded(int pid)
    {
        try
        {
            // The state follows the name, which may hold anything but ends with the last bracket.
            var status = File.ReadAllText($"/proc/{pid}/stat");
            return status.AsSpan(status.LastIndexOf(')') + 2)[0] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    private async Task<JsonElement> ExchangeAsync(
        string command,
        string options,
        Func<byte, ReadOnlyMemory<byte>, ValueTask>? onData,
        CancellationToken cancellation
    )
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{command} {options}\n"), cancellation);
        var header = new byte[5];
        var content = Array.Empty<byte>();
        while (true)
        {
            await stream.ReadExactlyAsync(header, cancellation);
            var length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1));
            if (length is < 0 or > FrameLimit)
            {
                throw new IOException($"the agent in process {pid} sent a frame of {length} bytes");
            }

            if (content.Length < length)
            {
                content = new byte[Math.Max(length, 1 << 16)];
            }

            await stream.ReadExactlyAsync(content.AsMemory(0, length), cancellation);
            switch (header[0])
            {
                case Answer:
                    return JsonElement.Parse(content.AsSpan(0, length));
                case Failure:
                    throw new IOException(
                        $"the agent in process {pid} failed: {Encoding.UTF8.GetString(content, 0, length)}"
                    );
                default:
                    if (onData is not null)
                    {
                        await onData(header[0], content.AsMemory(0, length));
                    }

                    break;
            }
        }
    }
}
