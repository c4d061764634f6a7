using Tidemark.Runtimes.Processes;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Native;

/// <summary>The functions that a program's allocation calls arrive at without our hooks.</summary>
/// <param name="Functions">Their addresses by number; 0 for one that the process does not have.</param>
/// <param name="UsableSize">The address of malloc_usable_size.</param>
/// <param name="Allocator">The path of the object that malloc is in.</param>
/// <param name="HasOperators">True where the allocator has C++'s operators of its own, which do not call malloc.</param>
internal sealed record RealFunctions(ulong[] Functions, ulong UsableSize, string Allocator, bool HasOperators)
{
    /// <summary>True for a function that is stood in for: C++'s operators only where they are the allocator's own, or each call would count twice.</summary>
    public bool IsHooked(int function) =>
        Functions[function] != 0 && (function < HookBlock.FirstOperator || HasOperators);

    /// <summary>Finds them.</summary>
    /// <exception cref="CaptureFailedException">The allocator is not reached through the loader's tables.</exception>
    public static RealFunctions Find(int pid, TargetBlock block, Symboliser symboliser, IReadOnlyList<ImportSlot> slots)
    {
        using var memory = ProcessMemory.Open(pid);
        var functions = new ulong[HookBlock.Functions.Length];
        functions[0] = Bound(memory, block, symboliser, slots, 0) is var malloc and not 0
            ? malloc
            : throw new CaptureFailedException(
                "the program's malloc is linked into it, where calls to it cannot be seen from outside: link it dynamically, or use the profiler of the allocator"
            );
        var allocator = PathOf(symboliser, malloc);
        if (slots.Any(s => s.Object == allocator && s.Function == 0 && !IsLibrary(allocator)))
        {
            throw new CaptureFailedException($"malloc is part of {allocator} itself");
        }

        for (var f = 1; f < functions.Length; f++)
        {
            functions[f] =
                AllocatorImports.Definition(symboliser, allocator, HookBlock.Functions[f])
                ?? Bound(memory, block, symboliser, slots, f);
        }

        var usableSize =
            AllocatorImports.Definition(symboliser, allocator, "malloc_usable_size")
            ?? throw new CaptureFailedException(
                $"{allocator} has no malloc_usable_size, which tells how large a block is"
            );
        return new RealFunctions(
            functions,
            usableSize,
            allocator,
            AllocatorImports.Definition(symboliser, allocator, "_Znwm") is not null
        );
    }

    private static bool IsLibrary(string path) => Path.GetFileName(path).Contains(".so", StringComparison.Ordinal);

    /// <summary>What most of the words lead to; 0 where none was bound yet.</summary>
    /// <remarks>A word that was never used leads back into its own object, to the code that binds it.</remarks>
    private static ulong Bound(
        ProcessMemory memory,
        TargetBlock block,
        Symboliser symboliser,
        IReadOnlyList<ImportSlot> slots,
        int function
    )
    {
        var votes = new Dictionary<ulong, int>();
        foreach (var slot in slots.Where(s => s.Function == function))
        {
            var target = memory.ReadWord(slot.Address);
            if (target == block.Code + HookBlock.Entry(function))
            {
                // A watch that was killed has left its hook there, and where it leads to beside it.
                target = memory.ReadWord(block.Code + HookBlock.RealFunctions + (ulong)(function * sizeof(ulong)));
            }

            var owner = PathOf(symboliser, target);
            if (
                owner.Length > 0
                && (
                    owner != slot.Object
                    || AllocatorImports.Definition(symboliser, owner, HookBlock.Functions[function]) == target
                )
            )
            {
                votes[target] = votes.GetValueOrDefault(target) + 1;
            }
        }

        return votes.Count == 0 ? 0 : votes.MaxBy(v => v.Value).Key;
    }

    private static string PathOf(Symboliser symboliser, ulong address) =>
        symboliser.Map.IndexOf(address) is >= 0 and var index ? symboliser.Map.Mappings[index].Path : "";
}
