using Tidemark.Formats.MallocInfo;
using Tidemark.Runtimes.Native;

namespace Tidemark.Runtimes.Tests.Native;

public class KernelProbesTests
{
    private const ulong Everything = ulong.MaxValue;
    private const ulong ProbesOnly = (1UL << 38) | (1UL << 39);

    [Theory]
    [InlineData(false, Everything, true, true, true, "apt install bpftrace")]
    [InlineData(true, 1UL << 38, true, true, true, "CAP_BPF and CAP_PERFMON")]
    [InlineData(true, Everything, false, true, true, "numbers of the host")]
    [InlineData(true, Everything, true, false, true, "CONFIG_UPROBE_EVENTS")]
    [InlineData(true, ProbesOnly, true, true, false, "stripped")]
    [InlineData(true, ProbesOnly, true, true, true, null)]
    public void Why_the_kernel_cannot_be_asked_is_said(
        bool isInstalled,
        ulong capabilities,
        bool isOnHost,
        bool hasUprobes,
        bool isNamed,
        string? said
    )
    {
        var why = KernelProbes.WhyNot(isInstalled, capabilities, isOnHost, hasUprobes, isNamed);

        (why is null).ShouldBe(said is null);
        (why ?? "").ShouldContain(said ?? "");
    }

    [Fact]
    public void Samples_stand_for_what_was_not_written_down_until_they_are_released()
    {
        var samples = new KernelSamples();
        foreach (
            var line in """
                Attaching 5 probes...
                + 7f00 100

                	40163c store+38 (/srv/app)
                	0x40165b request+9 (/srv/app)

                + 7f80 400000
                	40163c store+38 (/srv/app)
                	40165b request+9 (/srv/app)

                + 8000 100
                	40199c other+38 (/srv/app)

                = 12
                - 8000
                = 3000
                = 40
                - 9000
                + 9000 50
                """.Split('\n')
        )
        {
            samples.Add(line);
        }

        var rows = samples.ToRows(1000);

        samples.MostCallsASecond.ShouldBe(12_000);
        rows.Count.ShouldBe(2);
        rows[0].Stack.ShouldBe([0x40163bUL, 0x40165bUL]);
        // One of 100 bytes was seen with the odds 1 to 10, one larger than the period for certain.
        (rows[0].LiveObjects, rows[0].LiveBytes).ShouldBe((11, 401_000));
        (rows[1].LiveObjects, rows[1].Objects, rows[1].Bytes).ShouldBe((0, 10, 1000));
    }

    [Fact]
    public void What_is_free_is_divided_by_what_can_give_it_back()
    {
        var info = new MallocInfo(
            [
                new MallocArena(0, 50 << 20, [new FreeBlocks(MallocInfoReader.Top, 1, 10 << 20)]),
                new MallocArena(1, 100 << 20, [new FreeBlocks("free 33-48 B", 1_000_000, 40 << 20)]),
                new MallocArena(2, 100 << 20, [new FreeBlocks("free unsorted 64 B", 500_000, 30 << 20)]),
            ],
            0,
            0
        );

        var division = GlibcArenas.Divide(info);

        division.Select(d => d.Value).ShouldBe([80 << 20, 10 << 20, 70 << 20]);
        division[0].Remedy.ShouldNotBeNull().Action.ShouldContain("MALLOC_ARENA_MAX");
        division[1].Remedy.ShouldBeNull("an eighth at the ends is not what is wrong here");
        division[2].Finding.ShouldContain("1500000 holes");
        division[2].Remedy.ShouldNotBeNull().Action.ShouldContain("pool");
        GlibcArenas.Divide(new MallocInfo([], 0, 0)).ShouldBeEmpty();
    }
}
