using System.Globalization;
using System.Text;

namespace Tidemark.Symbols.Demangling;

/// <summary>Where a demangled name is printed to: bounded, because back references can make a short symbol name gigabytes.</summary>
internal sealed class NameWriter(bool parameters, bool templates)
{
    /// <summary>Longer names are refused; the mangled one is shown instead.</summary>
    public const int Limit = 1 << 16;

    // Empty packs print nothing however often they are visited: the length alone would not end it.
    private const int StepLimit = 1 << 20;

    private readonly StringBuilder text = new();
    private int depth;
    private int steps;

    /// <summary>False leaves out what stands between the function's name and its end: parameters and return type.</summary>
    public bool Parameters { get; } = parameters;

    /// <summary>False leaves out template arguments.</summary>
    public bool Templates { get; set; } = templates;

    /// <summary>Which element of the parameter packs is being printed, -1 outside of an expansion.</summary>
    public int PackIndex { get; set; } = -1;

    public int Length
    {
        get => text.Length;
        set => text.Length = value;
    }

    public char Last => text.Length == 0 ? '\0' : text[^1];

    public void Add(string part)
    {
        text.Append(part);
        if (text.Length > Limit)
        {
            throw new DemanglingException();
        }
    }

    public void Left(Node node)
    {
        Enter();
        node.PrintLeft(this);
        depth--;
    }

    public void Right(Node node)
    {
        Enter();
        node.PrintRight(this);
        depth--;
    }

    public void Print(Node node)
    {
        Left(node);
        Right(node);
    }

    /// <summary>Nodes with commas between them; an empty pack leaves no comma behind.</summary>
    public void Join(IReadOnlyList<Node> nodes)
    {
        var isFirst = true;
        foreach (var node in nodes)
        {
            var before = Length;
            if (!isFirst)
            {
                Add(", ");
            }

            var start = Length;
            Print(node);
            if (Length == start)
            {
                Length = before;
            }
            else
            {
                isFirst = false;
            }
        }
    }

    public override string ToString() => text.ToString();

    private void Enter()
    {
        if (++depth > ItaniumParser.DepthLimit || ++steps > StepLimit)
        {
            throw new DemanglingException();
        }
    }
}

/// <summary>The symbol does not follow the grammar, or goes past a limit.</summary>
internal sealed class DemanglingException : Exception;

/// <summary>A part of a demangled name. What belongs behind a declarator, such as a function's parameters, is printed apart as the right half.</summary>
/// <param name="packSize">How many elements the packs in here have, -1 where there is none; kept, because shared parts make counting them anew exponential.</param>
internal abstract class Node(int packSize = -1)
{
    public abstract void PrintLeft(NameWriter to);

    public virtual void PrintRight(NameWriter to) { }

    /// <summary>The node that decides how a pointer to this one is written: template parameters and packs look through.</summary>
    public virtual Node Resolve(NameWriter to) => this;

    /// <summary>The qualifiers that this type has already: template arguments may bring them, and they are not written twice.</summary>
    public virtual Qualifiers QualifiersOf(NameWriter to) => Qualifiers.None;

    /// <summary>The name that constructors and destructors of this class carry.</summary>
    public virtual Node BaseName => this;

    public virtual int PackSize => packSize;
}

internal sealed class NameNode(string text, string? baseName = null) : Node
{
    public string Text { get; } = text;

    public override Node BaseName => baseName is null ? this : new NameNode(baseName);

    public override void PrintLeft(NameWriter to) => to.Add(Text);
}

/// <summary>Things one after the other, such as <c>vtable for </c> and a name.</summary>
internal sealed class SequenceNode(params Node[] parts) : Node(Packs.Size(parts))
{
    public override void PrintLeft(NameWriter to)
    {
        foreach (var part in parts)
        {
            to.Print(part);
        }
    }
}

internal sealed class ListNode(string open, IReadOnlyList<Node> items, string close) : Node(Packs.Size(items))
{
    public override void PrintLeft(NameWriter to)
    {
        to.Add(open);
        to.Join(items);
        to.Add(close);
    }
}

internal sealed class NestedNode(Node scope, Node name) : Node(Packs.Size([scope, name]))
{
    public bool EndsWithTemplate => name is TemplateNode;

    public override Node BaseName => name.BaseName;

    public override void PrintLeft(NameWriter to)
    {
        to.Print(scope);
        to.Add("::");
        to.Print(name);
    }
}

internal sealed class TemplateNode(Node name, IReadOnlyList<Node> arguments) : Node(Packs.Size([name, .. arguments]))
{
    public override Node BaseName => name.BaseName;

    public override void PrintLeft(NameWriter to)
    {
        to.Print(name);
        if (!to.Templates)
        {
            return;
        }

        if (to.Last == '<')
        {
            to.Add(" "); // operator< <int>
        }

        to.Add("<");
        to.Join(arguments);
        to.Add(to.Last == '>' ? " >" : ">");
    }
}

/// <summary>An ABI tag behind a name: <c>[abi:cxx11]</c>.</summary>
internal sealed class TaggedNode(Node name, string tag) : Node
{
    public override Node BaseName => name.BaseName;

