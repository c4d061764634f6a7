using Tidemark.Formats.Clr;

namespace Tidemark.Formats.Tests.Clr;

public class ClrTypeNameTests
{
    [Theory]
    [InlineData("System.String", "System.String")]
    [InlineData("System.Byte[]", "System.Byte[]")]
    [InlineData("System.Int32[,][]", "System.Int32[,][]")]
    [InlineData("System.Collections.Generic.List`1[Acme.Session]", "System.Collections.Generic.List<Acme.Session>")]
    [InlineData(
        "System.Collections.Generic.Dictionary`2+Entry[System.String,System.Collections.Generic.List`1[Acme.A+B]][]",
        "System.Collections.Generic.Dictionary<System.String, System.Collections.Generic.List<Acme.A+B>>+Entry[]"
    )]
    [InlineData("Entry[System.String,Acme.Session][]", "Entry<System.String, Acme.Session>[]")]
    [InlineData("Outer`1+Inner`1[A,B]", "Outer<A>+Inner<B>")]
    [InlineData("Acme.Worker+<Run>d__5", "Acme.Worker+<Run>d__5")]
    [InlineData("odd[", "odd[")]
    [InlineData("", "")]
    public void The_runtimes_names_are_written_as_in_source(string runtime, string source)
    {
        var name = ClrTypeName.Parse(runtime);

        name.ToString().ShouldBe(source);
        name.ToRuntimeString().ShouldBe(runtime);
    }

    [Fact]
    public void Deep_nesting_is_kept_whole_rather_than_followed()
    {
        var name = string.Concat(Enumerable.Repeat("A`1[", 100_000)) + "B" + new string(']', 100_000);

        ClrTypeName.Parse(name).Definition.ShouldBe(name);
    }

    [Fact]
    public void Type_parameters_are_replaced_and_found_again()
    {
        var open = ClrTypeName.Parse("System.Collections.Generic.Dictionary`2[!1,!0[]]");
        var closed = open.Substitute([ClrTypeName.Parse("Acme.A"), ClrTypeName.Parse("Acme.B[]")]);
        var arguments = new Dictionary<int, ClrTypeName>();

        closed.ToString().ShouldBe("System.Collections.Generic.Dictionary<Acme.B[], Acme.A[]>");
        open.TryUnify(closed, arguments).ShouldBeTrue();
        arguments[0].ToString().ShouldBe("Acme.A");
        arguments[1].ToString().ShouldBe("Acme.B[]");
    }
}
