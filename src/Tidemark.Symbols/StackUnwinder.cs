using System.Buffers.Binary;
using Tidemark.Symbols.Dwarf;

namespace Tidemark.Symbols;

/// <summary>A piece of a thread's stack, as it was at one moment.</summary>
/// <param name="address">Where its first byte was.</param>
/// <param name="bytes">What was there.</param>
public readonly ref struct StackCopy(ulong address, ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>Reads eight bytes.</summary>
    public bool TryRead(ulong at, out ulong value)
    {
        var offset = at - address;
        if (at < address || offset + sizeof(ulong) > (ulong)bytes.Length)
        {
            value = 0;
            return false;
        }

        value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(int)offset..]);
        return true;
    }
}

/// <summary>Finds the callers of a frame from a copy of its stack, by call frame information; where a function has none, by its frame pointer.</summary>
/// <param name="symboliser">The objects of the process.</param>
public sealed class StackUnwinder(Symboliser symboliser)
{
    /// <summary>The frame pointer, the stack pointer and the return address in DWARF's numbering of x86-64.</summary>
    public const int FramePointer = 6;
    public const int StackPointer = 7;
    public const int ReturnAddress = 16;

    private const int MostFrames = 256;
    private const int MostOperations = 64;

    private readonly Dictionary<ObjectSymbols, CallFrames?> frames = [];

    /// <summary>Follows the calls outwards.</summary>
    /// <param name="registers">Registers of the innermost frame, by DWARF's numbers, its place in the code under <see cref="ReturnAddress"/>; overwritten.</param>
    /// <param name="stack">Its stack.</param>
    /// <param name="addresses">Receives the place in the innermost frame and then return addresses, as far as the copy reaches.</param>
    public void Unwind(Span<ulong> registers, StackCopy stack, List<ulong> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        addresses.Clear();
        while (registers[ReturnAddress] is not 0 and var place && addresses.Count < MostFrames)
        {
            addresses.Add(place);
            var before = registers[StackPointer];
            // A return address may stand behind the end of a function that never returns: the call is one byte before it.
            if (!Step(registers, place - 1, stack) || registers[StackPointer] <= before)
            {
                return;
            }
        }
    }

    private bool Step(Span<ulong> registers, ulong call, StackCopy stack)
    {
        if (symboliser.Locate(call, out var inObject) is not { } symbols)
        {
            return false;
        }

        if (!frames.TryGetValue(symbols, out var table))
        {
            table = CallFrames.Of(symbols.Elf);
            frames[symbols] = table;
        }

        return table?.Find(inObject) is { } row ? StepBy(row, registers, stack) : StepByFramePointer(registers, stack);
    }

    private static bool StepBy(FrameRow row, Span<ulong> registers, StackCopy stack)
    {
        ulong frame;
        if (row.FrameExpression.Length > 0)
        {
            if (!TryEvaluate(row.FrameExpression, registers, stack, out frame))
            {
                return false;
            }
        }
        else if ((uint)row.FrameRegister < FrameRow.Registers)
        {
            frame = registers[row.FrameRegister] + (ulong)row.FrameOffset;
        }
        else
        {
            return false;
        }

        Span<ulong> callers = stackalloc ulong[FrameRow.Registers];
        registers.CopyTo(callers);
        callers[StackPointer] = frame;
        for (var r = 0; r < FrameRow.Registers; r++)
        {
            switch (row.Rules[r])
            {
                case RegisterRule.AtOffset when stack.TryRead(frame + (ulong)row.Offsets[r], out var saved):
                    callers[r] = saved;
                    break;
                case RegisterRule.IsOffset:
                    callers[r] = frame + (ulong)row.Offsets[r];
                    break;
                case RegisterRule.InRegister when (ulong)row.Offsets[r] < FrameRow.Registers:
                    callers[r] = registers[(int)row.Offsets[r]];
                    break;
                case RegisterRule.Same:
                    break;
                default: // the outermost frame says so by losing its return address; a copy that ends does it too
                    callers[r] = 0;
                    break;
            }
        }

        if (row.Rules[ReturnAddress] == RegisterRule.Same)
        {
            return false;
        }

        callers.CopyTo(registers);
        return true;
    }

    private static bool StepByFramePointer(Span<ulong> registers, StackCopy stack)
    {
        var frame = registers[FramePointer];
        if (
            frame < registers[StackPointer]
            || !stack.TryRead(frame, out var outer)
            || !stack.TryRead(frame + sizeof(ulong), out var place)
        )
        {
            return false;
        }

        registers[FramePointer] = outer;
        registers[ReturnAddress] = place;
        registers[StackPointer] = frame + (2 * sizeof(ulong));
        return true;
    }

    /// <summary>The few operations of DWARF expressions (section 2.5) that frames of compiled code are described by.</summary>
    private static bool TryEvaluate(byte[] expression, Span<ulong> registers, StackCopy memory, out ulong result)
    {
        var values = new Stack<ulong>();
        result = 0;
        try
        {
            var reader = new DwarfReader(expression);
            for (var operations = 0; !reader.AtEnd; operations++)
            {
                if (operations == MostOperations)
                {
                    return false;
                }

                switch (reader.U8())
                {
                    case 0x06 when values.TryPop(out var at) && memory.TryRead(at, out var read):
                        values.Push(read);
                        break;
                    case 0x08:
                        values.Push(reader.U8());
                        break;
                    case 0x10:
                        values.Push(reader.Uleb());
                        break;
                    case 0x11:
                        values.Push((ulong)reader.Sleb());
                        break;
                    case 0x1a when values.Count > 1:
                        values.Push(values.Pop() & values.Pop());
                        break;
                    case 0x1c when values.Count > 1:
                        values.Push((ulong)-((long)values.Pop() - (long)values.Pop()));
                        break;
                    case 0x22 when values.Count > 1:
                        values.Push(values.Pop() + values.Pop());
                        break;
                    case 0x23 when values.Count > 0:
                        values.Push(values.Pop() + reader.Uleb());
                        break;
                    case 0x24 when values.Count > 1:
                        var shift = (int)values.Pop();
                        values.Push(values.Pop() << shift);
                        break;
                    case 0x2a when values.Count > 1:
                        var right = (long)values.Pop();
                        values.Push((long)values.Pop() >= right ? 1UL : 0);
                        break;
                    case >= 0x30 and <= 0x4f and var literal:
                        values.Push((ulong)(literal - 0x30));
                        break;
                    case >= 0x70 and < 0x70 + FrameRow.Registers and var register:
                        values.Push(registers[register - 0x70] + (ulong)reader.Sleb());
                        break;
                    default:
                        return false;
                }
            }
        }
        catch (DwarfException)
        {
            return false;
        }

        return values.TryPop(out result);
    }
}
