namespace Tidemark.Symbols.Demangling;

internal sealed partial class ItaniumParser
{
    private sealed record Operator(string Text, int Arity);

    private static readonly Dictionary<string, Operator> Operators = new(StringComparer.Ordinal)
    {
        ["aN"] = new("&=", 2),
        ["aS"] = new("=", 2),
        ["aa"] = new("&&", 2),
        ["ad"] = new("&", 1),
        ["an"] = new("&", 2),
        ["aw"] = new("co_await ", 1),
        ["cl"] = new("()", 2),
        ["cm"] = new(",", 2),
        ["co"] = new("~", 1),
        ["dV"] = new("/=", 2),
        ["da"] = new("delete[] ", 1),
        ["de"] = new("*", 1),
        ["dl"] = new("delete ", 1),
        ["ds"] = new(".*", 2),
        ["dt"] = new(".", 2),
        ["dv"] = new("/", 2),
        ["eO"] = new("^=", 2),
        ["eo"] = new("^", 2),
        ["eq"] = new("==", 2),
        ["ge"] = new(">=", 2),
        ["gt"] = new(">", 2),
        ["ix"] = new("[]", 2),
        ["lS"] = new("<<=", 2),
        ["le"] = new("<=", 2),
        ["ls"] = new("<<", 2),
        ["lt"] = new("<", 2),
        ["mI"] = new("-=", 2),
        ["mL"] = new("*=", 2),
        ["mi"] = new("-", 2),
        ["ml"] = new("*", 2),
        ["mm"] = new("--", 1),
        ["na"] = new("new[]", 3),
        ["ne"] = new("!=", 2),
        ["ng"] = new("-", 1),
        ["nt"] = new("!", 1),
        ["nw"] = new("new", 3),
        ["oR"] = new("|=", 2),
        ["oo"] = new("||", 2),
        ["or"] = new("|", 2),
        ["pL"] = new("+=", 2),
        ["pl"] = new("+", 2),
        ["pm"] = new("->*", 2),
        ["pp"] = new("++", 1),
        ["ps"] = new("+", 1),
        ["pt"] = new("->", 2),
        ["qu"] = new("?", 3),
        ["rM"] = new("%=", 2),
        ["rS"] = new(">>=", 2),
        ["rm"] = new("%", 2),
        ["rs"] = new(">>", 2),
        ["ss"] = new("<=>", 2),
    };

    private Node ParseOperatorName(NameState state)
    {
        if (Take("cv"))
        {
            state.HasNoReturnType = true;
            // The type may name arguments of the template that follow behind it.
            var outer = mayNameForward;
            mayNameForward = true;
            var type = ParseType();
            mayNameForward = outer;
            return new ConversionNode(type);
        }

        if (Take("li"))
        {
            return new NameNode($"operator\"\" {ParseIdentifier()}");
        }

        if (position + 2 > symbol.Length || !Operators.TryGetValue(symbol.Substring(position, 2), out var known))
        {
            throw new DemanglingException();
        }

        position += 2;
        var text = known.Text.TrimEnd();
        return new NameNode(char.IsAsciiLetter(text[0]) ? $"operator {text}" : $"operator{text}");
    }

    private Node ParseExpression()
    {
        Enter();
        var expression = ParseExpressionWithoutDepth();
        depth--;
        return expression;
    }

