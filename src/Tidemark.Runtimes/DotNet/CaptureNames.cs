using System.Reflection;
using System.Reflection.Metadata;
using Tidemark.Formats.Clr;

namespace Tidemark.Runtimes.DotNet;

/// <summary>Looks up in the assemblies of a process what its heap dump does not tell: whose a static field is, what fields an object has.</summary>
internal sealed class CaptureNames
{
    private const int MaxDefinitions = 200_000;
    private const string ThreadStatic = "System.ThreadStaticAttribute";

    private readonly LoadedAssemblies assemblies;
    private readonly SignatureNames signatures = new();
    private readonly Dictionary<(ulong, uint), ClrTypeDefinition> definitions = [];
    private readonly Queue<TypeInMetadata> open = new();

    private CaptureNames(LoadedAssemblies assemblies) => this.assemblies = assemblies;

    /// <summary>What the assemblies say of the types and static fields of a dump.</summary>
    public static ClrMetadata Of(ClrHeapSurvey survey, LoadedAssemblies assemblies)
    {
        var names = new CaptureNames(assemblies);
        names.AddDefinitions(survey.Types);
        survey.Types.Metadata = new ClrMetadata { Definitions = names.definitions };
        var fields = names.StaticFields().ToList();
        return survey.Types.Metadata with
        {
            Statics = StaticFieldOwners.Match(survey, fields),
            UnnamedStatics = names.UnnamedStatics(),
        };
    }

    /// <summary>The types of the dump, and with each the types that it derives from and the structures that lie in it.</summary>
    private void AddDefinitions(ClrTypes types)
    {
        foreach (var record in types.Records.Values)
        {
            if (!record.IsArray && assemblies.Find(record.Module, record.Token) is { } type)
            {
                open.Enqueue(type);
            }
        }

        var structuresSeen = 0;
        do
        {
            while (open.TryDequeue(out var type) && definitions.Count < MaxDefinitions)
            {
                Define(type);
            }

            foreach (var structure in signatures.Structures.Skip(structuresSeen))
            {
                if (assemblies.Find(structure) is { } type)
                {
                    open.Enqueue(type);
                }
            }

            structuresSeen = signatures.Structures.Count;
        } while (open.Count > 0 && definitions.Count < MaxDefinitions);
    }

    private void Define(TypeInMetadata type)
    {
        if (definitions.ContainsKey((type.Assembly.Module, type.Token)))
        {
            return;
        }

        var definition = type.Definition;
        var parent = signatures.NameOf(type.Assembly, definition.BaseType);
        var interfaces = new List<ClrTypeName>();
        foreach (var handle in definition.GetInterfaceImplementations())
        {
            var implemented = type.Assembly.Metadata.GetInterfaceImplementation(handle).Interface;
            if (signatures.NameOf(type.Assembly, implemented) is { } name)
            {
                interfaces.Add(name);
            }
        }

        definitions.Add(
            (type.Assembly.Module, type.Token),
            new ClrTypeDefinition(
                type.Assembly.NameOf(type.Handle),
                parent?.Definition is "System.ValueType" or "System.Enum",
                parent,
                interfaces,
                InstanceFields(type)
            )
        );
        foreach (var name in interfaces.Prepend(parent).OfType<ClrTypeName>())
        {
            if (assemblies.Find(name.Definition) is { } related)
            {
                open.Enqueue(related);
            }
        }
    }

    /// <summary>In the order in which the runtime lays them out: that of the declaration, or that of explicit offsets.</summary>
    private List<ClrField> InstanceFields(TypeInMetadata type)
    {
        var fields = new List<(int Offset, ClrField Field)>();
        foreach (var handle in type.Definition.GetFields())
        {
            var field = type.Assembly.Metadata.GetFieldDefinition(handle);
            if (field.Attributes.HasFlag(FieldAttributes.Static))
            {
                continue;
            }

            var fieldType = field.DecodeSignature(signatures, type.Assembly);
            if (!ClrFieldLayouts.IsPrimitive(fieldType))
            {
                fields.Add((field.GetOffset(), new ClrField(type.Assembly.Metadata.GetString(field.Name), fieldType)));
            }
        }

        return [.. fields.OrderBy(f => f.Offset).Select(f => f.Field)];
    }

    /// <summary>The static fields that the runtime reports, in the order in which it does: by assembly, type and declaration.</summary>
    private IEnumerable<StaticField> StaticFields()
    {
        foreach (var type in AllTypes().Where(t => t.Definition.GetGenericParameters().Count == 0))
        {
            foreach (var (field, fieldType) in StaticFieldsOf(type))
            {
                if (!IsThreadStatic(type.Assembly, field))
                {
                    yield return new StaticField(
                        type.Assembly.NameOf(type.Handle),
                        type.Assembly.Metadata.GetString(field.Name),
                        fieldType
                    );
                }
            }
        }
    }

    private List<ClrUnnamedStatic> UnnamedStatics()
    {
        var fields = new List<ClrUnnamedStatic>();
        foreach (var type in AllTypes())
        {
            var isGeneric = type.Definition.GetGenericParameters().Count > 0;
            foreach (var (field, fieldType) in StaticFieldsOf(type))
            {
                var isThreadStatic = IsThreadStatic(type.Assembly, field);
                if (isGeneric || isThreadStatic)
                {
                    fields.Add(
                        new ClrUnnamedStatic(
                            type.Assembly.NameOf(type.Handle),
                            type.Assembly.Metadata.GetString(field.Name),
                            fieldType,
                            isThreadStatic,
                            type.Assembly.IsLibrary
                        )
                    );
                }
            }
        }

        return fields;
    }

    private IEnumerable<TypeInMetadata> AllTypes() =>
        assemblies.All.SelectMany(a => a.Metadata.TypeDefinitions.Select(t => new TypeInMetadata(a, t)));

    private IEnumerable<(FieldDefinition Field, ClrTypeName Type)> StaticFieldsOf(TypeInMetadata type)
    {
        const FieldAttributes constantOrMapped = FieldAttributes.Literal | FieldAttributes.HasFieldRVA;
        foreach (var handle in type.Definition.GetFields())
        {
            var field = type.Assembly.Metadata.GetFieldDefinition(handle);
            if (!field.Attributes.HasFlag(FieldAttributes.Static) || (field.Attributes & constantOrMapped) != 0)
            {
                continue;
            }

            var fieldType = field.DecodeSignature(signatures, type.Assembly);
            if (!ClrFieldLayouts.IsPrimitive(fieldType))
            {
                yield return (field, fieldType);
            }
        }
    }

    private static bool IsThreadStatic(LoadedAssembly assembly, FieldDefinition field)
    {
        foreach (var handle in field.GetCustomAttributes())
        {
            var constructor = assembly.Metadata.GetCustomAttribute(handle).Constructor;
            var name = constructor.Kind switch
            {
                HandleKind.MemberReference
                    when assembly.Metadata.GetMemberReference((MemberReferenceHandle)constructor).Parent
                        is { Kind: HandleKind.TypeReference } parent => MetadataNames.Of(
                    assembly.Metadata,
                    (TypeReferenceHandle)parent
                ),
                HandleKind.MethodDefinition => MetadataNames.Of(
                    assembly.Metadata,
                    assembly.Metadata.GetMethodDefinition((MethodDefinitionHandle)constructor).GetDeclaringType()
                ),
                _ => null,
            };
            if (name == ThreadStatic)
            {
                return true;
            }
        }

        return false;
    }
}
