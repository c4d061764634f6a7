using Tidemark.Core.Series;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Node;

/// <summary>Node.js from version 18 on, through its inspector.</summary>
public sealed class NodeRuntime : IRuntime
{
    /// <inheritdoc />
    public string Name => "node";

    /// <inheritdoc />
    public RuntimeKnowledge Knowledge => NodeKnowledge.Value;

    /// <inheritdoc />
    public ValueTask<bool> RecognisesAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        return ValueTask.FromResult(target.Pid is { } pid && NodeProcess.Find(pid) is not null);
    }

    /// <inheritdoc />
    public async Task<RuntimeSession> AttachAsync(Target target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Pid is not { } pid)
        {
            throw new AttachFailedException("a Node.js process is attached to by its process id: use --pid");
        }

        if (!Directory.Exists($"/proc/{pid}"))
        {
            throw new TargetGoneException($"no process {pid} is running");
        }

        var node = NodeProcess.Find(pid) ?? throw new AttachFailedException($"process {pid} does not run Node.js");
        var network = new TargetNetwork(pid);
        try
        {
            return await NodeSession.OpenAsync(node, network, cancellation);
        }
        catch (Exception e) when (e is IOException or TimeoutException or InspectorException)
        {
            network.Dispose();
            throw node.Process.IsRunning
                ? new AttachFailedException($"process {pid}: its inspector does not answer: {e.Message}", e)
                : new TargetGoneException($"process {pid} has ended", e);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
