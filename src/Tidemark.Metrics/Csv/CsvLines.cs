namespace Tidemark.Metrics.Csv;

/// <summary>The lines of a CSV as they come out of a stream: no more than the longest of them is held.</summary>
internal sealed class CsvLines : IDisposable
{
    private const int InitialBytes = 256 << 10;
    private const int MaximumLineBytes = 64 << 20;

    /// <summary>The largest file, unpacked: what is not read as a whole is bounded by time only.</summary>
    private const long MaximumBytes = 16L << 30;

    private readonly HistorySource source;
    private readonly Stream stream;
    private byte[] buffer = new byte[InitialBytes];
    private int start;
    private int next;
    private int length;
    private int lineLength;
    private long read;
    private bool isAtEnd;

    private CsvLines(HistorySource source)
    {
        this.source = source;
        stream = source.Open();
    }

    /// <summary>The number of the line, the first is 1.</summary>
    public int Line { get; private set; }

    /// <summary>The line, without its end; valid until the next one is asked for.</summary>
    public ReadOnlySpan<byte> Current => buffer.AsSpan(start, lineLength);

    /// <summary>Whether nothing follows this line, not even the end of a line: it may have been cut.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>Starts at the first line.</summary>
    public static CsvLines Of(HistorySource source) => new(source);

    /// <summary>Starts behind a line.</summary>
    public static CsvLines After(HistorySource source, int line)
    {
        var lines = new CsvLines(source);
        while (lines.Line < line && lines.Next())
        {
            // the header, and what stands above it
        }

        return lines;
    }

    /// <summary>Goes on to the next line.</summary>
    /// <exception cref="MalformedHistoryException">It has no end, or the file has none.</exception>
    public bool Next()
    {
        start = next;
        var searched = start;
        while (true)
        {
            var end = buffer.AsSpan(searched, length - searched).IndexOf((byte)'\n');
            if (end >= 0)
            {
                lineLength = searched + end - start;
                next = searched + end + 1;
                Line++;
                return true;
            }

            searched = length - start;
            if (isAtEnd)
            {
                lineLength = length - start;
                next = length;
                IsUnfinished = true;
                Line += lineLength > 0 ? 1 : 0;
                return lineLength > 0;
            }

            Refill();
        }
    }

    public void Dispose() => stream.Dispose();

    private void Refill()
    {
        var left = length - start;
        buffer.AsSpan(start, left).CopyTo(buffer);
        (start, length) = (0, left);
        if (left == buffer.Length)
        {
            if (left >= MaximumLineBytes)
            {
                throw new MalformedHistoryException(
                    $"{source.Path}: line {Line + 1}: longer than {MaximumLineBytes >> 20} MiB"
                );
            }

            Array.Resize(ref buffer, left * 2);
        }

        var got = source.Guarded(() => stream.Read(buffer, left, buffer.Length - left));
        isAtEnd = got == 0;
        length += got;
        read += got;
        if (read > MaximumBytes)
        {
            throw new MalformedHistoryException(
                $"{source.Path}: more than {MaximumBytes >> 30} GiB; cut it into several files"
            );
        }
    }
}
