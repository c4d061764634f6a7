using System.Globalization;
using System.Text;

namespace Tidemark.Symbols.Demangling;

/// <summary>Rust's v0 mangling (RFC 2603, rust-lang.github.io/rfcs/2603-rust-symbol-name-mangling-v0.html), printed without crate hashes and lifetimes' binders.</summary>
internal sealed partial class RustParser
{
    private const int DepthLimit = 300;

    // Back references can make a short symbol name gigabytes, or nothing at all for very long.
    private const int StepLimit = 1 << 18;

    private readonly string symbol;
    private readonly bool generics;
    private readonly StringBuilder text = new();
    private int position;
    private int depth;
    private int steps;
    private int muted;
    private ulong boundLifetimes;

    private RustParser(string symbol, bool generics)
    {
        this.symbol = symbol;
        this.generics = generics;
    }

    /// <summary>The path, or null where the symbol is not of this mangling.</summary>
    /// <exception cref="DemanglingException">It is broken.</exception>
    public static string? Demangle(string symbol, bool generics)
    {
        // A version number would follow; there is none so far.
        if (symbol.Length < 3 || !char.IsAsciiLetterUpper(symbol[2]))
        {
            return null;
        }

        var end = symbol.IndexOf('.', StringComparison.Ordinal);
        // Positions in back references count from behind the _R.
        var parser = new RustParser(end < 0 ? symbol[2..] : symbol[2..end], generics);
        parser.Path(inValue: true);
        if (parser.position < parser.symbol.Length)
        {
            parser.muted++;
            parser.Path(inValue: false); // the crate that instantiated a generic
        }

        return parser.position == parser.symbol.Length ? parser.text.ToString() : throw new DemanglingException();
    }

    private void Path(bool inValue)
    {
        Enter();
        switch (Next())
        {
            case 'C':
                Disambiguator();
                Print(Identifier());
                break;
            case 'M':
                ImplPath();
                Print("<");
                Type();
                Print(">");
                break;
            case 'X':
                ImplPath();
                TraitOf();
                break;
            case 'Y':
                TraitOf();
                break;
            case 'N':
                Nested(inValue);
                break;
            case 'I':
                Path(inValue);
                Generics(inValue);
                break;
            case 'B':
                BackReference(() => Path(inValue));
                break;
            default:
                throw new DemanglingException();
        }

        depth--;
    }

    /// <summary>Where an impl stands is no part of its name.</summary>
    private void ImplPath()
    {
        muted++;
        Disambiguator();
        Path(inValue: false);
        muted--;
    }

    private void TraitOf()
    {
        Print("<");
        Type();
        Print(" as ");
        Path(inValue: false);
        Print(">");
    }

    private void Nested(bool inValue)
    {
        var space = Next();
        Path(inValue);
        var number = Disambiguator();
        var name = Identifier();
        if (char.IsAsciiLetterUpper(space))
        {
            var kind = space switch
            {
                'C' => "closure",
                'S' => "shim",
                _ => space.ToString(),
            };
            Print(
                name.Length == 0
                    ? string.Create(CultureInfo.InvariantCulture, $"::{{{kind}#{number}}}")
                    : string.Create(CultureInfo.InvariantCulture, $"::{{{kind}:{name}#{number}}}")
            );
        }
        else if (name.Length > 0)
        {
            Print("::" + name);
        }
    }

    private void Generics(bool inValue)
    {
        if (!generics)
        {
            muted++;
        }

        Print(inValue ? "::<" : "<");
        for (var i = 0; !Take('E'); i++)
        {
            if (i > 0)
            {
                Print(", ");
            }

            GenericArgument();
        }

        Print(">");
        if (!generics)
        {
            muted--;
        }
    }

    private void GenericArgument()
    {
        if (Take('L'))
        {
            Lifetime(Base62());
        }
        else if (Take('K'))
        {
            Const();
        }
        else
        {
            Type();
        }
    }

    private void Const()
    {
        Enter();
        if (Take('p'))
        {
            Print("_");
        }
        else if (Take('B'))
        {
            BackReference(Const);
        }
        else
        {
            ConstValue(Next());
        }

        depth--;
    }

    private void ConstValue(char type)
    {
        var isNegative = Take('n');
        var start = position;
        while (Peek() != '_')
        {
            Next();
        }

        var digits = symbol.AsSpan(start, position++ - start).TrimStart('0');
        var value = 0UL;
        if (
            digits.Length > 0
            && !ulong.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value)
        )
        {
            Print($"0x{digits}"); // wider than 64 bits
            return;
        }

        Print(
            type switch
            {
                'b' => value == 1 ? "true" : "false",
                'c' when Rune.TryCreate((uint)value, out var rune) => $"'{rune}'",
                _ => (isNegative ? "-" : "") + value.ToString(CultureInfo.InvariantCulture),
            }
        );
    }

    private void BackReference(Action read)
    {
        var target = Base62();
        // It points backwards, to before the reference itself.
        if (target >= (ulong)position - 1)
        {
            throw new DemanglingException();
        }

        if (muted > 0)
        {
            return;
        }

        var resume = position;
        position = (int)target;
        Enter();
        read();
        depth--;
        position = resume;
    }

    private ulong Disambiguator() => Take('s') ? Base62() + 1 : 0;

    private ulong Base62()
    {
        if (Take('_'))
        {
            return 0;
        }

        var value = 0UL;
        while (!Take('_'))
        {
            var c = Next();
            var digit =
                char.IsAsciiDigit(c) ? c - '0'
                : char.IsAsciiLetterLower(c) ? c - 'a' + 10
                : char.IsAsciiLetterUpper(c) ? c - 'A' + 36
                : throw new DemanglingException();
            value = value > (ulong.MaxValue / 62) - 1 ? throw new DemanglingException() : (value * 62) + (ulong)digit;
        }

        return value + 1;
    }

    private string Identifier()
    {
        var isPunycode = Take('u');
        var length = 0;
        while (char.IsAsciiDigit(Peek()))
        {
            length = Math.Min((length * 10) + (Next() - '0'), symbol.Length + 1);
            if (length == 0)
            {
                break;
            }
        }

        Take('_');
        if (length > symbol.Length - position)
        {
            throw new DemanglingException();
        }

        var name = symbol.Substring(position, length);
        position += length;
        return isPunycode ? Decode(name) : name;
    }

    /// <summary>Punycode (RFC 3492) with an underscore for the hyphen.</summary>
    private static string Decode(string name)
    {
        var dash = name.LastIndexOf('_');
        try
        {
            var ascii = dash < 0 ? "xn--" + name : $"xn--{name[..dash]}-{name[(dash + 1)..]}";
            return new IdnMapping { AllowUnassigned = true }.GetUnicode(ascii);
        }
        catch (ArgumentException)
        {
            return $"punycode{{{name}}}";
        }
    }

    private void Print(string part)
    {
        if (muted > 0)
        {
            return;
        }

        text.Append(part);
        if (text.Length > NameWriter.Limit)
        {
            throw new DemanglingException();
        }
    }

    private void Enter()
    {
        if (++depth > DepthLimit || ++steps > StepLimit)
        {
            throw new DemanglingException();
        }
    }

    private char Peek() => position < symbol.Length ? symbol[position] : throw new DemanglingException();

    private char Next() => position < symbol.Length ? symbol[position++] : throw new DemanglingException();

    private bool Take(char expected)
    {
        if (position >= symbol.Length || symbol[position] != expected)
        {
            return false;
        }

        position++;
        return true;
    }
}
