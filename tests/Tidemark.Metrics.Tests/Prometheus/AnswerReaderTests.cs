using System.Globalization;
using System.Text;
using System.Text.Json;
using Tidemark.Metrics.Prometheus.Api;

namespace Tidemark.Metrics.Tests.Prometheus;

public class AnswerReaderTests
{
    private static readonly TimeGrid Grid = new(1000, 10, 6);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1700000000.123", 1700000000.123)]
    [InlineData("123456789012345", 123456789012345)]
    [InlineData("1234567890123456789", 1234567890123456789)]
    [InlineData("0.1", 0.1)]
    [InlineData("-17.25", -17.25)]
    [InlineData("1e+21", 1e21)]
    [InlineData("4.9406564584124654e-324", 4.9406564584124654e-324)]
    [InlineData("NaN", double.NaN)]
    [InlineData("+Inf", double.PositiveInfinity)]
    [InlineData("-Inf", double.NegativeInfinity)]
    public void A_number_is_read_to_the_last_bit(string text, double value) =>
        Assert.Equal(value, SampleCursor.Number(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Numbers_are_read_as_the_framework_reads_them()
    {
        var dice = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var number = dice.NextDouble() * Math.Pow(10, dice.Next(-3, 18));
            var text = number.ToString("0.####################", CultureInfo.InvariantCulture);
            var expected = double.Parse(text, CultureInfo.InvariantCulture);
            Assert.Equal(expected, SampleCursor.Number(Encoding.UTF8.GetBytes(text)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.2.3")]
    [InlineData("12a")]
    public void What_is_no_number_is_refused(string text) =>
        Assert.Throws<JsonException>(() => SampleCursor.Number(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Samples_are_read_however_the_bytes_arrive(int bytesAtATime)
    {
        const string Answer = """
            {"status":"success","data":{"resultType":"matrix","result":[
              {"metric":{"pod":"a"},"values":[[1000,"1"],[1010,"2.5"],[1020.4,"NaN"],[1050,"6"]]},
              {"metric":{"pod":"b"}, "values" : [ [ 1000 , "7" ] , [ 5000 , "8" ] ] , "histograms":[[1,{}]] },
              {"metric":{"pod":"c"},"values":[]}]},"warnings":["half of it"],"infos":["a hint"]}
            """;
        var read = Read(Answer, bytesAtATime);
        Assert.Equal(["half of it", "a hint"], read.Warnings);
        Assert.True(read.IsPartial);
        Assert.Equal(["a", "b", "c"], read.Series.Select(s => s.Labels["pod"]));
        Assert.Equal([1, 2.5, double.NaN, double.NaN, double.NaN, 6], read.Series[0].Values);
        Assert.Equal(7, read.Series[1].Values[0]);
        Assert.All(read.Series[1].Values[1..].Concat(read.Series[2].Values), v => Assert.True(double.IsNaN(v)));
    }

    [Theory]
    [InlineData("[[1000,\"1\"")]
    [InlineData("[[1000,\"1\"]")]
    [InlineData("[[1000,\"1\"] [1010,\"2\"]]")]
    [InlineData("[[1000,2]]")]
    [InlineData("[[1000,\"x\"]]")]
    [InlineData("[{\"a\":1}]")]
    [InlineData("[[1000,\"1\",3]]")]
    public void Damaged_samples_are_refused(string values) =>
        Assert.Throws<JsonException>(() =>
            Read(
                $$$"""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":{{{values}}}""",
                5
            )
        );

    [Fact]
    public void A_sample_without_an_end_is_not_waited_for()
    {
        var endless = "[[1000,\"" + new string('1', 100_000);
        var failure = Assert.Throws<JsonException>(() =>
            Read($$$"""{"data":{"result":[{"values":{{{endless}}}""", 100)
        );
        Assert.Equal("a sample has no end", failure.Message);
    }

    private static Answer<GridSeries> Read(string answer, int bytesAtATime)
    {
        using var stream = new DrippingStream(Encoding.UTF8.GetBytes(answer), bytesAtATime);
        return AnswerReader.ReadGrid(stream, Grid, null, 1000);
    }

    private sealed class DrippingStream(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, most)]);
    }
}
