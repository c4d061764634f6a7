using System.Text;

namespace Tidemark.Runtimes.Python.Agent;

/// <summary>The agent's Python source: a module of its own, and the script that starts it where it was not loaded.</summary>
public static class AgentSource
{
    /// <summary>The module, as <c>tidemark python-agent</c> prints it.</summary>
    public static string Module { get; } = Load();

    /// <summary>A script that runs the agent on a connected socket with this number; it never raises and leaves no name behind.</summary>
    internal static string ForDescriptor(int descriptor) =>
        $$"""
            try:
                (lambda space: ({{Run(
                $"_serve(_socket.socket(fileno={descriptor}))",
                "space"
            )}}, space.clear()))({{Names}})
            except BaseException:
                pass
            """;

    /// <summary>
    /// A script that runs the agent in a thread of its own on a connection that it opens to a Unix socket; it never raises and
    /// leaves no name behind. It ends before that thread does, which takes the names away itself.
    /// </summary>
    internal static string ForSocketPath(string path) =>
        $"""
            try:
                {Run($"_connect({Literal(path)})", Names)}
            except BaseException:
                pass
            """;

    private const string Names = """{"__name__": "tidemark_agent"}""";

    private static string Run(string call, string space) =>
        $"""exec(compile({Literal(Module + call)}, "<tidemark>", "exec"), {space})""";

    private static string Literal(string text)
    {
        var literal = new StringBuilder(text.Length + (text.Length / 8)).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => literal.Append(@"\\"),
                '"' => literal.Append("\\\""),
                '\n' => literal.Append("\\n"),
                '\r' => literal.Append("\\r"),
                _ => literal.Append(c),
            };
        }

        return literal.Append('"').ToString();
    }

    private static string Load()
    {
        using var stream = typeof(AgentSource).Assembly.GetManifestResourceStream("tidemark_agent.py")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
