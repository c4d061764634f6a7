using System.Globalization;
using System.Text;
using Tidemark.Core.Series;
using Tidemark.Metrics.Mprof;

namespace Tidemark.Metrics.Tests.Mprof;

public sealed class MprofHistoryTests : IDisposable
{
    private static readonly byte[][] Extremes =
    [
        .. new[] { "9223372036854775807", "2147483647", "-1", "1e308", "nan", " 1e-300 ", "\nMEM 5 1e300\n" }.Select(
            Encoding.ASCII.GetBytes
        ),
    ];

    private readonly string path = Path.Combine(Path.GetTempPath(), $"mprofile_{Guid.NewGuid():N}.dat");

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Samples_are_the_footprint_in_bytes()
    {
        var file = Read(
            "CMDLINE python3 app.py\nMEM 1.500000 1700000000.1000\nFUNC app.load 1.0 1700000000.2 2.0 1700000000.3\nMEM 2.25 1700000000.2\n"
        );

        var history = file.Histories.Single();
        history.Count.ShouldBe(2);
        history.Values(Signal.Footprint).ToArray().ShouldBe([1.5 * (1 << 20), 2.25 * (1 << 20)]);
        history.Times[0].ShouldBe(1700000000.1);
        file.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Children_are_histories_of_their_own()
    {
        var file = Read("CMDLINE python3 app.py\nMEM 1 1\nCHLD 0 3 1\nCHLD 1 4 1\nMEM 1 2\nCHLD 0 5 2\n");
        file.Histories.Select(h => h.Count).ShouldBe([2, 2, 1]);
        file.Histories[1].Name.ShouldEndWith("child 0");
    }

    [Fact]
    public void A_last_line_cut_short_is_left_out_with_a_warning()
    {
        var file = Read("CMDLINE x\nMEM 1 1\nMEM 1 2\nMEM 1");
        file.Histories.Single().Count.ShouldBe(2);
        file.Warnings.Single().ShouldContain("cut short");
    }

    [Theory]
    [InlineData("CMDLINE x\nMEM one 1\nMEM 1 2\n", "line 2")]
    [InlineData("CMDLINE x\nMEM 1 1\nHELLO\nMEM 1 2\n", "line 3")]
    [InlineData("CMDLINE x\nMEM nan 1\nMEM 1 2\n", "line 2")]
    [InlineData("CMDLINE x\n", "no 'MEM' line")]
    public void A_line_that_is_none_is_named(string content, string because)
    {
        Should.Throw<MalformedHistoryException>(() => Read(content)).Message.ShouldContain(because);
    }

    [Fact]
    public void A_file_of_nothing_but_children_is_refused_before_it_takes_the_memory()
    {
        var lines = new StringBuilder("CMDLINE x\nMEM 1 1\n");
        for (var child = 0; child < 20_000; child++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"CHLD {child} 1 1\n");
        }

        Should
            .Throw<MalformedHistoryException>(() => Read(lines.ToString()))
            .Message.ShouldContain("more than 10000 children");
    }

    [Fact]
    public void Samples_out_of_order_are_counted_and_not_each_told()
    {
        var file = Read("MEM 1 5\n" + string.Concat(Enumerable.Repeat("MEM 1 5\n", 1000)));
        file.Histories.Single().Count.ShouldBe(1);
        file.Warnings.Count.ShouldBe(11);
        file.Warnings[0].ShouldContain("line 2:");
        file.Warnings[^1].ShouldContain("990 more");
    }

    [Fact]
    public void A_command_may_be_long_and_a_sample_may_not()
    {
        Read($"CMDLINE {new string('x', 3_000_000)}\nMEM 1 1\n").Histories.Single().Count.ShouldBe(1);
        Should
            .Throw<MalformedHistoryException>(() => Read($"MEM 1 1\nMEM {new string('9', 3_000_000)}\n"))
            .Message.Length.ShouldBeLessThan(500);
    }

    /// <summary>A few thousand in every run; TIDEMARK_MUTATIONS=1000000 for a long one.</summary>
    [Fact]
    public void Damage_ends_in_histories_or_in_one_line()
    {
        const string sound =
            "CMDLINE python3 app.py\nMEM 1.500000 1700000000.1000\nFUNC app.load 1.0 1700000000.2 2.0 1700000000.3\nCHLD 0 3 1\nMEM 2.25 1700000000.2\nCHLD 0 5 1700000000.4\n";
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("TIDEMARK_MUTATIONS"), out var more) ? more : 3000;
        var dice = new Random(20261126);
        for (var round = 0; round < rounds; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(sound);
            for (var change = dice.Next(1, 6); change > 0; change--)
            {
                var at = dice.Next(bytes.Length);
                switch (dice.Next(5))
                {
                    case 0:
                        bytes[at] = (byte)dice.Next(256);
                        break;
                    case 1:
                        bytes = [.. bytes[..at], .. bytes.AsSpan(dice.Next(bytes.Length))];
                        break;
                    case 2:
                        bytes = [.. bytes[..at], .. bytes.AsSpan(at / 2)];
                        break;
                    case 3:
                        var extreme = Extremes[dice.Next(Extremes.Length)];
                        bytes =
                        [
                            .. bytes[..at],
                            .. extreme,
                            .. bytes.AsSpan(Math.Min(bytes.Length, at + extreme.Length)),
                        ];
                        break;
                    default:
                        bytes = [.. bytes[..at], (byte)"0123456789.e+-\n "[dice.Next(16)], .. bytes.AsSpan(at)];
                        break;
                }

                bytes = bytes.Length == 0 ? [0] : bytes;
            }

            try
            {
                MprofHistory.Format.Read(new HistorySource(path, bytes), _ => { }).ShouldNotBeEmpty();
            }
            catch (MalformedHistoryException refused)
            {
                refused.Message.ShouldNotContain("\n");
            }
        }
    }

    private HistoryFile Read(string content)
    {
        File.WriteAllText(path, content);
        return HistoryFormats.Read(path);
    }
}
