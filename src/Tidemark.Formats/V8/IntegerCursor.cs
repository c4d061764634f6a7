using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tidemark.Formats.V8;

/// <summary>Reads comma-separated numbers from a block.</summary>
/// <remarks>
/// Of 64 bytes at a time it finds digits, commas and white space as bit masks. Where commas and numbers take turns and nothing else
/// stands between them, each number's ends are taken from the masks and up to eight digits are converted at once, without a branch
/// that depends on their number. Anything else is read digit by digit, which also tells what is wrong with it.
/// </remarks>
internal ref struct IntegerCursor
{
    /// <summary>Bytes that can be read before a block's text, whatever they are.</summary>
    public const int Lead = 8;

    /// <summary>Zero bytes behind a block's text.</summary>
    public const int Tail = 2 * Chunk;

    private const int Chunk = 64;
    private const int MostNumbersOfChunk = Chunk / 2;
    private const int MostDigits = 19;
    private const int DigitsAtOnce = 8;
    private readonly V8Content content;
    private readonly ref byte text;
    private readonly int length;
    private readonly long offset;

    /// <summary>Numbers that were read and where each one ends; those from <see cref="given"/> on were not asked for yet.</summary>
    private readonly ulong[] numbers;
    private readonly int[] ends;
    private int given;
    private int count;

    /// <summary>The beginning of the next chunk, where the number that reaches into it begins, and whether a number came last.</summary>
    private int next;
    private int start;
    private bool isInNumber;
    private bool isAfterNumber;
    private bool isIrregular;

    /// <summary>Where the last number of those read ends.</summary>
    private int position;

    /// <summary>Starts at the first number; around the text there are <see cref="Lead"/> and <see cref="Tail"/>.</summary>
    public IntegerCursor(IntegerBlock block, V8Content content)
    {
        text = ref MemoryMarshal.GetReference(block.Text);
        length = block.Text.Length;
        offset = block.Offset;
        this.content = content;
        (numbers, ends) = (block.Room.Numbers, block.Room.Ends);
    }

    /// <summary>Where in the file the cursor stands: behind the last number that was given, or at the beginning of the block.</summary>
    public readonly long Offset => offset + (given > 0 ? ends[given - 1] : 0);

    /// <summary>The next so many numbers, no more than there is room for at once; valid until the next call.</summary>
    /// <exception cref="MalformedDumpException">There is something else.</exception>
    public ReadOnlySpan<ulong> Read(int wanted)
    {
        // The last number that was given stays: its end is the cursor's place.
        var kept = Math.Min(given, 1);
        var first = given - kept;
        numbers.AsSpan(first, count - first).CopyTo(numbers);
        ends.AsSpan(first, count - first).CopyTo(ends);
        count -= first;
        given = kept + wanted;
        if (count < given && !isIrregular)
        {
            ReadChunks();
        }

        while (count < given)
        {
            numbers[count] = ReadDigits();
            ends[count++] = position;
        }

        return numbers.AsSpan(kept, wanted);
    }

    /// <summary>Reads whole chunks until there are as many numbers as are to be given, or something irregular comes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadChunks()
    {
        ref var bytes = ref text;
        ref var to = ref MemoryMarshal.GetArrayDataReference(numbers);
        ref var endOf = ref MemoryMarshal.GetArrayDataReference(ends);
        var (have, wanted, at, from) = (count, given, next, start);
        var (inNumber, afterNumber) = (isInNumber ? 1UL : 0, isAfterNumber ? ulong.MaxValue : 0);
        for (; have < wanted; at += Chunk)
        {
            Classify(ref Unsafe.Add(ref bytes, at), out var digits, out var commas, out var lines);
            var before = (digits << 1) | inNumber;
            var starting = digits & ~before;
            var ending = before & ~digits;
            var turns = PrefixXor(starting | commas) ^ afterNumber;
            var known = digits | commas | lines;
            if (length - at < Chunk)
            {
                known |= ulong.MaxValue << Math.Max(0, length - at);
            }

            if (~known != 0 || ((starting & ~turns) | (commas & turns)) != 0 || at > length)
            {
                isIrregular = true;
                break;
            }

            if (inNumber == 0)
            {
                from = at + BitOperations.TrailingZeroCount(starting);
                starting &= starting - 1;
            }

            for (; ending != 0; ending &= ending - 1)
            {
                var end = at + BitOperations.TrailingZeroCount(ending);
                Unsafe.Add(ref to, have) =
                    end - from <= DigitsAtOnce
                        ? Convert(ref Unsafe.Add(ref bytes, end), end - from)
                        : LongNumber(from, end);
                Unsafe.Add(ref endOf, have++) = end;
                from = at + BitOperations.TrailingZeroCount(starting);
                starting &= starting - 1;
            }

            inNumber = digits >>> (Chunk - 1);
            afterNumber = (ulong)((long)turns >> (Chunk - 1));
        }

        (count, next, start) = (have, at, from);
        (isInNumber, isAfterNumber) = (inNumber != 0, afterNumber != 0);
        position = have > 0 ? ends[have - 1] : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Classify(ref byte chunk, out ulong digits, out ulong commas, out ulong spaces)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            var bytes = Vector512.LoadUnsafe(ref chunk);
            digits = Vector512
                .LessThan(bytes - Vector512.Create((byte)'0'), Vector512.Create((byte)10))
                .ExtractMostSignificantBits();
            commas = Vector512.Equals(bytes, Vector512.Create((byte)',')).ExtractMostSignificantBits();
            spaces = Vector512.Equals(bytes, Vector512.Create((byte)'\n')).ExtractMostSignificantBits();
            return;
        }

        var low = Vector256.LoadUnsafe(ref chunk);
        var high = Vector256.LoadUnsafe(ref chunk, 32);
        digits = Both(IsDigit(low), IsDigit(high));
        commas = Both(
            Vector256.Equals(low, Vector256.Create((byte)',')),
            Vector256.Equals(high, Vector256.Create((byte)','))
        );
        spaces = Both(
            Vector256.Equals(low, Vector256.Create((byte)'\n')),
            Vector256.Equals(high, Vector256.Create((byte)'\n'))
        );

        static Vector256<byte> IsDigit(Vector256<byte> bytes)
        {
            var values = bytes - Vector256.Create((byte)'0');
            return Vector256.Equals(Vector256.Min(values, Vector256.Create((byte)9)), values);
        }

        static ulong Both(Vector256<byte> low, Vector256<byte> high) =>
            low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << 32);
    }

    /// <summary>Each bit is the parity of all bits up to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits)
    {
        if (Pclmulqdq.IsSupported)
        {
            var product = Pclmulqdq.CarrylessMultiply(
                Vector128.CreateScalar(bits),
                Vector128.CreateScalar(ulong.MaxValue),
                0
            );
            return product.ToScalar();
        }

        for (var shift = 1; shift < 64; shift *= 2)
        {
            bits ^= bits << shift;
        }

        return bits;
    }

    /// <summary>The number of one to eight digits that ends before a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Convert(ref byte end, int digits)
    {
        var value = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Subtract(ref end, DigitsAtOnce));
        value = (value ^ 0x3030303030303030) & (ulong.MaxValue << (64 - 8 * digits)); // the first digit lowest
        value = (value * ((10 << 8) + 1)) >> 8;
        value = ((value & 0x00FF00FF00FF00FF) * ((100 << 16) + 1)) >> 16;
        return ((value & 0x0000FFFF0000FFFF) * ((10000UL << 32) + 1)) >> 32;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly ulong LongNumber(int from, int end)
    {
        ulong number = 0;
        for (var at = from; at < end; at++)
        {
            number = number * 10 + Unsafe.Add(ref text, at) - '0';
        }

        return end - from <= MostDigits ? number : throw TooLong(from);
    }

    /// <summary>Reads the number behind <see cref="position"/>.</summary>
    private ulong ReadDigits()
    {
        var at = position;
        if (at > 0)
        {
            at = SkipComma(at);
        }

        at = SkipWhiteSpace(at);
        var from = at;
        ulong number = 0;
        while ((uint)Unsafe.Add(ref text, at) - '0' is <= 9 and var digit)
        {
            number = number * 10 + digit;
            at++;
        }

        position = at;
        return at == from ? throw Unexpected("a number", at)
            : at - from > MostDigits ? throw TooLong(from)
            : number;
    }

    private readonly int SkipComma(int at)
    {
        at = SkipWhiteSpace(at);
        return Unsafe.Add(ref text, at) == ',' ? at + 1 : throw Unexpected("a comma", at);
    }

    private readonly int SkipWhiteSpace(int at)
    {
        while (Unsafe.Add(ref text, at) is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private readonly MalformedDumpException TooLong(int from) =>
        content.Malformed(offset + from, $"a number has more than {MostDigits} digits");

    private readonly MalformedDumpException Unexpected(string expected, int at)
    {
        var found = at < length ? JsonScanner.Show(Unsafe.Add(ref text, at)) : "the end of the table";
        return content.Malformed(offset + at, $"expected {expected}, found {found}");
    }

    /// <summary>Where numbers are put; used again from block to block.</summary>
    /// <param name="mostAtOnce">So many can be asked for at once.</param>
    internal sealed class Room(int mostAtOnce)
    {
        public ulong[] Numbers { get; } = new ulong[mostAtOnce + 2 * MostNumbersOfChunk];

        public int[] Ends { get; } = new int[mostAtOnce + 2 * MostNumbersOfChunk];
    }
}
