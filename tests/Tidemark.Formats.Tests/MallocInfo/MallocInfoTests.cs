using System.Text;
using Tidemark.Formats.MallocInfo;

namespace Tidemark.Formats.Tests.MallocInfo;

public sealed class MallocInfoTests : IDisposable
{
    internal const string Data = """
        <malloc version="1">
        <heap nr="0">
        <sizes>
          <size from="33" to="48" total="480" count="10"/>
          <unsorted from="209" to="1009" total="2000" count="4"/>
        </sizes>
        <total type="fast" count="10" size="480"/>
        <total type="rest" count="5" size="5000"/>
        <system type="current" size="135168"/>
        <system type="max" size="135168"/>
        <aspace type="total" size="135168"/>
        <aspace type="mprotect" size="135168"/>
        </heap>
        <total type="fast" count="10" size="480"/>
        <total type="rest" count="5" size="5000"/>
        <total type="mmap" count="2" size="1000000"/>
        <system type="current" size="135168"/>
        </malloc>
        """;

    private readonly TextDump dump = new();

    public void Dispose() => dump.Dispose();

    [Fact]
    public void Each_arena_is_told_apart_into_what_is_free_by_size_and_what_is_in_use() =>
        TextDump
            .Rows(dump.Read(Data).Profile)
            .ShouldBe([
                "free 33-48 B;arena 0 = 10 480 0 480",
                "free unsorted 209-1009 B;arena 0 = 4 2000 0 2000",
                "free at the top;arena 0 = 1 3000 0 3000",
                "in use;arena 0 = 0 0 129688 129688",
                "in use;mapped blocks = 0 0 1000000 1000000",
            ]);

    [Fact]
    public void The_figures_are_those_that_fragmentation_is_judged_by()
    {
        var arena = MallocInfoReader.Read("x", Encoding.UTF8.GetBytes(Data)).Arenas.ShouldHaveSingleItem();

        arena.CommittedBytes.ShouldBe(135168);
        arena.FreeBytes.ShouldBe(5480);
        arena.InUseBytes.ShouldBe(129688);
    }

    [Theory]
    [InlineData("total=\"480\"", "total=\"-480\"", "\"total\" of <size>")]
    [InlineData("nr=\"0\"", "number=\"0\"", "\"nr\" of <heap>")]
    [InlineData("</sizes>", "", "not the XML")]
    [InlineData("total=\"480\"", "total=\"9223372036854775807\"", "more bytes than an address space has")]
    [InlineData("size=\"480\"", "size=\"4611686018427387904\"", "more bytes than an address space has")]
    public void What_does_not_fit_is_named_with_its_place(string written, string damaged, string named) =>
        dump.Refuses(Data, written, damaged, named);

    [Fact]
    public void An_entity_bomb_is_refused()
    {
        var bomb = Data.Insert(0, "<malloc version=\"1\"><!DOCTYPE x [<!ENTITY a \"b\">]>");

        Should.Throw<MalformedDumpException>(() => dump.Read(bomb));
    }

    [Fact]
    public void Damage_of_any_kind_is_told_in_one_line() => dump.SurvivesDamage(new MallocInfoFormat(), Data);
}
