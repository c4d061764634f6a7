namespace Tidemark.Formats;

/// <summary>A format of captures: tells its own files by their first bytes, and reads them into a snapshot.</summary>
public interface IDumpFormat
{
    /// <summary>Its name in JSON and on the command line, such as <c>hprof</c>.</summary>
    string Name { get; }

    /// <summary>What it is, for people, such as <c>Java heap dump (HPROF)</c>.</summary>
    string Title { get; }

    /// <summary>True where a file that begins so is of this format.</summary>
    bool Recognises(DumpHead head);

    /// <summary>Reads the file.</summary>
    /// <exception cref="MalformedDumpException">It is of this format, but damaged beyond use.</exception>
    Snapshot Read(DumpFile file, ReadContext context);
}

/// <summary>The first bytes of a file: as they are, and unpacked where they are gzip or zstd.</summary>
public readonly ref struct DumpHead(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> content)
{
    /// <summary>How many bytes are looked at.</summary>
    public const int Size = 4096;

    /// <summary>The first bytes as they stand in the file.</summary>
    public ReadOnlySpan<byte> Raw { get; } = raw;

    /// <summary>The first bytes of what the file holds: unpacked where the file is packed, the same as <see cref="Raw"/> otherwise.</summary>
    public ReadOnlySpan<byte> Content { get; } = content;
}

/// <summary>A file that is damaged: says where, and what was expected there.</summary>
public sealed class MalformedDumpException(string path, long offset, string problem, Exception? inner = null)
    : Exception($"{path}: at byte {offset}: {OneLine(problem)}", inner)
{
    public string Path { get; } = path;

    /// <summary>Where in the (unpacked) content the damage was met, in bytes.</summary>
    public long Offset { get; } = offset;

    /// <summary>What was expected there and what was found.</summary>
    public string Problem { get; } = OneLine(problem);

    /// <summary>What is quoted from a damaged file may hold anything; a message is one line that a terminal can show.</summary>
    private static string OneLine(string text) =>
        text.AsSpan().ContainsAnyInRange('\0', '\x1f')
            ? string.Create(
                text.Length,
                text,
                static (line, from) =>
                {
                    for (var i = 0; i < line.Length; i++)
                    {
                        line[i] = char.IsControl(from[i]) ? ' ' : from[i];
                    }
                }
            )
            : text;
}

/// <summary>How a read goes on: progress, warnings, cancellation.</summary>
public sealed class ReadContext(IProgress<double>? progress = null, CancellationToken cancellation = default)
{
    private readonly List<string> warnings = [];

    /// <summary>Nobody watches.</summary>
    public static ReadContext Quiet => new();

    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>
    /// True where a format may leave an index file beside a large dump, and use the one that it left there before. The index is worth
    /// its place where questions follow one another; it is not written where that cannot be done.
    /// </summary>
    public bool UsesIndex { get; init; }

    /// <summary>What was left out or repaired while reading.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    public void Warn(string warning) => warnings.Add(warning);

    /// <summary>Tells how far the read has come, 0 to 1.</summary>
    public void Report(double share) => progress?.Report(share);
}
