using Tidemark.Formats.Clr;

namespace Tidemark.Formats.Tests.Clr;

public class ClrFieldLayoutTests
{
    [Fact]
    public void Base_fields_come_first_and_structures_last()
    {
        var layouts = Layouts(
            Type("System.Object", null),
            Type("Base", "System.Object", ("b1", "System.String"), ("pair", "Pair"), ("b2", "System.Object")),
            Type("Derived`1", "Base", ("value", "!0"), ("d", "System.String")),
            Structure("Pair", ("left", "System.String"), ("inner", "Inner")),
            Structure("Inner", ("deep", "System.Object"))
        );

        layouts
            .SlotsOf(Name("Derived`1[Pair]"))!
            .Select(s => s.Name)
            .ShouldBe(["b1", "b2", "pair.left", "pair.inner.deep", "d", "value.left", "value.inner.deep"]);
        layouts.SlotsOf(Name("Derived`1[System.Int32]"))!.Select(s => s.Name).Last().ShouldBe("d");
    }

    [Fact]
    public void A_type_that_derives_from_an_unknown_one_has_no_known_fields()
    {
        Layouts(Type("Derived", "Missing", ("d", "System.String"))).SlotsOf(Name("Derived")).ShouldBeNull();
    }

    [Fact]
    public void A_type_that_contains_itself_ends()
    {
        Layouts(Structure("Loop", ("again", "Loop"))).SlotsOf(Name("Loop")).ShouldBeNull();
    }

    [Theory]
    [InlineData("<Items>k__BackingField", "Items")]
    [InlineData("<list>5__2", "list")]
    [InlineData("<>4__this", "this")]
    [InlineData("<>8__1", "<>8__1")]
    [InlineData("items", "items")]
    public void Compiler_made_names_are_those_of_the_source(string field, string source)
    {
        ClrFieldLayouts.SourceName(field).ShouldBe(source);
    }

    [Fact]
    public void The_closest_declared_type_fits_best()
    {
        var layouts = Layouts(
            Type("System.Object", null),
            Type("IThing`1", null),
            Type("Animal", "System.Object"),
            new ClrTypeDefinition("Dog", false, Name("Animal"), [Name("IThing`1[System.String]")], [])
        );
        string[] closestFirst = ["Dog", "Animal", "IThing`1[System.Object]", "System.Object", "Cat"];

        closestFirst.Select(declared => layouts.Fit(Name(declared), Name("Dog"))).ShouldBe([4, 3, 2, 1, 0]);
    }

    [Fact]
    public void Names_survive_being_written_down()
    {
        var metadata = new ClrMetadata
        {
            Definitions = new Dictionary<(ulong, uint), ClrTypeDefinition>
            {
                [(1, 2)] = new("Dog`1", true, Name("Animal"), [Name("IThing`1[!0]")], [new("name", Name("!0[]"))]),
            },
            Statics = new Dictionary<ulong, string> { [5] = "Acme.Dog.All" },
            UnnamedStatics = [new("Acme.Dog`1", "Items", Name("!0[]"), true, false)],
        };

        var copy = ClrMetadata.FromBytes(metadata.ToBytes());

        copy.Definitions[(1, 2)].Fields.ShouldBe(metadata.Definitions[(1, 2)].Fields);
        copy.Definitions[(1, 2)].Base.ShouldBe(Name("Animal"));
        copy.Definitions[(1, 2)].Interfaces.ShouldBe([Name("IThing`1[!0]")]);
        copy.Statics.ShouldBe(metadata.Statics);
        copy.UnnamedStatics.ShouldBe(metadata.UnnamedStatics);
    }

    private static ClrFieldLayouts Layouts(params ClrTypeDefinition[] definitions) =>
        new(new ClrMetadata { Definitions = definitions.Index().ToDictionary(d => (1ul, (uint)d.Index), d => d.Item) });

    private static ClrTypeDefinition Type(string name, string? parent, params (string Name, string Type)[] fields) =>
        new(
            name,
            false,
            parent is null ? null : Name(parent),
            [],
            [.. fields.Select(f => new ClrField(f.Name, Name(f.Type)))]
        );

    private static ClrTypeDefinition Structure(string name, params (string Name, string Type)[] fields) =>
        Type(name, null, fields) with
        {
            IsValueType = true,
        };

    private static ClrTypeName Name(string name) => ClrTypeName.Parse(name);
}
