using Tidemark.Core.Allocation;
using Tidemark.Formats.NativeStacks;
using Tidemark.Symbols;

namespace Tidemark.Formats.Tests.NativeStacks;

public sealed class AddressStacksTests
{
    // One file that goes by several names, and a library, neither of which can be read.
    private static readonly MemoryMap Map = MemoryMap.Parse([
        "55a000000000-55a000010000 r-xp 00002000 08:01 11 /nowhere/redis-check-rdb",
        "7f0000000000-7f0000010000 r-xp 00001000 08:01 12 /nowhere/libplugin.so",
    ]);

    [Theory]
    [InlineData("redis-server", "redis-server")]
    [InlineData(null, "redis-check-rdb")]
    public void Code_without_names_is_told_by_what_the_program_goes_by(string? name, string told)
    {
        using var symboliser = new Symboliser(Map) { ProgramName = name };
        var stacks = new AddressStacks([SampleType.InUseSpace], new ProfileHeader(), symboliser, 1);

        stacks.Add([0x7f0000000104, 0x55a000000205], [64]);

        var profile = stacks.Build();
        profile
            .Stack(0)
            .ToArray()
            .Select(f => profile.Functions[profile.Frames[f].Function].Name)
            .ShouldBe(["libplugin.so+0x1104", $"{told}+0x2204"]);
    }
}
