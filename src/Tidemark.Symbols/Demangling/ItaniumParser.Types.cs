namespace Tidemark.Symbols.Demangling;

internal sealed partial class ItaniumParser
{
    private static string? Builtin(char code) =>
        code switch
        {
            'v' => "void",
            'w' => "wchar_t",
            'b' => "bool",
            'c' => "char",
            'a' => "signed char",
            'h' => "unsigned char",
            's' => "short",
            't' => "unsigned short",
            'i' => "int",
            'j' => "unsigned int",
            'l' => "long",
            'm' => "unsigned long",
            'x' => "long long",
            'y' => "unsigned long long",
            'n' => "__int128",
            'o' => "unsigned __int128",
            'f' => "float",
            'd' => "double",
            'e' => "long double",
            'g' => "__float128",
            'z' => "...",
            _ => null,
        };

    private static string? ExtendedBuiltin(char code) =>
        code switch
        {
            'd' => "decimal64",
            'e' => "decimal128",
            'f' => "decimal32",
            'h' => "half",
            'i' => "char32_t",
            's' => "char16_t",
            'u' => "char8_t",
            'a' => "auto",
            'c' => "decltype(auto)",
            'n' => "decltype(nullptr)",
            _ => null,
        };

    private Node ParseType()
    {
        Enter();
        var type = ParseTypeWithoutDepth();
        depth--;
        return type;
    }

    private Node ParseTypeWithoutDepth()
    {
        Node type;
        var code = Peek();
        if (Builtin(code) is { } builtin)
        {
            position++;
            return new NameNode(builtin);
        }

        switch (code)
        {
            case 'u':
                position++;
                type = ParseSourceName();
                break;
            case 'r' or 'V' or 'K':
                type = ParseQualifiedType();
                break;
            case 'P':
                position++;
                type = new PointerNode(ParseType());
                break;
            case 'R':
                position++;
                type = new ReferenceNode(ParseType(), isRvalue: false);
                break;
            case 'O':
                position++;
                type = new ReferenceNode(ParseType(), isRvalue: true);
                break;
            case 'C':
                position++;
                type = new SuffixedNode(ParseType(), " _Complex");
                break;
            case 'G':
                position++;
                type = new SuffixedNode(ParseType(), " _Imaginary");
                break;
            case 'U' when Peek(1) is not ('l' or 't'):
                position++;
                var vendor = ParseIdentifier();
                var arguments = Peek() == 'I' ? ParseTemplateArguments(areParameters: false) : null;
                var qualified = ParseType();
                type = arguments is null
                    ? new SuffixedNode(qualified, $" {vendor}")
                    : new SequenceNode(qualified, new TemplateNode(new NameNode($" {vendor}"), arguments));
                break;
            case 'F':
                type = ParseFunctionType();
                break;
            case 'A':
                type = ParseArrayType();
                break;
            case 'M':
                position++;
                var owner = ParseType();
                type = new MemberPointerNode(owner, ParseType());
                break;
            case 'T' when Peek(1) is not ('s' or 'u' or 'e'):
                type = ParseTemplateParameter();
                if (Peek() == 'I' && !mayNameForward)
                {
                    substitutions.Add(type);
                    type = new TemplateNode(type, ParseTemplateArguments(areParameters: false));
                }

                break;
            case 'S' when Peek(1) != 't':
                type = ParseSubstitution();
                if (Peek() != 'I')
                {
                    return type; // it is in the table already
                }

                type = new TemplateNode(type, ParseTemplateArguments(areParameters: false));
                break;
            case 'D':
                if (ExtendedBuiltin(Peek(1)) is { } extended)
                {
                    position += 2;
                    return new NameNode(extended);
                }

                type = ParseExtendedType();
                break;
            default:
                type = ParseName(new NameState());
                break;
        }

        substitutions.Add(type);
        return type;
    }

    private Node ParseQualifiedType()
    {
        var start = position;
        var qualifiers = ParseQualifiers();
        if (Peek() == 'F' || (Peek() == 'D' && Peek(1) is 'o' or 'O' or 'w' or 'x'))
        {
            position = start;
            return ParseFunctionType();
        }

        return new QualifiedNode(ParseType(), qualifiers);
    }

    private Qualifiers ParseQualifiers()
    {
        var qualifiers = Qualifiers.None;
        while (true)
        {
            if (Take('r'))
            {
                qualifiers |= Qualifiers.Restrict;
            }
            else if (Take('V'))
            {
                qualifiers |= Qualifiers.Volatile;
            }
            else if (Take('K'))
            {
                qualifiers |= Qualifiers.Const;
            }
            else
            {
                return qualifiers;
            }
        }
    }

