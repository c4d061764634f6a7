namespace Tidemark.Symbols.Dwarf;

/// <summary>Which line of which file each address comes from: a line program of <c>.debug_line</c> (DWARF 2 to 5, section 6.2), run.</summary>
internal sealed class LineTable
{
    private readonly List<string> directories = [];
    private readonly List<(string Name, int Directory)> files = [];
    private readonly string compilationDirectory;
    private readonly List<(ulong Address, int File, int Line)> rows = [];

    // A sequence is a run of rows with rising addresses; they come in any order.
    private readonly List<(CodeRange Code, int First, int Count)> sequences = [];
    private int version;

    private LineTable(string compilationDirectory) => this.compilationDirectory = compilationDirectory;

    public static LineTable Read(DwarfSections sections, long offset, string compilationDirectory)
    {
        var table = new LineTable(compilationDirectory);
        var reader = new DwarfReader(sections.Line.Span, offset);
        var length = reader.InitialLength(out var offsetSize);
        var end = reader.Position + (int)length;
        table.version = reader.U16();
        if (table.version is < 2 or > 5)
        {
            throw new DwarfException($".debug_line at {offset}: version {table.version} is not known");
        }

        if (table.version >= 5)
        {
            reader.Skip(2); // address and segment selector sizes
        }

        var headerLength = reader.Unsigned(offsetSize);
        var program = (long)headerLength + reader.Position;
        if (program > end)
        {
            throw new DwarfException($".debug_line at {offset}: the header reaches past its unit");
        }

        var minimumLength = reader.U8();
        var operationsPerInstruction = table.version >= 4 ? Math.Max((byte)1, reader.U8()) : (byte)1;
        reader.U8(); // whether rows are statements at first
        var lineBase = (sbyte)reader.U8();
        var lineRange = reader.U8();
        var firstSpecial = reader.U8();
        if (lineRange == 0 || firstSpecial == 0)
        {
            throw new DwarfException($".debug_line at {offset}: a line range of 0");
        }

        var operands = reader.Bytes(firstSpecial - 1);
        if (table.version >= 5)
        {
            table.ReadNames(sections, ref reader, offsetSize);
        }
        else
        {
            table.ReadOldNames(ref reader);
        }

        reader.Position = (int)program;
        table.Run(
            ref reader,
            end,
            new Header(minimumLength, operationsPerInstruction, lineBase, lineRange, firstSpecial),
            operands
        );
        table.sequences.Sort((x, y) => x.Code.Start.CompareTo(y.Code.Start));
        return table;
    }

    /// <summary>The file and line of an address; an empty file and 0 where there is none.</summary>
    public (string File, int Line) Find(ulong address)
    {
        var index = SortedSearch.LastAtOrBefore(sequences, address, static s => s.Code.Start);
        if (index < 0 || !sequences[index].Code.Contains(address))
        {
            return ("", 0);
        }

        var (_, first, count) = sequences[index];
        // Of several rows for one address the last one counts.
        var row = rows[SortedSearch.LastAtOrBefore(rows, first, first + count, address, static r => r.Address)];
        return (FileName(row.File), row.Line);
    }

    /// <summary>The path of a file by its number; empty where there is no such file.</summary>
    public string FileName(int number)
    {
        // Up to version 4 files are counted from 1, and directory 0 is that of the compilation.
        var index = version >= 5 ? number : number - 1;
        if ((uint)index >= (uint)files.Count)
        {
            return "";
        }

        var (name, directory) = files[index];
        if (Path.IsPathRooted(name))
        {
            return name;
        }

        var directoryIndex = version >= 5 ? directory : directory - 1;
        var folder = (uint)directoryIndex < (uint)directories.Count ? directories[directoryIndex] : "";
        return Path.Combine(compilationDirectory, folder, name);
    }

    private readonly record struct Header(
        byte MinimumLength,
        byte OperationsPerInstruction,
        sbyte LineBase,
        byte LineRange,
        byte FirstSpecial
    );

