using System.Globalization;
using System.Text;
using Tidemark.Formats.V8;

namespace Tidemark.Formats.Tests.V8;

public sealed class IntegerCursorTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(",")]
    [InlineData("\n,")]
    [InlineData(",\n")]
    [InlineData(" \t,\r\n ")]
    public void Numbers_of_any_length_are_read_wherever_they_lie_and_so_is_where_each_run_of_them_ends(string separator)
    {
        var dice = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            var numbers = Enumerable.Range(0, dice.Next(1, 300)).Select(_ => Number(dice)).ToList();
            var text = string.Join(
                // Now and then something that is not usual, in the middle of what is.
                dice.Next(4) == 0
                    ? ","
                    : separator,
                numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))
            );
            if (dice.Next(2) == 0)
            {
                text = text.Replace(",", ", ", StringComparison.Ordinal);
            }

            ReadsAll(text, numbers, dice);
        }
    }

    [Theory]
    [InlineData("1,2,,4", "a number")]
    [InlineData("1,2;3,4", "a comma")]
    [InlineData("1,2 3,4", "a comma")]
    [InlineData("1,-2,3,4", "a number")]
    [InlineData("1,2.5,3,4", "a comma")]
    [InlineData("1,2,3", "the end of the table")]
    [InlineData("1,2,3,12345678901234567890", "digits")]
    public void Anything_else_is_refused_with_its_place_however_far_in_it_comes(string damaged, string named)
    {
        for (var before = 0; before < 200; before++)
        {
            var text = string.Concat(Enumerable.Repeat("7,", before)) + damaged;
            var error = Should.Throw<MalformedDumpException>(() => Read(text, before + 4));

            error.Message.ShouldContain(named);
            error.Offset.ShouldBeInRange(2 * before, 2 * before + damaged.Length);
        }
    }

    private static ulong Number(Random dice)
    {
        ulong bound = 1;
        for (var digits = dice.Next(0, 20); digits > 0; digits--)
        {
            bound *= 10;
        }

        return bound == 1
            ? (ulong)dice.Next(10)
            : (ulong)(dice.NextDouble() * Math.Min(bound, 9_000_000_000_000_000_000));
    }

    private ulong[] Read(string text, int count)
    {
        var buffer = Around(text);
        var cursor = new IntegerCursor(Block(buffer, text.Length, count), Content());
        return cursor.Read(count).ToArray();
    }

    private void ReadsAll(string text, List<ulong> numbers, Random dice)
    {
        var buffer = Around(text);
        var cursor = new IntegerCursor(Block(buffer, text.Length, numbers.Count), Content());
        cursor.Offset.ShouldBe(0);
        for (var read = 0; read < numbers.Count; )
        {
            var some = Math.Min(dice.Next(1, 40), numbers.Count - read);
            cursor.Read(some).ToArray().ShouldBe(numbers.GetRange(read, some));
            read += some;
            text[..(int)cursor.Offset].Count(c => c == ',').ShouldBe(read - 1);
            char.IsAsciiDigit(text[(int)cursor.Offset - 1]).ShouldBeTrue();
        }
    }

    /// <summary>The text between bytes that look like numbers and the zeros that stand behind a block.</summary>
    private static byte[] Around(string text)
    {
        var buffer = new byte[IntegerCursor.Lead + text.Length + IntegerCursor.Tail];
        buffer.AsSpan(0, IntegerCursor.Lead).Fill((byte)'9');
        Encoding.ASCII.GetBytes(text, buffer.AsSpan(IntegerCursor.Lead));
        return buffer;
    }

    private static IntegerBlock Block(byte[] buffer, int length, int most) =>
        new(buffer.AsSpan(IntegerCursor.Lead, length), 0, 1, 0, new IntegerCursor.Room(most));

    private V8Content Content() => V8Content.Open(DumpFile.Open(path), CancellationToken.None);
}
