using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidemark.Cli.Zoo;

/// <summary>A real service with a known fault (or none): <c>zoo/RUNTIME/CASE/case.json</c>.</summary>
public sealed record ZooCase
{
    /// <summary>The runtime's name on the command line.</summary>
    public required string Runtime { get; init; }

    /// <summary>The true kind of growth, in the words of the contract.</summary>
    public required string Kind { get; init; }

    /// <summary>Regular expressions: one of them matches the first suspect of a right diagnosis. Empty for a healthy service.</summary>
    public IReadOnlyList<string> Culprit { get; init; } = [];

    /// <summary>Shell commands that build it, run in its folder.</summary>
    public IReadOnlyList<string> Setup { get; init; } = [];

    /// <summary>The program and its arguments, started in its folder.</summary>
    public required IReadOnlyList<string> Start { get; init; }

    /// <summary>Where it serves HTTP; 0 where it does not say.</summary>
    public int Port { get; init; }

    /// <summary>What is wrong with it.</summary>
    public string Note { get; init; } = "";

    /// <summary>The folder that it was read from.</summary>
    [JsonIgnore]
    public string Folder { get; init; } = "";

    /// <summary>Its name: the folder's.</summary>
    [JsonIgnore]
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Folder));

    /// <summary>Reads a case.</summary>
    /// <exception cref="CommandFailedException">It is missing or damaged.</exception>
    public static ZooCase Read(string folder)
    {
        var file = Path.Combine(folder, "case.json");
        try
        {
            var read =
                JsonSerializer.Deserialize(File.ReadAllText(file), ZooJson.Default.ZooCase)
                ?? throw new CommandFailedException($"{file}: empty, expected an object");
            return read with { Folder = Path.GetFullPath(folder) };
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>All cases below a zoo, in the order of their paths.</summary>
    public static IReadOnlyList<ZooCase> All(string zoo) =>
        [
            .. Directory
                .EnumerateFiles(
                    zoo,
                    "case.json",
                    new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }
                )
                .Order(StringComparer.Ordinal)
                .Select(f => Read(Path.GetDirectoryName(f)!)),
        ];

    /// <summary>The zoo of this checkout: the folder <c>zoo</c> beside or above the program.</summary>
    /// <exception cref="CommandFailedException">There is none.</exception>
    public static string FindZoo()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var zoo = Path.Combine(folder.FullName, "zoo");
            if (Directory.Exists(zoo))
            {
                return zoo;
            }
        }

        throw new CommandFailedException(
            "the zoo of services is not here: run ./tidemark demo in a clone of the sources"
        );
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    ReadCommentHandling = JsonCommentHandling.Skip
)]
[JsonSerializable(typeof(ZooCase))]
internal sealed partial class ZooJson : JsonSerializerContext;
