using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidemark.Formats.V8;

/// <summary>Reads comma-separated numbers from a block.</summary>
/// <remarks>Digit by digit on purpose: converting eight digits at once, with or without finding the commas vectorised, gained nothing measurable on real snapshots, whose numbers are short.</remarks>
internal ref struct IntegerCursor
{
    private const int MostDigits = 19;
    private readonly V8Content content;
    private readonly ref byte text;
    private readonly int length;
    private readonly long offset;
    private int position;

    /// <summary>Starts at the first number; a zero byte stands behind the text.</summary>
    public IntegerCursor(IntegerBlock block, V8Content content)
    {
        text = ref MemoryMarshal.GetReference(block.Text);
        length = block.Text.Length;
        offset = block.Offset;
        this.content = content;
    }

    /// <summary>Where in the file the cursor stands: behind a number, or at the beginning of the block.</summary>
    public readonly long Offset => offset + position;

    /// <summary>Reads as many numbers as there is room for.</summary>
    /// <exception cref="MalformedDumpException">There is something else.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read(Span<ulong> values)
    {
        ref var bytes = ref text;
        var at = position;
        foreach (ref var value in values)
        {
            if (at > 0)
            {
                at = Unsafe.Add(ref bytes, at) == ',' ? at + 1 : SkipComma(at);
            }

            var digit = (uint)Unsafe.Add(ref bytes, at) - '0';
            if (digit > 9)
            {
                at = SkipWhiteSpace(at);
                digit = (uint)Unsafe.Add(ref bytes, at) - '0';
                if (digit > 9)
                {
                    throw Unexpected("a number", at);
                }
            }

            ulong number = digit;
            var from = at++;
            while ((digit = (uint)Unsafe.Add(ref bytes, at) - '0') <= 9)
            {
                number = number * 10 + digit;
                at++;
            }

            if (at - from > MostDigits)
            {
                throw content.Malformed(offset + from, $"a number has more than {MostDigits} digits");
            }

            value = number;
        }

        position = at;
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

    private readonly MalformedDumpException Unexpected(string expected, int at)
    {
        var found = at < length ? JsonScanner.Show(Unsafe.Add(ref text, at)) : "the end of the table";
        return content.Malformed(offset + at, $"expected {expected}, found {found}");
    }
}
