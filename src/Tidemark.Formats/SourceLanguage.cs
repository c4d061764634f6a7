using Tidemark.Core.Allocation;

namespace Tidemark.Formats;

/// <summary>Tells the runtime of a profile by the endings of its source files.</summary>
internal static class SourceLanguage
{
    private static readonly Dictionary<string, string> RuntimeOfEnding = new(StringComparer.Ordinal)
    {
        [".go"] = "go",
        [".java"] = "jvm",
        [".kt"] = "jvm",
        [".scala"] = "jvm",
        [".js"] = "node",
        [".mjs"] = "node",
        [".ts"] = "node",
        [".py"] = "python",
        [".cs"] = "dotnet",
        [".c"] = "native",
        [".h"] = "native",
        [".cc"] = "native",
        [".cpp"] = "native",
        [".hpp"] = "native",
        [".rs"] = "native",
    };

    /// <summary>The runtime that most functions with a known ending belong to; null where none has one.</summary>
    public static string? RuntimeOf(AllocationProfile profile)
    {
        var votes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var function in profile.Functions)
        {
            if (RuntimeOfEnding.TryGetValue(Path.GetExtension(function.File), out var runtime))
            {
                votes[runtime] = votes.GetValueOrDefault(runtime) + 1;
            }
        }

        return votes.Count > 0 ? votes.MaxBy(v => v.Value).Key : null;
    }
}
