using Tidemark.Symbols.Elf;

namespace Tidemark.Symbols.Dwarf;

/// <summary>Where a function keeps the registers of its caller, instruction by instruction: the call frame information of one object.</summary>
/// <remarks>Format: DWARF 5, section 6.4, in the form that the Linux Standard Base gives it in <c>.eh_frame</c>. Only x86-64.</remarks>
public sealed class CallFrames
{
    private readonly ReadOnlyMemory<byte> section;
    private readonly ulong sectionAddress;
    private readonly List<FrameEntry> entries = [];
    private readonly Dictionary<long, CommonEntry> common = [];
    private readonly Dictionary<ulong, FrameRow?> rows = [];

    private CallFrames(ReadOnlyMemory<byte> section, ulong sectionAddress)
    {
        this.section = section;
        this.sectionAddress = sectionAddress;
    }

    private readonly record struct FrameEntry(ulong Start, ulong Size, int Instructions, int End, CommonEntry Common);

    private sealed record CommonEntry(
        ulong CodeAlignment,
        long DataAlignment,
        byte PointerEncoding,
        bool HasAugmentation,
        int Instructions,
        int End
    );

    /// <summary>Reads the entries of an object; those that are damaged, and all behind them, are left out.</summary>
    /// <returns>Null where it has none, or is for another machine.</returns>
    public static CallFrames? Of(ElfFile elf)
    {
        ArgumentNullException.ThrowIfNull(elf);
        if (elf.Machine != ElfFile.Amd64 || elf.Section(".eh_frame") is not { } section)
        {
            return null;
        }

        try
        {
            var frames = new CallFrames(elf.Content(".eh_frame"), section.Address);
            frames.ReadEntries();
            return frames.entries.Count > 0 ? frames : null;
        }
        catch (ElfException)
        {
            return null;
        }
    }

    /// <summary>How to get from a frame that stands at an address of the object to its caller's; null where that is not known.</summary>
    public FrameRow? Find(ulong address)
    {
        if (!rows.TryGetValue(address, out var row))
        {
            row = FindAnew(address);
            rows[address] = row;
        }

        return row;
    }

    private FrameRow? FindAnew(ulong address)
    {
        var index = SortedSearch.LastAtOrBefore(entries, address, static e => e.Start);
        if (index < 0 || address - entries[index].Start >= entries[index].Size)
        {
            return null;
        }

        var entry = entries[index];
        try
        {
            var machine = new FrameMachine(entry.Common.CodeAlignment, entry.Common.DataAlignment);
            var reader = new DwarfReader(section.Span, entry.Common.Instructions);
            machine.Run(ref reader, entry.Common.End, ulong.MaxValue);
            machine.Begin();
            reader.Position = entry.Instructions;
            machine.Run(ref reader, entry.End, address - entry.Start);
            return machine.Row;
        }
        catch (DwarfException)
        {
            return null;
        }
    }

    private void ReadEntries()
    {
        try
        {
            var reader = new DwarfReader(section.Span);
            while (!reader.AtEnd)
            {
                var start = reader.Position;
                var length = reader.InitialLength(out _);
                if (length == 0)
                {
                    break;
                }

                var end = reader.Position + (int)length;
                var pointerAt = reader.Position;
                var pointer = reader.U32();
                if (pointer != 0)
                {
                    ReadFrame(ref reader, pointerAt - (long)pointer, end);
                }
                else if (ReadCommon(ref reader, end) is { } read)
                {
                    common[start] = read;
                }

                reader.Position = end;
            }
        }
        catch (DwarfException)
        {
            // What was read so far is sound, and frames that are missing only end a stack early.
        }

        entries.Sort(static (x, y) => x.Start.CompareTo(y.Start));
    }

    private static CommonEntry? ReadCommon(ref DwarfReader reader, int end)
    {
        var version = reader.U8();
        var augmentation = reader.Text();
        if (version is not (1 or 3) || (augmentation.Length > 0 && augmentation[0] != 'z'))
        {
            return null;
        }

        var code = reader.Uleb();
        var data = reader.Sleb();
        const ulong returnAddress = 16;
        if ((version == 1 ? reader.U8() : reader.Uleb()) != returnAddress)
        {
            return null;
        }

        byte encoding = 0;
        if (augmentation.Length > 0)
        {
            var size = reader.Uleb();
            var behind = reader.Position + (long)size;
            foreach (var letter in augmentation.AsSpan(1))
            {
                switch (letter)
                {
                    case 'R':
                        encoding = reader.U8();
                        break;
                    case 'L':
                        reader.U8();
                        break;
                    case 'P':
                        ReadPointer(ref reader, reader.U8(), 0);
                        break;
                    default: // S: a signal's frame, which is unwound like others
                        break;
                }
            }

            reader.Position = checked((int)behind);
        }

        return new CommonEntry(code, data, encoding, augmentation.Length > 0, reader.Position, end);
    }

    private void ReadFrame(ref DwarfReader reader, long commonAt, int end)
    {
        if (!common.TryGetValue(commonAt, out var owner))
        {
            return;
        }

        var start = ReadPointer(ref reader, owner.PointerEncoding, sectionAddress);
        const byte formatOnly = 0x0f;
        var size = ReadPointer(ref reader, (byte)(owner.PointerEncoding & formatOnly), 0);
        if (owner.HasAugmentation)
        {
            reader.Skip(reader.Uleb());
        }

        if (size > 0)
        {
            entries.Add(new FrameEntry(start, size, reader.Position, end, owner));
        }
    }

    /// <summary>Reads a pointer in one of the encodings DW_EH_PE_*: as it stands, or relative to where it stands.</summary>
    private static ulong ReadPointer(ref DwarfReader reader, byte encoding, ulong sectionAddress)
    {
        var at = sectionAddress + (ulong)reader.Position;
        var value = (encoding & 0x0f) switch
        {
            0x00 or 0x04 or 0x0c => reader.U64(),
            0x01 => reader.Uleb(),
            0x02 => reader.U16(),
            0x03 => reader.U32(),
            0x09 => (ulong)reader.Sleb(),
            0x0a => (ulong)(short)reader.U16(),
            0x0b => (ulong)(int)reader.U32(),
            _ => throw new DwarfException($"a pointer of encoding 0x{encoding:x}"),
        };
        return (encoding & 0x70) switch
        {
            0x00 => value,
            0x10 => value + at,
            _ => throw new DwarfException($"a pointer of encoding 0x{encoding:x}"),
        };
    }
}
