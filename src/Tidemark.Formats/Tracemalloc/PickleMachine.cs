using System.Text;

namespace Tidemark.Formats.Tracemalloc;

/// <summary>What a value on the pickle's stack is.</summary>
internal enum PickleKind : byte
{
    None,
    Integer,
    Text,
    Class,
    Frame,
    Traceback,
    EmptyTuple,
    Trace,
    List,
    Dict,
    Instance,
}

/// <summary>One value in eight bytes: what it is, and a number into the table of its kind (or the integer itself).</summary>
internal readonly struct PickleValue(PickleKind kind, long number)
{
    private const int KindShift = 56;
    private readonly ulong bits = ((ulong)kind << KindShift) | ((ulong)number & ((1UL << KindShift) - 1));

    public const long LargestInteger = (1L << KindShift) - 1;

    public PickleKind Kind => (PickleKind)(bits >> KindShift);

    public long Number => (long)(bits & ((1UL << KindShift) - 1));

    public int Index => (int)Number;
}

/// <summary>Reads a pickle's opcodes. It executes nothing: it knows the opcodes that a tracemalloc snapshot is written with, and refuses all others.</summary>
/// <remarks>Opcodes: PEP 307 and PEP 3154 (protocols 2 to 4), and CPython's pickletools. Snapshots are of protocol 4 or 5, which use the same ones here.</remarks>
internal sealed class PickleMachine(PickleInput input, TracemallocLimits limits, TracemallocObjects objects)
{
    private const int MostMarks = 16;

    private PickleValue[] stack = new PickleValue[4096];
    private int depth;
    private readonly int[] marks = new int[MostMarks];
    private int markCount;
    private PickleValue[] memo = new PickleValue[4096];
    private int memoCount;

    /// <summary>Runs to the end of the pickle.</summary>
    /// <returns>The one value that it leaves.</returns>
    public PickleValue Run(CancellationToken cancellation)
    {
        long steps = 0;
        while (true)
        {
            if ((++steps & 0xfffff) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            input.Mark();
            var opcode = input.ReadByte();
            if (opcode == (byte)'.')
            {
                return depth == 1
                    ? stack[0]
                    : throw input.Malformed($"the pickle ends with {depth} values instead of one");
            }

            Step(opcode);
        }
    }

    private void Step(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'K':
                Push(PickleKind.Integer, input.ReadByte());
                break;
            case (byte)'M':
                Push(PickleKind.Integer, input.ReadUInt16());
                break;
            case (byte)'J':
                PushInteger(input.ReadInt32());
                break;
            case 0x8a:
                PushInteger(ReadLong(input.ReadByte()));
                break;
            case (byte)'h':
                Push(Remembered(input.ReadByte()));
                break;
            case (byte)'j':
                Push(Remembered(input.ReadInt32()));
                break;
            case 0x94:
                Remember(memoCount);
                break;
            case (byte)'q':
                Remember(input.ReadByte());
                break;
            case (byte)'r':
                Remember(input.ReadInt32());
                break;
            case (byte)'(':
                if (markCount == MostMarks)
                {
                    throw input.Malformed($"more than {MostMarks} tuples and lists within each other");
                }

                marks[markCount++] = depth;
                break;
            case (byte)'t':
                var start = PopMark();
                var tuple = objects.Tuple(stack.AsSpan(start, depth - start));
                depth = start;
                Push(tuple);
                break;
            case 0x85 or 0x86 or 0x87:
                MakeTuple(opcode - 0x84);
                break;
            case (byte)')':
                Push(PickleKind.EmptyTuple, 0);
                break;
            case 0x8c:
                PushText(input.ReadByte());
                break;
            case (byte)'X':
                PushText(input.ReadInt32());
                break;
            case 0x8d:
                PushText(input.ReadInt64());
                break;
            default:
                StepRarely(opcode);
                break;
        }
    }

