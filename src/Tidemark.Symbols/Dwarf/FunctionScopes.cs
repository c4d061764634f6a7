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

    public static FunctionScopes Read(DwarfSections sections, CompilationUnit unit)
    {
        var result = new FunctionScopes();
        // Beside each open entry its depth among calls, -1 outside of functions.
        var open = new Stack<int>();
        var ranges = new List<CodeRange>();
        var inner = new List<Scope>();
        List<CodeRange> outer = [];
        var reader = new DwarfReader(sections.Info.Span, unit.FirstEntry);
        while (reader.Position < unit.End)
        {
            var at = reader.Position;
            if (unit.ReadAbbreviation(ref reader) is not { } shape)
            {
                if (open.TryPop(out _) && open.Count > 0)
                {
                    if (open.Peek() < 0)
                    {
                        result.Close(outer, inner);
                    }

                    continue;
                }

                break;
            }

            var depth = open.Count > 0 ? open.Peek() : -1;
            var isFunction = shape.Tag == Tag.Subprogram;
            if (isFunction || (shape.Tag == Tag.InlinedSubroutine && depth >= 0))
            {
                ranges.Clear();
                var (file, line) = ReadScope(unit, ref reader, shape, ranges);
                depth = isFunction ? 0 : depth + 1;
                if (isFunction && ranges.Count > 0)
                {
                    result.Close(outer, inner);
                    outer.AddRange(ranges);
                }
                else if (isFunction)
                {
                    depth = -1; // a declaration or an abstract instance: no code
                }

                foreach (var range in ranges)
                {
                    inner.Add(new Scope(range, at, depth, file, line));
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
                open.Push(depth);
                if (open.Count > DepthLimit)
                {
                    throw new DwarfException($".debug_info at {at}: entries nested deeper than {DepthLimit}");
                }
            }
            else if (open.Count == 0)
            {
                break;
            }
        }

        result.Close(outer, inner);
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
    private void Close(List<CodeRange> outer, List<Scope> inner)
    {
        if (outer.Count > 0)
        {
            foreach (var range in outer)
            {
                functions.Add((range, scopes.Count, inner.Count));
            }

            scopes.AddRange(inner);
        }

        outer.Clear();
        inner.Clear();
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
