using Tidemark.Core.Suspects;

namespace Tidemark.Diagnosis.Captures;

/// <summary>What is known of a server beyond its runtime: its users did not write it, and are told what to ask it next.</summary>
internal static class ServerCase
{
    // Patterns that say no more than who allocates: there the server's own means tell more.
    private static readonly string[] General = ["allocation-site", "unbounded-cache"];

    /// <summary>The server that goes by this name, where it is a known one.</summary>
    public static KnownServer? Of(string name, RuntimeKnowledge knowledge) =>
        knowledge.Servers.FirstOrDefault(s => s.Name.IsMatch(name));

    /// <summary>The suspects with what is known of the server.</summary>
    public static IReadOnlyList<Suspect> Advise(IReadOnlyList<Suspect> suspects, KnownServer server)
    {
        var isStore =
            server.Entries is { } entries && suspects.Any(s => s.Stack?.Any(f => entries.IsMatch(f.Function)) == true);
        return
        [
            .. suspects.Select(s =>
                !General.Contains(s.Pattern)
                    ? s
                    : s with
                    {
                        Advice = server.Next,
                        IsCache = s.IsCache || isStore,
                        Pattern = isStore ? "unbounded-cache" : s.Pattern,
                    }
            ),
        ];
    }
}
