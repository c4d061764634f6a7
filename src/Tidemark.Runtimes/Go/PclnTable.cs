using System.Buffers.Binary;
using Tidemark.Symbols.Elf;

namespace Tidemark.Runtimes.Go;

/// <summary>Function names by address from <c>.gopclntab</c>, which every Go program carries, stripped ones too.</summary>
/// <remarks>The layouts of Go 1.16, 1.18 and 1.20; their description is the source of <c>debug/gosym</c> in the Go library.</remarks>
internal sealed class PclnTable
{
    private const uint Go116 = 0xfffffffa;
    private const uint Go118 = 0xfffffff0;
    private const uint Go120 = 0xfffffff1;
    private const int WordsAt = 8;
    private const int Word = 8;

    private readonly ReadOnlyMemory<byte> table;
    private readonly ulong textStart;
    private readonly int count;
    private readonly int names;
    private readonly int functions;
    private readonly bool hasWideEntries;

    private PclnTable(ReadOnlyMemory<byte> table, ulong text)
    {
        this.table = table;
        var words = table.Span[WordsAt..];
        hasWideEntries = BinaryPrimitives.ReadUInt32LittleEndian(table.Span) == Go116;
        // 1.16: functions, files, names, ...; since 1.18 the start of the text stands third.
        var shift = hasWideEntries ? 0 : 1;
        count = (int)Math.Min(ReadWord(words, 0), int.MaxValue / 16);
        var start = hasWideEntries ? 0 : ReadWord(words, 2);
        textStart =
            hasWideEntries ? 0
            : start != 0 ? start
            : text;
        names = (int)Math.Min(ReadWord(words, 2 + shift), int.MaxValue);
        functions = (int)Math.Min(ReadWord(words, 6 + shift), int.MaxValue);
    }

    public static ElfSection? SectionOf(ElfFile elf) =>
        elf.Section(".gopclntab") ?? elf.Section(".data.rel.ro.gopclntab");

    /// <summary>The program's table; null where there is none or its layout is not known.</summary>
    /// <exception cref="ElfException">The section is damaged.</exception>
    public static PclnTable? Of(ElfFile elf)
    {
        const int header = WordsAt + (8 * Word);
        if (SectionOf(elf) is not { } section)
        {
            return null;
        }

        var table = elf.Content(section.Name);
        return
            table.Length >= header
            && BinaryPrimitives.ReadUInt32LittleEndian(table.Span) is Go116 or Go118 or Go120
            && table.Span[7] == Word
            ? new PclnTable(table, elf.Section(".text")?.Address ?? 0)
            : null;
    }

    /// <summary>The function that an address lies in; null where none does.</summary>
    public string? Find(ulong address)
    {
        var (low, high) = (0, count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (Entry(middle) is not { } entry)
            {
                return null;
            }

            if (entry.Address <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high >= 0 && Entry(high) is { } found ? Name(found.Function) : null;
    }

    /// <summary>An entry of the function table: where it begins, and where it is described.</summary>
    private (ulong Address, ulong Function)? Entry(int index)
    {
        var half = hasWideEntries ? 8 : 4;
        var at = functions + ((long)index * half * 2);
        if (at < 0 || at + (half * 2) > table.Length)
        {
            return null;
        }

        var entry = table.Span[(int)at..];
        return hasWideEntries
            ? (BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]))
            : (
                textStart + BinaryPrimitives.ReadUInt32LittleEndian(entry),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])
            );
    }

    private string? Name(ulong function)
    {
        // Behind the function's address stands the offset of its name.
        var at = (ulong)functions + function + (hasWideEntries ? 8UL : 4UL);
        if (at + 4 > (ulong)table.Length)
        {
            return null;
        }

        var offset = BinaryPrimitives.ReadUInt32LittleEndian(table.Span[(int)at..]);
        return (long)names + offset < table.Length ? ElfFile.Text(table.Span[names..], offset) : null;
    }

    private static ulong ReadWord(ReadOnlySpan<byte> words, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(words[(index * Word)..]);
}
