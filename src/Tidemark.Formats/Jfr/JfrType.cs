namespace Tidemark.Formats.Jfr;

/// <summary>A type that a chunk declares: of events, of values, or a primitive one, which has no fields.</summary>
internal sealed class JfrType(long id, string name)
{
    public long Id { get; } = id;

    public string Name { get; } = name;

    public List<JfrField> Fields { get; } = [];

    /// <summary>The position of a field; -1 where this version of the JVM does not have it.</summary>
    public int IndexOf(string field) => Fields.FindIndex(f => f.Name == field);
}

/// <summary>A field of a type.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeId">The number of its type.</param>
/// <param name="IsPooled">True where only a key into the type's constant pool is stored.</param>
/// <param name="IsArray">True where a count and as many values are stored.</param>
internal sealed record JfrField(string Name, long TypeId, bool IsPooled, bool IsArray);
