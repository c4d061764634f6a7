namespace Tidemark.Symbols.Dwarf;

/// <summary>How a register of the caller is found.</summary>
internal enum RegisterRule : byte
{
    Same,
    AtOffset,
    IsOffset,
    InRegister,
    Lost,
}

/// <summary>The rules of one place in a function: where its frame is, and the registers of its caller.</summary>
public sealed class FrameRow
{
    /// <summary>The registers that are followed: the sixteen general ones of x86-64 in DWARF's numbering, and the return address.</summary>
    public const int Registers = 17;

    internal int FrameRegister { get; set; } = -1;

    internal long FrameOffset { get; set; }

    /// <summary>The frame's address as an expression; empty where it is a register and an offset.</summary>
    internal byte[] FrameExpression { get; set; } = [];

    internal RegisterRule[] Rules { get; private init; } = new RegisterRule[Registers];

    internal long[] Offsets { get; private init; } = new long[Registers];

    internal FrameRow Copy() =>
        new()
        {
            FrameRegister = FrameRegister,
            FrameOffset = FrameOffset,
            FrameExpression = FrameExpression,
            Rules = [.. Rules],
            Offsets = [.. Offsets],
        };
}

/// <summary>Carries out call frame instructions (DWARF 5, section 6.4.2).</summary>
internal sealed class FrameMachine(ulong codeAlignment, long dataAlignment)
{
    // A function that pushes this deep is damaged.
    private const int MostRemembered = 64;

    private readonly Stack<FrameRow> remembered = new();
    private FrameRow initial = new();

    public FrameRow Row { get; private set; } = new();

    /// <summary>Marks the end of the instructions that all functions share.</summary>
    public void Begin() => initial = Row.Copy();

    /// <summary>Runs instructions until their end, or until they speak of code behind <paramref name="until"/> bytes.</summary>
    public void Run(ref DwarfReader reader, int end, ulong until)
    {
        var location = 0UL;
        while (reader.Position < end && location <= until)
        {
            var instruction = reader.U8();
            var low = instruction & 0x3f;
            switch (instruction >> 6)
            {
                case 1:
                    location += (ulong)low * codeAlignment;
                    break;
                case 2:
                    At(low, (long)reader.Uleb() * dataAlignment);
                    break;
                case 3:
                    Restore(low);
                    break;
                default:
                    location = Step(ref reader, instruction, location);
                    break;
            }
        }
    }

    private ulong Step(ref DwarfReader reader, byte instruction, ulong location)
    {
        switch (instruction)
        {
            case 0x00: // nop
                break;
            case 0x01: // set_loc: never made for x86-64
                throw new DwarfException("a call frame instruction that sets the location");
            case 0x02:
                return location + (reader.U8() * codeAlignment);
            case 0x03:
                return location + (reader.U16() * codeAlignment);
            case 0x04:
                return location + (reader.U32() * codeAlignment);
            case 0x05: // offset_extended
                At((int)reader.Uleb(), (long)reader.Uleb() * dataAlignment);
                break;
            case 0x06:
                Restore((int)reader.Uleb());
                break;
            case 0x07:
                Set((int)reader.Uleb(), RegisterRule.Lost, 0);
                break;
            case 0x08:
                Set((int)reader.Uleb(), RegisterRule.Same, 0);
                break;
            case 0x09:
                Set((int)reader.Uleb(), RegisterRule.InRegister, (long)reader.Uleb());
                break;
            case 0x0a:
                if (remembered.Count == MostRemembered)
                {
                    throw new DwarfException("too many remembered rows");
                }

                remembered.Push(Row.Copy());
                break;
            case 0x0b:
                Row = remembered.TryPop(out var row) ? row : throw new DwarfException("no row to restore");
                break;
            case 0x0c: // def_cfa
                Frame((int)reader.Uleb(), (long)reader.Uleb());
                break;
            case 0x0d:
                Frame((int)reader.Uleb(), Row.FrameOffset);
                break;
            case 0x0e:
                Frame(Row.FrameRegister, (long)reader.Uleb());
                break;
            case 0x0f:
                Row.FrameExpression = reader.Bytes((int)reader.Uleb()).ToArray();
                break;
            case 0x10 or 0x16: // a register by an expression: seldom, and only in hand-written code
                Set((int)reader.Uleb(), RegisterRule.Lost, 0);
                reader.Skip(reader.Uleb());
                break;
            case 0x11: // offset_extended_sf
                At((int)reader.Uleb(), reader.Sleb() * dataAlignment);
                break;
            case 0x12: // def_cfa_sf
                Frame((int)reader.Uleb(), reader.Sleb() * dataAlignment);
                break;
            case 0x13:
                Frame(Row.FrameRegister, reader.Sleb() * dataAlignment);
                break;
            case 0x14: // val_offset
                Set((int)reader.Uleb(), RegisterRule.IsOffset, (long)reader.Uleb() * dataAlignment);
                break;
            case 0x15:
                Set((int)reader.Uleb(), RegisterRule.IsOffset, reader.Sleb() * dataAlignment);
                break;
            case 0x2e: // GNU_args_size
                reader.Uleb();
                break;
            default:
                throw new DwarfException($"call frame instruction 0x{instruction:x}");
        }

        return location;
    }

    private void Frame(int register, long offset)
    {
        Row.FrameRegister = register;
        Row.FrameOffset = offset;
        Row.FrameExpression = [];
    }

    private void At(int register, long offset) => Set(register, RegisterRule.AtOffset, offset);

    private void Set(int register, RegisterRule rule, long offset)
    {
        // Vector registers are the callee's to use: nobody asks for them.
        if ((uint)register < FrameRow.Registers)
        {
            Row.Rules[register] = rule;
            Row.Offsets[register] = offset;
        }
    }

    private void Restore(int register)
    {
        if ((uint)register < FrameRow.Registers)
        {
            Set(register, initial.Rules[register], initial.Offsets[register]);
        }
    }
}
