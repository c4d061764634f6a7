namespace Tidemark.Symbols.Demangling;

/// <summary>Reads a symbol mangled by the Itanium C++ ABI (section 5.1.2 of itanium-cxx-abi.github.io/cxx-abi/abi.html), as GCC and Clang do.</summary>
/// <remarks>Encodings and nested names are in this file; their parts, types, expressions and the characters in the others. What is printed follows GNU c++filt.</remarks>
internal sealed partial class ItaniumParser(string symbol)
{
    /// <summary>How deep types and names may be nested.</summary>
    public const int DepthLimit = 400;

    private static readonly NameNode Std = new("std");

    private readonly List<Node> substitutions = [];
    private readonly List<ForwardNode> forwards = [];
    private List<Node> templateArguments = [];
    private int position;
    private int depth;
    private int lambdaDepth;
    private bool mayNameForward;

    /// <summary>What is known of a function's name when its parameters are read.</summary>
    private sealed class NameState
    {
        /// <summary>True where the name's template arguments are what T_ means in the parameters.</summary>
        public bool IsFunction { get; init; }

        public Qualifiers Qualifiers { get; set; }

        public bool EndsWithTemplateArguments { get; set; }

        /// <summary>Constructors, destructors and conversions have no return type in their symbol.</summary>
        public bool HasNoReturnType { get; set; }
    }

    /// <summary>Reads the whole symbol.</summary>
    /// <exception cref="DemanglingException">It does not follow the grammar.</exception>
    public Node Parse()
    {
        Expect("_Z");
        var encoding = ParseEncoding(isTopLevel: true);
        while (position < symbol.Length)
        {
            // What the compiler appends to clones of a function: .isra.0, .constprop.1, .cold
            if (Peek() != '.')
            {
                throw new DemanglingException();
            }

            var start = position++;
            while (position < symbol.Length && (char.IsAsciiLetter(Peek()) || Peek() == '_'))
            {
                position++;
            }

            while (Peek() == '.' && char.IsAsciiDigit(Peek(1)))
            {
                position++;
                SkipDigits();
            }

            if (position == start + 1)
            {
                SkipDigits();
                if (position == start + 1)
                {
                    throw new DemanglingException();
                }
            }

            encoding = new SequenceNode(encoding, new NameNode($" [clone {symbol[start..position]}]"));
        }

        return encoding;
    }

    private Node ParseEncoding(bool isTopLevel)
    {
        Enter();
        var outerArguments = templateArguments;
        templateArguments = [];
        Node encoding = Peek() is 'G' or 'T' ? ParseSpecialName() : ParseFunctionOrData(isTopLevel);
        templateArguments = outerArguments;
        depth--;
        return encoding;
    }

    private Node ParseFunctionOrData(bool isTopLevel)
    {
        var state = new NameState { IsFunction = true };
        var firstForward = forwards.Count;
        var name = ParseName(state);
        for (var i = firstForward; i < forwards.Count; i++)
        {
            if (forwards[i].Index >= templateArguments.Count)
            {
                throw new DemanglingException();
            }

            forwards[i].Bind(templateArguments[forwards[i].Index]);
        }

        forwards.RemoveRange(firstForward, forwards.Count - firstForward);
        if (AtEndOfParameters)
        {
            return name;
        }

        Node? result = null;
        if (state is { EndsWithTemplateArguments: true, HasNoReturnType: false })
        {
            result = ParseType();
        }

        var parameters = ParseParameters();
        return new FunctionNode(isTopLevel ? result : null, name, parameters, state.Qualifiers);
    }

    private bool AtEndOfParameters => position >= symbol.Length || Peek() is 'E' or '.';

    private List<Node> ParseParameters()
    {
        if (Peek() == 'v' && (position + 1 >= symbol.Length || Peek(1) is 'E' or '.'))
        {
            position++;
            return [];
        }

        List<Node> parameters = [];
        while (!AtEndOfParameters)
        {
            parameters.Add(ParseType());
        }

        return parameters;
    }

    private SequenceNode ParseSpecialName()
    {
        if (Take("GV"))
        {
            return Prefixed("guard variable for ", ParseName(new NameState()));
        }

        if (Take("GR"))
        {
            var name = ParseName(new NameState());
            var number = Peek() == '_' ? 0 : ParseBase36() + 1;
            Expect("_");
            return Prefixed($"reference temporary #{number} for ", name);
        }

        if (Take("GTt"))
        {
            return Prefixed("transaction clone for ", ParseEncoding(isTopLevel: false));
        }

        Expect("T");
        switch (Next())
        {
            case 'V':
                return Prefixed("vtable for ", ParseType());
            case 'T':
                return Prefixed("VTT for ", ParseType());
            case 'I':
                return Prefixed("typeinfo for ", ParseType());
            case 'S':
                return Prefixed("typeinfo name for ", ParseType());
            case 'W':
                return Prefixed("TLS wrapper function for ", ParseName(new NameState()));
            case 'H':
                return Prefixed("TLS init function for ", ParseName(new NameState()));
            case 'A':
                return Prefixed("template parameter object for ", ParseTemplateArgument());
            case 'C':
                var derived = ParseType();
                ParseNumber();
                Expect("_");
                return new SequenceNode(
                    new NameNode("construction vtable for "),
                    ParseType(),
                    new NameNode("-in-"),
                    derived
                );
            case 'h':
                SkipCallOffset('h');
                return Prefixed("non-virtual thunk to ", ParseEncoding(isTopLevel: false));
            case 'v':
                SkipCallOffset('v');
                return Prefixed("virtual thunk to ", ParseEncoding(isTopLevel: false));
            case 'c':
                SkipCallOffset(Next());
                SkipCallOffset(Next());
                return Prefixed("covariant return thunk to ", ParseEncoding(isTopLevel: false));
            default:
                throw new DemanglingException();
        }
    }