    private void StepRarely(byte opcode)
    {
        switch (opcode)
        {
            case 0x80:
                if (input.ReadByte() is var protocol && protocol is < 2 or > 5)
                {
                    throw input.Malformed($"pickle protocol {protocol}, 2 to 5 are read");
                }

                break;
            case 0x95:
                input.ReadInt64();
                break;
            case (byte)'N':
                Push(PickleKind.None, 0);
                break;
            case (byte)']':
                Push(objects.NewList());
                break;
            case (byte)'}':
                Push(objects.NewDict());
                break;
            case (byte)'a':
                var last = Pop();
                objects.Append(Top(), [last]);
                break;
            case (byte)'e':
                var first = PopMark();
                var items = stack.AsSpan(first, depth - first);
                depth = first;
                objects.Append(Top(), items);
                break;
            case (byte)'s':
                var value = Pop();
                var key = Pop();
                objects.Set(Top(), [key, value]);
                break;
            case (byte)'u':
                var begin = PopMark();
                var pairs = stack.AsSpan(begin, depth - begin);
                depth = begin;
                objects.Set(Top(), pairs);
                break;
            case 0x93:
                var name = Pop();
                var module = Pop();
                Push(objects.Class(module, name));
                break;
            case (byte)'c':
                var (fromModule, line) = (input.ReadLine(limits.MaxStringBytes), input.ReadLine(limits.MaxStringBytes));
                Push(objects.Class(fromModule, line));
                break;
            case 0x81:
                var arguments = Pop();
                var type = Pop();
                Push(objects.Instance(type, arguments));
                break;
            case (byte)'b':
                var state = Pop();
                objects.Build(Top(), state);
                break;
            default:
                throw Refused(opcode);
        }
    }

    private MalformedDumpException Refused(byte opcode) =>
        opcode switch
        {
            (byte)'R' or (byte)'o' or (byte)'i' or 0x92 => input.Malformed(
                $"opcode 0x{opcode:x2} would call something: a tracemalloc snapshot never does, and nothing of a pickle is executed here"
            ),
            0x82 or 0x83 or 0x84 or (byte)'P' or (byte)'Q' => input.Malformed(
                $"opcode 0x{opcode:x2} refers to something outside of the file: a tracemalloc snapshot never does"
            ),
            _ => input.Malformed($"opcode 0x{opcode:x2} is none that a tracemalloc snapshot is written with"),
        };

    private void MakeTuple(int count)
    {
        if (depth < count + (markCount > 0 ? marks[markCount - 1] : 0))
        {
            throw input.Malformed("a tuple of more values than there are");
        }

        var tuple = objects.Tuple(stack.AsSpan(depth - count, count));
        depth -= count;
        Push(tuple);
    }

    private void PushInteger(long value)
    {
        if (value is < 0 or > PickleValue.LargestInteger)
        {
            throw input.Malformed($"the number {value}: sizes, lines and counts are not negative and below 2^56");
        }

        Push(PickleKind.Integer, value);
    }

    private long ReadLong(int bytes)
    {
        if (bytes > sizeof(long))
        {
            throw input.Malformed($"a number of {bytes} bytes");
        }

        long value = 0;
        for (var i = 0; i < bytes; i++)
        {
            value |= (long)input.ReadByte() << (8 * i);
        }

        var unused = 64 - (8 * bytes);
        return bytes == 0 ? 0 : value << unused >> unused;
    }

    private void PushText(long length)
    {
        if (length < 0 || length > limits.MaxStringBytes)
        {
            throw input.Malformed($"a text of {length} bytes, at most {limits.MaxStringBytes} are accepted");
        }

        Push(objects.Text(Encoding.UTF8.GetString(input.ReadBytes((int)length))));
    }

    private void Push(PickleKind kind, long number) => Push(new PickleValue(kind, number));

    private void Push(PickleValue value)
    {
        if (depth == stack.Length)
        {
            if (depth >= limits.MaxStack)
            {
                throw input.Malformed($"more than {limits.MaxStack} values wait for their tuple or list");
            }

            Array.Resize(ref stack, depth * 2);
        }

        stack[depth++] = value;
    }

    private PickleValue Pop()
    {
        if (depth <= (markCount > 0 ? marks[markCount - 1] : 0))
        {
            throw input.Malformed("a value is taken where there is none");
        }

        return stack[--depth];
    }

    private PickleValue Top() =>
        depth > 0 ? stack[depth - 1] : throw input.Malformed("a value is changed where there is none");

    private int PopMark() =>
        markCount > 0 ? marks[--markCount] : throw input.Malformed("a tuple, list or dict ends that did not begin");

    private void Remember(int place)
    {
        if (place < 0 || place > memoCount || place >= limits.MaxMemo)
        {
            throw input.Malformed($"value {place} is remembered after {memoCount}");
        }

        if (place == memo.Length)
        {
            Array.Resize(ref memo, place * 2);
        }

        memo[place] = Top();
        memoCount = Math.Max(memoCount, place + 1);
    }

    private PickleValue Remembered(int place) =>
        (uint)place < (uint)memoCount
            ? memo[place]
            : throw input.Malformed($"value {place} is used, {memoCount} are remembered");
}