    private Node ParseExpressionWithoutDepth()
    {
        switch (Peek())
        {
            case 'L':
                return ParseLiteral();
            case 'T':
                return ParseTemplateParameter();
        }

        if (char.IsAsciiDigit(Peek()))
        {
            return ParseUnresolvedName();
        }

        if (position + 2 > symbol.Length)
        {
            throw new DemanglingException();
        }

        var isGlobal = Take("gs");
        var code = symbol.Substring(position, Math.Min(2, symbol.Length - position));
        position += code.Length;
        switch (code)
        {
            case "fp" or "fL":
                if (code == "fL")
                {
                    ParseNumber();
                    Expect("p");
                }

                ParseQualifiers();
                if (Take('T'))
                {
                    return new NameNode("this");
                }

                var index = Peek() == '_' ? 1 : ParseNumber() + 2;
                Expect("_");
                return new NameNode($"{{parm#{index}}}");
            case "sr":
                return ParseScopedName();
            case "on":
                var name = ParseOperatorName(new NameState());
                return Peek() == 'I' ? new TemplateNode(name, ParseTemplateArguments(areParameters: false)) : name;
            case "cv":
                var target = ParseType();
                if (Take('_'))
                {
                    return new SequenceNode(Parenthesised(target), new ListNode("(", ParseList(), ")"));
                }

                return new SequenceNode(Parenthesised(target), Operand(ParseExpression()));
            case "dc" or "sc" or "cc" or "rc":
                var to = ParseType();
                var cast = code switch
                {
                    "dc" => "dynamic_cast<",
                    "sc" => "static_cast<",
                    "cc" => "const_cast<",
                    _ => "reinterpret_cast<",
                };
                return new SequenceNode(
                    new NameNode(cast),
                    to,
                    new NameNode(">("),
                    ParseExpression(),
                    new NameNode(")")
                );
            case "ti" or "te":
                var typed = code == "ti" ? ParseType() : ParseExpression();
                return new SequenceNode(new NameNode("typeid ("), typed, new NameNode(")"));
            case "st":
                return new SequenceNode(new NameNode("sizeof ("), ParseType(), new NameNode(")"));
            case "sz":
                return new SequenceNode(new NameNode("sizeof "), Parenthesised(ParseExpression()));
            case "at":
                return new SequenceNode(new NameNode("alignof ("), ParseType(), new NameNode(")"));
            case "az":
                return new SequenceNode(new NameNode("alignof "), Parenthesised(ParseExpression()));
            case "nx":
                return new SequenceNode(new NameNode("noexcept"), Parenthesised(ParseExpression()));
            case "sp":
                return new ExpansionNode(ParseExpression());
            case "sZ":
                var pack = Peek() == 'T' ? ParseTemplateParameter() : ParseExpression();
                return pack.PackSize >= 0
                    ? new NameNode(pack.PackSize.ToString(System.Globalization.CultureInfo.InvariantCulture))
                    : new SequenceNode(new NameNode("sizeof..."), Parenthesised(pack));
            case "tl":
                var listType = ParseType();
                return new SequenceNode(listType, new ListNode("{", ParseList(), "}"));
            case "il":
                return new ListNode("{", ParseList(), "}");
            case "cl":
                var callee = ParseExpression();
                return new SequenceNode(
                    callee is NestedNode { EndsWithTemplate: true } ? Parenthesised(callee) : callee,
                    new ListNode("(", ParseList(), ")")
                );
            case "tw":
                return new SequenceNode(new NameNode("throw "), ParseExpression());
            case "tr":
                return new NameNode("throw");
            case "nw" or "na":
                return ParseNew(code, isGlobal);
            case "pp" or "mm":
                var isPrefix = Take('_');
                var operand = Operand(ParseExpression());
                var mark = new NameNode(Operators[code].Text);
                return isPrefix ? new SequenceNode(mark, operand) : new SequenceNode(operand, mark);
        }

        if (!Operators.TryGetValue(code, out var known))
        {
            position -= code.Length;
            return ParseUnresolvedName();
        }

        return ParseOperation(known, isGlobal);
    }

    private Node ParseOperation(Operator known, bool isGlobal)
    {
        var first = ParseExpression();
        switch (known.Arity)
        {
            case 1 when known.Text == "&" && first is FunctionNode { HasResult: false } function:
                return new SequenceNode(new NameNode("&"), function.Name);
            case 1:
                return new SequenceNode(new NameNode(isGlobal ? "::" + known.Text : known.Text), Operand(first));
            case 3:
                var second = ParseExpression();
                return new SequenceNode(
                    Operand(first),
                    new NameNode("?"),
                    Operand(second),
                    new NameNode(" : "),
                    Operand(ParseExpression())
                );
            default:
                var right = known.Text is "." or "->" ? ParseUnresolvedName() : ParseExpression();
                Node operation = known.Text switch
                {
                    "[]" => new SequenceNode(Operand(first), new NameNode("["), right, new NameNode("]")),
                    _ => new SequenceNode(Operand(first), new NameNode(known.Text), Operand(right)),
                };
                // A bare ">" would look like the end of the template's arguments.
                return known.Text == ">" ? Parenthesised(operation) : operation;
        }
    }