    private static SequenceNode Prefixed(string prefix, Node node) => new(new NameNode(prefix), node);

    private void SkipCallOffset(char kind)
    {
        ParseNumber();
        Expect("_");
        if (kind == 'v')
        {
            ParseNumber();
            Expect("_");
        }
        else if (kind != 'h')
        {
            throw new DemanglingException();
        }
    }

    private Node ParseName(NameState state)
    {
        Enter();
        Node name;
        switch (Peek())
        {
            case 'N':
                name = ParseNestedName(state);
                break;
            case 'Z':
                name = ParseLocalName(state);
                break;
            case 'S' when Peek(1) != 't':
                name = ParseSubstitution();
                if (Peek() != 'I')
                {
                    throw new DemanglingException();
                }

                name = ParseTemplate(name, state);
                break;
            default:
                name = ParseUnscopedName(state);
                if (Peek() == 'I')
                {
                    substitutions.Add(name);
                    name = ParseTemplate(name, state);
                }

                break;
        }

        depth--;
        return name;
    }

    private TemplateNode ParseTemplate(Node name, NameState state)
    {
        var arguments = ParseTemplateArguments(state.IsFunction);
        state.EndsWithTemplateArguments = true;
        return new TemplateNode(name, arguments);
    }

    private Node ParseUnscopedName(NameState state) =>
        Take("St") ? new NestedNode(Std, ParseUnqualifiedName(state, null)) : ParseUnqualifiedName(state, null);

    private Node ParseNestedName(NameState state)
    {
        Expect("N");
        state.Qualifiers = ParseQualifiers();
        if (Take('R'))
        {
            state.Qualifiers |= Qualifiers.LvalueReference;
        }
        else if (Take('O'))
        {
            state.Qualifiers |= Qualifiers.RvalueReference;
        }

        Node? soFar = null;
        while (!Take('E'))
        {
            var isSubstitution = false;
            state.EndsWithTemplateArguments = false;
            switch (Peek())
            {
                case 'S' when Take("St"):
                    soFar = soFar is null ? Std : throw new DemanglingException();
                    isSubstitution = true;
                    break;
                case 'S':
                    soFar = soFar is null ? ParseSubstitution() : throw new DemanglingException();
                    isSubstitution = true;
                    break;
                case 'T':
                    soFar = soFar is null ? ParseTemplateParameter() : throw new DemanglingException();
                    break;
                case 'I':
                    soFar = ParseTemplate(soFar ?? throw new DemanglingException(), state);
                    break;
                case 'D' when Peek(1) is 't' or 'T':
                    soFar = soFar is null ? ParseDecltype() : throw new DemanglingException();
                    break;
                case 'M':
                    position++; // the member whose initializer this lambda is in
                    continue;
                default:
                    var name = ParseUnqualifiedName(state, soFar);
                    soFar = soFar is null ? name : new NestedNode(soFar, name);
                    break;
            }

            if (!isSubstitution)
            {
                substitutions.Add(soFar);
            }
        }

        if (soFar is null || substitutions.Count == 0)
        {
            throw new DemanglingException();
        }

        // The whole name is not a prefix of itself; where it names a type, the type adds it.
        substitutions.RemoveAt(substitutions.Count - 1);
        return soFar;
    }

    private LocalNode ParseLocalName(NameState state)
    {
        Expect("Z");
        var function = ParseEncoding(isTopLevel: false);
        Expect("E");
        if (Take('s'))
        {
            SkipDiscriminator();
            return new LocalNode(function, new NameNode("string literal"));
        }

        if (Take('d'))
        {
            var number = Peek() == '_' ? 0 : ParseNumber() + 1;
            Expect("_");
            return new LocalNode(
                function,
                new NestedNode(new NameNode($"{{default arg#{number + 1}}}"), ParseName(state))
            );
        }

        var name = ParseName(state);
        SkipDiscriminator();
        return new LocalNode(function, name);
    }

    private void SkipDiscriminator()
    {
        if (Peek() != '_')
        {
            return;
        }

        if (Peek(1) == '_')
        {
            position += 2;
            SkipDigits();
            Expect("_");
        }
        else if (char.IsAsciiDigit(Peek(1)))
        {
            position += 2;
        }
    }
}
