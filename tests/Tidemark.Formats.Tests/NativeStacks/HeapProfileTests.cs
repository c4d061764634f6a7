using Tidemark.Core.Allocation;
using Tidemark.Formats.Jemalloc;
using Tidemark.Formats.Tcmalloc;

namespace Tidemark.Formats.Tests.NativeStacks;

public sealed class HeapProfileTests : IDisposable
{
    internal const string Jemalloc = """
        heap_v2/524288
          t*: 3: 3145744 [0: 0]
          t0: 3: 3145744 [0: 0]
        @ 0x1001 0x2001 0x3001
          t*: 2: 3145728 [0: 0]
          t0: 2: 3145728 [0: 0]
        @ 0x1001 0x2101
          t*: 1: 16 [0: 0]
          t0: 1: 16 [0: 0]

        MAPPED_LIBRARIES:
        00001000-00004000 r-xp 00000000 fe:00 1   /no/such/program
        """;

    internal const string Tcmalloc = """
        heap profile:      3:     3072 [     5:     4096] @ heapprofile
             2:     2048 [     4:     3072] @ 0x1001 0x2001
             1:     1024 [     1:     1024] @ 0x9001

        MAPPED_LIBRARIES:
        00001000-00004000 r-xp 00000000 fe:00 1   /no/such/program
        """;

    private readonly TextDump dump = new();

    public void Dispose() => dump.Dispose();

    [Fact]
    public void A_sampled_profile_stands_for_the_whole_heap()
    {
        var snapshot = dump.Read(Jemalloc);

        snapshot.Format.ShouldBe("jemalloc");
        // 1.5 MiB at a period of 512 KiB are seen with the odds 1 - exp(-3); 16 bytes with 16 / 524288.
        TextDump
            .Rows(snapshot.Profile)
            .ShouldBe([
                "program+0x1;program+0x1000;program+0x2000 = 2 3310551",
                "program+0x1;program+0x1100 = 32769 524296",
            ]);
        snapshot.Profile.Header.Period.ShouldBe(524288);
        snapshot.Warnings.ShouldHaveSingleItem().ShouldContain("/no/such/program");
    }

    [Fact]
    public void A_profile_of_all_allocations_is_taken_as_it_is_with_both_pairs_of_columns()
    {
        var snapshot = dump.Read(Tcmalloc);

        snapshot.Format.ShouldBe("tcmalloc");
        snapshot.Profile.SampleTypes.ShouldBe([
            SampleType.InUseObjects,
            SampleType.InUseSpace,
            SampleType.AllocObjects,
            SampleType.AllocSpace,
        ]);
        TextDump
            .Rows(snapshot.Profile)
            .ShouldBe(["program+0x1;program+0x1000 = 2 2048 4 3072", "0x9001 = 1 1024 1 1024"]);
    }

    [Theory]
    [InlineData("heap_v2/1048576", 1025, 1049088)]
    [InlineData("heap/2097152", 1024, 1048576)]
    [InlineData("growth", 1, 1024)]
    public void The_kind_of_a_tcmalloc_profile_says_what_a_sample_stands_for(string kind, long objects, long bytes)
    {
        var text = $"heap profile: 1: 1024 [ 1: 1024] @ {kind}\n 1: 1024 [ 1: 1024] @ 0x1001\n";

        // Go writes "heap/" too, and is asked first: the format itself is asked here.
        File.WriteAllText(dump.Path, text);
        var profile = ((ProfileSnapshot)new TcmallocFormat().Read(DumpFile.Open(dump.Path), ReadContext.Quiet)).Profile;

        // 1 / (1 - exp(-1 / 1024)) is 1024.5
        profile.Values(0)[0].ShouldBe(objects);
        profile.Values(1)[0].ShouldBe(bytes);
    }

    [Theory]
    [InlineData("heap_v2/\n", "sampling period")]
    [InlineData("heap_v2/0\n", "sampling period")]
    [InlineData("heap_v2/1x\n", "sampling period")]
    [InlineData("heap_v2/1\n@ 0x10 0xzz\n t*: 1: 1 [0: 0]\n", "hexadecimal")]
    [InlineData("heap_v2/1\n@ 0x10\n t*: 1: -1 [0: 0]\n", "count: bytes")]
    [InlineData("heap_v2/1\n@ 0x10\n t*: 99999999999999999999: 1 [0: 0]\n", "count: bytes")]
    [InlineData("heap_v2/1\nwhat is this\n", "what is this")]
    [InlineData("heap profile: 1 1 [1: 1]\n", "heap profile: count")]
    [InlineData("heap profile: 1: 1 [1: 1] @ heapprofile\n1: 1 [1: 1] 0x10\n", "\"@\"")]
    [InlineData("heap profile: 1: 1 [1: 1] @ heapprofile\nx: 1 [1: 1] @ 0x10\n", "x: 1 [1: 1]")]
    public void What_does_not_fit_is_named_with_its_place(string text, string named) =>
        Should.Throw<MalformedDumpException>(() => dump.Read(text)).Message.ShouldContain(named);

    [Fact]
    public void A_stack_without_end_is_refused()
    {
        var text = "heap_v2/1\n@" + string.Concat(Enumerable.Repeat(" 0x10", 20000)) + "\n t*: 1: 1 [0: 0]\n";

        Should.Throw<MalformedDumpException>(() => dump.Read(text)).Message.ShouldContain("16384 addresses");
    }

    [Fact]
    public void Damage_of_any_kind_is_told_in_one_line()
    {
        dump.SurvivesDamage(new JemallocFormat(), Jemalloc);
        dump.SurvivesDamage(new TcmallocFormat(), Tcmalloc);
    }
}
