namespace Tidemark.Formats.V8;

/// <summary>Rows of one of a snapshot's integer tables, read from the file again where they are asked for, a stride of them at a time.</summary>
/// <param name="content">The snapshot's text.</param>
/// <param name="columns">Numbers a row.</param>
/// <param name="stride">Rows from one remembered offset to the next.</param>
/// <param name="offsets">Where every <paramref name="stride"/>-th row begins.</param>
/// <param name="rowCount">Rows of the table.</param>
/// <param name="end">Where the table ends.</param>
internal sealed class V8Rows(V8Content content, int columns, int stride, long[] offsets, long rowCount, long end)
{
    private const int MostStrides = 512;
    private readonly Dictionary<long, ulong[]> read = [];
    private readonly IntegerCursor.Room room = new(stride * columns);

    public long Count => rowCount;

    /// <summary>The row's numbers.</summary>
    public ReadOnlySpan<ulong> this[long row]
    {
        get
        {
            var number = row / stride;
            if (!read.TryGetValue(number, out var numbers))
            {
                if (read.Count == MostStrides)
                {
                    read.Clear();
                }

                numbers = Read(number);
                read.Add(number, numbers);
            }

            return numbers.AsSpan((int)(row - number * stride) * columns, columns);
        }
    }

    private ulong[] Read(long number)
    {
        var offset = offsets[number];
        var length = (int)((number + 1 < offsets.Length ? offsets[number + 1] : end) - offset);
        var text = new byte[IntegerCursor.Lead + length + IntegerCursor.Tail];
        length = content.Read(text.AsSpan(IntegerCursor.Lead, length), offset);

        // The remembered offset stands before the comma that separates the row from the one before.
        var skipped = Math.Max(0, text.AsSpan(IntegerCursor.Lead, length).IndexOfAnyInRange((byte)'0', (byte)'9'));
        var rows = (int)Math.Min(stride, rowCount - number * stride);
        var block = new IntegerBlock(
            text.AsSpan(IntegerCursor.Lead + skipped, length - skipped),
            number * stride,
            rows,
            offset + skipped,
            room
        );
        return new IntegerCursor(block, content).Read(rows * columns).ToArray();
    }
}
