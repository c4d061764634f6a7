using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
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
    private long heard;
    private bool broken;
    private bool closed;

    public AgentConnection(Socket socket, int pid)
    {
        stream = new NetworkStream(socket, ownsSocket: true);
        this.pid = pid;
    }

    /// <summary>True while a question is being answered.</summary>
    public bool IsBusy => turn.CurrentCount == 0;

    /// <summary>For how long the agent has sent nothing of the answer that is due; zero where none is.</summary>
    public TimeSpan Silence => IsBusy ? Stopwatch.GetElapsedTime(heard) : TimeSpan.Zero;

    /// <summary>True where an answer was not read to its end, or never came: another connection is needed.</summary>
    public bool IsBroken => broken && !IsBusy;

    /// <summary>Asks one question and waits for its answer.</summary>
    /// <param name="command">The question.</param>
    /// <param name="options">Its options as JSON.</param>
    /// <param name="onData">Receives the frames before the answer: the kind and the content.</param>
    /// <param name="cancellation">Gives up; the connection is of no use after that.</param>
    /// <exception cref="TargetGoneException">The process has ended.</exception>
    /// <exception cref="AgentFailedException">The agent could not do it; the next question may be asked.</exception>
    /// <exception cref="IOException">The agent has hung up, or had hung up before.</exception>
    public async Task<JsonElement> AskAsync(
        string command,
        string options,
        Func<byte, ReadOnlyMemory<byte>, ValueTask>? onData,
        CancellationToken cancellation
    )
    {
        if (closed || IsBroken)
        {
            throw Lost();
        }

        await turn.WaitAsync(cancellation);
        try
        {
            if (broken || closed)
            {
                throw Lost();
            }

            heard = Stopwatch.GetTimestamp();
            broken = true; // until the whole answer is here: half an answer leaves the stream out of step
            var (answer, failure) = await ExchangeAsync(command, options, onData, cancellation);
            broken = false;
            failure?.Throw();
            return answer;
        }
        catch (IOException e) when (broken && !closed)
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
        if (closed)
        {
            return;
        }

        closed = true;
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

    private IOException Lost() => new($"the connection to the agent in process {pid} was lost");

    /// <summary>True where the process is gone, or on its way.</summary>
    public static bool HasEnded(int pid)
    {
        const int flags = 6;
        const int exiting = 4;
        try
        {
            // What follows the name, which may hold anything but ends with the last bracket. Files are closed before the state is Z.
            var status = File.ReadAllText($"/proc/{pid}/stat");
            var words = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            return words[0] is "Z" or "X"
                || (int.TryParse(words[flags], CultureInfo.InvariantCulture, out var set) && (set & exiting) != 0);
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Reads one answer to its end, whatever becomes of its content.</summary>
    private async Task<(JsonElement Answer, ExceptionDispatchInfo? Failure)> ExchangeAsync(
        string command,
        string options,
        Func<byte, ReadOnlyMemory<byte>, ValueTask>? onData,
        CancellationToken cancellation
    )
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{command} {options}\n"), cancellation);
        var header = new byte[5];
        var content = Array.Empty<byte>();
        ExceptionDispatchInfo? failure = null;
        while (true)
        {
            await stream.ReadExactlyAsync(header, cancellation);
            var length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1));
            if (length is < 0 or > FrameLimit)
            {
                throw new IOException($"it sent a frame of {(uint)length} bytes");
            }

            if (content.Length < length)
            {
                content = new byte[Math.Max(length, 1 << 16)];
            }

            await stream.ReadExactlyAsync(content.AsMemory(0, length), cancellation);
            heard = Stopwatch.GetTimestamp();
            switch (header[0])
            {
                case Answer:
                    return (failure is null ? JsonElement.Parse(content.AsSpan(0, length)) : default, failure);
                case Failure:
                    var said = Encoding.UTF8.GetString(content, 0, length);
                    return (
                        default,
                        failure ?? ExceptionDispatchInfo.Capture(new AgentFailedException(pid, command, said))
                    );
                default:
                    if (onData is not null && failure is null)
                    {
                        failure = await TryTakeAsync(onData, header[0], content.AsMemory(0, length), cancellation);
                    }

                    break;
            }
        }
    }

    private static async ValueTask<ExceptionDispatchInfo?> TryTakeAsync(
        Func<byte, ReadOnlyMemory<byte>, ValueTask> onData,
        byte kind,
        ReadOnlyMemory<byte> content,
        CancellationToken cancellation
    )
    {
        try
        {
            await onData(kind, content);
            return null;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // A full disk is no fault of the agent's: the rest of the answer is read, so that the next question can be asked.
            return ExceptionDispatchInfo.Capture(e);
        }
    }
}
