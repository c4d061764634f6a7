using System.Globalization;
using System.Text;
using Tidemark.Formats.Massif;

namespace Tidemark.Formats.Tests.Massif;

public sealed class MassifTests : IDisposable
{
    internal const string Data = """
        desc: --massif-out-file=m.out
        cmd: ./shop
        time_unit: i
        #-----------
        snapshot=0
        #-----------
        time=0
        mem_heap_B=0
        mem_heap_extra_B=0
        mem_stacks_B=0
        heap_tree=empty
        #-----------
        snapshot=1
        #-----------
        time=100
        mem_heap_B=1000
        mem_heap_extra_B=8
        mem_stacks_B=0
        heap_tree=peak
        n2: 1000 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
         n2: 900 0x1000: Store::put(Item const&) (store.cpp:20)
          n0: 600 0x2000: main (main.cpp:10)
          n1: 200 0x3000: work (main.cpp:30)
           n0: 200 0x3000: std::thread::run() (main.cpp:40)
         n0: 100 in 3 places, all below massif's threshold (1.00%)
        #-----------
        snapshot=2
        #-----------
        time=200
        mem_heap_B=300
        mem_heap_extra_B=8
        mem_stacks_B=0
        heap_tree=detailed
        n1: 300 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
         n0: 300 0x4000: ??? (in /usr/lib/libz.so.1)

        """;

    private readonly TextDump dump = new();

    public void Dispose() => dump.Dispose();

    [Fact]
    public void The_peak_and_the_last_tree_become_stacks_with_what_each_call_holds_on_its_own()
    {
        var profile = dump.Read(Data).Profile;

        TextDump
            .Rows(profile)
            .ShouldBe([
                "Store::put = 100 0",
                "Store::put;main = 600 0",
                "Store::put;work;std::thread::run = 200 0",
                "below massif's threshold = 100 0",
                "[libz.so.1] = 0 300",
            ]);
        profile.Frames.ToArray().Count(f => f.IsInlined).ShouldBe(1);
        profile.Functions[0].File.ShouldBe("store.cpp");
    }

    [Theory]
    [InlineData("n1: 300", "x1: 300", "tree's node")]
    [InlineData("n1: 300", "n-1: 300", "tree's node")]
    [InlineData("heap_tree=peak", "heap_tree=oak", "heap_tree=oak")]
    [InlineData("mem_heap_B=1000", "men_heap_B=1000", "men_heap_B")]
    public void What_does_not_fit_is_named_with_its_place(string written, string damaged, string named) =>
        dump.Refuses(Data, written, damaged, named);

    [Fact]
    public void A_file_cut_inside_of_a_tree_still_shows_the_one_before()
    {
        var snapshot = dump.Read(Data[..Data.IndexOf(" n0: 300", StringComparison.Ordinal)]);

        snapshot.Warnings.ShouldHaveSingleItem().ShouldContain("last snapshot");
        TextDump.Rows(snapshot.Profile).ShouldContain("Store::put;main = 600 600");
    }

    /// <summary>A thousand callers of one call that is 2,000 deep: two million frames, of a small file.</summary>
    [Theory]
    [InlineData(1 << 20, true)]
    [InlineData(1 << 22, false)]
    public void A_deep_tree_with_many_leaves_is_refused_before_it_takes_the_memory(int mostFrames, bool isRefused)
    {
        const int depth = 2000;
        const int leaves = 1000;
        var text = new StringBuilder("desc: x\ncmd: x\ntime_unit: i\nsnapshot=0\ntime=0\nheap_tree=peak\n");
        for (var i = 0; i < depth; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"n{(i < depth - 1 ? 1 : leaves)}: {leaves} 0x{i:x}: f (a.c:1)\n"
            );
        }

        for (var i = 0; i < leaves; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"n0: 1 0x1: g (a.c:{i})\n");
        }

        File.WriteAllText(dump.Path, text.ToString());
        var format = new MassifFormat(new MassifLimits { MaxStackFrames = mostFrames });
        var read = () => format.Read(DumpFile.Open(dump.Path), ReadContext.Quiet);

        if (isRefused)
        {
            Should.Throw<MalformedDumpException>(read).Message.ShouldContain("frames together");
        }
        else
        {
            ((ProfileSnapshot)read()).Profile.StackCount.ShouldBe(leaves);
        }
    }

    [Fact]
    public void Damage_of_any_kind_is_told_in_one_line() => dump.SurvivesDamage(new MassifFormat(), Data);
}
