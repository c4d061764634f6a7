using Tidemark.Symbols.Elf;

namespace Tidemark.Symbols.Dwarf;

/// <summary>The sections of one object that hold debug information.</summary>
internal sealed class DwarfSections(ElfFile elf)
{
    private readonly Dictionary<long, Abbreviations> abbreviations = [];

    public ReadOnlyMemory<byte> Info { get; } = elf.Content(".debug_info");

    public ReadOnlyMemory<byte> Abbreviation { get; } = elf.Content(".debug_abbrev");

    public ReadOnlyMemory<byte> Text { get; } = elf.Content(".debug_str");

    public ReadOnlyMemory<byte> TextOffsets { get; } = elf.Content(".debug_str_offsets");

    public ReadOnlyMemory<byte> Address { get; } = elf.Content(".debug_addr");

    public ReadOnlyMemory<byte> Line { get; } = elf.Content(".debug_line");

    public ReadOnlyMemory<byte> LineText { get; } = elf.Content(".debug_line_str");

    public ReadOnlyMemory<byte> Ranges { get; } = elf.Content(".debug_ranges");

    public ReadOnlyMemory<byte> RangeLists { get; } = elf.Content(".debug_rnglists");

    public Abbreviations Abbreviations(long offset)
    {
        if (!abbreviations.TryGetValue(offset, out var table))
        {
            table = Dwarf.Abbreviations.Read(Abbreviation.Span, offset);
            abbreviations[offset] = table;
        }

        return table;
    }
}
