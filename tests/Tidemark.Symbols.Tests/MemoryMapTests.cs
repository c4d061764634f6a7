namespace Tidemark.Symbols.Tests;

public class MemoryMapTests
{
    [Fact]
    public void A_line_of_the_kernel_is_read_with_spaces_in_the_path()
    {
        var mapping = Mapping
            .Parse("7f00a0000000-7f00a0021000 r-xp 00002000 fe:01 1234    /opt/my app/lib.so (deleted)")
            .ShouldNotBeNull();

        mapping.ShouldBe(new Mapping(0x7f00a0000000, 0x7f00a0021000, "r-xp", 0x2000, "/opt/my app/lib.so"));
        mapping.IsExecutable.ShouldBeTrue();
        mapping.IsFile.ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("MAPPED_LIBRARIES:")]
    [InlineData("zz-10 r-xp 0 0:0 0")]
    [InlineData("20-10 r-xp 0 0:0 0")]
    [InlineData("10-20 rxp 0 0:0 0")]
    public void Another_line_is_none(string line) => Mapping.Parse(line).ShouldBeNull();

    [Fact]
    public void This_very_program_is_mapped_where_its_functions_are()
    {
        var map = MemoryMap.Parse(File.ReadLines("/proc/self/maps"));
        var libc = map.Mappings.First(m => m.IsExecutable && m.Path.Contains("/libc.so", StringComparison.Ordinal));
        using var symboliser = new Symboliser(map);
        using var symbols = ObjectSymbols.Open(libc.Path).ShouldNotBeNull();
        var malloc = symbols.Functions.Find("malloc").ShouldNotBeNull();
        var offset = symbols.Elf.OffsetOf(malloc.Address).ShouldNotBeNull();

        var frames = symboliser.Resolve(libc.Start + offset - libc.Offset);

        frames[^1].Function.ShouldEndWith("malloc");
        map.IndexOf(0x10).ShouldBe(-1);
    }
}