    private void Run(ref DwarfReader reader, int end, Header header, ReadOnlySpan<byte> operands)
    {
        var address = 0UL;
        var operation = 0UL;
        var file = 1;
        var line = 1;
        var first = rows.Count;
        while (reader.Position < end)
        {
            var code = reader.U8();
            if (code >= header.FirstSpecial)
            {
                var adjusted = code - header.FirstSpecial;
                Advance((ulong)(adjusted / header.LineRange));
                line += header.LineBase + (adjusted % header.LineRange);
                rows.Add((address, file, line));
                continue;
            }

            switch (code)
            {
                case 0:
                    var length = reader.Uleb();
                    var next = (long)length + reader.Position;
                    if (length == 0 || next > end)
                    {
                        throw new DwarfException(
                            $".debug_line at {reader.Position}: an extended operation of {length} bytes"
                        );
                    }

                    switch (reader.U8())
                    {
                        case 1: // end of sequence
                            Close(first, address);
                            (address, operation, file, line) = (0, 0, 1, 1);
                            first = rows.Count;
                            break;
                        case 2: // set address
                            address = reader.Unsigned((int)length - 1);
                            operation = 0;
                            break;
                    }

                    reader.Position = (int)next;
                    break;
                case 1: // copy
                    rows.Add((address, file, line));
                    break;
                case 2: // advance the address
                    Advance(reader.Uleb());
                    break;
                case 3: // advance the line
                    line += (int)reader.Sleb();
                    break;
                case 4:
                    file = (int)reader.Uleb();
                    break;
                case 8: // advance the address as special operation 255 does
                    Advance((ulong)((255 - header.FirstSpecial) / header.LineRange));
                    break;
                case 9: // advance by a fixed amount
                    address += reader.U16();
                    operation = 0;
                    break;
                default:
                    for (var i = 0; i < operands[code - 1]; i++)
                    {
                        reader.Uleb();
                    }

                    break;
            }
        }

        rows.RemoveRange(first, rows.Count - first);

        void Advance(ulong count)
        {
            var total = operation + count;
            address += header.MinimumLength * (total / header.OperationsPerInstruction);
            operation = total % header.OperationsPerInstruction;
        }
    }

    private void Close(int first, ulong end)
    {
        var count = rows.Count - first;
        // Sequences of discarded functions begin at 0 or 1.
        if (count > 0 && rows[first].Address is var start and > 1 && end > start)
        {
            SortIfNeeded(first);
            sequences.Add((new CodeRange(start, end), first, count));
        }
        else
        {
            rows.RemoveRange(first, count);
        }
    }

    /// <summary>Rows rise within a sequence by the standard; where a compiler breaks that, equal addresses keep their order.</summary>
    private void SortIfNeeded(int first)
    {
        for (var i = first + 1; i < rows.Count; i++)
        {
            if (rows[i].Address < rows[i - 1].Address)
            {
                var sorted = rows.Skip(first).OrderBy(r => r.Address).ToList();
                rows.RemoveRange(first, sorted.Count);
                rows.AddRange(sorted);
                return;
            }
        }
    }

    private void ReadOldNames(ref DwarfReader reader)
    {
        while (reader.Text() is { Length: > 0 } directory)
        {
            directories.Add(directory);
        }

        while (reader.Text() is { Length: > 0 } name)
        {
            files.Add((name, (int)reader.Uleb()));
            reader.Uleb(); // modification time
            reader.Uleb(); // size
        }
    }

    private void ReadNames(DwarfSections sections, ref DwarfReader reader, int offsetSize)
    {
        foreach (var (name, _) in ReadEntries(sections, ref reader, offsetSize))
        {
            directories.Add(name);
        }

        files.AddRange(ReadEntries(sections, ref reader, offsetSize));
    }

    private static List<(string Name, int Directory)> ReadEntries(
        DwarfSections sections,
        ref DwarfReader reader,
        int offsetSize
    )
    {
        const int path = 1;
        const int directoryIndex = 2;
        var shape = new (int Content, Form Form)[reader.U8()];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = ((int)reader.Uleb(), (Form)reader.Uleb());
        }

        var count = reader.Uleb();
        if (count > (ulong)(reader.Length - reader.Position) || (shape.Length == 0 && count > 0))
        {
            throw new DwarfException($".debug_line at {reader.Position}: {count} names");
        }

        var entries = new List<(string, int)>((int)count);
        for (var i = 0UL; i < count; i++)
        {
            var name = "";
            var directory = 0;
            foreach (var (content, form) in shape)
            {
                switch (form)
                {
                    case Form.Text when content == path:
                        name = reader.Text();
                        break;
                    case Form.Text:
                        reader.SkipText();
                        break;
                    case Form.LineText or Form.TextOffset:
                        var section = form == Form.LineText ? sections.LineText : sections.Text;
                        var offset = reader.Unsigned(offsetSize);
                        if (content == path)
                        {
                            name = new DwarfReader(section.Span, (long)offset).Text();
                        }

                        break;
                    case Form.UnsignedData:
                        Take(reader.Uleb());
                        break;
                    case Form.Data1 or Form.Data2 or Form.Data4 or Form.Data8:
                        Take(
                            reader.Unsigned(
                                form switch
                                {
                                    Form.Data1 => 1,
                                    Form.Data2 => 2,
                                    Form.Data4 => 4,
                                    _ => 8,
                                }
                            )
                        );
                        break;
                    case Form.Data16:
                        reader.Skip(16); // a checksum
                        break;
                    case Form.Block:
                        reader.Skip(reader.Uleb());
                        break;
                    default:
                        throw new DwarfException($".debug_line at {reader.Position}: a name of the form {(int)form:x}");
                }

                void Take(ulong number)
                {
                    if (content == directoryIndex)
                    {
                        directory = (int)number;
                    }
                }
            }

            entries.Add((name, directory));
        }

        return entries;
    }
}
