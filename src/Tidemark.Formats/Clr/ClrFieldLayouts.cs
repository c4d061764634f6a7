namespace Tidemark.Formats.Clr;

/// <summary>The references that an object of a type can hold, in the order in which the collector meets them.</summary>
/// <param name="Name">The field as its source names it.</param>
/// <param name="Type">The declared type.</param>
public sealed record ClrSlot(string Name, ClrTypeName Type);

/// <summary>Works out of metadata what fields an object has and what may stand in them.</summary>
public sealed class ClrFieldLayouts
{
    private static readonly HashSet<string> Primitives =
    [
        "System.Boolean",
        "System.Byte",
        "System.Char",
        "System.Double",
        "System.Int16",
        "System.Int32",
        "System.Int64",
        "System.IntPtr",
        "System.SByte",
        "System.Single",
        "System.UInt16",
        "System.UInt32",
        "System.UInt64",
        "System.UIntPtr",
    ];

    /// <summary>The <see cref="Fit"/> of an object whose type derives from the field's.</summary>
    public const int DerivedFit = 3;

    private const int ExactFit = 4;
    private const int SimilarFit = 2;
    private const int LooseFit = 1;
    private const int MaxDepth = 32;
    private const int MaxSlots = 4096;
    private readonly Dictionary<string, ClrTypeDefinition> definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<ClrTypeName, HashSet<ClrTypeName>> ancestors = [];

    public ClrFieldLayouts(ClrMetadata metadata)
    {
        foreach (var definition in metadata.Definitions.Values)
        {
            definitions.TryAdd(definition.Name, definition);
        }
    }

    /// <summary>The slots of an object; null where the metadata of the type or of one that it derives from is not there.</summary>
    public IReadOnlyList<ClrSlot>? SlotsOf(ClrTypeName type)
    {
        var slots = new List<ClrSlot>();
        return !type.IsArray && AddSlots(type, "", slots, 0) ? slots : null;
    }

    /// <summary>How well an object fits a field: 0 where it cannot stand there, more the more closely the field's type names it.</summary>
    public int Fit(ClrTypeName declared, ClrTypeName actual)
    {
        if (declared == actual)
        {
            return ExactFit;
        }

        if (declared is { Definition: "System.Object", Suffix: "" })
        {
            return LooseFit;
        }

        if (declared.IsArray || actual.IsArray)
        {
            // An array of references stands for one of their base types, and for the collection interfaces.
            return declared.IsArray
                ? (actual.IsArray && !IsValueType(actual.Element) ? SimilarFit : 0)
                : (
                    declared.Definition.StartsWith("System.", StringComparison.Ordinal) && !IsSealed(declared)
                        ? SimilarFit
                        : 0
                );
        }

        if (!definitions.ContainsKey(actual.Definition))
        {
            return LooseFit; // nothing is known of it
        }

        var bases = AncestorsOf(actual);
        return bases.Contains(declared) ? DerivedFit
            : bases.Any(b => b.Definition == declared.Definition) ? SimilarFit
            : 0;
    }

    /// <summary>The field as it is written in the source, where the compiler has put a name of its own.</summary>
    public static string SourceName(string field)
    {
        if (field is not ['<', ..] || field.IndexOf('>', StringComparison.Ordinal) is not (> 0 and var end))
        {
            return field;
        }

        return end > 1 ? field[1..end]
            : field[2..] is ['4', '_', '_', .. var outer] ? outer
            : field;
    }

    /// <summary>A number, a truth value, a character or a pointer: nothing that refers to an object.</summary>
    public static bool IsPrimitive(ClrTypeName type) =>
        type.Suffix is ['*' or '&', ..] || (type.Suffix.Length == 0 && Primitives.Contains(type.Definition));

    private bool IsValueType(ClrTypeName type) =>
        type.Suffix.Length == 0
        && (
            Primitives.Contains(type.Definition)
            || (definitions.TryGetValue(type.Definition, out var definition) && definition.IsValueType)
        );

    private static bool IsSealed(ClrTypeName type) => type.Definition is "System.String";

    private bool AddSlots(ClrTypeName type, string prefix, List<ClrSlot> slots, int depth)
    {
        if (depth > MaxDepth || slots.Count > MaxSlots || !definitions.TryGetValue(type.Definition, out var definition))
        {
            return false;
        }

        if (definition.Base is { } parent && !AddSlots(parent.Substitute(type.Arguments), prefix, slots, depth + 1))
        {
            return false;
        }

        var structures = new List<ClrField>();
        foreach (var field in definition.Fields)
        {
            var fieldType = field.Type.Substitute(type.Arguments);
            if (IsPrimitive(fieldType))
            {
                continue; // a type parameter that became one
            }

            if (IsValueType(fieldType))
            {
                structures.Add(field with { Type = fieldType });
            }
            else
            {
                slots.Add(new ClrSlot(prefix + SourceName(field.Name), fieldType));
            }
        }

        foreach (var field in structures)
        {
            // The compiler's own state machine is no step of its own: its fields are the method's variables.
            var inner = field.Name is "StateMachine" ? prefix : $"{prefix}{SourceName(field.Name)}.";
            if (!AddSlots(field.Type, inner, slots, depth + 1))
            {
                return false;
            }
        }

        return true;
    }

    private HashSet<ClrTypeName> AncestorsOf(ClrTypeName type)
    {
        if (!ancestors.TryGetValue(type, out var found))
        {
            found = [];
            AddAncestors(type, found, 0);
            ancestors.Add(type, found);
        }

        return found;
    }

    private void AddAncestors(ClrTypeName type, HashSet<ClrTypeName> found, int depth)
    {
        if (depth > MaxDepth || !definitions.TryGetValue(type.Definition, out var definition))
        {
            return;
        }

        foreach (var parent in definition.Interfaces.Prepend(definition.Base).OfType<ClrTypeName>())
        {
            var closed = parent.Substitute(type.Arguments);
            if (found.Add(closed))
            {
                AddAncestors(closed, found, depth + 1);
            }
        }
    }
}
