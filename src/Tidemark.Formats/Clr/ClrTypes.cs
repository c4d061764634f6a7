using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>A type as the runtime's type events tell it.</summary>
/// <param name="Module">The module that defines it, as the runtime numbers modules.</param>
/// <param name="Token">Its metadata token there.</param>
/// <param name="IsArray">It is an array of its one parameter.</param>
/// <param name="Name">Its name; that of a nested type lacks the enclosing ones.</param>
/// <param name="Parameters">Its type arguments, or an array's element type.</param>
public sealed record ClrTypeRecord(ulong Module, uint Token, bool IsArray, string Name, ulong[] Parameters);

/// <summary>The types of a heap dump, by the numbers that its objects refer to.</summary>
public sealed class ClrTypes
{
    private const uint ArrayFlag = 8;
    private const int MaxDepth = 32;
    private readonly Dictionary<ulong, ClrTypeRecord> records = [];
    private readonly Dictionary<ulong, ClrTypeName> names = [];

    public IReadOnlyDictionary<ulong, ClrTypeRecord> Records => records;

    /// <summary>What the assemblies say of the types; set before names are asked for.</summary>
    public ClrMetadata Metadata { get; set; } = ClrMetadata.None;

    /// <summary>Reads a type event.</summary>
    public void Add(EventPayload payload)
    {
        var count = payload.UInt32();
        payload.UInt16(); // the runtime's number in the process
        for (; count > 0; count--)
        {
            var id = payload.UInt64();
            var module = payload.UInt64();
            var token = payload.UInt32();
            var flags = payload.UInt32();
            payload.Byte(); // element type
            var name = payload.Utf16();
            var parameters = new ulong[Math.Min(payload.UInt32(), (uint)payload.Remaining / sizeof(ulong))];
            foreach (ref var parameter in parameters.AsSpan())
            {
                parameter = payload.UInt64();
            }

            records[id] = new ClrTypeRecord(module, token, (flags & ArrayFlag) != 0, name, parameters);
        }
    }

    /// <summary>The full name of a type, with the enclosing types where the metadata is there.</summary>
    public ClrTypeName NameOf(ulong type) => NameOf(type, 0);

    /// <summary>What the metadata says of a type, or null.</summary>
    public ClrTypeDefinition? DefinitionOf(ClrTypeRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.IsArray ? null : Metadata.Definitions.GetValueOrDefault((record.Module, record.Token));
    }

    private ClrTypeName NameOf(ulong type, int depth)
    {
        if (!names.TryGetValue(type, out var name))
        {
            name = records.TryGetValue(type, out var record)
                ? NameOf(record, depth)
                : new ClrTypeName($"(type {type:x})", []);
            names[type] = name;
        }

        return name;
    }

    private ClrTypeName NameOf(ClrTypeRecord record, int depth)
    {
        if (depth > MaxDepth)
        {
            return new ClrTypeName(record.Name, []);
        }

        if (record is { IsArray: true, Parameters: [var element] } && record.Name.LastIndexOf('[') is >= 0 and var rank)
        {
            var name = NameOf(element, depth + 1);
            return name with { Suffix = name.Suffix + record.Name[rank..] };
        }

        return DefinitionOf(record) is { } definition
            ? new ClrTypeName(definition.Name, [.. record.Parameters.Select(p => NameOf(p, depth + 1))])
            : ClrTypeName.Parse(record.Name);
    }
}