    public override void PrintLeft(NameWriter to)
    {
        to.Print(name);
        to.Add($"[abi:{tag}]");
    }
}

internal sealed class ConstructorNode(Node owner, bool isDestructor) : Node
{
    public override void PrintLeft(NameWriter to)
    {
        if (isDestructor)
        {
            to.Add("~");
        }

        to.Print(owner.BaseName);
    }
}

/// <summary>A name inside of a function.</summary>
internal sealed class LocalNode(Node function, Node name) : Node(Packs.Size([function, name]))
{
    public override Node BaseName => name.BaseName;

    public override void PrintLeft(NameWriter to)
    {
        to.Print(function);
        to.Add("::");
        to.Print(name);
    }
}

/// <summary>A lambda's type.</summary>
internal sealed class LambdaNode(IReadOnlyList<Node> parameters, int number) : Node
{
    public override void PrintLeft(NameWriter to)
    {
        to.Add("{lambda(");
        if (to.Parameters)
        {
            to.Join(parameters);
        }

        to.Add(string.Create(CultureInfo.InvariantCulture, $")#{number}}}"));
    }
}

/// <summary>A conversion operator; its type may name template arguments that follow later in the symbol.</summary>
internal sealed class ConversionNode(Node type) : Node
{
    public override void PrintLeft(NameWriter to)
    {
        to.Add("operator ");
        to.Print(type);
    }
}

/// <summary>A function with its parameters, and its return type where the symbol has it.</summary>
internal sealed class FunctionNode(Node? result, Node name, IReadOnlyList<Node> parameters, Qualifiers qualifiers)
    : Node
{
    public Node Name => name;

    public bool HasResult => result is not null;

    public override Node BaseName => name.BaseName;

    public override void PrintLeft(NameWriter to)
    {
        if (!to.Parameters)
        {
            to.Print(name);
            return;
        }

        if (result is not null)
        {
            to.Left(result);
            if (result.Resolve(to) is not (ArrayNode or FunctionTypeNode))
            {
                to.Add(" ");
            }
        }

        to.Print(name);
        to.Add("(");
        to.Join(parameters);
        to.Add(")");
        if (result is not null)
        {
            to.Right(result);
        }

        qualifiers.Print(to);
    }
}

/// <summary>A pack as it was given: all of its elements.</summary>
internal sealed class ArgumentPackNode(IReadOnlyList<Node> elements) : Node
{
    public IReadOnlyList<Node> Elements => elements;

    public override void PrintLeft(NameWriter to) => to.Join(elements);
}

/// <summary>The elements of a parameter pack: inside of an expansion one of them, outside all of them.</summary>
internal sealed class PackNode(IReadOnlyList<Node> elements) : Node(elements.Count)
{
    public override Node Resolve(NameWriter to) => Current(to)?.Resolve(to) ?? this;

    public override Qualifiers QualifiersOf(NameWriter to) => Current(to)?.QualifiersOf(to) ?? Qualifiers.None;

    public override void PrintLeft(NameWriter to)
    {
        if (to.PackIndex < 0)
        {
            to.Join(elements);
        }
        else if (Current(to) is { } element)
        {
            to.Left(element);
        }
    }

    public override void PrintRight(NameWriter to)
    {
        if (Current(to) is { } element)
        {
            to.Right(element);
        }
    }

    private Node? Current(NameWriter to) => (uint)to.PackIndex < (uint)elements.Count ? elements[to.PackIndex] : null;
}

/// <summary>Prints its pattern once an element of the packs that it names.</summary>
internal sealed class ExpansionNode(Node pattern) : Node
{
    public override void PrintLeft(NameWriter to)
    {
        var size = pattern.PackSize;
        if (size < 0)
        {
            to.Print(pattern);
            to.Add("...");
            return;
        }

        var outer = to.PackIndex;
        for (var i = 0; i < size; i++)
        {
            if (i > 0)
            {
                to.Add(", ");
            }

            to.PackIndex = i;
            to.Print(pattern);
        }

        to.PackIndex = outer;
    }
}

internal static class Packs
{
    public static int Size(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            if (node.PackSize is var size and >= 0)
            {
                return size;
            }
        }

        return -1;
    }
}

/// <summary>A template parameter that is named before its argument was read.</summary>
internal sealed class ForwardNode(int index) : Node
{
    private Node? target;
    private bool isPrinting;

    public int Index => index;

    public void Bind(Node node) => target = node;

    public override int PackSize => target is null or ForwardNode ? -1 : target.PackSize;

    public override Node Resolve(NameWriter to) => target is null or ForwardNode ? this : target.Resolve(to);

    public override void PrintLeft(NameWriter to) => Guarded(to, to.Left);

    public override void PrintRight(NameWriter to) => Guarded(to, to.Right);

    private void Guarded(NameWriter to, Action<Node> print)
    {
        // A parameter whose argument names the parameter again would never end.
        if (target is null || isPrinting)
        {
            throw new DemanglingException();
        }

        isPrinting = true;
        print(target);
        isPrinting = false;
    }
}
