using System.Globalization;
using System.IO.Compression;
using System.Text;
using Tidemark.Core.Series;
using Tidemark.Metrics.Csv;

namespace Tidemark.Metrics.Tests.Csv;

/// <summary>Tables of many processes, as dashboards and databases export them.</summary>
public sealed class CsvTableTests : IDisposable
{
    private const double GiB = 1 << 30;

    private readonly string path = Path.Combine(Path.GetTempPath(), $"tidemark-{Guid.NewGuid():N}.csv");

    public void Dispose() => File.Delete(path);

    [Fact]
    public void A_panel_of_Grafana_has_a_column_for_each_process()
    {
        var (found, warnings) = Read(
            "sep=,\r\n\"Time\",\"{namespace=\"\"shop\"\", pod=\"\"cart-1\"\"}\",\"container_memory_working_set_bytes{pod=\"\"web,1\"\"}\",\"plain\"\r\n"
                + "2026-01-31 12:00:00,1.5 GiB,5 MiB,\r\n"
                + "2026-01-31 12:01:00,\"1.6 GiB\",,7 MB\r\n"
                + "2026-01-31 12:02:00,null,6 MiB,8 MB"
        );

        warnings.ShouldBeEmpty();
        found.Select(f => f.History.Name).ShouldBe(["shop/cart-1", "web,1", "plain"]);
        found[0].Labels.ShouldBe(new Dictionary<string, string> { ["namespace"] = "shop", ["pod"] = "cart-1" }, true);
        found[1].Labels["__name__"].ShouldBe("container_memory_working_set_bytes");
        found[2].Labels.ShouldBeEmpty();
        Footprint(found[0]).ShouldBe([1.5 * GiB, 1.6 * GiB]);
        Footprint(found[1]).ShouldBe([5 << 20, 6 << 20]);
        Footprint(found[2]).ShouldBe([7e6, 8e6]);
        found[2].History.From.ShouldBe(new DateTimeOffset(2026, 1, 31, 12, 1, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Milliseconds_newest_first_and_a_comma_within_quotes_of_a_header_with_semicolons()
    {
        var (found, warnings) = Read(
            "Time;\"{pod=\"\"a\"\", zone=\"\"b\"\"}\"\n1700000060000;60000\n1700000000000;50000\n1700000000000;40000\n"
        );

        Footprint(found.ShouldHaveSingleItem()).ShouldBe([50000, 60000]);
        found[0].History.Times.ToArray().ShouldBe([1_700_000_000, 1_700_000_060]);
        warnings.ShouldHaveSingleItem().ShouldContain("they were sorted and 1 dropped");
    }

    [Fact]
    public void What_is_no_process_is_told_and_left_out()
    {
        var (found, warnings) = Read(
            "Time,cart-1,limits,quota - requests,cpu_percent,{__name__=\"x\"},jvm_memory_max_bytes{pod=a},\"jvm_memory_max_bytes{pod=\"\"a\"\"}\",idle,small,,none\n"
                + "1,50000,9e9,9e9,12,50000,50000,9e9,0,17,,\n2,60000,9e9,9e9,12,50000,50000,9e9,0,17,,\n"
        );

        found.Select(f => f.History.Name).ShouldBe(["cart-1", "{__name__=\"x\"}", "jvm_memory_max_bytes{pod=a}"]);
        warnings.Count(w => w.Contains("names a quantity", StringComparison.Ordinal)).ShouldBe(3);
        warnings.ShouldContain(w =>
            w.Contains("is the heap-limit, not the footprint: it is ignored", StringComparison.Ordinal)
        );
        warnings.ShouldContain(w => w.Contains("'idle', 'small' hold no value above 17", StringComparison.Ordinal));
        warnings.ShouldContain(w => w.EndsWith("'none' holds no value and is ignored", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_that_do_not_tell_apart_are_written_out()
    {
        var (found, _) = Read(
            "Time,\"{pod=\"\"a\"\", zone=\"\"1\"\"}\",\"{pod=\"\"a\"\", zone=\"\"2\"\"}\",b,b\n1,50000,50000,50000,50000\n"
        );

        found
            .Select(f => f.History.Name)
            .ShouldBe(["{pod=\"a\", zone=\"1\"}", "{pod=\"a\", zone=\"2\"}", "b", "b (series 4)"]);
    }

    [Fact]
    public void A_row_for_each_sample_with_labels_in_columns()
    {
        var (found, warnings) = Read(
            "#group,false\n,result,table,_time,_value,namespace,pod\n,_result,0,2026-01-31T12:00:00Z,50000,shop,a\n,_result,0,2026-01-31T12:01:00Z,60000,shop,a\n,_result,1,2026-01-31T12:00:00Z,70000,shop,b\n,_result,1,2026-01-31T12:01:00Z,,shop,b\n\n,_result,1,2026-01-31T12:02:00Z,80000,shop,a\n,_result,1,2026-01-31T12:02:00Z,80000,shop,b\n"
        );

        warnings.ShouldBeEmpty();
        found.Select(f => f.History.Name).ShouldBe(["shop/a", "shop/b"]);
        found[1].Labels["pod"].ShouldBe("b");
        Footprint(found[0]).ShouldBe([50000, 60000, 80000]);
        Footprint(found[1]).ShouldBe([70000, 80000]);
    }

    [Theory]
    [InlineData(
        "Series;Time;Value\n\"{pod=\"\"a\"\"}\";100;50000\n\"{pod=\"\"a\"\"}\";200;60000\nb;200;60000\nb;100;50000\nb;300;50000\nb;300;40000\n",
        "a b"
    )]
    [InlineData("Time,Value\n100,50000\n200,60000\n", "")]
    [InlineData(
        "timestamp\tinstance\tprocess_resident_memory_bytes\n100\ta\t50000\n200\ta\t60000\n300\ta\t60000\n",
        "a"
    )]
    [InlineData("time,value,requests,pod\n100,50000,7,a\n200,60000,8,a\n300,60000,8,a\n", "a")]
    [InlineData("\"Time\",\"pod\",\"Value #A\"\n100,a,50000\n200,a,60000\n300,a,6e4\n", "a")]
    public void A_row_for_each_sample_with_a_name(string text, string expected)
    {
        var (found, _) = Read(text);
        var names = expected.Length == 0 ? [Path.GetFileNameWithoutExtension(path)] : expected.Split(' ');
        found.Select(f => f.History.Name).ShouldBe(names);
        found.ShouldAllBe(f => Footprint(f)[0] == 50000 && Footprint(f)[1] == 60000);
    }

    [Theory]
    [InlineData(
        "time,rss\n1,50000\n",
        "line 1: column 'footprint_bytes' is missing; rename the one that holds it: 'time', 'rss'"
    )]
    [InlineData("time,a,live_heap_bytes\n1,50000,7\n", "column 'footprint_bytes' is missing")]
    [InlineData("time,a,b\n1,50000,3\n2,x,4\n", "line 3, column 2 ('a'): 'x'; expected bytes")]
    [InlineData("time,a,b\n1,50000,3\n2,-4,4\n", "line 3, column 2 ('a'): '-4'; expected bytes")]
    [InlineData("time,pod,mem\n1,cart,50000\n", "call the column of its bytes 'value'")]
    [InlineData(
        "time,a,b\n1,50000,3\nlater,4,4\n",
        "line 3, column 1 ('time'): 'later'; expected seconds or milliseconds"
    )]
    [InlineData(
        "\"Time\",a-1\n1,50000\n\"Time\",a-2\n1,50000\n",
        "line 3, column 1 ('Time'): another table begins here"
    )]
    [InlineData("a,b,time\n1,50000,3\n4\n", "line 3, column 3 ('time'): missing: the line ends before it")]
    [InlineData("time,a\n1,50000,9\n", "line 2: '9' stands behind the 2 columns")]
    [InlineData("time,a,b\n", "nothing but a header")]
    [InlineData("time,pod,value\n", "nothing but a header")]
    [InlineData("time,a,b\n1,2,3\n", "'a', 'b' hold no value above 3, which is no footprint in bytes")]
    [InlineData("time,a,b\n1,,\n", "no column holds a value")]
    [InlineData("time,pod,value\n1,a,x\n", "line 2, column 3 ('value'): 'x'; expected bytes")]
    [InlineData("time,pod,value\nx,a,5\n", "line 2, column 1 ('time'): 'x'; expected seconds")]
    [InlineData("time,pod,value\n1,a\n", "line 2: 2 cells; the header names 3")]
    [InlineData("time,pod,value\n1,a,5,6\n", "line 2: '6' stands behind the 3 columns")]
    public void What_cannot_be_read_is_named(string text, string expected)
    {
        var message = Should.Throw<MalformedHistoryException>(() => Read(text)).Message;
        message.ShouldContain(expected, Case.Sensitive);
        message.ShouldNotContain('\n');
    }

    [Fact]
    public void A_column_that_differs_from_row_to_row_is_no_name()
    {
        var rows = Enumerable
            .Range(0, 200)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{i},{i * 7},50000\n"));
        Should
            .Throw<MalformedHistoryException>(() => Read("time,seen,value\n" + string.Concat(rows)))
            .Message.ShouldContain("200 rows name 200 different series by 'seen'");
    }

    [Fact]
    public void The_contract_keeps_its_meaning_where_the_footprint_has_a_column()
    {
        var (found, warnings) = Read("time,pod,value,footprint_bytes\n1,a,7,5\n2,b,7,6\n");
        found.ShouldHaveSingleItem().History.Name.ShouldBe(Path.GetFileNameWithoutExtension(path));
        Footprint(found[0]).ShouldBe([5, 6]);
        warnings.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("time,a,b\n1,50000,60000\n2,50000,6", 2)]
    [InlineData("time,a,b\n1,50000,60000\n2,5", 1)]
    [InlineData("time,a,b\n1,50000,60000\n2", 1)]
    public void A_last_line_that_was_cut_is_used_as_far_as_it_goes(string text, int samples) =>
        Footprint(Read(text).Found[0]).ShouldBe(Enumerable.Repeat(50000.0, samples));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Every_block_size_reads_the_same(int held)
    {
        var dice = new Random(held);
        var rows = Enumerable
            .Range(0, 50)
            .Select(_ =>
                Enumerable.Range(0, 40).Select(_ => dice.Next(5) == 0 ? double.NaN : dice.Next(5000, 1 << 30)).ToArray()
            )
            .ToArray();
        var wide = new StringBuilder("a-0")
            .AppendJoin("", Enumerable.Range(1, 19).Select(c => $",\"a-{c}\""))
            .Append(",Time");
        wide.AppendJoin("", Enumerable.Range(20, 20).Select(c => $",a-{c}")).Append('\n');
        var tall = new StringBuilder("name,time,value\n");
        for (var r = 0; r < rows.Length; r++)
        {
            string[] cells = [.. rows[r].Select(v => double.IsNaN(v) ? "" : v.ToString(CultureInfo.InvariantCulture))];
            wide.AppendJoin(',', cells[..20])
                .Append(CultureInfo.InvariantCulture, $",{r},")
                .AppendJoin(',', cells[20..])
                .Append("\r\n");
            tall.AppendJoin(
                "",
                cells.Select((v, c) => string.Create(CultureInfo.InvariantCulture, $"a-{c},{r},{v}\n"))
            );
        }

        foreach (var text in (string[])[wide.ToString(), tall.ToString()])
        {
            WritePacked(text);
            var source = new HistorySource(path);
            var header = CsvHeader.Of(source);
            var found = (
                header.Layout == CsvLayout.Wide
                    ? new WideTable(source, header, _ => { }).Read(held)
                    : new TallTable(source, header, _ => { }).Read(held)
            ).ToList();
            found.Count.ShouldBe(40);
            for (var c = 0; c < 40; c++)
            {
                var expected = rows.Select((v, r) => (Time: (double)r, Value: v[c]))
                    .Where(s => !double.IsNaN(s.Value))
                    .ToList();
                found[c].History.Name.ShouldBe($"a-{c}");
                found[c].History.Times.ToArray().ShouldBe(expected.Select(e => e.Time));
                Footprint(found[c]).ShouldBe(expected.Select(e => e.Value));
            }
        }
    }

    [Fact]
    public void Whatever_the_bytes_are_it_is_read_or_refused_in_one_line()
    {
        string[] seeds =
        [
            "sep=,\n\"Time\",\"{pod=\"\"a\"\"}\",b\n2026-01-31 12:00:00,1.5 GiB,50000\n2026-01-31 12:01:00,1.6 GiB,60000\n",
            "Time;a;b\r\n1700000000000;50000;60000\r\n1700000060000;50000;60000\r\n",
            "time,pod,value\n1,a,50000\n2,a,50000\n3,a,50000\n1,b,50000\n2,b,50000\n3,b,60000\n",
            "time,footprint_bytes,live_heap_bytes\n1,5,4\n2,6,5\n",
        ];
        byte[][] pieces =
        [
            .. (
                (string[])
                    [
                        "\"",
                        ",",
                        ";",
                        "\n",
                        "\r\n",
                        "\t",
                        "{",
                        "}=",
                        "NaN",
                        "1e308",
                        "-",
                        "\0",
                        "\uFEFF",
                        "#",
                        "sep=",
                        "\"\"",
                        "time",
                        "value",
                        "footprint_bytes",
                    ]
            ).Select(Encoding.UTF8.GetBytes),
        ];
        var dice = new Random(17);
        for (var round = 0; round < 4000; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(seeds[round % seeds.Length]).ToList();
            for (var change = dice.Next(1, 6); change > 0; change--)
            {
                var at = dice.Next(bytes.Count);
                switch (dice.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)dice.Next(256);
                        break;
                    case 1:
                        bytes.InsertRange(at, pieces[dice.Next(pieces.Length)]);
                        break;
                    case 2:
                        bytes.RemoveRange(at, Math.Min(bytes.Count - at - 1, dice.Next(1, 20)));
                        break;
                    default:
                        bytes.InsertRange(at, bytes.Skip(dice.Next(bytes.Count)).Take(dice.Next(40)).ToList());
                        break;
                }
            }

            try
            {
                foreach (var one in CsvHistory.Format.Read(new HistorySource(path, [.. bytes]), _ => { }))
                {
                    one.History.Times.Length.ShouldBe(one.History.Count);
                }
            }
            catch (MalformedHistoryException refused)
            {
                refused.Message.Any(char.IsControl).ShouldBeFalse(refused.Message);
            }
        }
    }

    private (List<FileHistory> Found, List<string> Warnings) Read(string text)
    {
        File.WriteAllText(path, text);
        var warnings = new List<string>();
        return (HistoryFormats.ReadEach(path, warnings.Add).ToList(), warnings);
    }

    private void WritePacked(string text)
    {
        using var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        gzip.Write(Encoding.UTF8.GetBytes(text));
    }

    private static double[] Footprint(FileHistory one) => one.History.Values(Signal.Footprint).ToArray();
}
