using System.Text;

namespace Tidemark.Formats.Clr;

/// <summary>An instance field that holds a reference, or a structure that may hold some.</summary>
public sealed record ClrField(string Name, ClrTypeName Type);

/// <summary>What an assembly's metadata says of a type, as far as it helps to name references.</summary>
/// <param name="Name">Its full name with enclosing types.</param>
/// <param name="IsValueType">A structure: it has no identity, its fields lie inside of its holder.</param>
/// <param name="Base">The type it derives from, in terms of its own type parameters.</param>
/// <param name="Interfaces">The interfaces that it declares.</param>
/// <param name="Fields">Its own fields in the order in which the collector meets them: references first, then structures.</param>
public sealed record ClrTypeDefinition(
    string Name,
    bool IsValueType,
    ClrTypeName? Base,
    IReadOnlyList<ClrTypeName> Interfaces,
    IReadOnlyList<ClrField> Fields
);

/// <summary>A static field that the runtime does not name in a dump: one of a generic type, or one that every thread has for itself.</summary>
/// <param name="Owner">The type that declares it, such as <c>Acme.Registry`1</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, in terms of the parameters of the type that declares it.</param>
/// <param name="IsThreadStatic">Every thread has its own.</param>
/// <param name="IsLibrary">It belongs to .NET itself rather than to the application.</param>
public sealed record ClrUnnamedStatic(string Owner, string Name, ClrTypeName Type, bool IsThreadStatic, bool IsLibrary)
{
    public string FullName => $"{new ClrTypeName(Owner, [])}.{ClrFieldLayouts.SourceName(Name)}";
}

/// <summary>
/// Names that a heap dump lacks and the assemblies of the process have. They are looked up when the capture is taken
/// and travel with it, because an analysis starts from the file alone.
/// </summary>
public sealed record ClrMetadata
{
    /// <summary>The provider under which they stand in a trace, as events of their own.</summary>
    public const string Provider = "Tidemark-ClrMetadata";

    private const int FormatVersion = 1;

    public static ClrMetadata None { get; } = new();

    /// <summary>By module and metadata token, as the runtime's type events refer to them.</summary>
    public IReadOnlyDictionary<(ulong Module, uint Token), ClrTypeDefinition> Definitions { get; init; } =
        new Dictionary<(ulong, uint), ClrTypeDefinition>();

    /// <summary>Static fields by the identity of the root that the dump gives, such as <c>Acme.Sessions.ById</c>.</summary>
    public IReadOnlyDictionary<ulong, string> Statics { get; init; } = new Dictionary<ulong, string>();

    public IReadOnlyList<ClrUnnamedStatic> UnnamedStatics { get; init; } = [];

    /// <summary>Writes them down; see FORMAT.md.</summary>
    public byte[] ToBytes()
    {
        var buffer = new MemoryStream();
        using var writer = new NameWriter(buffer);
        writer.Write(FormatVersion);
        writer.Write(Definitions.Count);
        foreach (var ((module, token), definition) in Definitions)
        {
            writer.Write(module);
            writer.Write(token);
            writer.WriteName(definition.Name);
            writer.Write(definition.IsValueType);
            writer.WriteName(definition.Base?.ToRuntimeString() ?? "");
            writer.Write(definition.Interfaces.Count);
            foreach (var type in definition.Interfaces)
            {
                writer.WriteName(type.ToRuntimeString());
            }

            writer.Write(definition.Fields.Count);
            foreach (var field in definition.Fields)
            {
                writer.WriteName(field.Name);
                writer.WriteName(field.Type.ToRuntimeString());
            }
        }

        writer.Write(Statics.Count);
        foreach (var (root, name) in Statics)
        {
            writer.Write(root);
            writer.WriteName(name);
        }

        writer.Write(UnnamedStatics.Count);
        foreach (var field in UnnamedStatics)
        {
            writer.WriteName(field.Owner);
            writer.WriteName(field.Name);
            writer.WriteName(field.Type.ToRuntimeString());
            writer.Write(field.IsThreadStatic);
            writer.Write(field.IsLibrary);
        }

        return buffer.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It did not.</exception>
    public static ClrMetadata FromBytes(byte[] bytes)
    {
        using var reader = new NameReader(new MemoryStream(bytes));
        try
        {
            if (reader.ReadInt32() is var version and not FormatVersion)
            {
                throw new InvalidDataException($"names of version {version}, {FormatVersion} was expected");
            }

            var definitions = new Dictionary<(ulong, uint), ClrTypeDefinition>();
            foreach (var _ in reader.Counted())
            {
                definitions[(reader.ReadUInt64(), reader.ReadUInt32())] = new ClrTypeDefinition(
                    reader.ReadName(),
                    reader.ReadBoolean(),
                    reader.ReadName() is { Length: > 0 } name ? ClrTypeName.Parse(name) : null,
                    [.. reader.Counted().Select(_ => reader.ReadType())],
                    [.. reader.Counted().Select(_ => new ClrField(reader.ReadName(), reader.ReadType()))]
                );
            }

            var statics = new Dictionary<ulong, string>();
            foreach (var _ in reader.Counted())
            {
                statics[reader.ReadUInt64()] = reader.ReadName();
            }

            return new ClrMetadata
            {
                Definitions = definitions,
                Statics = statics,
                UnnamedStatics =
                [
                    .. reader
                        .Counted()
                        .Select(_ => new ClrUnnamedStatic(
                            reader.ReadName(),
                            reader.ReadName(),
                            reader.ReadType(),
                            reader.ReadBoolean(),
                            reader.ReadBoolean()
                        )),
                ],
            };
        }
        catch (Exception damage) when (damage is IOException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("the names that travel with the capture are damaged", damage);
        }
    }

    /// <summary>Writes a name in full the first time and as its number from then on.</summary>
    private sealed class NameWriter(Stream stream) : BinaryWriter(stream, Encoding.UTF8)
    {
        private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);

        public void WriteName(string name)
        {
            if (numbers.TryGetValue(name, out var number))
            {
                Write7BitEncodedInt(number);
                return;
            }

            Write7BitEncodedInt(numbers.Count);
            numbers.Add(name, numbers.Count);
            Write(name);
        }
    }

    private sealed class NameReader(Stream stream) : BinaryReader(stream, Encoding.UTF8)
    {
        private readonly List<string> names = [];
        private readonly Dictionary<string, ClrTypeName> types = new(StringComparer.Ordinal);

        public string ReadName()
        {
            var number = Read7BitEncodedInt();
            if (number == names.Count)
            {
                names.Add(ReadString());
            }
            else if ((uint)number > (uint)names.Count)
            {
                throw new InvalidDataException($"name {number} of {names.Count}");
            }

            return names[number];
        }

        public ClrTypeName ReadType()
        {
            var name = ReadName();
            if (!types.TryGetValue(name, out var type))
            {
                types.Add(name, type = ClrTypeName.Parse(name));
            }

            return type;
        }

        /// <summary>As many steps as a number says that comes first; what is counted is read step by step, so the number alone costs nothing.</summary>
        public IEnumerable<int> Counted()
        {
            var count = ReadInt32();
            for (var i = 0; i < count; i++)
            {
                yield return i;
            }
        }
    }
}
