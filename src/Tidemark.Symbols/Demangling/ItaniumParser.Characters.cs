namespace Tidemark.Symbols.Demangling;

// The characters of the symbol: numbers, single letters, and how deep we are.
internal sealed partial class ItaniumParser
{
    private int ParseBase36()
    {
        var value = 0L;
        var start = position;
        while (Peek() is var c && (char.IsAsciiDigit(c) || char.IsAsciiLetterUpper(c)))
        {
            value = (value * 36) + (char.IsAsciiDigit(c) ? c - '0' : c - 'A' + 10);
            position++;
            if (value > symbol.Length)
            {
                throw new DemanglingException();
            }
        }

        return position > start ? (int)value : throw new DemanglingException();
    }

    private int ParseNumber()
    {
        var isNegative = Take('n');
        var value = 0L;
        var start = position;
        while (char.IsAsciiDigit(Peek()))
        {
            value = (value * 10) + (Peek() - '0');
            position++;
            if (value > int.MaxValue)
            {
                throw new DemanglingException();
            }
        }

        return position == start ? throw new DemanglingException()
            : isNegative ? (int)-value
            : (int)value;
    }

    private void SkipDigits()
    {
        while (char.IsAsciiDigit(Peek()))
        {
            position++;
        }
    }

    private void Enter()
    {
        if (++depth > DepthLimit)
        {
            throw new DemanglingException();
        }
    }

    private char Peek(int ahead = 0) => position + ahead < symbol.Length ? symbol[position + ahead] : '\0';

    private char Next() => position < symbol.Length ? symbol[position++] : throw new DemanglingException();

    private bool Take(char expected)
    {
        if (Peek() != expected)
        {
            return false;
        }

        position++;
        return true;
    }

    private bool Take(string expected)
    {
        if (string.CompareOrdinal(symbol, position, expected, 0, expected.Length) != 0)
        {
            return false;
        }

        position += expected.Length;
        return true;
    }

    private void Expect(string expected)
    {
        if (!Take(expected))
        {
            throw new DemanglingException();
        }
    }
}
