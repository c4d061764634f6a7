using System.Text.RegularExpressions;

namespace Tidemark.Core.Suspects;

/// <summary>What a runtime's knowledge says of type names; each name is looked at once.</summary>
internal sealed class TypeRoles(RuntimeKnowledge knowledge)
{
    private readonly Dictionary<string, CollectionShape?> shapes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> library = new(StringComparer.Ordinal);

    public RuntimeKnowledge Knowledge => knowledge;

    /// <summary>The role in a collection, null for a type that is none.</summary>
    public CollectionRole? Role(string type) => Shape(type)?.Role;

    /// <summary>What is known of a collection, or of a part of one; null for a type that is none.</summary>
    public CollectionShape? Shape(string type)
    {
        if (!shapes.TryGetValue(type, out var shape))
        {
            shape = knowledge.Collections.FirstOrDefault(c => c.Type.IsMatch(type));
            shapes.Add(type, shape);
        }

        return shape;
    }

    /// <summary>True for a part of a collection: a table, an entry, an array.</summary>
    public bool IsInner(string type) => Role(type) == CollectionRole.Inner || (IsArray(type) && Role(type) is null);

    public bool IsArray(string type) => type.EndsWith("[]", StringComparison.Ordinal);

    /// <summary>True where the type belongs to the runtime or to its libraries rather than to the user.</summary>
    public bool IsLibrary(string type)
    {
        if (!library.TryGetValue(type, out var isLibrary))
        {
            isLibrary = IsPrimitive(type) || Any(knowledge.Library, type);
            library.Add(type, isLibrary);
        }

        return isLibrary;
    }

    /// <summary>True for a type that the user wrote, objects that stand for types apart.</summary>
    public bool IsUsers(string type) =>
        Role(type) is null
        && !IsArray(type)
        && !type.StartsWith("class ", StringComparison.Ordinal)
        && !IsLibrary(type);

    /// <summary>What people say for a name that the runtime gave.</summary>
    public SpokenType? Spoken(string type) => knowledge.Spoken.FirstOrDefault(s => s.Type.IsMatch(type));

    /// <summary>True for a file of the runtime itself.</summary>
    public bool IsRuntimes(string file) => Any(knowledge.OwnFiles, file);

    /// <summary>True where the runtime's dumps tell whose code fields, variables and functions belong to, and a good part of what they show is the runtime's own.</summary>
    public bool TellsCode => knowledge.Insides.Count > 0;

    /// <summary>True for what only those know who wrote the runtime.</summary>
    public bool IsInside(string type) => Any(knowledge.Insides, type);

    public bool IsNoise(string name) => Any(knowledge.Noise, name);

    /// <summary>True for what a process has from its start on.</summary>
    public bool IsBaseline(string name) => Any(knowledge.Baseline, name);

    /// <summary>True for a type that leads to everything.</summary>
    public bool IsDetour(string type) => Any(knowledge.Detours, type);

    /// <summary>True for a type by which a fault of its own is told.</summary>
    public bool IsCulprit(string type) => knowledge.Culprits.Any(c => c.Match.IsMatch(type));

    public bool IsScope(string type) => Any(knowledge.Scopes, type);

    /// <summary>Names without a single capital or dot are keywords of the language: int, byte[], string, dict.</summary>
    private static bool IsPrimitive(string type)
    {
        foreach (var c in type)
        {
            if (char.IsAsciiLetterUpper(c) || c is '.' or '/' or ':' or '_' or '$')
            {
                return false;
            }
        }

        return true;
    }

    private static bool Any(IReadOnlyList<Regex> patterns, string name)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.IsMatch(name))
            {
                return true;
            }
        }

        return false;
    }
}
