namespace Tidemark.Symbols.Dwarf;

/// <summary>One attribute of an abbreviation: what it is, how its value is written, and the value itself where the abbreviation holds it.</summary>
internal readonly record struct AttributeSpecification(Attribute Attribute, Form Form, long Constant);

/// <summary>The shape that many entries share.</summary>
internal sealed record Abbreviation(Tag Tag, bool HasChildren, AttributeSpecification[] Attributes);

/// <summary>A table of <c>.debug_abbrev</c>: codes are dense as a rule.</summary>
internal sealed class Abbreviations
{
    private const ulong DenseLimit = 1 << 20;

    private readonly List<Abbreviation?> byCode = [];

    private Abbreviations() { }

    public static Abbreviations Read(ReadOnlySpan<byte> section, long offset)
    {
        var table = new Abbreviations();
        var reader = new DwarfReader(section, offset);
        List<AttributeSpecification> attributes = [];
        while (reader.Uleb() is var code and not 0)
        {
            if (code > DenseLimit)
            {
                throw new DwarfException($".debug_abbrev at {reader.Position}: code {code}");
            }

            var tag = (Tag)reader.Uleb();
            var hasChildren = reader.U8() != 0;
            attributes.Clear();
            while (true)
            {
                var attribute = (Attribute)reader.Uleb();
                var form = (Form)reader.Uleb();
                var constant = form == Form.ImplicitConstant ? reader.Sleb() : 0;
                if (attribute == 0 && form == 0)
                {
                    break;
                }

                attributes.Add(new AttributeSpecification(attribute, form, constant));
            }

            while ((ulong)table.byCode.Count <= code)
            {
                table.byCode.Add(null);
            }

            table.byCode[(int)code] = new Abbreviation(tag, hasChildren, [.. attributes]);
        }

        return table;
    }

    public Abbreviation this[ulong code] =>
        code < (ulong)byCode.Count && byCode[(int)code] is { } found
            ? found
            : throw new DwarfException($"an entry of the unknown abbreviation {code}");
}
