using System.Text;

namespace Tidemark.Symbols.Demangling;

/// <summary>Shortens names that somebody else has demangled.</summary>
public static class SourceName
{
    private const string AnonymousNamespace = "(anonymous namespace)";
    private const string Operator = "operator";

    /// <summary>The name without parameters, return type and template arguments: <c>shop::Registry::add</c> for <c>void shop::Registry&lt;int&gt;::add(int) const</c>.</summary>
    public static string Shorten(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.AsSpan().IndexOfAny('<', '(') < 0)
        {
            return name;
        }

        // What the compiler appended to a clone of the function: "foo(int) [clone .isra.0]"
        var clone = name.IndexOf(" [clone ", StringComparison.Ordinal);
        name = clone < 0 ? name : name[..clone];
        var result = new StringBuilder(name.Length);
        var depth = 0;
        for (var i = 0; i < name.Length; i++)
        {
            var text = name.AsSpan(i);
            if (depth == 0 && text.StartsWith(AnonymousNamespace))
            {
                result.Append("(anonymous_namespace)"); // without a space, which would look like a return type's end
                i += AnonymousNamespace.Length - 1;
            }
            else if (depth == 0 && text.StartsWith(Operator) && OperatorLength(text) is var length and > 0)
            {
                result.Append(text[..length]);
                i += length - 1;
            }
            else if (name[i] is '<' or '(')
            {
                depth++;
            }
            else if (name[i] is '>' or ')' && depth > 0)
            {
                // An arrow inside of a template argument closes nothing.
                depth -= name[i] == '>' && i > 0 && name[i - 1] == '-' ? 0 : 1;
            }
            else if (depth == 0)
            {
                result.Append(name[i]);
            }
        }

        return WithoutReturnType(result.ToString())
            .Replace("(anonymous_namespace)", AnonymousNamespace, StringComparison.Ordinal);
    }

    /// <summary>The length of an operator's name that has brackets of its own, 0 where it has none.</summary>
    private static int OperatorLength(ReadOnlySpan<char> text)
    {
        foreach (
            var mark in (ReadOnlySpan<string>)["()", "<<=", ">>=", "<=>", "->*", "<<", ">>", "<=", ">=", "->", "<", ">"]
        )
        {
            if (text[Operator.Length..].StartsWith(mark))
            {
                return Operator.Length + mark.Length;
            }
        }

        return 0;
    }

    private static string WithoutReturnType(string name)
    {
        foreach (var suffix in (ReadOnlySpan<string>)[" const", " volatile", " &", " &&", " noexcept"])
        {
            name = name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;
        }

        // "operator new" and conversions have spaces of their own.
        var end = name.IndexOf("operator ", StringComparison.Ordinal);
        var space = (end < 0 ? name : name[..end]).LastIndexOf(' ');
        return name[(space + 1)..];
    }
}
