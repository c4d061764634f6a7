namespace Tidemark.Symbols.Demangling;

// What a name consists of: identifiers, constructors, lambdas, and what was named before.
internal sealed partial class ItaniumParser
{
    private Node ParseUnqualifiedName(NameState state, Node? scope)
    {
        Take('L'); // internal linkage: no part of the name
        Node name;
        var first = Peek();
        if (char.IsAsciiDigit(first))
        {
            name = ParseSourceName();
        }
        else if (first == 'U')
        {
            name = ParseUnnamedType();
        }
        else if (first == 'D' && Peek(1) == 'C')
        {
            position += 2;
            List<Node> bindings = [];
            while (!Take('E'))
            {
                bindings.Add(ParseSourceName());
            }

            name = new ListNode("[", bindings, "]");
        }
        else if (first is 'C' or 'D' && scope is not null)
        {
            name = ParseConstructor(scope);
            state.HasNoReturnType = true;
        }
        else
        {
            name = ParseOperatorName(state);
        }

        while (Peek() == 'B')
        {
            position++;
            name = new TaggedNode(name, ParseIdentifier());
        }

        return name;
    }

    private ConstructorNode ParseConstructor(Node scope)
    {
        var kind = Next();
        if (kind == 'C' && Take('I'))
        {
            Next();
            // An inherited constructor is called after the base class that it comes from.
            return new ConstructorNode(ParseName(new NameState()), isDestructor: false);
        }

        if (!char.IsAsciiDigit(Next()))
        {
            throw new DemanglingException();
        }

        return new ConstructorNode(scope, isDestructor: kind == 'D');
    }

    private NameNode ParseSourceName()
    {
        var identifier = ParseIdentifier();
        return new NameNode(
            identifier.StartsWith("_GLOBAL_", StringComparison.Ordinal)
            && identifier is [_, _, _, _, _, _, _, _, _, 'N', ..]
                ? "(anonymous namespace)"
                : identifier
        );
    }

    private string ParseIdentifier()
    {
        var length = ParseNumber();
        if (length <= 0 || length > symbol.Length - position)
        {
            throw new DemanglingException();
        }

        var identifier = symbol.Substring(position, length);
        position += length;
        return identifier;
    }

    private Node ParseUnnamedType()
    {
        Expect("U");
        if (Take('t'))
        {
            return new NameNode($"{{unnamed type#{ParseOrdinal()}}}");
        }

        Expect("l");
        // In a generic lambda's signature T_ means its own auto parameters, not the arguments around it.
        lambdaDepth++;
        List<Node> parameters = [];
        if (Peek() == 'v')
        {
            position++;
        }
        else
        {
            while (Peek() != 'E')
            {
                parameters.Add(ParseType());
            }
        }

        Expect("E");
        lambdaDepth--;
        return new LambdaNode(parameters, ParseOrdinal());
    }

    /// <summary>A discriminator that counts from "_" for 1 and "0_" for 2.</summary>
    private int ParseOrdinal()
    {
        var number = Peek() == '_' ? 1 : ParseNumber() + 2;
        Expect("_");
        return number;
    }

    private Node ParseSubstitution()
    {
        Expect("S");
        switch (Peek())
        {
            case 'a':
                return Special("std::allocator", "allocator");
            case 'b':
                return Special("std::basic_string", "basic_string");
            case 's':
                // A constructor or destructor names the class in full.
                return Special(
                    Peek(1) is 'C' or 'D'
                        ? "std::basic_string<char, std::char_traits<char>, std::allocator<char> >"
                        : "std::string",
                    "basic_string"
                );
            case 'i':
                return Special("std::istream", "basic_istream");
            case 'o':
                return Special("std::ostream", "basic_ostream");
            case 'd':
                return Special("std::iostream", "basic_iostream");
        }

        var index = Peek() == '_' ? 0 : ParseBase36() + 1;
        Expect("_");
        return index < substitutions.Count ? substitutions[index] : throw new DemanglingException();

        Node Special(string name, string baseName)
        {
            position++;
            Node node = new NameNode(name, baseName);
            while (Peek() == 'B')
            {
                position++;
                node = new TaggedNode(node, ParseIdentifier());
                substitutions.Add(node);
            }

            return node;
        }
    }
}
