namespace Tidemark.Formats.V8;

/// <summary>What an edge of a V8 snapshot is; the numbers are this reader's own.</summary>
internal enum V8EdgeType : byte
{
    /// <summary>A variable of a closure's context.</summary>
    Context = 0,

    /// <summary>An array's element.</summary>
    Element = 1,

    /// <summary>A named property.</summary>
    Property = 2,

    /// <summary>A link that JavaScript does not see.</summary>
    Internal = 3,

    /// <summary>The same, with an index instead of a name.</summary>
    Hidden = 4,

    /// <summary>A direct way to what is held through others; only the root's own count.</summary>
    Shortcut = 5,

    /// <summary>Does not keep its target alive.</summary>
    Weak = 6,

    /// <summary>A WeakMap's table to a value: what keeps the value alive is the key's edge.</summary>
    EphemeronTable = 7,
}
