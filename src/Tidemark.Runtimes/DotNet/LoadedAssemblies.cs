using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.DotNet;

/// <summary>A type's place in the metadata of a loaded assembly.</summary>
internal readonly record struct TypeInMetadata(LoadedAssembly Assembly, TypeDefinitionHandle Handle)
{
    public TypeDefinition Definition => Assembly.Metadata.GetTypeDefinition(Handle);

    public uint Token => (uint)MetadataTokens.GetToken(Handle);
}

/// <summary>An assembly that a process has loaded, read from where it was loaded from: a file, or the bundle of a single-file program.</summary>
internal sealed record LoadedAssembly(ulong Module, MetadataReader Metadata)
{
    /// <summary>It belongs to .NET itself rather than to the application.</summary>
    public bool IsLibrary { get; } = IsLibraryName(Metadata.GetString(Metadata.GetAssemblyDefinition().Name));

    /// <summary>The full name of a type that it defines, with the enclosing ones.</summary>
    public string NameOf(TypeDefinitionHandle handle) => MetadataNames.Of(Metadata, handle);

    private static bool IsLibraryName(string name) =>
        name is "System" or "mscorlib" or "netstandard" or "WindowsBase"
        || name.StartsWith("System.", StringComparison.Ordinal)
        || name.StartsWith("Microsoft.", StringComparison.Ordinal);
}

/// <summary>The metadata of all assemblies of a process that can be read. Bytes of metadata only; code stays where it is.</summary>
internal sealed class LoadedAssemblies : IDisposable
{
    private readonly List<PEReader> files = [];
    private readonly Dictionary<string, TypeInMetadata> types = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, LoadedAssembly> byModule = [];

    /// <param name="process">The process; its files are looked up as it sees them.</param>
    /// <param name="modules">Paths by module, in the order of loading.</param>
    public LoadedAssemblies(LinuxProcess process, IReadOnlyDictionary<ulong, string> modules)
    {
        var bundle = SingleFileBundle.Of(process);
        var root = process.SharesOurFiles ? "" : process.Root;
        foreach (var (module, path) in modules)
        {
            // The runtime, too, looks into the bundle first.
            if ((Open(() => bundle?.Assembly(path)) ?? Open(() => FromFile(root + path))) is not { } file)
            {
                continue;
            }

            files.Add(file);
            var assembly = new LoadedAssembly(module, file.GetMetadataReader());
            byModule.TryAdd(module, assembly);
            foreach (var type in assembly.Metadata.TypeDefinitions)
            {
                types.TryAdd(assembly.NameOf(type), new TypeInMetadata(assembly, type));
            }
        }
    }

    /// <summary>In the order of loading.</summary>
    public IReadOnlyCollection<LoadedAssembly> All => byModule.Values;

    /// <summary>A type by its full name, whichever assembly it is in.</summary>
    public TypeInMetadata? Find(string name) => types.TryGetValue(name, out var type) ? type : null;

    /// <summary>A type as the runtime refers to it.</summary>
    public TypeInMetadata? Find(ulong module, uint token)
    {
        if (!byModule.TryGetValue(module, out var assembly))
        {
            return null;
        }

        var handle = MetadataTokens.EntityHandle((int)token);
        return
            handle.Kind == HandleKind.TypeDefinition
            && MetadataTokens.GetRowNumber(handle) is var row
            && row > 0
            && row <= assembly.Metadata.TypeDefinitions.Count
            ? new TypeInMetadata(assembly, (TypeDefinitionHandle)handle)
            : null;
    }

    public void Dispose() => files.ForEach(f => f.Dispose());

    private static PEReader FromFile(string path) => new(File.OpenRead(path), PEStreamOptions.PrefetchMetadata);

    /// <summary>Null for what is no assembly that can be read: a module in memory, or a file that was replaced.</summary>
    private static PEReader? Open(Func<PEReader?> open)
    {
        PEReader? file = null;
        try
        {
            file = open();
            if (file is { HasMetadata: true } && file.GetMetadataReader().IsAssembly)
            {
                return file;
            }
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidDataException)
        {
            // As one that is not there.
        }

        file?.Dispose();
        return null;
    }
}
