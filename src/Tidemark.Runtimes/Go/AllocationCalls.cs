using System.Buffers.Binary;
using System.Text;
using Tidemark.Core.Allocation;
using Tidemark.Symbols.Elf;

namespace Tidemark.Runtimes.Go;

/// <summary>What one line of code asks the allocator for.</summary>
/// <param name="Operation">What it does: <c>map assignment</c>, <c>append</c>, <c>new object</c>, ...</param>
/// <param name="Type">What it makes or fills, such as <c>map[string]*main.Session</c>; null where the code does not show it.</param>
/// <param name="Variable">The package variable that holds the map, where the code shows it.</param>
internal sealed record AllocationCall(string Operation, string? Type, string? Variable);

/// <summary>
/// Reads out of the program's code which of the runtime's functions an allocation went through. Profiles leave these frames out,
/// but they are what tells an entry that is added to a map from any other allocation of the same function.
/// </summary>
internal sealed class AllocationCalls
{
    // How far before a call its first argument is looked for, in bytes.
    private const int ArgumentReach = 48;

    private const string NewSlice = "new slice";

    private static readonly (string Function, string Operation)[] Operations =
    [
        ("runtime.mapassign", AllocationLabels.MapAssignment),
        ("runtime.growslice", AllocationLabels.Append),
        ("runtime.newobject", "new object"),
        ("runtime.makeslice", NewSlice),
        ("runtime.makemap", "new map"),
        ("runtime.makechan", "new channel"),
        ("runtime.concat", "string concatenation"),
        ("runtime.slicebytetostring", "conversion to string"),
        ("runtime.stringtoslice", "conversion to slice"),
        ("runtime.convT", "conversion to interface"),
    ];

    private readonly ElfFile elf;
    private readonly SymbolTable symbols;
    private readonly SymbolTable variables;
    private readonly PclnTable? table;
    private readonly ulong types;

    private AllocationCalls(GoProgram program)
    {
        elf = program.Elf;
        symbols = SymbolTable.Of(elf, SymbolKind.Function);
        variables = SymbolTable.Of(elf, SymbolKind.Variable);
        table = PclnTable.Of(elf);
        // A stripped program does not name the start of its type descriptions; the linker puts them first.
        types = variables.Find("runtime.types")?.Address ?? elf.Section(".rodata")?.Address ?? 0;
    }

    /// <summary>The calls of a program; null where its code cannot be read.</summary>
    public static AllocationCalls? Of(GoProgram program)
    {
        try
        {
            return program.Elf.Machine is ElfFile.Amd64 or ElfFile.Arm64 ? new AllocationCalls(program) : null;
        }
        catch (ElfException)
        {
            return null;
        }
    }

    /// <summary>The call just before a return address; null where it is none to the allocator.</summary>
    /// <param name="fileOffset">The return address as an offset in the program's file.</param>
    public AllocationCall? Before(ulong fileOffset)
    {
        if (elf.AddressOf(fileOffset) is not { } returnAddress)
        {
            return null;
        }

        try
        {
            return elf.Machine == ElfFile.Amd64 ? Amd64Call(returnAddress) : Arm64Call(returnAddress);
        }
        catch (ElfException)
        {
            return null;
        }
    }

    /// <summary><c>CALL rel32</c> is E8 and four bytes, counted from its end.</summary>
    private AllocationCall? Amd64Call(ulong returnAddress)
    {
        const int callLength = 5;
        var code = Read(returnAddress - callLength - ArgumentReach, callLength + ArgumentReach);
        if (code.IsEmpty || code[ArgumentReach] != 0xE8)
        {
            return null;
        }

        var displacement = BinaryPrimitives.ReadInt32LittleEndian(code[(ArgumentReach + 1)..]);
        if (OperationOf(returnAddress + (ulong)displacement) is not { } operation)
        {
            return null;
        }

        var start = returnAddress - callLength - ArgumentReach;
        // Slices are made and grown by the type of their elements.
        var type = TypeArgument(code[..ArgumentReach], start);
        return new AllocationCall(
            operation,
            type is not null && operation is (NewSlice or AllocationLabels.Append) ? $"[]{type}" : type,
            MapArgument(code, start)
        );
    }

