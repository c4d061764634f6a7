using Tidemark.Symbols.Elf;

namespace Tidemark.Symbols.Dwarf;

/// <summary>A function with a line of its source, as debug information names it.</summary>
/// <param name="Function">The function as the linker or the source names it; empty where unknown.</param>
/// <param name="File">The source file's path, empty where unknown.</param>
/// <param name="Line">The line, 0 where unknown.</param>
/// <param name="IsInlined">True where the compiler put this call into the next outer one.</param>
public readonly record struct SourceFrame(string Function, string File, int Line, bool IsInlined);

/// <summary>The debug information of one object: from an address to functions, files and lines. Units are read when an address in them is asked for.</summary>
public sealed class DebugInfo
{
    private const int ReferenceLimit = 16;

    private readonly DwarfSections sections;
    private readonly List<CompilationUnit> units = [];
    private readonly List<(CodeRange Code, int Unit)> ranges = [];
    private readonly Dictionary<int, FunctionScopes> scopes = [];
    private readonly Dictionary<int, LineTable?> lines = [];
    private readonly Dictionary<long, string> names = [];
    private readonly List<Scope> found = [];

    private DebugInfo(DwarfSections sections) => this.sections = sections;

    /// <summary>Reads the headers of all units.</summary>
    /// <returns>Null where the object has no debug information.</returns>
    /// <exception cref="DwarfException">It is damaged.</exception>
    /// <exception cref="ElfException">Its section is.</exception>
    public static DebugInfo? Of(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        var info = new DebugInfo(new DwarfSections(elf));
        if (info.sections.Info.IsEmpty)
        {
            return null;
        }

        for (var offset = 0L; offset < info.sections.Info.Length; )
        {
            if (CompilationUnit.Read(info.sections, offset, out var next) is { } unit)
            {
                foreach (var range in unit.Ranges)
                {
                    info.ranges.Add((range, info.units.Count));
                }

                info.units.Add(unit);
            }

            offset = next;
        }

        info.ranges.Sort((x, y) => x.Code.Start.CompareTo(y.Code.Start));
        return info;
    }

    /// <summary>The calls that an address stands in, innermost first: those put into each other by the compiler, and at the end the function itself. Empty where nothing is known.</summary>
    /// <exception cref="DwarfException">What is said of this address is damaged.</exception>
    public IReadOnlyList<SourceFrame> Resolve(ulong address)
    {
        if (FindUnit(address) is not { } index)
        {
            return [];
        }

        var unit = units[index];
        if (!scopes.TryGetValue(index, out var unitScopes))
        {
            unitScopes = FunctionScopes.Read(sections, unit);
            scopes[index] = unitScopes;
        }

        if (!lines.TryGetValue(index, out var table))
        {
            table = unit.LineProgram is { } program
                ? LineTable.Read(sections, program, unit.CompilationDirectory)
                : null;
            lines[index] = table;
        }

        unitScopes.Find(address, found);
        var (file, line) = table?.Find(address) ?? ("", 0);
        if (found.Count == 0)
        {
            return file.Length > 0 ? [new SourceFrame("", file, line, IsInlined: false)] : [];
        }

        var frames = new SourceFrame[found.Count];
        for (var i = found.Count - 1; i >= 0; i--)
        {
            var scope = found[i];
            frames[found.Count - 1 - i] = new SourceFrame(Name(unit, scope.Entry), file, line, IsInlined: i > 0);
            file = table?.FileName(scope.CallFile) ?? "";
            line = scope.CallLine;
        }

        return frames;
    }

    private int? FindUnit(ulong address)
    {
        // Units do not overlap as a rule; where some do, the one that begins last is taken.
        var index = SortedSearch.LastAtOrBefore(ranges, address, static r => r.Code.Start);
        return index >= 0 && ranges[index].Code.Contains(address) ? ranges[index].Unit : null;
    }

    /// <summary>The name of an entry: its own linkage name or name, or that of the declaration that it refers to.</summary>
    private string Name(CompilationUnit unit, long entry)
    {
        if (names.TryGetValue(entry, out var known))
        {
            return known;
        }

        var name = "";
        var at = (long?)entry;
        for (var hops = 0; at is { } position && hops < ReferenceLimit; hops++)
        {
            var owner = unit.Offset <= position && position < unit.End ? unit : UnitAt(position);
            if (owner is null)
            {
                break;
            }

            unit = owner;
            (var linkage, var plain, at) = ReadNames(unit, position);
            if (linkage.Length > 0)
            {
                name = linkage;
                break;
            }

            // The declaration further on may have the linkage name.
            name = name.Length > 0 ? name : plain;
        }

        names[entry] = name;
        return name;
    }

    private (string Linkage, string Plain, long? Next) ReadNames(CompilationUnit unit, long position)
    {
        var reader = new DwarfReader(sections.Info.Span, position);
        var linkage = "";
        var plain = "";
        long? next = null;
        if (unit.ReadAbbreviation(ref reader) is not { } shape)
        {
            return ("", "", null);
        }

        foreach (var attribute in shape.Attributes)
        {
            var value = unit.Read(ref reader, attribute);
            switch (attribute.Attribute)
            {
                case Attribute.LinkageName or Attribute.MipsLinkageName:
                    linkage = unit.TextOf(value);
                    break;
                case Attribute.Name:
                    plain = unit.TextOf(value);
                    break;
                case Attribute.AbstractOrigin or Attribute.Specification:
                    next = unit.ReferenceOf(value);
                    break;
            }
        }

        return (linkage, plain, next);
    }

    private CompilationUnit? UnitAt(long position)
    {
        var index = SortedSearch.LastAtOrBefore(units, (ulong)position, static u => (ulong)u.Offset);
        return index >= 0 && position < units[index].End ? units[index] : null;
    }
}
