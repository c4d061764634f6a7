namespace Tidemark.Symbols.Demangling;

internal sealed partial class RustParser
{
    private static string? Basic(char code) =>
        code switch
        {
            'a' => "i8",
            'b' => "bool",
            'c' => "char",
            'd' => "f64",
            'e' => "str",
            'f' => "f32",
            'h' => "u8",
            'i' => "isize",
            'j' => "usize",
            'l' => "i32",
            'm' => "u32",
            'n' => "i128",
            'o' => "u128",
            's' => "i16",
            't' => "u16",
            'u' => "()",
            'v' => "...",
            'x' => "i64",
            'y' => "u64",
            'z' => "!",
            'p' => "_",
            _ => null,
        };

    private void Type()
    {
        Enter();
        var code = Next();
        switch (code)
        {
            case var _ when Basic(code) is { } basic:
                Print(basic);
                break;
            case 'R' or 'Q':
                Print("&");
                if (Take('L') && Base62() is var lifetime and not 0)
                {
                    Lifetime(lifetime);
                    Print(" ");
                }

                Print(code == 'Q' ? "mut " : "");
                Type();
                break;
            case 'P' or 'O':
                Print(code == 'P' ? "*const " : "*mut ");
                Type();
                break;
            case 'A' or 'S':
                Print("[");
                Type();
                if (code == 'A')
                {
                    Print("; ");
                    Const();
                }

                Print("]");
                break;
            case 'T':
                Tuple();
                break;
            case 'F':
                Binder(FunctionSignature);
                break;
            case 'D':
                Print("dyn ");
                Binder(DynBounds);
                if (!Take('L'))
                {
                    throw new DemanglingException();
                }

                if (Base62() is var bound and not 0)
                {
                    Print(" + ");
                    Lifetime(bound);
                }

                break;
            case 'B':
                BackReference(Type);
                break;
            default:
                position--;
                Path(inValue: false);
                break;
        }

        depth--;
    }

    private void Tuple()
    {
        Print("(");
        var count = 0;
        for (; !Take('E'); count++)
        {
            if (count > 0)
            {
                Print(", ");
            }

            Type();
        }

        Print(count == 1 ? ",)" : ")");
    }

    private void FunctionSignature()
    {
        if (Take('U'))
        {
            Print("unsafe ");
        }

        if (Take('K'))
        {
            Print("extern \"");
            Print(Take('C') ? "C" : Identifier().Replace('_', '-'));
            Print("\" ");
        }

        Print("fn(");
        for (var i = 0; !Take('E'); i++)
        {
            if (i > 0)
            {
                Print(", ");
            }

            Type();
        }

        Print(")");
        if (Take('u'))
        {
            return;
        }

        Print(" -> ");
        Type();
    }

    private void DynBounds()
    {
        for (var i = 0; !Take('E'); i++)
        {
            if (i > 0)
            {
                Print(" + ");
            }

            Path(inValue: false);
            // Associated types stand inside of the trait's own brackets, or in ones of their own.
            var opened = text.Length > 0 && text[^1] == '>';
            if (Peek() != 'p')
            {
                continue;
            }

            if (opened && muted == 0)
            {
                text.Length--;
            }

            for (var first = !opened; Take('p'); first = false)
            {
                Print(first ? "<" : ", ");
                Print(Identifier());
                Print(" = ");
                Type();
            }

            Print(">");
        }
    }

    private void Binder(Action inner)
    {
        var outer = boundLifetimes;
        if (Take('G'))
        {
            boundLifetimes += Base62() + 1;
        }

        inner();
        boundLifetimes = outer;
    }

    private void Lifetime(ulong index)
    {
        if (index > boundLifetimes)
        {
            throw new DemanglingException();
        }

        var depthFromOutside = boundLifetimes - index;
        Print(
            index == 0 ? "'_"
            : depthFromOutside < 26 ? $"'{(char)('a' + depthFromOutside)}"
            : $"'_{depthFromOutside}"
        );
    }
}
