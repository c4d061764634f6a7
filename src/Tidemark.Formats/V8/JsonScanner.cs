using System.Buffers;
using System.Text;

namespace Tidemark.Formats.V8;

/// <summary>Walks over JSON text member by member without building anything; every complaint names the offset.</summary>
internal sealed class JsonScanner(V8Content content, int bufferBytes = 1 << 18)
{
    private static readonly SearchValues<byte> StringEnds = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> Brackets = SearchValues.Create("\"[]{}"u8);
    private readonly byte[] buffer = new byte[bufferBytes];
    private long start;
    private int position;
    private int end;

    /// <summary>Where in the text the scanner stands.</summary>
    public long Offset => start + position;

    public void MoveTo(long offset)
    {
        if (offset >= start && offset <= start + end)
        {
            position = (int)(offset - start);
            return;
        }

        start = offset;
        position = end = 0;
    }

    /// <summary>The next byte that is not white space, which stays where it is.</summary>
    public byte Peek(string expected)
    {
        while (true)
        {
            while (position < end)
            {
                var b = buffer[position];
                if (b is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
                {
                    return b;
                }

                position++;
            }

            if (!Fill())
            {
                throw Truncated(expected);
            }
        }
    }

    /// <param name="c">What must come next.</param>
    /// <param name="where">Where that is, for the complaint.</param>
    public void Expect(char c, string where)
    {
        var found = Peek(where);
        if (found != c)
        {
            throw content.Malformed(Offset, $"expected '{c}' {where}, found {Show(found)}");
        }

        position++;
    }

    /// <summary>Steps over the byte where it is the next one.</summary>
    public bool Accept(char c, string expected)
    {
        if (Peek(expected) != c)
        {
            return false;
        }

        position++;
        return true;
    }

    /// <summary>Steps over a string and gives its bytes as they stand between the quotes, valid until the next call; of a longer one than <paramref name="keep"/> the rest is left out.</summary>
    public ReadOnlySpan<byte> ReadRawString(int keep, string where)
    {
        Expect('"', where);
        var from = position;
        byte[]? gathered = null;
        var gatheredBytes = 0;
        var escaped = false;
        while (true)
        {
            if (escaped && position < end)
            {
                position++;
                escaped = false;
            }

            var hit = buffer.AsSpan(position, end - position).IndexOfAny(StringEnds);
            if (hit >= 0)
            {
                position += hit + 1;
                if (buffer[position - 1] == '\\')
                {
                    escaped = true;
                    continue;
                }

                var last = buffer.AsSpan(from, position - 1 - from);
                return gathered is null ? last[..Math.Min(last.Length, keep)] : Gather(last);
            }

            Gather(buffer.AsSpan(from, end - from));
            position = end;
            if (!Fill())
            {
                throw Truncated($"the end of a string {where}");
            }

            from = position;
        }

        ReadOnlySpan<byte> Gather(ReadOnlySpan<byte> part)
        {
            gathered ??= new byte[keep];
            part = part[..Math.Min(part.Length, keep - gatheredBytes)];
            part.CopyTo(gathered.AsSpan(gatheredBytes));
            gatheredBytes += part.Length;
            return gathered.AsSpan(0, gatheredBytes);
        }
    }

    /// <summary>Steps over any value; of an array or object only strings and brackets are looked at.</summary>
    public void SkipValue(int maxDepth)
    {
        if (Peek("a value") is not ((byte)'[' or (byte)'{' or (byte)'"'))
        {
            SkipWord();
            return;
        }

        var depth = 0;
        do
        {
            var hit = buffer.AsSpan(position, end - position).IndexOfAny(Brackets);
            if (hit < 0)
            {
                position = end;
                if (!Fill())
                {
                    throw Truncated("the end of a value");
                }

                continue;
            }

            position += hit;
            switch (buffer[position])
            {
                case (byte)'"':
                    ReadRawString(0, "as a value");
                    break;
                case (byte)'[' or (byte)'{':
                    position++;
                    if (++depth > maxDepth)
                    {
                        throw content.Malformed(Offset, $"nested deeper than {maxDepth}");
                    }

                    break;
                default:
                    position++;
                    depth--;
                    break;
            }
        } while (depth > 0);
    }

    /// <summary>Steps over a number that is not negative.</summary>
    public long ReadNumber(string what)
    {
        Peek(what);
        var from = Offset;
        long value = 0;
        while (Peek("the end of a number") is >= (byte)'0' and <= (byte)'9' and var digit)
        {
            value = value * 10 + (digit - '0');
            position++;
            if (value > long.MaxValue / 16)
            {
                throw content.Malformed(from, $"{what} is out of range");
            }
        }

        return Offset > from
            ? value
            : throw content.Malformed(from, $"expected {what}, found {Show(buffer[position])}");
    }

    /// <summary>Copies the text of any value.</summary>
    public byte[] CopyValue(int maxBytes, int maxDepth, string what)
    {
        Peek(what);
        var from = Offset;
        SkipValue(maxDepth);
        var to = Offset;
        if (to - from > maxBytes)
        {
            throw content.Malformed(from, $"{what} takes {to - from} bytes, more than {maxBytes}");
        }

        var text = new byte[to - from];
        content.Read(text, from);
        return text;
    }

    /// <summary>The text of a string as it stands in JSON; half surrogates become U+FFFD.</summary>
    public static string Unescape(ReadOnlySpan<byte> raw)
    {
        if (!raw.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetString(raw);
        }

        var text = new StringBuilder(raw.Length);
        while (raw.IndexOf((byte)'\\') is var escape && escape >= 0 && escape + 1 < raw.Length)
        {
            text.Append(Encoding.UTF8.GetString(raw[..escape]));
            var kind = (char)raw[escape + 1];
            raw = raw[(escape + 2)..];
            if (kind == 'u' && raw.Length >= 4 && TryHex(raw[..4], out var unit))
            {
                text.Append(unit);
                raw = raw[4..];
                continue;
            }

            text.Append(
                kind switch
                {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\b',
                    'f' => '\f',
                    _ => kind,
                }
            );
        }

        text.Append(Encoding.UTF8.GetString(raw));
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                text[i] = '\uFFFD';
            }
        }

        return text.ToString();
    }

    private static bool TryHex(ReadOnlySpan<byte> digits, out char unit)
    {
        var parsed = ushort.TryParse(digits, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value);
        unit = (char)value;
        return parsed;
    }

    /// <summary>A byte as people read it.</summary>
    public static string Show(byte b) => b is > 32 and < 127 ? $"'{(char)b}'" : $"byte 0x{b:x2}";

    private void SkipWord()
    {
        var length = 0;
        while (true)
        {
            while (position < end)
            {
                var b = buffer[position];
                if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'+' or (byte)'.'))
                {
                    if (length == 0)
                    {
                        throw content.Malformed(Offset, $"expected a value, found {Show(b)}");
                    }

                    return;
                }

                position++;
                length++;
            }

            if (!Fill())
            {
                return;
            }
        }
    }

    private MalformedDumpException Truncated(string expected) =>
        content.Malformed(Offset, $"the file ends where {expected} was expected; it is truncated");

    private bool Fill()
    {
        start += end;
        position = 0;
        end = content.Read(buffer, start);
        return end > 0;
    }
}
