namespace Tidemark.Symbols.Demangling;

[Flags]
internal enum Qualifiers
{
    None = 0,
    Const = 1,
    Volatile = 2,
    Restrict = 4,
    LvalueReference = 8,
    RvalueReference = 16,
    Noexcept = 32,
    TransactionSafe = 64,
}

internal static class QualifiersText
{
    public static void Print(this Qualifiers qualifiers, NameWriter to)
    {
        Add(Qualifiers.TransactionSafe, " transaction_safe");
        Add(Qualifiers.Noexcept, " noexcept");
        Add(Qualifiers.Restrict, " restrict");
        Add(Qualifiers.Const, " const");
        Add(Qualifiers.Volatile, " volatile");
        Add(Qualifiers.LvalueReference, " &");
        Add(Qualifiers.RvalueReference, " &&");

        void Add(Qualifiers one, string text)
        {
            if (qualifiers.HasFlag(one))
            {
                to.Add(text);
            }
        }
    }
}

internal sealed class QualifiedNode(Node type, Qualifiers qualifiers) : Node(type.PackSize)
{
    public override Node BaseName => type.BaseName;

    public override Node Resolve(NameWriter to) => type.Resolve(to);

    public override Qualifiers QualifiersOf(NameWriter to) => qualifiers | type.QualifiersOf(to);

    public override void PrintLeft(NameWriter to)
    {
        to.Left(type);
        if (type.Resolve(to) is not ReferenceNode)
        {
            (qualifiers & ~type.QualifiersOf(to)).Print(to);
        }
    }

    public override void PrintRight(NameWriter to) => to.Right(type);
}

/// <summary>A vendor's qualifier or <c>_Complex</c> behind a type.</summary>
internal sealed class SuffixedNode(Node type, string suffix) : Node(type.PackSize)
{
    public override void PrintLeft(NameWriter to)
    {
        to.Left(type);
        to.Add(suffix);
    }

    public override void PrintRight(NameWriter to) => to.Right(type);
}

internal sealed class PointerNode(Node to) : Node(to.PackSize)
{
    public override void PrintLeft(NameWriter writer) => Declarator.Left(writer, to, "*");

    public override void PrintRight(NameWriter writer) => Declarator.Right(writer, to);
}

internal sealed class ReferenceNode(Node target, bool isRvalue) : Node(target.PackSize)
{
    public override void PrintLeft(NameWriter to)
    {
        var (inner, rvalue) = Collapse(to);
        Declarator.Left(to, inner, rvalue ? "&&" : "&");
    }

    public override void PrintRight(NameWriter to) => Declarator.Right(to, Collapse(to).Target);

    /// <summary>A reference to a reference, which only template arguments can make, is one: rvalue only if both are.</summary>
    private (Node Target, bool IsRvalue) Collapse(NameWriter to)
    {
        var (inner, rvalue) = (target, isRvalue);
        while (inner.Resolve(to) is ReferenceNode next)
        {
            rvalue &= next.IsRvalue;
            inner = next.Target;
        }

        return (inner, rvalue);
    }

    private Node Target => target;

    private bool IsRvalue => isRvalue;
}

/// <summary>Pointers and references: functions and arrays take them in parentheses.</summary>
internal static class Declarator
{
    public static void Left(NameWriter to, Node target, string mark)
    {
        to.Left(target);
        switch (target.Resolve(to))
        {
            case ArrayNode:
                to.Add(" (");
                break;
            case FunctionTypeNode:
                to.Add("(");
                break;
        }

        to.Add(mark);
    }

    public static void Right(NameWriter to, Node target)
    {
        if (target.Resolve(to) is ArrayNode or FunctionTypeNode)
        {
            to.Add(")");
        }

        to.Right(target);
    }
}

internal sealed class MemberPointerNode(Node owner, Node member) : Node(Packs.Size([owner, member]))
{
    public override void PrintLeft(NameWriter to)
    {
        to.Left(member);
        to.Add(member.Resolve(to) is FunctionTypeNode ? "(" : " ");
        to.Print(owner);
        to.Add("::*");
    }

    public override void PrintRight(NameWriter to)
    {
        if (member.Resolve(to) is FunctionTypeNode)
        {
            to.Add(")");
        }

        to.Right(member);
    }
}

internal sealed class ArrayNode(Node element, Node? dimension) : Node(element.PackSize)
{
    public override Qualifiers QualifiersOf(NameWriter to) => element.QualifiersOf(to);

    public override void PrintLeft(NameWriter to) => to.Left(element);

    public override void PrintRight(NameWriter to)
    {
        to.Add(to.Last == ']' ? "[" : " [");
        if (dimension is not null)
        {
            to.Print(dimension);
        }

        to.Add("]");
        to.Right(element);
    }
}

internal sealed class FunctionTypeNode(Node result, IReadOnlyList<Node> parameters, Qualifiers qualifiers)
    : Node(Packs.Size([result, .. parameters]))
{
    public FunctionTypeNode With(Qualifiers more) => new(result, parameters, qualifiers | more);

    public override void PrintLeft(NameWriter to)
    {
        to.Left(result);
        to.Add(" ");
    }

    public override void PrintRight(NameWriter to)
    {
        to.Add("(");
        to.Join(parameters);
        to.Add(")");
        to.Right(result);
        qualifiers.Print(to);
    }
}
