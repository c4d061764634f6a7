using System.Text;
using Tidemark.Core;

namespace Tidemark.Formats.Heaptrack;

/// <summary>Reads the lines of a heaptrack file once, in one pass, with the allocations counted as they go by.</summary>
internal sealed class HeaptrackReader(Stream content, HeaptrackData data, ReadContext context)
{
    private const int BlockSize = 1 << 20;

    // The longest line of an event is "+ " with 16 digits.
    private const int LongestEvent = 20;

    private byte[] buffer = new byte[BlockSize];
    private int start;
    private int end;
    private bool isLast;
    private long offset;

    private long LineOffset => offset + start;

    public void Read(long packedLength)
    {
        while (Fill())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (packedLength > 0 && content is FileStream)
            {
                context.Report(Math.Min(1, (double)offset / packedLength));
            }

            while (start < end && ReadEvents() && ReadLine()) { }
        }
    }

    /// <summary>Moves what is left to the front of the buffer and reads more behind it. False at the end.</summary>
    private bool Fill()
    {
        if (isLast)
        {
            return false;
        }

        var left = end - start;
        if (left == buffer.Length)
        {
            if (buffer.Length > data.Limits.MaxLineBytes)
            {
                throw data.Malformed(
                    LineOffset,
                    $"a line of more than {data.Limits.MaxLineBytes} bytes, which is refused"
                );
            }

            Array.Resize(ref buffer, buffer.Length * 2);
        }

        buffer.AsSpan(start, left).CopyTo(buffer);
        offset += start;
        start = 0;
        var read = content.ReadAtLeast(buffer.AsSpan(left), buffer.Length - left, throwOnEndOfStream: false);
        end = left + read;
        isLast = end < buffer.Length;
        return end > 0;
    }

    /// <summary>Counts allocations and deallocations, which are nearly all lines there are, up to the next line of another kind.</summary>
    /// <returns>False where the buffer has to be filled first.</returns>
    private bool ReadEvents()
    {
        var bytes = buffer.AsSpan(0, end);
        var at = start;
        while (true)
        {
            if (bytes.Length - at < LongestEvent && !isLast)
            {
                start = at;
                return false;
            }

            if (at + 2 >= bytes.Length || bytes[at] is not ((byte)'+' or (byte)'-'))
            {
                start = at;
                return at < bytes.Length;
            }

            var isAllocation = bytes[at] == '+';
            var next = at + 2;
            uint index = 0;
            var digits = 0;
            while (next < bytes.Length && Digit(bytes[next]) is var digit and >= 0 && digits < 8)
            {
                index = (index << 4) | (uint)digit;
                next++;
                digits++;
            }

            if (digits == 0 || bytes[at + 1] != ' ' || (next < bytes.Length && bytes[next] != '\n'))
            {
                if (next >= bytes.Length || data.Version == 0)
                {
                    start = at;
                    return true; // cut short, or of another version: the line's own reader says so
                }

                throw data.Malformed(
                    offset + at,
                    "expected the number of an allocation in hexadecimal behind \"+\" or \"-\""
                );
            }

            if (isAllocation)
            {
                data.Allocate(index, offset + at);
            }
            else
            {
                data.Free(index, offset + at);
            }

            at = Math.Min(next + 1, bytes.Length);
        }
    }

    /// <summary>Reads a line of any other kind.</summary>
    /// <returns>False where the buffer has to be filled first.</returns>
    private bool ReadLine()
    {
        var rest = buffer.AsSpan(start, end - start);
        var length = rest.IndexOf((byte)'\n');
        if (length < 0)
        {
            if (!isLast)
            {
                return false;
            }

            length = rest.Length;
        }

        // From version 3 on a text says its length and may hold line ends itself.
        if (rest[0] == 's' && data.Version >= 3)
        {
            return ReadSizedText(rest);
        }

        Interpret(rest[..length]);
        start = Math.Min(start + length + 1, end);
        return true;
    }

    private bool ReadSizedText(ReadOnlySpan<byte> rest)
    {
        var line = new HeaptrackLine(rest[1..]);
        if (!line.TryNumber(out var size))
        {
            throw data.Malformed(LineOffset, "expected the length of a text in hexadecimal behind \"s\"");
        }

        if (size > (ulong)data.Limits.MaxLineBytes)
        {
            throw data.Malformed(LineOffset, $"a text of {size} bytes, which is refused");
        }

        var text = line.Rest;
        if (text.Length < (int)size + 2 && !isLast)
        {
            return false;
        }

        if (text.Length < (int)size + 1 || text[0] != ' ')
        {
            throw data.Malformed(LineOffset, $"expected a text of {size} bytes, but the file ends");
        }

        data.AddText(Encoding.UTF8.GetString(text.Slice(1, (int)size)), LineOffset);
        start = Math.Min(start + (rest.Length - text.Length) + 1 + (int)size + 1, end);
        return true;
    }

    private void Interpret(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
        {
            return;
        }

        var fields = new HeaptrackLine(line[1..]);
        switch ((char)line[0])
        {
            case 'v':
                fields.TryNumber(out var program);
                data.SetVersion(fields.TryNumber(out var version) ? version : 0, program, LineOffset);
                break;
            case 's':
                data.AddText(line.Length > 2 ? Encoding.UTF8.GetString(line[2..]) : "", LineOffset);
                break;
            case 'i':
                AddInstruction(ref fields);
                break;
            case 't':
                data.AddTrace(Number(ref fields, "an instruction"), Number(ref fields, "a parent"), LineOffset);
                break;
            case 'a':
                data.AddAllocation(Number(ref fields, "a size"), Number(ref fields, "a trace"), LineOffset);
                break;
            case 'c':
                data.Milliseconds = (long)Math.Min(Number(ref fields, "a time"), long.MaxValue);
                break;
            case 'X':
                data.Command = line.Length > 2 ? Encoding.UTF8.GetString(line[2..]) : "";
                break;
            case 'I':
                data.PageSize = (long)Math.Min(Number(ref fields, "a page size"), 1 << 30);
                break;
            case 'R':
                data.PeakResidentPages = Math.Max(
                    data.PeakResidentPages,
                    (long)Math.Min(Number(ref fields, "pages"), 1L << 40)
                );
                break;
            case 'A':
                data.IsAttached = true;
                break;
            case '#' or 'S':
                break;
            case '+' or '-' when data.Version > 0 && isLast && start + line.Length >= end:
                context.Warn("the last line is cut short");
                break;
            default:
                throw data.Malformed(
                    LineOffset,
                    $"expected a line of heaptrack (one of v X I s i t a + - c R A S #), found \"{Quote(line)}\""
                );
        }
    }

    /// <summary>An address, its module, and then function, file and line: first where the instruction stands, then where that was put into.</summary>
    private void AddInstruction(ref HeaptrackLine fields)
    {
        var address = Number(ref fields, "an address");
        var module = fields.TryNumber(out var found) ? found : 0;
        data.AddInstruction(address, module, LineOffset);
        while (fields.TryNumber(out var function))
        {
            // Without debug information there is a function only.
            var file = fields.TryNumber(out var named) ? named : 0;
            data.AddFrame(function, file, fields.TryNumber(out var line) ? line : 0, LineOffset);
        }
    }

    private ulong Number(ref HeaptrackLine fields, string what) =>
        fields.TryNumber(out var number) ? number : throw data.Malformed(LineOffset, $"expected {what} in hexadecimal");

    private static int Digit(byte c) =>
        c switch
        {
            >= (byte)'0' and <= (byte)'9' => c - '0',
            >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
            _ => -1,
        };

    private static string Quote(ReadOnlySpan<byte> line) =>
        OneLine.Of(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 40)]));
}

/// <summary>The hexadecimal numbers of a line.</summary>
internal ref struct HeaptrackLine(ReadOnlySpan<byte> text)
{
    public ReadOnlySpan<byte> Rest { get; private set; } = text;

    public bool TryNumber(out ulong number)
    {
        Rest = Rest.TrimStart((byte)' ');
        if (!System.Buffers.Text.Utf8Parser.TryParse(Rest, out number, out var length, 'x'))
        {
            return false;
        }

        Rest = Rest[length..];
        return true;
    }
}