    private SequenceNode ParseNew(string code, bool isGlobal)
    {
        List<Node> placement = [];
        while (!Take('_'))
        {
            placement.Add(ParseExpression());
        }

        var type = ParseType();
        List<Node> parts = [new NameNode((isGlobal ? "::" : "") + Operators[code].Text)];
        if (placement.Count > 0)
        {
            parts.Add(new ListNode(" (", placement, ")"));
        }

        parts.Add(new NameNode(" "));
        parts.Add(type);
        if (Take("pi"))
        {
            parts.Add(new ListNode("(", ParseList(), ")"));
        }
        else if (!Take('E'))
        {
            throw new DemanglingException();
        }

        return new SequenceNode([.. parts]);
    }

    private List<Node> ParseList()
    {
        List<Node> items = [];
        while (!Take('E'))
        {
            items.Add(ParseExpression());
        }

        return items;
    }

    /// <summary>A name that is looked up in a scope which depends on template arguments.</summary>
    private NestedNode ParseScopedName()
    {
        Node? scope = null;
        if (Take('N'))
        {
            scope = ParseType();
        }
        else if (!char.IsAsciiDigit(Peek()))
        {
            return new NestedNode(ParseType(), ParseUnresolvedName());
        }

        do
        {
            Node level = ParseSourceName();
            if (Peek() == 'I')
            {
                level = new TemplateNode(level, ParseTemplateArguments(areParameters: false));
            }

            scope = scope is null ? level : new NestedNode(scope, level);
        } while (!Take('E'));

        return new NestedNode(scope, ParseUnresolvedName());
    }

    private Node ParseUnresolvedName()
    {
        Node name;
        if (Take("on"))
        {
            name = ParseOperatorName(new NameState());
        }
        else if (Take("dn"))
        {
            name = new SequenceNode(
                new NameNode("~"),
                Peek() is var c && char.IsAsciiDigit(c) ? ParseSourceName() : ParseType()
            );
        }
        else if (char.IsAsciiDigit(Peek()))
        {
            name = ParseSourceName();
        }
        else
        {
            name = ParseExpression();
        }

        return Peek() == 'I' ? new TemplateNode(name, ParseTemplateArguments(areParameters: false)) : name;
    }

    private static SequenceNode Parenthesised(Node node) => new(new NameNode("("), node, new NameNode(")"));

    /// <summary>Names stand alone as operands, everything else in parentheses.</summary>
    private static Node Operand(Node node) =>
        node is NameNode { Text: [var first, ..] } && !char.IsAsciiDigit(first) && first != '-' && first != '('
        || node is NestedNode or ListNode
            ? node
            : Parenthesised(node);

    private Node ParseLiteral()
    {
        Expect("L");
        if (Take("_Z") || Take('Z'))
        {
            var encoding = ParseEncoding(isTopLevel: true);
            Expect("E");
            return encoding;
        }

        var code = Peek();
        var type = ParseType();
        if (Take('E'))
        {
            return type;
        }

        var isNegative = Take('n');
        var start = position;
        while (Peek() is not ('E' or '\0'))
        {
            position++;
        }

        var value = (isNegative ? "-" : "") + symbol[start..position];
        Expect("E");
        switch (code)
        {
            case 'b' when value is "0" or "1":
                return new NameNode(value == "1" ? "true" : "false");
            case 'i':
                return new NameNode(value);
            case 'j':
                return new NameNode(value + "u");
            case 'l':
                return new NameNode(value + "l");
            case 'm':
                return new NameNode(value + "ul");
            case 'x':
                return new NameNode(value + "ll");
            case 'y':
                return new NameNode(value + "ull");
            case 'f' or 'd' or 'e':
                return new SequenceNode(Parenthesised(type), new NameNode($"[{value}]"));
            default:
                return new SequenceNode(Parenthesised(type), new NameNode(value));
        }
    }
}