    private FunctionTypeNode ParseFunctionType()
    {
        var qualifiers = ParseQualifiers();
        if (Take("Do"))
        {
            qualifiers |= Qualifiers.Noexcept;
        }
        else if (Take("DO"))
        {
            ParseExpression();
            Expect("E");
            qualifiers |= Qualifiers.Noexcept;
        }

        if (Take("Dx"))
        {
            qualifiers |= Qualifiers.TransactionSafe;
        }

        Expect("F");
        Take('Y'); // extern "C"
        var result = ParseType();
        List<Node> parameters = [];
        while (!Take('E'))
        {
            if (Take("RE"))
            {
                qualifiers |= Qualifiers.LvalueReference;
                break;
            }

            if (Take("OE"))
            {
                qualifiers |= Qualifiers.RvalueReference;
                break;
            }

            if (Peek() == 'v')
            {
                position++;
                continue;
            }

            parameters.Add(ParseType());
        }

        return new FunctionTypeNode(result, parameters, qualifiers);
    }

    private ArrayNode ParseArrayType()
    {
        Expect("A");
        Node? dimension = null;
        if (char.IsAsciiDigit(Peek()))
        {
            var start = position;
            SkipDigits();
            dimension = new NameNode(symbol[start..position]);
        }
        else if (Peek() != '_')
        {
            dimension = ParseExpression();
        }

        Expect("_");
        return new ArrayNode(ParseType(), dimension);
    }

    private Node ParseExtendedType()
    {
        switch (Peek(1))
        {
            case 'p':
                position += 2;
                return new ExpansionNode(ParseType());
            case 't' or 'T':
                return ParseDecltype();
            case 'v':
                position += 2;
                Node dimension;
                if (char.IsAsciiDigit(Peek()))
                {
                    dimension = new NameNode(ParseNumber().ToString(System.Globalization.CultureInfo.InvariantCulture));
                }
                else
                {
                    Expect("_");
                    dimension = ParseExpression();
                }

                Expect("_");
                return new SequenceNode(ParseType(), new NameNode(" __vector("), dimension, new NameNode(")"));
            case 'F':
                position += 2;
                var bits = ParseNumber();
                if (Take('x'))
                {
                    return new NameNode($"_Float{bits}x");
                }

                if (Take('b'))
                {
                    return new NameNode($"std::bfloat{bits}_t");
                }

                Expect("_");
                return new NameNode($"_Float{bits}");
            case 'B' or 'U':
                var sign = Peek(1) == 'U' ? "unsigned " : "signed ";
                position += 2;
                var width = ParseNumber();
                Expect("_");
                return new NameNode($"{sign}_BitInt({width})");
            case 'o' or 'O' or 'x':
                return ParseFunctionType();
            default:
                throw new DemanglingException();
        }
    }

    private SequenceNode ParseDecltype()
    {
        position += 2;
        var expression = ParseExpression();
        Expect("E");
        return new SequenceNode(new NameNode("decltype ("), expression, new NameNode(")"));
    }

    private Node ParseTemplateParameter()
    {
        Expect("T");
        var index = Peek() == '_' ? 0 : ParseNumber() + 1;
        Expect("_");
        if (lambdaDepth > 0)
        {
            return new NameNode($"auto:{index + 1}");
        }

        if (index < templateArguments.Count)
        {
            return Expanded(templateArguments[index]);
        }

        if (!mayNameForward)
        {
            throw new DemanglingException();
        }

        var forward = new ForwardNode(index);
        forwards.Add(forward);
        return forward;
    }

    /// <summary>An argument as a parameter's name stands for it: a pack is expanded where it is used.</summary>
    private static Node Expanded(Node argument) =>
        argument is ArgumentPackNode pack ? new PackNode(pack.Elements) : argument;

    /// <param name="areParameters">True where T_ in what follows means these arguments.</param>
    private List<Node> ParseTemplateArguments(bool areParameters)
    {
        Expect("I");
        List<Node> arguments = [];
        if (areParameters)
        {
            templateArguments = [];
        }

        var ours = templateArguments;
        var outerLambda = lambdaDepth;
        while (!Take('E'))
        {
            var argument = ParseTemplateArgument();
            arguments.Add(argument);
            if (areParameters)
            {
                templateArguments = ours;
                ours.Add(argument);
            }
        }

        lambdaDepth = outerLambda;
        return arguments;
    }

    private Node ParseTemplateArgument()
    {
        switch (Peek())
        {
            case 'X':
                position++;
                var expression = ParseExpression();
                Expect("E");
                return expression;
            case 'J':
                position++;
                List<Node> elements = [];
                while (!Take('E'))
                {
                    elements.Add(ParseTemplateArgument());
                }

                return new ArgumentPackNode(elements);
            case 'L':
                return ParseLiteral();
            default:
                return ParseType();
        }
    }
}
