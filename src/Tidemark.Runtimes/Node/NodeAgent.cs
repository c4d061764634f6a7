using System.Text.Json;

namespace Tidemark.Runtimes.Node;

/// <summary>The script that is evaluated in the target (<c>tidemark-agent.js</c>).</summary>
internal static class NodeAgent
{
    public static string Source { get; } = Read();

    /// <summary>True where the agent could not start, because the thread gives it no way to Node.js' modules.</summary>
    public static bool IsWithoutModules(JsonElement greeting) =>
        greeting.ValueKind != JsonValueKind.String || greeting.GetString() == "no-modules";

    private static string Read()
    {
        using var script = typeof(NodeAgent).Assembly.GetManifestResourceStream("tidemark-agent.js")!;
        using var reader = new StreamReader(script);
        return reader.ReadToEnd();
    }
}
