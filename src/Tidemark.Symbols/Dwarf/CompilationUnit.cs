namespace Tidemark.Symbols.Dwarf;

/// <summary>Addresses of code, the second one exclusive.</summary>
internal readonly record struct CodeRange(ulong Start, ulong End)
{
    public bool Contains(ulong address) => address >= Start && address < End;
}

/// <summary>The value of an attribute, as far as it can be read without its unit's bases.</summary>
internal readonly record struct Value(Form Form, ulong Number, int TextPosition);

/// <summary>A unit of <c>.debug_info</c> (DWARF 2 to 5): how its entries are read.</summary>
internal sealed class CompilationUnit
{
    private readonly DwarfSections sections;
    private readonly int version;
    private readonly int offsetSize;
    private readonly int addressSize;
    private readonly Abbreviations abbreviations;
    private ulong textOffsetsBase;
    private ulong addressBase;
    private ulong rangeListsBase;

    private CompilationUnit(
        DwarfSections sections,
        long offset,
        long end,
        int firstEntry,
        int version,
        int offsetSize,
        int addressSize,
        Abbreviations abbreviations
    )
    {
        this.sections = sections;
        this.version = version;
        this.offsetSize = offsetSize;
        this.addressSize = addressSize;
        this.abbreviations = abbreviations;
        Offset = offset;
        End = end;
        FirstEntry = firstEntry;
    }

    /// <summary>Where the unit begins in its section.</summary>
    public long Offset { get; }

    public long End { get; }

    /// <summary>Where its first entry begins in the section.</summary>
    public int FirstEntry { get; }

    public string CompilationDirectory { get; private set; } = "";

    /// <summary>Where its line program is in <c>.debug_line</c>; null where it has none.</summary>
    public long? LineProgram { get; private set; }

    /// <summary>The code it was compiled to; empty where it does not say.</summary>
    public IReadOnlyList<CodeRange> Ranges { get; private set; } = [];

    /// <summary>The base that addresses in its range lists are relative to.</summary>
    private ulong LowPc { get; set; }

    /// <summary>Reads the unit at an offset. Type units and skeletons of split debug information are null: they have no code.</summary>
    public static CompilationUnit? Read(DwarfSections sections, long offset, out long next)
    {
        var reader = new DwarfReader(sections.Info.Span, offset);
        var length = reader.InitialLength(out var offsetSize);
        next = reader.Position + length;
        var version = reader.U16();
        if (version is < 2 or > 5)
        {
            return null;
        }

        const int compile = 1;
        const int partial = 3;
        var kind = version == 5 ? reader.U8() : compile;
        var addressSize = version == 5 ? reader.U8() : 0;
        var abbreviations = (long)reader.Unsigned(offsetSize);
        addressSize = version == 5 ? addressSize : reader.U8();
        if (kind is not (compile or partial))
        {
            return null;
        }

        var unit = new CompilationUnit(
            sections,
            offset,
            next,
            reader.Position,
            version,
            offsetSize,
            addressSize,
            sections.Abbreviations(abbreviations)
        );
        unit.ReadRoot();
        return unit;
    }

    /// <summary>The shape of the entry that the reader stands at; null at the end of a list of children.</summary>
    public Abbreviation? ReadAbbreviation(ref DwarfReader reader) =>
        reader.Uleb() is var code and not 0 ? abbreviations[code] : null;

