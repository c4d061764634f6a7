using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tidemark.Formats.V8;

/// <summary>A run of whole rows of an integer table, as text.</summary>
internal readonly ref struct IntegerBlock(
    ReadOnlySpan<byte> text,
    long firstRow,
    int rows,
    long offset,
    IntegerCursor.Room room
)
{
    /// <summary>The rows, each number followed by its comma; the very last one of the table by nothing. Around it there are <see cref="IntegerCursor.Lead"/> and <see cref="IntegerCursor.Tail"/>.</summary>
    public ReadOnlySpan<byte> Text { get; } = text;

    /// <summary>The number of the first row.</summary>
    public long FirstRow { get; } = firstRow;

    /// <summary>How many rows there are.</summary>
    public int Rows { get; } = rows;

    /// <summary>Where in the file the text begins.</summary>
    public long Offset { get; } = offset;

    /// <summary>Where its numbers are put.</summary>
    public IntegerCursor.Room Room { get; } = room;
}

/// <summary>Takes the rows of one table; blocks come from several threads at once and in any order.</summary>
internal interface IIntegerSink
{
    /// <summary>Rows that it takes at once.</summary>
    int RowsAtOnce { get; }

    void Take(IntegerBlock block);
}

/// <summary>Reads the flat integer arrays of a snapshot: blocks are cut at row ends by whoever is free, and parsed by all cores straight into the sink's arrays.</summary>
/// <remarks>Cutting needs a block's number of values only, and commas are counted vectorised, at memory speed; so the sequential part is small.</remarks>
internal sealed class IntegerRows(
    V8Content content,
    string table,
    int columns,
    long expectedRows,
    long offset,
    ReadContext context
)
{
    /// <summary>What stays in a core's own cache from the copy out of the system's to the last number.</summary>
    private const int BlockBytes = 1 << 18;
    private readonly Lock cutting = new();
    private long nextOffset = offset;
    private long nextRow;
    private bool atEnd;
    private MalformedDumpException? failure;

    /// <summary>Reads the whole array, which begins behind its opening bracket.</summary>
    /// <returns>The offset behind its closing bracket.</returns>
    /// <exception cref="MalformedDumpException">It holds something else than <c>expectedRows</c> rows of numbers.</exception>
    public long ReadInto(IIntegerSink sink)
    {
        var size = content.Length - nextOffset;
        var workers = (int)Math.Clamp(size / (2 * BlockBytes), 1, Environment.ProcessorCount);
        Parallel.For(0, workers, _ => Work(sink));
        context.Cancellation.ThrowIfCancellationRequested();
        if (failure is not null)
        {
            throw failure;
        }

        if (nextRow != expectedRows)
        {
            throw content.Malformed(
                nextOffset,
                $"\"{table}\" ends after {nextRow} rows, but the header announces {expectedRows}"
            );
        }

        return nextOffset;
    }

    private void Work(IIntegerSink sink)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(IntegerCursor.Lead + BlockBytes + IntegerCursor.Tail);
        try
        {
            var room = new IntegerCursor.Room(sink.RowsAtOnce * columns);
            while (!context.Cancellation.IsCancellationRequested)
            {
                long row;
                long at;
                int rows;
                int length;
                lock (cutting)
                {
                    if (atEnd)
                    {
                        return;
                    }

                    row = nextRow;
                    at = nextOffset;
                    length = Cut(buffer.AsSpan(IntegerCursor.Lead, BlockBytes), out rows);
                }

                buffer.AsSpan(IntegerCursor.Lead + length, IntegerCursor.Tail).Clear();
                sink.Take(new IntegerBlock(buffer.AsSpan(IntegerCursor.Lead, length), row, rows, at, room));
            }
        }
        catch (MalformedDumpException e)
        {
            lock (cutting)
            {
                atEnd = true;
                if (failure is null || e.Offset < failure.Offset)
                {
                    failure = e;
                }
            }
        }
    }

    private int Cut(Span<byte> buffer, out int rows)
    {
        var text = buffer[..content.Read(buffer, nextOffset)];
        var commas = CountCommas(text, out var hasEnd);
        if (hasEnd)
        {
            var end = text.IndexOf((byte)']');
            text = text[..end];
            var isEmpty = nextRow == 0 && text.Trim(" \n\r\t"u8).IsEmpty;
            var values = isEmpty ? 0 : text.Count((byte)',') + 1;
            if (values % columns != 0)
            {
                throw content.Malformed(nextOffset + end, $"\"{table}\" ends within a row of {columns} numbers");
            }

            atEnd = true;
            rows = values / columns;
            Advance(rows, end + 1);
            return end;
        }

        if (text.Length < buffer.Length)
        {
            throw content.Malformed(nextOffset + text.Length, $"the file ends within \"{table}\"; it is truncated");
        }

        rows = commas / columns;
        if (rows == 0)
        {
            throw content.Malformed(nextOffset, $"expected rows of {columns} numbers in \"{table}\"");
        }

        var length = text.LastIndexOf((byte)',') + 1;
        for (var surplus = commas - rows * columns; surplus > 0; surplus--)
        {
            length = text[..(length - 1)].LastIndexOf((byte)',') + 1;
        }

        Advance(rows, length);
        return length;
    }

    /// <summary>Counts the commas and looks for the end of the table in one go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int CountCommas(ReadOnlySpan<byte> text, out bool hasEnd)
    {
        ref var first = ref MemoryMarshal.GetReference(text);
        var brackets = Vector256<byte>.Zero;
        var sums = Vector256<ulong>.Zero;
        var at = 0;
        while (text.Length - at >= Vector256<byte>.Count)
        {
            // A lane's count passes 255 no earlier than after so many.
            var some = Math.Min(at + byte.MaxValue * Vector256<byte>.Count, text.Length) - Vector256<byte>.Count;
            var counts = Vector256<byte>.Zero;
            for (; at <= some; at += Vector256<byte>.Count)
            {
                var bytes = Vector256.LoadUnsafe(ref first, (nuint)at);
                counts -= Vector256.Equals(bytes, Vector256.Create((byte)','));
                brackets |= Vector256.Equals(bytes, Vector256.Create((byte)']'));
            }

            var (low, high) = Vector256.Widen(counts);
            var (lower, upper) = Vector256.Widen(low + high);
            var (one, other) = Vector256.Widen(lower + upper);
            sums += one + other;
        }

        var rest = text[at..];
        hasEnd = brackets != Vector256<byte>.Zero || rest.Contains((byte)']');
        return (int)Vector256.Sum(sums) + rest.Count((byte)',');
    }

    private void Advance(int rows, int bytes)
    {
        if (nextRow + rows > expectedRows)
        {
            throw content.Malformed(
                nextOffset,
                $"\"{table}\" holds more than the {expectedRows} rows that the header announces"
            );
        }

        nextRow += rows;
        nextOffset += bytes;
        context.Report((double)nextOffset / content.Length);
    }
}
