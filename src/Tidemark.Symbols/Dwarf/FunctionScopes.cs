namespace Tidemark.Symbols.Dwarf;

/// <summary>A function, or a call that was put into one: a range of code, the entry that names it, and where it was called.</summary>
/// <param name="Code">The addresses; a scope of several ranges stands several times.</param>
/// <param name="Entry">Where the entry is in <c>.debug_info</c>.</param>
/// <param name="Depth">0 for a function, 1 for a call put into it, and so on.</param>
/// <param name="CallFile">The number of the file with the call, 0 for a function.</param>
/// <param name="CallLine">Its line.</param>
internal readonly record struct Scope(CodeRange Code, int Entry, int Depth, int CallFile, int CallLine);

/// <summary>The functions of one unit with the calls that were put into them.</summary>
internal sealed class FunctionScopes
{
    private const int DepthLimit = 4096;

    // By start of the outermost function: that one first, then what was put into it.
    private readonly List<(CodeRange Code, int First, int Count)> functions = [];
    private readonly List<Scope> scopes = [];

    private FunctionScopes() { }

    /// <summary>A function whose entries are being read; one may stand inside of another, as those of local classes do.</summary>
    private sealed record OpenFunction(CodeRange[] Ranges)
    {
        public List<Scope> Scopes { get; } = [];
    }

    /// <summary>An entry with children: the function that it is in, and how deep among the calls put into that.</summary>
    private readonly record struct OpenEntry(OpenFunction? Function, int Depth);

    public static FunctionScopes Read(DwarfSections sections, CompilationUnit unit)
    {
        var result = new FunctionScopes();
        var open = new Stack<OpenEntry>();
        var ranges = new List<CodeRange>();
        var reader = new DwarfReader(sections.Info.Span, unit.FirstEntry);
        while (reader.Position < unit.End)
        {
            var at = reader.Position;
            if (unit.ReadAbbreviation(ref reader) is not { } shape)
            {
                if (!open.TryPop(out var ended) || open.Count == 0)
                {
                    break;
                }

                if (ended.Function is { } complete && open.Peek().Function != complete)
                {
                    result.Add(complete);
                }

                continue;
            }

            var entry = open.Count > 0 ? open.Peek() : default;
            var isFunction = shape.Tag == Tag.Subprogram;
            if (isFunction || (shape.Tag == Tag.InlinedSubroutine && entry.Function is not null))
            {
                ranges.Clear();
                var (file, line) = ReadScope(unit, ref reader, shape, ranges);
                if (isFunction)
                {
                    // A declaration or an abstract instance has no code.
                    entry = ranges.Count > 0 ? new OpenEntry(new OpenFunction([.. ranges]), 0) : default;
                }
                else
                {
                    entry = entry with { Depth = entry.Depth + 1 };
                }

                foreach (var range in ranges)
                {
                    entry.Function?.Scopes.Add(new Scope(range, at, entry.Depth, file, line));
                }
            }
            else
            {
                foreach (var attribute in shape.Attributes)
                {
                    unit.Read(ref reader, attribute);
                }
            }

            if (shape.HasChildren)
            {
                open.Push(entry);
                if (open.Count > DepthLimit)
                {
                    throw new DwarfException($".debug_info at {at}: entries nested deeper than {DepthLimit}");
                }
            }
            else if (open.Count == 0)
            {
                break;
            }
            else if (entry.Function is { } leaf && open.Peek().Function != leaf)
            {
                result.Add(leaf);
            }
        }

        result.functions.Sort((x, y) => x.Code.Start.CompareTo(y.Code.Start));
        return result;
    }

    /// <summary>The scopes that an address lies in, outermost first.</summary>
    public void Find(ulong address, List<Scope> found)
    {
        found.Clear();
        var index = SortedSearch.LastAtOrBefore(functions, address, static f => f.Code.Start);
        if (index < 0 || !functions[index].Code.Contains(address))
        {
            return;
        }

        var (_, first, count) = functions[index];
        for (var i = first; i < first + count; i++)
        {
            // Entries stand in the order of their nesting, so the next deeper one that fits is the right one.
            if (scopes[i].Depth == found.Count && scopes[i].Code.Contains(address))
            {
                found.Add(scopes[i]);
            }
        }
    }

    /// <summary>A function is complete: one row for each of its ranges.</summary>
    private void Add(OpenFunction function)
    {
        foreach (var range in function.Ranges)
        {
            functions.Add((range, scopes.Count, function.Scopes.Count));
        }

        scopes.AddRange(function.Scopes);
    }

    private static (int File, int Line) ReadScope(
        CompilationUnit unit,
        ref DwarfReader reader,
        Abbreviation shape,
        List<CodeRange> ranges
    )
    {
        Value? low = null;
        Value? high = null;
        Value? list = null;
        var file = 0;
        var line = 0;
        foreach (var attribute in shape.Attributes)
        {
            var value = unit.Read(ref reader, attribute);
            switch (attribute.Attribute)
            {
                case Attribute.LowPc:
                    low = value;
                    break;
                case Attribute.HighPc:
                    high = value;
                    break;
                case Attribute.Ranges:
                    list = value;
                    break;
                case Attribute.CallFile:
                    file = (int)value.Number;
                    break;
                case Attribute.CallLine:
                    line = (int)value.Number;
                    break;
            }
        }

        unit.AddRanges(low, high, list, ranges);
        return (file, line);
    }
}
