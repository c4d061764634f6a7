namespace Tidemark.Formats.V8;

/// <summary>The strings of a snapshot: left in the file, and read where they are asked for.</summary>
internal sealed class V8Strings
{
    private const int Stride = 32;
    private const int MostKept = 1 << 16;
    private readonly V8Content content;
    private readonly V8SnapshotLimits limits;
    private readonly List<long> offsets = [];
    private readonly JsonScanner reader;
    private readonly Lock reading = new();
    private readonly Dictionary<int, string> read = [];

    /// <summary>Steps over the string array, whose opening bracket the scanner is at.</summary>
    /// <param name="scanner">Stands before the array.</param>
    /// <param name="content">The snapshot's text.</param>
    /// <param name="limits">What the file may ask for.</param>
    /// <param name="visit">Gets every string's index and raw bytes.</param>
    /// <param name="cancellation">Asked every now and then.</param>
    public V8Strings(
        JsonScanner scanner,
        V8Content content,
        V8SnapshotLimits limits,
        StringVisitor visit,
        CancellationToken cancellation
    )
    {
        this.content = content;
        this.limits = limits;
        reader = new JsonScanner(content, 1 << 14);
        scanner.Expect('[', "before the strings");
        if (scanner.Accept(']', "a string"))
        {
            return;
        }

        do
        {
            if (Count % Stride == 0)
            {
                scanner.Peek("a string");
                offsets.Add(scanner.Offset);
                cancellation.ThrowIfCancellationRequested();
            }

            visit(Count, scanner.ReadRawString(limits.MaxStringBytes, "in \"strings\""));
            Count++;
        } while (scanner.Accept(',', "',' or ']' after a string"));

        scanner.Expect(']', "after the strings");
    }

    /// <summary>Shows all strings once more.</summary>
    public void Visit(StringVisitor visit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var scanner = new JsonScanner(content);
        scanner.MoveTo(Count == 0 ? 0 : offsets[0]);
        for (var index = 0; index < Count; index++)
        {
            if (index > 0)
            {
                scanner.Expect(',', "between strings");
            }

            if (index % (1 << 16) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            visit(index, scanner.ReadRawString(limits.MaxStringBytes, "in \"strings\""));
        }
    }

    public delegate void StringVisitor(int index, ReadOnlySpan<byte> raw);

    public int Count { get; private set; }

    /// <summary>The string of that index.</summary>
    public string this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
            {
                throw content.Malformed(content.Length, $"string {index} is referred to, but there are only {Count}");
            }

            lock (reading)
            {
                if (read.TryGetValue(index, out var known))
                {
                    return known;
                }

                if (read.Count == MostKept)
                {
                    read.Clear();
                }

                reader.MoveTo(offsets[index / Stride]);
                for (var i = index % Stride; i > 0; i--)
                {
                    reader.ReadRawString(0, "in \"strings\"");
                    reader.Expect(',', "between strings");
                }

                var text = JsonScanner.Unescape(reader.ReadRawString(limits.MaxStringBytes, "in \"strings\""));
                read.Add(index, text);
                return text;
            }
        }
    }
}
