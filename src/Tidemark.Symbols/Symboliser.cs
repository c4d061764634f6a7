namespace Tidemark.Symbols;

/// <summary>Names addresses of a process by the files that it had mapped. Files are opened when an address in them is asked for.</summary>
/// <param name="map">What the process had mapped.</param>
/// <param name="root">Where its files are found: <c>/proc/PID/root</c> for a process in another mount namespace.</param>
public sealed class Symboliser(MemoryMap map, string root = "") : IDisposable
{
    private readonly Dictionary<string, ObjectSymbols?> objects = new(StringComparer.Ordinal);

    public MemoryMap Map { get; } = map;

    /// <summary>What the program goes by, where its file may be one of several programs; null for the file's name.</summary>
    public string? ProgramName { get; init; }

    /// <summary>Files that could not be read, or whose debug information is damaged, each as a line.</summary>
    public IReadOnlyList<string> Problems =>
        [
            .. objects
                .Where(o => o.Value is null)
                .Select(o => $"{o.Key}: cannot be read: its functions stay without names"),
            .. objects.Values.Select(o => o?.Damage).OfType<string>(),
        ];

    /// <summary>The calls that an address stands in, innermost first; empty where nothing is known.</summary>
    public IReadOnlyList<CodeFrame> Resolve(ulong address) =>
        Locate(address, out var inObject) is { } symbols ? symbols.Resolve(inObject) : [];

    /// <summary>The object that an address lies in, and the address in it.</summary>
    public ObjectSymbols? Locate(ulong address, out ulong inObject)
    {
        inObject = 0;
        var index = Map.IndexOf(address);
        if (index < 0)
        {
            return null;
        }

        var mapping = Map.Mappings[index];
        var symbols = Open(mapping);
        if (symbols?.Elf.AddressOf(address - mapping.Start + mapping.Offset) is not { } found)
        {
            return null;
        }

        inObject = found;
        return symbols;
    }

    /// <summary>The object that a mapping shows; null where it is none or cannot be read.</summary>
    public ObjectSymbols? Open(Mapping mapping)
    {
        if (!mapping.IsFile)
        {
            return null;
        }

        if (!objects.TryGetValue(mapping.Path, out var symbols))
        {
            symbols = ObjectSymbols.Open(root + mapping.Path);
            objects[mapping.Path] = symbols;
        }

        return symbols;
    }

    public void Dispose()
    {
        foreach (var symbols in objects.Values)
        {
            symbols?.Dispose();
        }
    }
}
