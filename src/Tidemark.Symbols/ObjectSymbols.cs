using Tidemark.Symbols.Demangling;
using Tidemark.Symbols.Dwarf;
using Tidemark.Symbols.Elf;

namespace Tidemark.Symbols;

/// <summary>A function at a line, named as people know it.</summary>
/// <param name="Function">Its name without parameters and template arguments; empty where unknown.</param>
/// <param name="SystemName">The linker's name where it differs, empty otherwise.</param>
/// <param name="File">The source file's path, empty where unknown.</param>
/// <param name="Line">The line, 0 where unknown.</param>
/// <param name="IsInlined">True where the compiler put this call into the next outer one.</param>
public readonly record struct CodeFrame(string Function, string SystemName, string File, int Line, bool IsInlined);

/// <summary>The names in one executable or library: from its debug information where there is some (in it, or detached below <c>/usr/lib/debug</c>), from its symbol table otherwise.</summary>
public sealed class ObjectSymbols : IDisposable
{
    private readonly ElfFile elf;
    private readonly ElfFile? debugFile;
    private readonly Lazy<SymbolTable> functions;
    private readonly Lazy<SymbolTable> variables;
    private readonly Lazy<DebugInfo?> debugInfo;
    private readonly Dictionary<ulong, IReadOnlyList<CodeFrame>> resolved = [];

    private ObjectSymbols(ElfFile elf, ElfFile? debugFile)
    {
        this.elf = elf;
        this.debugFile = debugFile;
        functions = new Lazy<SymbolTable>(() => Table(SymbolKind.Function));
        variables = new Lazy<SymbolTable>(() => Table(SymbolKind.Variable));
        debugInfo = new Lazy<DebugInfo?>(ReadDebugInfo);
    }

    public ElfFile Elf => elf;

    /// <summary>The object with its debug information, detached or not.</summary>
    public ElfFile DebugElf => debugFile ?? elf;

    public SymbolTable Functions => functions.Value;

    public SymbolTable Variables => variables.Value;

    /// <summary>What of the debug information could not be read, as a line; null where nothing is wrong.</summary>
    public string? Damage { get; private set; }

    /// <summary>Opens an object.</summary>
    /// <returns>Null where it is gone, may not be read, or is no ELF object.</returns>
    public static ObjectSymbols? Open(string path)
    {
        try
        {
            // A pipe or a device has no length, and opening one may wait for ever.
            if (new FileInfo(path) is not { Exists: true, Length: > 0 })
            {
                return null;
            }

            var elf = ElfFile.Open(path);
            return new ObjectSymbols(elf, elf.Section(".debug_info") is null ? DebugFiles.Find(elf) : null);
        }
        catch (Exception e) when (e is ElfException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // ArgumentException: a path that no file can have
        }
    }

    public void Dispose()
    {
        elf.Dispose();
        debugFile?.Dispose();
    }

    /// <summary>The calls that an address of the object stands in, innermost first; empty where nothing is known.</summary>
    public IReadOnlyList<CodeFrame> Resolve(ulong address)
    {
        if (!resolved.TryGetValue(address, out var frames))
        {
            frames = ResolveAnew(address);
            resolved[address] = frames;
        }

        return frames;
    }

    private CodeFrame[] ResolveAnew(ulong address)
    {
        IReadOnlyList<SourceFrame> frames = [];
        try
        {
            frames = debugInfo.Value?.Resolve(address) ?? [];
        }
        catch (Exception e) when (e is DwarfException or ElfException)
        {
            Damage ??= $"{elf.Path}: debug information is damaged ({e.Message}): names come from the symbol table";
        }

        if (frames.Count == 0)
        {
            return Functions.Find(address) is { } symbol ? [Named(new SourceFrame(symbol.Name, "", 0, false))] : [];
        }

        var named = new CodeFrame[frames.Count];
        for (var i = 0; i < named.Length; i++)
        {
            // Some functions of C++ have no linkage name in debug information; the symbol table knows the outermost one.
            var frame = frames[i];
            if (
                !frame.IsInlined
                && !IsMangled(frame.Function)
                && Functions.Find(address) is { } symbol
                && (frame.Function.Length == 0 || IsMangled(symbol.Name))
            )
            {
                frame = frame with { Function = symbol.Name };
            }

            named[i] = Named(frame);
        }

        return named;
    }

    private static bool IsMangled(string name) =>
        name.StartsWith("_Z", StringComparison.Ordinal) || name.StartsWith("_R", StringComparison.Ordinal);

    private static CodeFrame Named(SourceFrame frame)
    {
        var name = IsMangled(frame.Function) ? Demangler.Short(frame.Function) : WithoutTemplate(frame.Function);
        return new CodeFrame(
            name,
            name == frame.Function ? "" : frame.Function,
            frame.File,
            frame.Line,
            frame.IsInlined
        );
    }

    /// <summary>Where debug information has a function's name but not the linker's, template arguments stand behind it.</summary>
    private static string WithoutTemplate(string name) =>
        name.EndsWith('>')
        && name.IndexOf('<', StringComparison.Ordinal) is var open and > 0
        && !name.StartsWith("operator", StringComparison.Ordinal)
            ? name[..open]
            : name;

    private SymbolTable Table(SymbolKind kind)
    {
        try
        {
            return SymbolTable.Of(DebugElf, kind);
        }
        catch (ElfException e)
        {
            Damage ??= e.Message;
            return SymbolTable.Empty;
        }
    }

    private DebugInfo? ReadDebugInfo()
    {
        try
        {
            return DebugInfo.Of(DebugElf);
        }
        catch (Exception e) when (e is DwarfException or ElfException)
        {
            Damage ??= $"{elf.Path}: debug information is damaged ({e.Message}): names come from the symbol table";
            return null;
        }
    }
}
