using System.Globalization;
using Tidemark.Runtimes.Processes;
using Tidemark.Symbols;

namespace Tidemark.Runtimes.Native;

/// <summary>Tells of a thread that waits whether it could hold a lock of the allocator meanwhile.</summary>
/// <remarks>Only a wait for a lock can happen inside of an allocator; then the calls that led there are looked at.</remarks>
internal sealed class WaitingThreads(int pid, Symboliser symboliser)
{
    private const long Futex = 202;
    private const int StackBytes = 16 << 10;

    private readonly StackUnwinder unwinder = new(symboliser);
    private readonly List<ulong> addresses = [];

    /// <summary>True where it certainly holds none. Call it for a thread that waits.</summary>
    public bool IsOutsideOfAllocator(int tid)
    {
        try
        {
            // The call's number, its six arguments, the stack pointer and the place in the code.
            var fields = File.ReadAllText($"/proc/{pid}/task/{tid}/syscall").Split(' ');
            if (fields.Length < 9 || !long.TryParse(fields[0], CultureInfo.InvariantCulture, out var call))
            {
                return false;
            }

            return call != Futex || IsOutside(Hex(fields[^2]), Hex(fields[^1]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return false;
        }
    }

    private static ulong Hex(string text) =>
        ulong.Parse(text.AsSpan().Trim()[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private bool IsOutside(ulong stackPointer, ulong place)
    {
        // Its other registers are not seen from outside; compiled code rarely needs them to find its frames.
        var stack = new byte[StackBytes];
        using var memory = ProcessMemory.Open(pid);
        var available = StackBytes - (int)(stackPointer & 0xfff);
        try
        {
            memory.Read(stackPointer, stack.AsSpan(0, available));
        }
        catch (IOException)
        {
            available = 4096 - (int)(stackPointer & 0xfff);
            memory.Read(stackPointer, stack.AsSpan(0, available));
        }

        Span<ulong> registers = stackalloc ulong[Symbols.Dwarf.FrameRow.Registers];
        registers.Clear();
        registers[StackUnwinder.StackPointer] = stackPointer;
        registers[StackUnwinder.ReturnAddress] = place;
        unwinder.Unwind(registers, new StackCopy(stackPointer, stack.AsSpan(0, available)), addresses);
        // The wait itself and what waits by it: pthread_cond_wait and the like lead out of the C library at once.
        return addresses.Count > 1 && addresses.TrueForAll(a => !IsAllocator(a));
    }

    private bool IsAllocator(ulong address)
    {
        if (
            symboliser.Map.IndexOf(address) is >= 0 and var index
            && Formats.NativeStacks.AllocatorFrames.IsAllocatorLibrary(symboliser.Map.Mappings[index].Path)
        )
        {
            return true;
        }

        return symboliser
            .Resolve(address - 1)
            .Any(f =>
                Formats.NativeStacks.AllocatorFrames.IsAllocator(f.Function)
                || f.Function.Contains("malloc", StringComparison.Ordinal)
                || f.Function.Contains("arena", StringComparison.Ordinal)
                || f.Function is "free" or "cfree" or "fork" or "_int_free" or "dl_iterate_phdr" or "__libc_freeres"
            );
    }
}
