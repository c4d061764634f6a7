using Tidemark.Runtimes.Jvm;

namespace Tidemark.Runtimes.Tests.Jvm;

public sealed class G1RegionsTests(JavaTarget java) : IClassFixture<JavaTarget>
{
    [Fact]
    public void The_table_is_added_up_by_kind()
    {
        const string text = """
            Heap Regions: E=young(eden), S=young(survivor), O=old, HS=humongous(starts), HC=humongous(continues), F=free
            |   0|0x00000000e0000000, 0x00000000e0080000, 0x00000000e0100000| 50%| O|  |TAMS 0x00000000e0000000, 0x00000000e0000000| Complete
            |   1|0x00000000e0100000, 0x00000000e0200000, 0x00000000e0200000|100%| O|  |TAMS 0x00000000e0100000, 0x00000000e0100000| Untracked
            |   2|0x00000000e0200000, 0x00000000e0300000, 0x00000000e0300000|100%|HS|  |TAMS 0x00000000e0200000, 0x00000000e0200000| Complete
            |   3|0x00000000e0300000, 0x00000000e0400000, 0x00000000e0400000|100%|HC|  |TAMS 0x00000000e0300000, 0x00000000e0300000| Complete
            |   4|0x00000000e0400000, 0x00000000e0400000, 0x00000000e0500000|  0%| F|  |TAMS 0x00000000e0400000, 0x00000000e0400000| Untracked
            |   5|0x00000000e0500000, 0x00000000e0600000, 0x00000000e0600000|100%| E|CS|TAMS 0x00000000e0500000, 0x00000000e0500000| Complete
            |   6|0x00000000e0600000, 0x00000000e0500000, 0x00000000e0700000|  9%| O|  |no such region
            """;

        var regions = G1Regions.Parse(text).ShouldNotBeNull();

        regions.Size.ShouldBe(1 << 20);
        regions.Kinds["O"].ShouldBe(new G1Regions.Kind(2, 3 << 19));
        regions.Kinds["F"].ShouldBe(new G1Regions.Kind(1, 0));
        var division = regions.Divide();
        division[0]
            .Finding.ShouldBe(
                "of 6 regions of 1 MiB that G1 has taken 1 are free, 1 young, 2 old and 2 hold humongous objects"
            );
        division[1].Finding.ShouldContain("filled to 75 %");
        division[2].Remedy.ShouldNotBeNull().Action.ShouldStartWith("-XX:G1HeapRegionSize=4m");
        G1Regions.Parse("Shenandoah Heap\n 300M committed").ShouldBeNull();
    }

    [Fact]
    public async Task A_running_jvm_tells_its_regions()
    {
        await using var jvm = await java.StartAsync("-XX:+UseG1GC", "-XX:G1HeapRegionSize=1m");
        await using var session = await new JvmRuntime().AttachAsync(new Target(jvm.Pid, null, "target"), default);

        var division = await session.DivideAsync(default);

        division[0].Finding.ShouldMatch(@"^of \d+ regions of 1 MiB that G1 has taken \d+ are free, \d+ young");
        division[0].Value.ShouldBeInRange(0, 200 << 20);
    }

    [Fact]
    public async Task Another_collector_has_no_regions_to_tell_of()
    {
        await using var jvm = await java.StartAsync("-XX:+UseSerialGC");
        await using var session = await new JvmRuntime().AttachAsync(new Target(jvm.Pid, null, "target"), default);
        (await session.DivideAsync(default)).ShouldBeEmpty();
    }
}