    /// <summary><c>BL imm26</c>: words, counted from the instruction itself.</summary>
    private AllocationCall? Arm64Call(ulong returnAddress)
    {
        var code = Read(returnAddress - 4, 4);
        if (code.IsEmpty || BinaryPrimitives.ReadUInt32LittleEndian(code) is var word && word >> 26 != 0b100101)
        {
            return null;
        }

        var words = (int)(BinaryPrimitives.ReadUInt32LittleEndian(code) << 6) >> 6;
        return OperationOf(returnAddress - 4 + (ulong)(words * 4L)) is { } operation
            ? new AllocationCall(operation, Type: null, Variable: null)
            : null;
    }

    private string? OperationOf(ulong function)
    {
        var name = symbols.Find(function)?.Name ?? table?.Find(function);
        return name is null
            ? null
            : Array.Find(Operations, o => name.StartsWith(o.Function, StringComparison.Ordinal)).Operation;
    }

    /// <summary>The last <c>LEAQ type(RIP), AX</c> (48 8D 05) or <c>DI</c> (48 8D 3D) before the call.</summary>
    private string? TypeArgument(ReadOnlySpan<byte> code, ulong start)
    {
        for (var at = code.Length - 7; at >= 0; at--)
        {
            if (code[at] == 0x48 && code[at + 1] == 0x8D && code[at + 2] is 0x05 or 0x3D)
            {
                var displacement = BinaryPrimitives.ReadInt32LittleEndian(code[(at + 3)..]);
                if (TypeName(start + (ulong)(at + 7) + (ulong)displacement) is { } name)
                {
                    return name;
                }
            }
        }

        return null;
    }

    /// <summary>The last <c>MOVQ variable(RIP), BX</c> (48 8B 1D) before the call: the map, where it is a package variable.</summary>
    private string? MapArgument(ReadOnlySpan<byte> code, ulong start)
    {
        for (var at = ArgumentReach - 7; at >= 0; at--)
        {
            if (code[at] == 0x48 && code[at + 1] == 0x8B && code[at + 2] == 0x1D)
            {
                var displacement = BinaryPrimitives.ReadInt32LittleEndian(code[(at + 3)..]);
                return variables.Find(start + (ulong)(at + 7) + (ulong)displacement)?.Name;
            }
        }

        return null;
    }

    /// <summary>The name in a type description (<c>internal/abi.Type</c>): at 40 the offset of a flag byte, a length and a text.</summary>
    private string? TypeName(ulong description)
    {
        const int flagsAt = 20;
        const int nameAt = 40;
        const byte hasExtraStar = 2;
        var type = Read(description, nameAt + 4);
        if (type.IsEmpty || description < types)
        {
            return null;
        }

        var name = Read(types + BinaryPrimitives.ReadUInt32LittleEndian(type[nameAt..]), 128);
        if (name.Length < 3)
        {
            return null;
        }

        var wide = name[1] >= 0x80;
        var length = wide ? (name[1] & 0x7f) | (name[2] << 7) : name[1];
        var start = wide ? 3 : 2;
        if (
            length == 0
            || start + length > name.Length
            || name.Slice(start, length).ContainsAnyExceptInRange((byte)0x20, (byte)0x7e)
        )
        {
            return null;
        }

        var text = Encoding.ASCII.GetString(name.Slice(start, length));
        return (type[flagsAt] & hasExtraStar) != 0 && text[0] == '*' ? text[1..] : text;
    }

    private ReadOnlySpan<byte> Read(ulong address, int length) =>
        elf.OffsetOf(address) is { } offset ? elf.Read((long)offset, length, "code") : [];
}
