using System.Text.RegularExpressions;

namespace Tidemark.Core.Suspects;

/// <summary>What a runtime's knowledge says of type names; each name is looked at once.</summary>
internal sealed class TypeRoles(RuntimeKnowledge knowledge)
{
    private readonly Dictionary<string, CollectionRole?> roles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> library = new(StringComparer.Ordinal);

    public RuntimeKnowledge Knowledge => knowledge;

    /// <summary>The role in a collection, null for a type that is none.</summary>
    public CollectionRole? Role(string type)
    {
        if (!roles.TryGetValue(type, out var role))
        {
            role = knowledge.Collections.FirstOrDefault(c => c.Type.IsMatch(type))?.Role;
            roles.Add(type, role);
        }

        return role;
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
