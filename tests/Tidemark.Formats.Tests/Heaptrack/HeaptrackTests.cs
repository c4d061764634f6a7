using System.IO.Compression;
using System.Text;
using Tidemark.Formats.Heaptrack;

namespace Tidemark.Formats.Tests.Heaptrack;

public sealed class HeaptrackTests : IDisposable
{
    internal const string Data = """
        v 10400 3
        X ./shop --port 80
        I 1000 5e298d
        s 9 /bin/shop
        s 4 main
        s 8 main.cpp
        s 17 Store::put(Item const&)
        s 9 store.cpp
        s 1b operator new(unsigned long)
        i 1000 1 2 3 a
        i 1100 1 4 5 14 2 3 b
        i 1200 1 6
        t 1 0
        t 2 1
        t 3 2
        a 64 3
        a 10 2
        c 0
        + 0
        + 1
        + 1
        - 1
        c 3e8
        R 100
        + 0
        - 0
        - 1
        # strings: 6

        """;

    private readonly TextDump dump = new();

    public void Dispose() => dump.Dispose();

    [Fact]
    public void Calls_temporaries_peak_and_what_is_left_are_counted_in_one_pass()
    {
        var snapshot = dump.Read(Data);

        snapshot.Format.ShouldBe("heaptrack");
        snapshot
            .Profile.SampleTypes.Select(t => t.Name)
            .ShouldBe(["alloc_objects", "temporary_objects", "peak_space", "inuse_objects", "inuse_space"]);
        // The peak is 2 x 100 + 1 x 16 bytes; operator new is no caller, and the second call was put into main.
        TextDump.Rows(snapshot.Profile).ShouldBe(["Store::put;main;main = 4 2 216 1 100"]);
        snapshot.Profile.Header.Duration.ShouldBe(TimeSpan.FromSeconds(1));
        snapshot.Profile.Header.Comments.ShouldBe(["command: ./shop --port 80", "peak resident set: 1048576 bytes"]);
        snapshot.Profile.Functions[0].SystemName.ShouldBe("Store::put(Item const&)");
        snapshot.Profile.Frames[0].IsInlined.ShouldBeTrue();
    }

    [Theory]
    [InlineData("ffffffffffffffff")]
    [InlineData("4000000000000")]
    public void A_time_that_nobody_has_waited_for_is_cut(string milliseconds) =>
        dump.Read(Data.Replace("c 3e8", $"c {milliseconds}", StringComparison.Ordinal))
            .Profile.Header.Duration.ShouldBeGreaterThan(TimeSpan.FromDays(365 * 1000));

    [Fact]
    public void Version_2_has_texts_without_their_length()
    {
        var text = string.Join(
            '\n',
            Data.Split('\n').Select(l => l.StartsWith("s ", StringComparison.Ordinal) ? "s " + l.Split(' ', 3)[2] : l)
        );

        var snapshot = dump.Read(text.Replace("v 10400 3", "v 10300 2", StringComparison.Ordinal));

        TextDump.Rows(snapshot.Profile).ShouldHaveSingleItem().ShouldStartWith("Store::put;main");
    }

    [Fact]
    public void A_packed_file_is_read_as_it_is_written()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Data));
        }

        TextDump.Rows(dump.Read(packed.ToArray()).Profile).ShouldBe(TextDump.Rows(dump.Read(Data).Profile));
    }

    [Fact]
    public void A_packed_file_that_was_cut_short_is_read_as_far_as_it_goes()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Data + string.Concat(Enumerable.Repeat("+ 0\n- 0\n", 1000))));
        }

        var snapshot = dump.Read(packed.ToArray().AsSpan(0, (int)packed.Length - 10));

        snapshot.Profile.StackCount.ShouldBe(1);
        snapshot.Warnings.ShouldHaveSingleItem().ShouldMatch("ends early|cut short");
    }

    [Theory]
    [InlineData("v 10400 3", "v 10900 4", "version 4")]
    [InlineData("+ 1\n", "+ 7\n", "allocation 7")]
    [InlineData("+ 1\n", "+ x\n", "number of an allocation")]
    [InlineData("- 1\n", "- 1\n- 1\n- 1\n", "none is live")]
    [InlineData("t 3 2", "t 9 2", "instruction 9")]
    [InlineData("t 3 2", "t 3 9", "below 9")]
    [InlineData("a 10 2", "a 10 9", "trace 9")]
    [InlineData("a 10 2", "a ffffffffffffff 2", "bytes")]
    [InlineData("a 10 2", "a", "a size")]
    [InlineData("i 1200 1 6", "i 1200 1 66", "text 66")]
    [InlineData("s 9 /bin/shop", "s ffffffff /bin/shop", "refused")]
    [InlineData("c 0\n", "? 0\n", "? 0")]
    public void What_does_not_fit_is_named_with_its_place(string written, string damaged, string named) =>
        dump.Refuses(Data, written, damaged, named);

    [Fact]
    public void Damage_of_any_kind_is_told_in_one_line() =>
        dump.SurvivesDamage(new HeaptrackFormat(), Data, alphabet: "0123456789abcdef \n+-vXIscRaitA#S?\0"u8);
}
