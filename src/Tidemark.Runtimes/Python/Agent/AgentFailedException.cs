namespace Tidemark.Runtimes.Python.Agent;

/// <summary>The agent could not do what it was asked for; the connection to it is as good as before.</summary>
/// <param name="pid">The process it runs in.</param>
/// <param name="command">What it was asked.</param>
/// <param name="said">What it said.</param>
internal sealed class AgentFailedException(int pid, string command, string said)
    : IOException($"the agent in process {pid} failed ({command}): {said}");
