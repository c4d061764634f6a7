using System.CommandLine;
using Tidemark.Runtimes.Python.Agent;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark python-agent</c>: the agent as a module, for programs that may not be entered from outside.</summary>
public static class PythonAgentCommand
{
    private const string Usage =
        "Prints the Python agent, a module without dependencies, for programs that must not be attached to: "
        + "tidemark python-agent > /srv/agent/tidemark_agent.py; put /srv/agent on PYTHONPATH and call "
        + "'import tidemark_agent; tidemark_agent.listen()' in the program or in sitecustomize. "
        + "It waits on a socket in $TMPDIR/tidemark-UID that only its user can reach, in one sleeping thread.";

    public static Command Create()
    {
        var command = Output.With(new Command("python-agent", Usage));
        command.SetAction(parsed => Output.Of(parsed).Answer.Profile.Out.Writer.Write(AgentSource.Module));
        return command;
    }
}
