using System.Text;

namespace Tidemark.Formats.Clr;

/// <summary>A type's name taken apart: <c>System.Collections.Generic.List`1[Acme.Session][]</c> is a definition, its arguments and a suffix.</summary>
/// <param name="Definition">Namespace, enclosing types and name as metadata has them, such as <c>System.Collections.Generic.Dictionary`2+Entry</c>; <c>!0</c> stands for a type parameter.</param>
/// <param name="Arguments">The type arguments, those of the enclosing types first.</param>
/// <param name="Suffix">What follows: <c>[]</c>, <c>[,]</c>, <c>*</c>, several of them, or nothing.</param>
public sealed record ClrTypeName(string Definition, IReadOnlyList<ClrTypeName> Arguments, string Suffix = "")
{
    private const int MaxDepth = 64;

    public bool IsArray => Suffix.EndsWith(']');

    /// <summary>The element's type of an array.</summary>
    public ClrTypeName Element => this with { Suffix = Suffix[..Suffix.LastIndexOf('[')] };

    /// <summary>The type parameter that this stands for, or -1.</summary>
    public int Parameter =>
        Definition is ['!', .. var number] && int.TryParse(number, out var parameter) ? parameter : -1;

    /// <summary>Takes a name apart that the runtime wrote; one that it cannot have written is kept whole.</summary>
    public static ClrTypeName Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var position = 0;
        var parsed = TryParse(name, ref position, 0);
        return parsed is not null && position == name.Length ? parsed : new ClrTypeName(name, []);
    }

    /// <summary>Puts arguments in the place of type parameters.</summary>
    public ClrTypeName Substitute(IReadOnlyList<ClrTypeName> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (Parameter is >= 0 and var parameter)
        {
            return parameter < arguments.Count
                ? arguments[parameter] with
                {
                    Suffix = arguments[parameter].Suffix + Suffix,
                }
                : this;
        }

        return Arguments.Count == 0
            ? this
            : this with
            {
                Arguments = [.. Arguments.Select(a => a.Substitute(arguments))],
            };
    }

    /// <summary>Finds arguments with which this type, written with type parameters, becomes another.</summary>
    /// <param name="actual">The other type.</param>
    /// <param name="arguments">The arguments found; one that this type does not mention stays as it is.</param>
    public bool TryUnify(ClrTypeName actual, Dictionary<int, ClrTypeName> arguments)
    {
        ArgumentNullException.ThrowIfNull(actual);
        ArgumentNullException.ThrowIfNull(arguments);
        if (Parameter is >= 0 and var parameter)
        {
            if (!actual.Suffix.EndsWith(Suffix, StringComparison.Ordinal))
            {
                return false;
            }

            var argument = actual with { Suffix = actual.Suffix[..^Suffix.Length] };
            return arguments.TryAdd(parameter, argument) || arguments[parameter] == argument;
        }

        return Definition == actual.Definition
            && Suffix == actual.Suffix
            && Arguments.Count == actual.Arguments.Count
            && Arguments.Zip(actual.Arguments).All(pair => pair.First.TryUnify(pair.Second, arguments));
    }

    /// <summary>As C# writes it, with namespaces: <c>System.Collections.Generic.Dictionary&lt;System.String, Acme.Session&gt;+Entry[]</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    /// <summary>As the runtime writes it; <see cref="Parse"/> reads it back.</summary>
    public string ToRuntimeString() =>
        Arguments.Count == 0
            ? Definition + Suffix
            : $"{Definition}[{string.Join(',', Arguments.Select(a => a.ToRuntimeString()))}]{Suffix}";

    public bool Equals(ClrTypeName? other) =>
        other is not null
        && Definition == other.Definition
        && Suffix == other.Suffix
        && Arguments.SequenceEqual(other.Arguments);

    public override int GetHashCode() => HashCode.Combine(Definition, Suffix, Arguments.Count);

    private void Write(StringBuilder text)
    {
        var used = 0;
        for (var rest = Definition.AsSpan(); rest.Length > 0; )
        {
            var mark = rest.IndexOf('`');
            if (mark < 0)
            {
                text.Append(rest);
                break;
            }

            text.Append(rest[..mark]);
            rest = rest[(mark + 1)..];
            var digits = rest.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : rest.Length;
            _ = int.TryParse(rest[..digits], out var arity);
            rest = rest[digits..];
            WriteArguments(text, used, Math.Min(used + arity, Arguments.Count));
            used = Math.Min(used + arity, Arguments.Count);
        }

        // A nested type whose enclosing one is not known has arguments, but no mark.
        WriteArguments(text, used, Arguments.Count);
        text.Append(Suffix);
    }

    private void WriteArguments(StringBuilder text, int from, int to)
    {
        if (from >= to)
        {
            return;
        }

        text.Append('<');
        for (var i = from; i < to; i++)
        {
            text.Append(i > from ? ", " : "");
            Arguments[i].Write(text);
        }

        text.Append('>');
    }

    private static ClrTypeName? TryParse(string name, ref int position, int depth)
    {
        var rest = name.AsSpan(position);
        var length = rest.IndexOfAny("[],*&") is >= 0 and var end ? end : rest.Length;
        if (length == 0 || depth > MaxDepth)
        {
            return null;
        }

        position += length;
        var arguments = new List<ClrTypeName>();
        if (position + 1 < name.Length && name[position] == '[' && name[position + 1] is not (']' or ',' or '*'))
        {
            do
            {
                position++;
                if (TryParse(name, ref position, depth + 1) is not { } argument)
                {
                    return null;
                }

                arguments.Add(argument);
            } while (position < name.Length && name[position] == ',');
            if (position >= name.Length || name[position] != ']')
            {
                return null;
            }

            position++;
        }

        var suffix = position;
        while (position < name.Length && name[position] is '[' or '*' or '&')
        {
            if (name[position] == '[')
            {
                position++;
                while (position < name.Length && name[position] is ',' or '*')
                {
                    position++;
                }

                if (position >= name.Length || name[position] != ']')
                {
                    return null;
                }
            }

            position++;
        }

        return new ClrTypeName(rest[..length].ToString(), arguments, name[suffix..position]);
    }
}