    /// <summary>Reads a value, or skips it where the caller has no use for it.</summary>
    public Value Read(ref DwarfReader reader, AttributeSpecification specification)
    {
        var form = specification.Form;
        if (form == Form.Indirect)
        {
            form = (Form)reader.Uleb();
        }

        var at = reader.Position;
        switch (form)
        {
            case Form.Address:
                return Number(reader.Unsigned(addressSize));
            case Form.Data1 or Form.Flag or Form.Reference1 or Form.TextIndex1 or Form.AddressIndex1:
                return Number(reader.U8());
            case Form.Data2 or Form.Reference2 or Form.TextIndex2 or Form.AddressIndex2:
                return Number(reader.U16());
            case Form.TextIndex3 or Form.AddressIndex3:
                return Number(reader.U16() | ((ulong)reader.U8() << 16));
            case Form.Data4 or Form.Reference4 or Form.TextIndex4 or Form.AddressIndex4 or Form.ReferenceSupplement4:
                return Number(reader.U32());
            case Form.Data8 or Form.Reference8 or Form.ReferenceSignature or Form.ReferenceSupplement8:
                return Number(reader.U64());
            case Form.Data16:
                reader.Skip(16);
                return default;
            case Form.SignedData:
                return Number((ulong)reader.Sleb());
            case Form.UnsignedData
            or Form.ReferenceUnsigned
            or Form.TextIndex
            or Form.AddressIndex
            or Form.LocationListIndex
            or Form.RangeListIndex:
                return Number(reader.Uleb());
            case Form.Text:
                reader.SkipText();
                return new Value(form, 0, at);
            case Form.TextOffset
            or Form.LineText
            or Form.SectionOffset
            or Form.TextSupplement
            or Form.GnuReferenceAlternate
            or Form.GnuTextAlternate:
                return Number(reader.Unsigned(offsetSize));
            case Form.ReferenceAddress:
                // Version 2 wrote it as wide as an address.
                return Number(reader.Unsigned(version == 2 ? addressSize : offsetSize));
            case Form.FlagPresent:
                return Number(1);
            case Form.ImplicitConstant:
                return Number((ulong)specification.Constant);
            case Form.Block1:
                reader.Skip(reader.U8());
                return default;
            case Form.Block2:
                reader.Skip(reader.U16());
                return default;
            case Form.Block4:
                reader.Skip(reader.U32());
                return default;
            case Form.Block or Form.Expression:
                reader.Skip(reader.Uleb());
                return default;
            default:
                throw new DwarfException($".debug_info at {at}: a value of the unknown form {(int)form:x}");
        }

        Value Number(ulong number) => new(form, number, -1);
    }

    /// <summary>A text; empty where it is in another file.</summary>
    public string TextOf(Value value)
    {
        switch (value.Form)
        {
            case Form.Text:
                return new DwarfReader(sections.Info.Span, value.TextPosition).Text();
            case Form.TextOffset:
                return At(sections.Text, value.Number);
            case Form.LineText:
                return At(sections.LineText, value.Number);
            case Form.TextIndex or Form.TextIndex1 or Form.TextIndex2 or Form.TextIndex3 or Form.TextIndex4:
                var reader = new DwarfReader(
                    sections.TextOffsets.Span,
                    Offset64(textOffsetsBase, value.Number, offsetSize)
                );
                return At(sections.Text, reader.Unsigned(offsetSize));
            default:
                return "";
        }

        static string At(ReadOnlyMemory<byte> section, ulong offset) =>
            new DwarfReader(section.Span, (long)offset).Text();
    }

    /// <summary>Where the entry that is referred to begins in the section; null where it is in another file.</summary>
    public long? ReferenceOf(Value value) =>
        value.Form switch
        {
            Form.Reference1 or Form.Reference2 or Form.Reference4 or Form.Reference8 or Form.ReferenceUnsigned => Offset
                + (long)value.Number,
            Form.ReferenceAddress => (long)value.Number,
            _ => null,
        };

    public ulong AddressOf(Value value)
    {
        if (value.Form == Form.Address)
        {
            return value.Number;
        }

        var reader = new DwarfReader(sections.Address.Span, Offset64(addressBase, value.Number, addressSize));
        return reader.Unsigned(addressSize);
    }

    /// <summary>The code of an entry, from its low and high address or its list of ranges; adds to <paramref name="ranges"/>.</summary>
    public void AddRanges(Value? low, Value? high, Value? list, List<CodeRange> ranges)
    {
        if (list is { } value)
        {
            if (version >= 5)
            {
                AddRangeList(value, ranges);
            }
            else
            {
                AddOldRanges((long)value.Number, ranges);
            }
        }
        else if (low is { } first && high is { } last)
        {
            var start = AddressOf(first);
            // From version 4 on the end is written as a length.
            var end = last.Form is Form.Address or Form.AddressIndex ? AddressOf(last) : start + last.Number;
            Add(ranges, start, end);
        }
    }

