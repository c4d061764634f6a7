using System.Collections.Immutable;
using System.Reflection.Metadata;
using Tidemark.Formats.Clr;

namespace Tidemark.Runtimes.DotNet;

/// <summary>Full names of types, with the enclosing ones.</summary>
internal static class MetadataNames
{
    public static string Of(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{Of(reader, outer)}+{name}"
            : InNamespace(reader, type.Namespace, name);
    }

    public static string Of(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        var name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{Of(reader, (TypeReferenceHandle)type.ResolutionScope)}+{name}"
            : InNamespace(reader, type.Namespace, name);
    }

    private static string InNamespace(MetadataReader reader, StringHandle space, string name) =>
        space.IsNil ? name : $"{reader.GetString(space)}.{name}";
}

/// <summary>Turns signatures into type names.</summary>
internal sealed class SignatureNames : ISignatureTypeProvider<ClrTypeName, LoadedAssembly>
{
    private readonly HashSet<string> structures = new(StringComparer.Ordinal);

    /// <summary>The structures and enumerations that were met.</summary>
    public IReadOnlySet<string> Structures => structures;

    public ClrTypeName GetPrimitiveType(PrimitiveTypeCode typeCode) => new($"System.{typeCode}", []);

    public ClrTypeName GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        Named(MetadataNames.Of(reader, handle), rawTypeKind);

    public ClrTypeName GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        Named(MetadataNames.Of(reader, handle), rawTypeKind);

    public ClrTypeName GetTypeFromSpecification(
        MetadataReader reader,
        LoadedAssembly genericContext,
        TypeSpecificationHandle handle,
        byte rawTypeKind
    ) => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public ClrTypeName GetGenericInstantiation(ClrTypeName genericType, ImmutableArray<ClrTypeName> typeArguments) =>
        genericType with
        {
            Arguments = [.. typeArguments],
        };

    public ClrTypeName GetGenericTypeParameter(LoadedAssembly genericContext, int index) => new($"!{index}", []);

    public ClrTypeName GetGenericMethodParameter(LoadedAssembly genericContext, int index) => new($"!!{index}", []);

    public ClrTypeName GetSZArrayType(ClrTypeName elementType) => Suffixed(elementType, "[]");

    public ClrTypeName GetArrayType(ClrTypeName elementType, ArrayShape shape) =>
        Suffixed(elementType, $"[{new string(',', shape.Rank - 1)}]");

    public ClrTypeName GetPointerType(ClrTypeName elementType) => Suffixed(elementType, "*");

    public ClrTypeName GetByReferenceType(ClrTypeName elementType) => Suffixed(elementType, "&");

    public ClrTypeName GetFunctionPointerType(MethodSignature<ClrTypeName> signature) =>
        Suffixed(GetPrimitiveType(PrimitiveTypeCode.Void), "*");

    public ClrTypeName GetModifiedType(ClrTypeName modifier, ClrTypeName unmodifiedType, bool isRequired) =>
        unmodifiedType;

    public ClrTypeName GetPinnedType(ClrTypeName elementType) => elementType;

    /// <summary>The name of a type that is referred to as a base or an interface.</summary>
    public ClrTypeName? NameOf(LoadedAssembly assembly, EntityHandle handle) =>
        handle.Kind switch
        {
            _ when handle.IsNil => null,
            HandleKind.TypeDefinition => new ClrTypeName(assembly.NameOf((TypeDefinitionHandle)handle), []),
            HandleKind.TypeReference => new ClrTypeName(
                MetadataNames.Of(assembly.Metadata, (TypeReferenceHandle)handle),
                []
            ),
            HandleKind.TypeSpecification => assembly
                .Metadata.GetTypeSpecification((TypeSpecificationHandle)handle)
                .DecodeSignature(this, assembly),
            _ => null,
        };

    private static ClrTypeName Suffixed(ClrTypeName element, string suffix) =>
        element with
        {
            Suffix = element.Suffix + suffix,
        };

    private ClrTypeName Named(string name, byte rawTypeKind)
    {
        if (rawTypeKind == (byte)SignatureTypeKind.ValueType)
        {
            structures.Add(name);
        }

        return new ClrTypeName(name, []);
    }
}
