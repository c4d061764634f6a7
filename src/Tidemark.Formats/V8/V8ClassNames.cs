namespace Tidemark.Formats.V8;

/// <summary>How nodes are grouped into classes: as DevTools does, objects and native things by their name, everything else by its kind.</summary>
/// <remarks>A class key is either a kind, shifted by one, or has its lowest bit set and holds the string index of a name, above marks for native and detached things.</remarks>
internal static class V8ClassNames
{
    /// <summary>String indexes have to stay below two to this power.</summary>
    public const int NameBits = 29;

    private const uint Named = 1;
    private const uint Native = 2;
    private const uint Detached = 4;
    private const int NameShift = 3;

    private static readonly (string NodeType, string Class)[] Kinds =
    [
        ("object", ""),
        ("native", ""),
        ("hidden", "(system)"),
        ("array", "(array)"),
        ("string", "(string)"),
        ("code", "(compiled code)"),
        ("closure", "Function"),
        ("regexp", "RegExp"),
        ("number", "(number)"),
        ("synthetic", "(synthetic)"),
        ("concatenated string", "(concatenated string)"),
        ("sliced string", "(sliced string)"),
        ("symbol", "(symbol)"),
        ("bigint", "(bigint)"),
        ("object shape", "(object shape)"),
        ("wasm object", "(wasm object)"),
        ("", "(other)"),
    ];

    /// <summary>The kind of a node type, by the name that the header gives it.</summary>
    public static uint Kind(string nodeType) =>
        (uint)Array.FindIndex(Kinds, k => k.NodeType == nodeType || k.NodeType.Length == 0);

    /// <summary>True for the kind of what the embedder adds, such as the elements of a page.</summary>
    public static bool IsNative(uint kind) => kind == 1;

    /// <summary>True for the class of such a thing.</summary>
    public static bool IsNativeClass(uint key) => (key & (Named | Native)) == (Named | Native);

    /// <summary>The class of the same things taken out of their document.</summary>
    public static uint WithDetached(uint key) => key | Detached;

    /// <summary>The key of a node's class.</summary>
    public static uint Key(uint kind, uint name, bool detached) =>
        kind > 1 ? kind << 1 : (name << NameShift) | (detached ? Detached : 0) | (kind == 1 ? Native : 0) | Named;

    /// <summary>True where the class has the name of a string; <paramref name="name"/> is its index then.</summary>
    public static bool IsNamed(uint key, out int name)
    {
        name = (int)(key >> NameShift);
        return (key & Named) != 0;
    }

    /// <summary>What people read. An element of a browser's page loses its attributes.</summary>
    /// <param name="key">The class key.</param>
    /// <param name="name">The string that a named class refers to.</param>
    public static string Show(uint key, string name)
    {
        if ((key & Named) == 0)
        {
            return Kinds[key >> 1].Class;
        }

        const string mark = "Detached ";
        var prefix = "";
        if (name.StartsWith(mark, StringComparison.Ordinal))
        {
            name = name[mark.Length..];
            prefix = mark;
        }
        else if ((key & (Detached | Native)) == (Detached | Native))
        {
            prefix = mark;
        }

        if (name.StartsWith('<') && name.IndexOf(' ') is > 0 and var space)
        {
            name = name[..space] + ">";
        }

        return prefix + name;
    }
}
