using System.Buffers.Binary;
using Tidemark.Symbols;
using Tidemark.Symbols.Elf;

namespace Tidemark.Runtimes.Native;

/// <summary>A word through which an object calls an allocator's function.</summary>
/// <param name="Address">Where it is in the process.</param>
/// <param name="Function">The number of the function in <see cref="HookBlock.Functions"/>.</param>
/// <param name="Object">The object's path.</param>
internal readonly record struct ImportSlot(ulong Address, int Function, string Object);

/// <summary>Finds the words of the global offset tables that lead to the allocator, and the functions that the loader has bound them to.</summary>
/// <remarks>Format: System V ABI, x86-64 supplement: relocations R_X86_64_GLOB_DAT and R_X86_64_JUMP_SLOT against a dynamic symbol.</remarks>
internal static class AllocatorImports
{
    private const uint GlobalData = 6;
    private const uint JumpSlot = 7;
    private const int RelocationSize = 24;
    private const int SymbolSize = 24;

    private static readonly Dictionary<string, int> Numbers = HookBlock
        .Functions.Select((name, number) => (name, number))
        .ToDictionary(f => f.name, f => f.number, StringComparer.Ordinal);

    /// <summary>All words of all objects that are mapped.</summary>
    /// <param name="symboliser">The process's objects.</param>
    /// <param name="known">Objects that were looked at before, by path; the new ones are added.</param>
    public static List<ImportSlot> Find(Symboliser symboliser, HashSet<string> known)
    {
        var slots = new List<ImportSlot>();
        foreach (var mapping in symboliser.Map.Mappings)
        {
            if (mapping.IsFile && known.Add(mapping.Path) && symboliser.Open(mapping) is { } symbols)
            {
                try
                {
                    Find(symbols.Elf, mapping, slots);
                }
                catch (ElfException)
                {
                    // A damaged object calls what it calls; it is not counted.
                }
            }
        }

        return slots;
    }

    /// <summary>Where a function is that an object defines; null where it does not.</summary>
    public static ulong? Definition(Symboliser symboliser, string path, string function)
    {
        foreach (var mapping in symboliser.Map.Mappings)
        {
            if (
                mapping.Path == path
                && symboliser.Open(mapping) is { } symbols
                && Bias(symbols.Elf, mapping) is { } bias
            )
            {
                return FindDefinition(symbols.Elf, function) is { } address ? address + bias : null;
            }
        }

        return null;
    }

    private static ulong? Bias(ElfFile elf, Mapping mapping) =>
        elf.AddressOf(mapping.Offset) is { } address ? mapping.Start - address : null;

    private static void Find(ElfFile elf, Mapping mapping, List<ImportSlot> slots)
    {
        if (elf.Machine != ElfFile.Amd64 || Bias(elf, mapping) is not { } bias)
        {
            return;
        }

        var symbols = elf.Content(".dynsym").Span;
        var names = elf.Content(".dynstr").Span;
        foreach (var section in (ReadOnlySpan<string>)[".rela.dyn", ".rela.plt"])
        {
            var relocations = elf.Content(section).Span;
            for (; relocations.Length >= RelocationSize; relocations = relocations[RelocationSize..])
            {
                var type = BinaryPrimitives.ReadUInt32LittleEndian(relocations[8..]);
                var symbol = BinaryPrimitives.ReadUInt32LittleEndian(relocations[12..]);
                if (type is not (GlobalData or JumpSlot) || (symbol + 1L) * SymbolSize > symbols.Length)
                {
                    continue;
                }

                var name = BinaryPrimitives.ReadUInt32LittleEndian(symbols[(int)(symbol * SymbolSize)..]);
                if (Numbers.TryGetValue(ElfFile.Text(names, name), out var function))
                {
                    slots.Add(
                        new ImportSlot(
                            BinaryPrimitives.ReadUInt64LittleEndian(relocations) + bias,
                            function,
                            mapping.Path
                        )
                    );
                }
            }
        }
    }

    private static ulong? FindDefinition(ElfFile elf, string function)
    {
        var symbols = elf.Content(".dynsym").Span;
        var names = elf.Content(".dynstr").Span;
        for (; symbols.Length >= SymbolSize; symbols = symbols[SymbolSize..])
        {
            var section = BinaryPrimitives.ReadUInt16LittleEndian(symbols[6..]);
            var address = BinaryPrimitives.ReadUInt64LittleEndian(symbols[8..]);
            if (
                section != 0
                && address != 0
                && ElfFile.Text(names, BinaryPrimitives.ReadUInt32LittleEndian(symbols)) == function
            )
            {
                return address;
            }
        }

        return null;
    }
}