    private static void Add(List<CodeRange> ranges, ulong start, ulong end)
    {
        // What the linker threw away is left at address 0 or 1.
        if (end > start && start > 1)
        {
            ranges.Add(new CodeRange(start, end));
        }
    }

    private void AddOldRanges(long offset, List<CodeRange> ranges)
    {
        var reader = new DwarfReader(sections.Ranges.Span, offset);
        var relativeTo = LowPc;
        var select = addressSize == 4 ? uint.MaxValue : ulong.MaxValue;
        while (true)
        {
            var start = reader.Unsigned(addressSize);
            var end = reader.Unsigned(addressSize);
            if (start == 0 && end == 0)
            {
                return;
            }

            if (start == select)
            {
                relativeTo = end;
            }
            else
            {
                Add(ranges, relativeTo + start, relativeTo + end);
            }
        }
    }

    private void AddRangeList(Value value, List<CodeRange> ranges)
    {
        var offset = (long)value.Number;
        if (value.Form == Form.RangeListIndex)
        {
            var table = new DwarfReader(sections.RangeLists.Span, Offset64(rangeListsBase, value.Number, offsetSize));
            offset = (long)(rangeListsBase + table.Unsigned(offsetSize));
        }

        var reader = new DwarfReader(sections.RangeLists.Span, offset);
        var relativeTo = LowPc;
        while (true)
        {
            ulong start;
            switch (reader.U8())
            {
                case 0: // end of list
                    return;
                case 1: // base address, indexed
                    relativeTo = Indexed(reader.Uleb());
                    break;
                case 2: // start and end, indexed
                    start = Indexed(reader.Uleb());
                    Add(ranges, start, Indexed(reader.Uleb()));
                    break;
                case 3: // start indexed, and length
                    start = Indexed(reader.Uleb());
                    Add(ranges, start, start + reader.Uleb());
                    break;
                case 4: // a pair of offsets
                    start = relativeTo + reader.Uleb();
                    Add(ranges, start, relativeTo + reader.Uleb());
                    break;
                case 5: // base address
                    relativeTo = reader.Unsigned(addressSize);
                    break;
                case 6: // start and end
                    start = reader.Unsigned(addressSize);
                    Add(ranges, start, reader.Unsigned(addressSize));
                    break;
                case 7: // start and length
                    start = reader.Unsigned(addressSize);
                    Add(ranges, start, start + reader.Uleb());
                    break;
                case var kind:
                    throw new DwarfException($".debug_rnglists at {reader.Position}: the unknown kind {kind}");
            }
        }

        ulong Indexed(ulong index) => AddressOf(new Value(Form.AddressIndex, index, -1));
    }

    private void ReadRoot()
    {
        var reader = new DwarfReader(sections.Info.Span, FirstEntry);
        if (ReadAbbreviation(ref reader) is not { } root)
        {
            return;
        }

        Value? low = null;
        Value? high = null;
        Value? list = null;
        Value? directory = null;
        foreach (var attribute in root.Attributes)
        {
            var value = Read(ref reader, attribute);
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
                case Attribute.CompilationDirectory:
                    directory = value;
                    break;
                case Attribute.StatementList:
                    LineProgram = (long)value.Number;
                    break;
                case Attribute.StringOffsetsBase:
                    textOffsetsBase = value.Number;
                    break;
                case Attribute.AddressBase:
                    addressBase = value.Number;
                    break;
                case Attribute.RangeListsBase:
                    rangeListsBase = value.Number;
                    break;
            }
        }

        // The bases may stand behind the attributes that need them.
        CompilationDirectory = directory is { } text ? TextOf(text) : "";
        LowPc = low is { } start ? AddressOf(start) : 0;
        List<CodeRange> ranges = [];
        AddRanges(low, high, list, ranges);
        Ranges = ranges;
    }

    private static long Offset64(ulong start, ulong index, int size)
    {
        var offset = (UInt128)start + ((UInt128)index * (uint)size);
        return offset <= int.MaxValue
            ? (long)offset
            : throw new DwarfException($"index {index} is outside of its table");
    }
}
