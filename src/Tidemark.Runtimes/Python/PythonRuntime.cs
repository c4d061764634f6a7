using System.Net.Sockets;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Runtimes.Python.Agent;
using Tidemark.Runtimes.Python.Injection;

namespace Tidemark.Runtimes.Python;

/// <summary>CPython 3.8 and later, as its own program or embedded in another.</summary>
public sealed class PythonRuntime : IRuntime
{
    // A computation in C may keep the interpreter for itself for a while before the agent gets its turn.
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(20);

    public string Name => "python";

    public RuntimeKnowledge Knowledge => PythonKnowledge.Instance;

    /// <inheritdoc />
    public ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        return ValueTask.FromResult(target.Pid is { } pid && PythonProcess.IsCPython(pid));
    }

    /// <inheritdoc />
    public async Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        var pid =
            target.Pid
            ?? throw new AttachFailedException("a Python process is attached to by its process id: use --pid");
        if (!Directory.Exists($"/proc/{pid}"))
        {
            throw new TargetGoneException($"there is no process {pid}");
        }

        var (agent, tracing) = await OpenAsync(pid, cancellation);
        return new PythonSession(pid, agent, tracing);
    }

    /// <summary>Reaches the agent in a process, or starts it there.</summary>
    /// <returns>The connection, and whether the program uses tracemalloc.</returns>
    /// <exception cref="AttachFailedException">It cannot be reached.</exception>
    internal static async Task<(AgentConnection Agent, bool Tracing)> OpenAsync(int pid, CancellationToken cancellation)
    {
        var connection = new AgentConnection(await ConnectAsync(pid, cancellation), pid);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(FirstAnswer);
            var hello = await connection.AskAsync("hello", "{}", null, limit.Token);
            return (connection, hello.GetProperty("tracing").GetBoolean());
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            await connection.DisposeAsync();
            throw new AttachFailedException(
                $"process {pid} did not reach a safe point within {FirstAnswer.TotalSeconds:0} s: {PythonSession.KeptInterpreter}, try "
                    + "again, let the program load the agent itself (tidemark python-agent), or watch it from outside (--runtime native)",
                e
            );
        }
        catch (IOException e)
        {
            await connection.DisposeAsync();
            throw new AttachFailedException(e.Message, e);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<Socket> ConnectAsync(int pid, CancellationToken cancellation) =>
        await PythonProcess.TryConnectAsync(pid, cancellation)
        ?? await RemoteExec.TryStartAsync(pid, cancellation)
        ?? (await Injector.StartAsync(pid, AgentSource.ForDescriptor, cancellation)).Connection;
}
