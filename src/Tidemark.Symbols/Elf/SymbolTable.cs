using System.Buffers.Binary;

namespace Tidemark.Symbols.Elf;

/// <summary>What a symbol names.</summary>
public enum SymbolKind
{
    Function,
    Variable,
}

/// <summary>A named range of addresses of an object.</summary>
/// <param name="Name">Its name as the linker has it.</param>
/// <param name="Address">Its address in the object.</param>
/// <param name="Size">Its size in bytes; hand-written assembly has none, and reaches to the next symbol or the end of its section.</param>
/// <param name="Kind">What it names.</param>
public readonly record struct ElfSymbol(string Name, ulong Address, ulong Size, SymbolKind Kind);

/// <summary>The functions and variables of an object, by address: from <c>.symtab</c>, and from <c>.dynsym</c> where the program was stripped.</summary>
public sealed class SymbolTable
{
    private const int EntrySize = 24;

    private readonly ulong[] addresses;
    private readonly ulong[] sizes;
    private readonly uint[] names;
    private readonly ReadOnlyMemory<byte> strings;
    private readonly SymbolKind kind;

    private SymbolTable(ulong[] addresses, ulong[] sizes, uint[] names, ReadOnlyMemory<byte> strings, SymbolKind kind)
    {
        this.addresses = addresses;
        this.sizes = sizes;
        this.names = names;
        this.strings = strings;
        this.kind = kind;
    }

    public static SymbolTable Empty { get; } = new([], [], [], default, SymbolKind.Function);

    public int Count => addresses.Length;

    public ElfSymbol this[int index] =>
        new(ElfFile.Text(strings.Span, names[index]), addresses[index], sizes[index], kind);

    /// <summary>The symbols of one kind.</summary>
    /// <exception cref="ElfException">The table is damaged.</exception>
    public static SymbolTable Of(ElfFile elf, SymbolKind kind)
    {
        ArgumentNullException.ThrowIfNull(elf);
        var full = Read(elf, ".symtab", ".strtab", kind);
        return full.Count > 0 ? full : Read(elf, ".dynsym", ".dynstr", kind);
    }

    /// <summary>The symbol that an address lies in: the last one that begins at or before it, unless that has ended.</summary>
    public ElfSymbol? Find(ulong address)
    {
        var index = Array.BinarySearch(addresses, address);
        index = index < 0 ? ~index - 1 : index;
        if (index < 0)
        {
            return null;
        }

        return address - addresses[index] < sizes[index] ? this[index] : null;
    }

    /// <summary>The first symbol of that name.</summary>
    public ElfSymbol? Find(string name)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (this[i] is var symbol && symbol.Name == name)
            {
                return symbol;
            }
        }

        return null;
    }

    private static SymbolTable Read(ElfFile elf, string table, string text, SymbolKind kind)
    {
        var entries = elf.Content(table).Span;
        var strings = elf.Content(text);
        var count = entries.Length / EntrySize;
        var addresses = new List<ulong>();
        var rank = new List<(ulong Size, uint Name, int Rank)>();
        for (var i = 0; i < count; i++)
        {
            var entry = entries.Slice(i * EntrySize, EntrySize);
            var type = entry[4] & 0xf;
            var section = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]);
            var address = BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
            if (section == 0 || address == 0 || KindOf(type) != kind)
            {
                continue;
            }

            // Of several names for one address people know the global one, and rather malloc than __libc_malloc.
            var binding = entry[4] >> 4;
            addresses.Add(address);
            rank.Add(
                (
                    BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(entry),
                    binding switch
                    {
                        1 => 0,
                        2 => 2,
                        _ => 4,
                    } + (IsReserved(strings.Span, BinaryPrimitives.ReadUInt32LittleEndian(entry)) ? 1 : 0)
                )
            );
        }

        return Sorted(elf, [.. addresses], [.. rank], strings, kind);
    }

    private static bool IsReserved(ReadOnlySpan<byte> strings, uint name) =>
        name + 1 < strings.Length && strings[(int)name] == '_' && strings[(int)name + 1] == '_';

    private static SymbolKind? KindOf(int type) =>
        type switch
        {
            2 or 10 => SymbolKind.Function, // FUNC, GNU_IFUNC
            1 => SymbolKind.Variable, // OBJECT; thread-local ones have offsets instead of addresses
            _ => null,
        };

    private static SymbolTable Sorted(
        ElfFile elf,
        ulong[] addresses,
        (ulong Size, uint Name, int Rank)[] rest,
        ReadOnlyMemory<byte> strings,
        SymbolKind kind
    )
    {
        var order = new int[addresses.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(
            order,
            (x, y) =>
                addresses[x] != addresses[y] ? addresses[x].CompareTo(addresses[y])
                : rest[x].Rank != rest[y].Rank ? rest[x].Rank.CompareTo(rest[y].Rank)
                : x.CompareTo(y)
        );
        var sortedAddresses = new List<ulong>(order.Length);
        var sizes = new List<ulong>(order.Length);
        var names = new List<uint>(order.Length);
        foreach (var i in order)
        {
            if (sortedAddresses.Count > 0 && sortedAddresses[^1] == addresses[i])
            {
                sizes[^1] = Math.Max(sizes[^1], rest[i].Size);
                continue;
            }

            sortedAddresses.Add(addresses[i]);
            sizes.Add(rest[i].Size);
            names.Add(rest[i].Name);
        }

        for (var i = 0; i < sizes.Count; i++)
        {
            if (sizes[i] == 0)
            {
                var next = i + 1 < sortedAddresses.Count ? sortedAddresses[i + 1] : ulong.MaxValue;
                sizes[i] = Math.Min(next, SectionEnd(elf, sortedAddresses[i])) - sortedAddresses[i];
            }
        }

        return new SymbolTable([.. sortedAddresses], [.. sizes], [.. names], strings, kind);
    }

    private static ulong SectionEnd(ElfFile elf, ulong address)
    {
        foreach (var section in elf.Sections)
        {
            if (section.Address != 0 && address >= section.Address && address - section.Address < (ulong)section.Size)
            {
                return section.Address + (ulong)section.Size;
            }
        }

        return address;
    }
}
