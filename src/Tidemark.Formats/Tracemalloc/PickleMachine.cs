using System.Buffers.Binary;
using System.Text;
using Tidemark.Core.Heap;

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
    : IDisposable
{
    private const int MostMarks = 16;

    /// <summary>Four values of five bytes at the most, and the end of the tuple.</summary>
    private const int LongestTrace = 21;

    private PickleValue[] stack = new PickleValue[4096];
    private int depth;
    private readonly int[] marks = new int[MostMarks];
    private int markCount;
    private readonly NativeList<PickleValue> memo = new();

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
            if (opcode == (byte)'(' && TakeTrace())
            {
                continue;
            }

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
                Remember((int)memo.Count);
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
        if (place < 0 || place > memo.Count || place >= limits.MaxMemo)
        {
            throw input.Malformed($"value {place} is remembered after {memo.Count}");
        }

        var value = Top();
        if (value.Kind is PickleKind.None or PickleKind.Integer or PickleKind.EmptyTuple)
        {
            throw input.Malformed($"a value that is a {value.Kind} is remembered, which costs more than the value");
        }

        if (place == memo.Count)
        {
            memo.Add(value);
        }
        else
        {
            memo[place] = value;
        }
    }

    private PickleValue Remembered(int place) =>
        place >= 0 && place < memo.Count
            ? memo[place]
            : throw input.Malformed($"value {place} is used, {memo.Count} are remembered");

    public void Dispose() => memo.Dispose();

    /// <summary>
    /// Takes a whole trace behind the mark that begins it, where it stands as most of them do: domain, size, a traceback that is
    /// remembered, and the number of its frames. Anything else is left to the single steps.
    /// </summary>
    private bool TakeTrace()
    {
        var ahead = input.Ahead(LongestTrace);
        if (
            ahead.Length < LongestTrace
            || !TakeInteger(ref ahead, out var domain)
            || !TakeInteger(ref ahead, out var size)
            || !TakePlace(ref ahead, out var place)
            || !TakeInteger(ref ahead, out _)
            || ahead[0] != (byte)'t'
            || (uint)place >= (ulong)memo.Count
            || memo[place].Kind != PickleKind.Traceback
        )
        {
            return false;
        }

        Push(objects.Trace(domain, size, memo[place].Index));
        input.Skip(LongestTrace - ahead.Length + 1);
        return true;
    }

    private static bool TakeInteger(ref ReadOnlySpan<byte> ahead, out int value)
    {
        switch (ahead[0])
        {
            case (byte)'K':
                value = ahead[1];
                ahead = ahead[2..];
                return true;
            case (byte)'M':
                value = BinaryPrimitives.ReadUInt16LittleEndian(ahead[1..]);
                ahead = ahead[3..];
                return true;
            case (byte)'J':
                value = BinaryPrimitives.ReadInt32LittleEndian(ahead[1..]);
                ahead = ahead[5..];
                return value >= 0;
            default:
                value = 0;
                return false;
        }
    }

    private static bool TakePlace(ref ReadOnlySpan<byte> ahead, out int place)
    {
        switch (ahead[0])
        {
            case (byte)'h':
                place = ahead[1];
                ahead = ahead[2..];
                return true;
            case (byte)'j':
                place = BinaryPrimitives.ReadInt32LittleEndian(ahead[1..]);
                ahead = ahead[5..];
                return true;
            default:
                place = 0;
                return false;
        }
    }
}
