using System.Text;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.Tests.ClassHistogram;

public class ClassHistogramTests
{
    internal const string Table = """
         num     #instances         #bytes  class name (module)
        -------------------------------------------------------
           1:         23123        1234567  [B (java.base@17.0.15)
           2:           800          64000  com.acme.Order
           3:            10            640  [[Lcom.acme.Order;
           4:             7             56  com.acme.Order
           5:             1             16  com.acme.Orders$$Lambda$14/0x0000000800c03000
        Total         23941        1299279

        """;

    [Fact]
    public void Classes_are_named_as_in_the_source_and_those_of_several_loaders_are_added_up()
    {
        var snapshot = Read(Table);

        Rows(snapshot)
            .ShouldBe([
                ("byte[]", 23123, 1234567),
                ("com.acme.Order", 807, 64056),
                ("com.acme.Order[][]", 10, 640),
                ("com.acme.Orders$$Lambda$14", 1, 16),
            ]);
        snapshot.Runtime.ShouldBe("jvm");
        snapshot.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void The_process_id_that_jcmd_prints_first_and_the_empty_line_of_Java_8_do_no_harm()
    {
        Rows(Read("4711:\n" + Table)).Count.ShouldBe(4);
        Rows(Read("\n" + Table.Replace(" (module)", "").Replace(" (java.base@17.0.15)", ""))).Count.ShouldBe(4);
    }

    [Fact]
    public void A_histogram_that_is_cut_short_is_read_as_far_as_it_goes_and_says_so()
    {
        var cut = Table[..Table.IndexOf("   3:", StringComparison.Ordinal)];

        var snapshot = Read(cut);

        Rows(snapshot).Count.ShouldBe(2);
        snapshot.Warnings.ShouldHaveSingleItem().ShouldContain("cut short");
    }

    [Fact]
    public void Rows_that_do_not_add_up_to_the_total_are_called_out()
    {
        Read(Table.Replace("23123", "23124")).Warnings.ShouldHaveSingleItem().ShouldContain("23942");
    }

    [Theory]
    [InlineData(
        "   2:           800          64000  com.acme.Order",
        "   2:           800          640x0  com.acme.Order"
    )]
    [InlineData(
        "   2:           800          64000  com.acme.Order",
        "   2:          -800          64000  com.acme.Order"
    )]
    [InlineData("   2:           800          64000  com.acme.Order", "   2:           800          64000")]
    [InlineData("   2:           800          64000  com.acme.Order", "   2 800 64000 com.acme.Order")]
    [InlineData("23941        1299279", "many")]
    public void A_damaged_row_is_named_by_its_offset(string row, string damaged)
    {
        var content = Table.Replace(row, damaged);
        var lineStart = content.LastIndexOf('\n', content.IndexOf(damaged, StringComparison.Ordinal)) + 1;

        Should.Throw<MalformedDumpException>(() => Read(content)).Offset.ShouldBe(lineStart);
    }

    [Fact]
    public void A_file_cut_or_changed_anywhere_is_read_or_refused_and_nothing_else()
    {
        for (var length = Table.IndexOf('\n') + 1; length < Table.Length; length++)
        {
            ReadOrRefuse(Encoding.UTF8.GetBytes(Table[..length]));
        }

        var random = new Random(1);
        for (var i = 0; i < 1_500; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(Table);
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ReadOrRefuse(bytes);
        }
    }

    private static void ReadOrRefuse(byte[] content)
    {
        try
        {
            using var file = new TemporaryDump(content);
            DumpFormats.Detect(file.Dump)?.Read(file.Dump, ReadContext.Quiet);
        }
        catch (MalformedDumpException)
        {
            // The answer that is expected of a damaged file.
        }
    }

    private static ProfileSnapshot Read(string content)
    {
        using var file = new TemporaryDump(Encoding.UTF8.GetBytes(content));
        var format = DumpFormats.Detect(file.Dump).ShouldNotBeNull();
        format.Name.ShouldBe("class-histogram");
        return format.Read(file.Dump, ReadContext.Quiet).ShouldBeOfType<ProfileSnapshot>();
    }

    private static List<(string Class, long Objects, long Bytes)> Rows(ProfileSnapshot snapshot)
    {
        var profile = snapshot.Profile;
        var objects = profile.IndexOf(SampleType.InUseObjects.Name);
        var bytes = profile.IndexOf(SampleType.InUseSpace.Name);
        return
        [
            .. Enumerable
                .Range(0, profile.StackCount)
                .Select(s =>
                    (
                        profile.Functions[profile.Frames[profile.Stack(s)[0]].Function].Name,
                        profile.Values(objects)[s],
                        profile.Values(bytes)[s]
                    )
                ),
        ];
    }

    private sealed class TemporaryDump : IDisposable
    {
        private readonly string path = Path.GetTempFileName();

        public TemporaryDump(byte[] content)
        {
            File.WriteAllBytes(path, content);
            Dump = DumpFile.Open(path);
        }

        public DumpFile Dump { get; }

        public void Dispose() => File.Delete(path);
    }
}
