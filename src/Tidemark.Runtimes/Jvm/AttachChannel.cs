using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Jvm;

/// <summary>HotSpot's attach mechanism, spoken directly: no JDK tools are needed, neither here nor in the target's image.</summary>
/// <remarks>
/// A JVM opens the Unix socket <c>/tmp/.java_pidN</c> (N: its own process id, in its own file system) once it receives
/// SIGQUIT while a file <c>.attach_pidN</c> that belongs to its user lies in its working directory or in <c>/tmp</c>. A request
/// is the version <c>1</c>, a command and three arguments, each ended by a zero byte; the answer is a status in decimal, a line
/// end and text until the end of the stream. One connection carries one request.
/// </remarks>
internal sealed class AttachChannel
{
    private const int Quit = 3;
    private const int LongestAnswer = 64 << 20;
    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    private readonly LinuxProcess process;
    private readonly string socketPath;

    private AttachChannel(LinuxProcess process)
    {
        this.process = process;
        socketPath = string.Create(
            CultureInfo.InvariantCulture,
            $"{process.Root}/tmp/.java_pid{process.Ids.NamespacePid}"
        );
    }

    /// <summary>Wakes the attach listener where it does not run yet.</summary>
    /// <exception cref="AttachFailedException">The JVM cannot be attached to; says why and what to do.</exception>
    public static async Task<AttachChannel> OpenAsync(JvmProcess jvm, CancellationToken cancellation)
    {
        var process = jvm.Process;
        var channel = new AttachChannel(process);
        if (process.Ids.User != Identity.EffectiveUser && Identity.EffectiveUser != 0)
        {
            throw new AttachFailedException(
                $"process {process.Pid} belongs to user {process.Ids.User}: run tidemark as that user or as root"
            );
        }

        if (process.State is 'T' or 't')
        {
            throw new AttachFailedException(
                $"process {process.Pid} is stopped: let it go on with `kill -CONT {process.Pid}`"
            );
        }

        if (await channel.TryConnectAsync(cancellation) is { } socket)
        {
            socket.Dispose();
            return channel;
        }

        if (jvm.ForbidsAttach)
        {
            throw new AttachFailedException(
                $"process {process.Pid} was started with -XX:+DisableAttachMechanism: start it without, or have it write a heap dump itself (-XX:+HeapDumpOnOutOfMemoryError) and give tidemark the file"
            );
        }

        await channel.WakeListenerAsync(cancellation);
        return channel;
    }

    /// <summary>Runs a diagnostic command, as <c>jcmd PID command</c> does, and returns what it prints.</summary>
    /// <exception cref="IOException">The JVM refused it; the message is its own.</exception>
    /// <exception cref="TimeoutException">It did not answer in time; the command may still be running there.</exception>
    public async Task<string> RunAsync(string command, TimeSpan patience, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(patience);
        try
        {
            using var socket =
                await TryConnectAsync(deadline.Token)
                ?? throw new IOException($"process {process.Pid} has closed its attach socket {socketPath}");
            await socket.SendAsync(Encoding.UTF8.GetBytes($"1\0jcmd\0{command}\0\0\0"), deadline.Token);
            return Unwrap(command, await ReadAnswerAsync(socket, deadline.Token));
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"process {process.Pid} did not answer {command.Split(' ')[0]} within {patience.TotalSeconds:0} s",
                e
            );
        }
        catch (SocketException e)
        {
            throw new IOException($"process {process.Pid} broke the attach connection off: {e.Message}", e);
        }
    }

    private string Unwrap(string command, string answer)
    {
        var end = answer.IndexOf('\n', StringComparison.Ordinal);
        if (
            end < 0
            || !int.TryParse(answer.AsSpan(0, end), NumberStyles.Integer, CultureInfo.InvariantCulture, out var status)
        )
        {
            throw new IOException($"process {process.Pid} gave no status for {command.Split(' ')[0]}");
        }

        var text = answer[(end + 1)..];
        return status == 0
            ? text
            : throw new IOException(
                $"process {process.Pid} refused {command.Split(' ')[0]}: {text.Trim()} (status {status})"
            );
    }

    private static async Task<string> ReadAnswerAsync(Socket socket, CancellationToken cancellation)
    {
        var answer = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await socket.ReceiveAsync(buffer, cancellation) is > 0 and var read)
        {
            answer.Write(buffer, 0, read);
            if (answer.Length > LongestAnswer)
            {
                throw new IOException($"the answer is longer than {LongestAnswer >> 20} MiB");
            }
        }

        return Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length);
    }

    /// <summary>Connects; null where nobody listens.</summary>
    private async Task<Socket?> TryConnectAsync(CancellationToken cancellation)
    {
        if (!File.Exists(socketPath))
        {
            return null;
        }

        // The JVM accepts its own user, recent ones root as well: as root we connect in its user's name.
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await Identity
                .Of(process.Ids)
                .RunAsync(() => socket.Connect(new UnixDomainSocketEndPoint(socketPath)))
                .WaitAsync(ConnectPatience, cancellation);
            return socket;
        }
        catch (SocketException)
        {
            // A socket file whose JVM has ended stays behind.
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task WakeListenerAsync(CancellationToken cancellation)
    {
        // A JVM started with -Xrs (and one that is still starting) does not handle SIGQUIT: it would end.
        if (!process.Catches(Quit))
        {
            throw new AttachFailedException(
                $"process {process.Pid} does not handle SIGQUIT (-Xrs, or it is still starting), so it cannot be attached to: start it without -Xrs"
            );
        }

        var request = CreateRequestFile();
        try
        {
            process.Signal(Quit);
            var end = Environment.TickCount64 + (long)HandshakePatience.TotalMilliseconds;
            while (Environment.TickCount64 < end)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
                if (await TryConnectAsync(cancellation) is { } socket)
                {
                    socket.Dispose();
                    return;
                }

                if (!process.IsRunning)
                {
                    throw new AttachFailedException($"process {process.Pid} has ended");
                }
            }
        }
        finally
        {
            File.Delete(request);
        }

        throw new AttachFailedException(
            $"process {process.Pid} did not open its attach socket within {HandshakePatience.TotalSeconds:0} s: it may hang, be short of CPU, or forbid it (-XX:+DisableAttachMechanism)"
        );
    }

    private string CreateRequestFile()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $".attach_pid{process.Ids.NamespacePid}");
        Exception? failure = null;
        foreach (var folder in (string[])[process.WorkingDirectory, $"{process.Root}/tmp"])
        {
            var path = Path.Combine(folder, name);
            try
            {
                using (File.Create(path)) { }

                Identity.GiveFile(path, process.Ids);
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A read-only file system, for instance: the other folder may do.
                failure = e;
            }
        }

        throw new AttachFailedException(
            $"neither the working directory of process {process.Pid} nor its /tmp can be written: {failure?.Message}",
            failure
        );
    }
}
